//! A store of accounts in memory whose calls take their time and fail by a seed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dal_shadow::{Classify, OpCx, shadow};
use serde::Serialize;
use tokio::time::sleep;

/// Each write leaves its number, so that one which is made twice, or in another order, shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    pub id: u64,
    pub name: String,
    pub writes: Vec<u64>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error, Classify)]
pub enum Failure {
    #[error("no such account")]
    #[classify(not_found)]
    NotFound,
    #[error("the name is taken")]
    #[classify(unique)]
    Taken,
    #[error("the store asks for less load")]
    #[classify(throttled)]
    Throttled,
    #[error("the link was lost")]
    #[classify(unavailable)]
    Lost,
}

#[shadow(repair(read = get, put = put_exact, delete = close, ids = pass_id))]
#[async_trait]
pub trait AccountRepository: Send + Sync {
    #[shadow(write, mirror = put_exact, creates(account = id))]
    async fn open(&self, name: &str, write: u64) -> Result<Account, Failure>;
    #[shadow(write, replay)]
    async fn rename(
        &self,
        #[handle(account)] id: u64,
        name: &str,
        write: u64,
    ) -> Result<(), Failure>;
    #[shadow(write, replay, key = from, also(account = to))]
    async fn transfer(&self, from: u64, to: u64, write: u64) -> Result<(), Failure>;
    #[shadow(write, replay)]
    async fn close(&self, #[handle(account)] id: u64) -> Result<bool, Failure>;
    #[shadow(read)]
    async fn get(&self, #[handle(account)] id: u64) -> Result<Option<Account>, Failure>;
    #[shadow(mirror, key = account.id)]
    async fn put_exact(&self, account: &Account) -> Result<(), Failure>;
    #[shadow(mirror)]
    async fn pass_id(&self, id: u64) -> Result<(), Failure>;
}

/// What was noted of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notes {
    pub account: u64,
    pub writes: Vec<u64>,
}

/// A note changes its account as well: both entities are one group.
#[shadow(repair(read = notes, put = put_notes, delete = drop_notes))]
#[async_trait]
pub trait NoteRepository: Send + Sync {
    #[shadow(write, replay, key = account, also(account = account))]
    async fn note(&self, account: u64, write: u64) -> Result<(), Failure>;
    #[shadow(read)]
    async fn notes(&self, account: u64) -> Result<Option<Notes>, Failure>;
    #[shadow(mirror, key = notes.account)]
    async fn put_notes(&self, notes: &Notes) -> Result<(), Failure>;
    #[shadow(write, replay, key = account)]
    async fn drop_notes(&self, account: u64) -> Result<bool, Failure>;
}

/// What a store does wrong, in per cent of its calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Refused for the moment, without an effect.
    pub throttled: u8,
    /// Made, and the reply is lost.
    pub lost: u8,
    /// The reply is lost at once, and the write is made later.
    pub late: u8,
    pub panics: u8,
}

#[derive(Debug)]
struct State {
    accounts: BTreeMap<u64, Account>,
    notes: BTreeMap<u64, Notes>,
    next: u64,
    rng: fastrand::Rng,
    /// Writes whose reply was lost and that are made later, by their number.
    late: BTreeMap<u64, Late>,
    lates: u64,
}

type Work = Box<dyn FnOnce(&mut State) + Send>;

struct Late(Work);

impl std::fmt::Debug for Late {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Late")
    }
}

#[derive(Debug)]
pub struct Accounts {
    state: Arc<Mutex<State>>,
    faults: Faults,
    faulty: AtomicBool,
    /// A call takes up to this long, and up to this long again after it was made.
    pub slow: Duration,
    pub latest: Duration,
    pub calls: AtomicU64,
    /// Calls for this account never end.
    pub hung: AtomicU64,
    /// The pauses before and after every call is made; otherwise up to `slow`.
    pub each: Mutex<Option<(Duration, Duration)>>,
    /// The pauses before and after the next calls are made, in their order.
    pub pauses: Mutex<VecDeque<(Duration, Duration)>>,
    /// The tokens that writes came with.
    pub tokens: Mutex<Vec<String>>,
    /// Writes that were made later than their reply.
    pub landed: Arc<AtomicU64>,
}

impl Accounts {
    pub fn new(seed: u64, slow: Duration, faults: Faults) -> Arc<Self> {
        Arc::new(Self {
            state: Arc::new(Mutex::new(State {
                accounts: BTreeMap::new(),
                notes: BTreeMap::new(),
                next: 1,
                rng: fastrand::Rng::with_seed(seed),
                late: BTreeMap::new(),
                lates: 0,
            })),
            faults,
            faulty: AtomicBool::new(true),
            slow,
            latest: Duration::from_millis(1_500),
            calls: AtomicU64::new(0),
            hung: AtomicU64::new(0),
            each: Mutex::default(),
            pauses: Mutex::default(),
            tokens: Mutex::default(),
            landed: Arc::default(),
        })
    }

    pub fn works_from_now_on(&self) {
        self.faulty.store(false, Ordering::SeqCst);
    }

    /// Every call takes so long from now on.
    pub fn takes(&self, time: Duration) {
        *self.each.lock().unwrap() = Some((time / 2, time / 2));
    }

    /// Whether an account has seen this write.
    pub fn has(&self, id: u64, write: u64) -> bool {
        let state = self.state.lock().unwrap();
        let account = state.accounts.get(&id);
        account.is_some_and(|account| account.writes.contains(&write))
    }

    pub fn all(&self) -> BTreeMap<u64, Account> {
        self.state.lock().unwrap().accounts.clone()
    }

    pub fn all_notes(&self) -> BTreeMap<u64, Notes> {
        self.state.lock().unwrap().notes.clone()
    }

    /// The process that sent them has ended: what was to land late still does, on this runtime.
    pub fn outlives_its_process(&self) {
        let late: Vec<_> = self.state.lock().unwrap().late.keys().copied().collect();
        for number in late {
            self.lands(number);
        }
    }

    fn lands(&self, number: u64) {
        let most = u64::try_from(self.latest.as_micros()).unwrap();
        let after = Duration::from_micros(self.drawn(most));
        let (state, landed) = (Arc::clone(&self.state), Arc::clone(&self.landed));
        tokio::spawn(async move {
            sleep(after).await;
            let mut state = state.lock().unwrap();
            if let Some(Late(work)) = state.late.remove(&number) {
                work(&mut state);
                landed.fetch_add(1, Ordering::SeqCst);
            }
        });
    }

    /// Puts an account, past every fault.
    pub fn plant(&self, account: Account) {
        let mut state = self.state.lock().unwrap();
        state.accounts.insert(account.id, account);
    }

    pub fn keys(&self) -> BTreeSet<u64> {
        self.all().into_keys().collect()
    }

    pub fn next(&self) -> u64 {
        self.state.lock().unwrap().next
    }

    fn drawn(&self, below: u64) -> u64 {
        self.state.lock().unwrap().rng.u64(0..below.max(1))
    }

    async fn pause(&self) {
        let most = u64::try_from(self.slow.as_micros()).unwrap();
        let micros = self.drawn(most + 1);
        if micros > 0 {
            sleep(Duration::from_micros(micros)).await;
        }
    }

    async fn act<T: Send + 'static>(
        &self,
        id: u64,
        work: impl FnOnce(&mut State) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let token = OpCx::current().token().map(str::to_owned);
        self.tokens.lock().unwrap().extend(token);
        let next = self.pauses.lock().unwrap().pop_front();
        let set = next.or(*self.each.lock().unwrap());
        match set {
            Some((before, _)) => sleep(before).await,
            None => self.pause().await,
        }
        if id != 0 && id == self.hung.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let mut left = self.drawn(100);
        let mut hits = |share: u8| {
            let hit = left < u64::from(share);
            left = if hit {
                u64::MAX
            } else {
                left.saturating_sub(u64::from(share))
            };
            hit
        };
        let faults = if self.faulty.load(Ordering::SeqCst) {
            self.faults
        } else {
            Faults::default()
        };
        if hits(faults.throttled) {
            return Err(Failure::Throttled);
        }
        assert!(!hits(faults.panics), "planted panic");
        if hits(faults.late) {
            let number = {
                let mut state = self.state.lock().unwrap();
                state.lates += 1;
                let number = state.lates;
                let work = move |state: &mut State| drop(work(state));
                state.late.insert(number, Late(Box::new(work)));
                number
            };
            self.lands(number);
            return Err(Failure::Lost);
        }
        let done = work(&mut self.state.lock().unwrap());
        let lost = hits(faults.lost);
        match set {
            Some((_, after)) => sleep(after).await,
            None => self.pause().await,
        }
        if lost { Err(Failure::Lost) } else { done }
    }
}

impl State {
    fn is_free(&self, name: &str, id: u64) -> Result<(), Failure> {
        let taken = |account: &Account| account.name == name && account.id != id;
        if self.accounts.values().any(taken) {
            return Err(Failure::Taken);
        }
        Ok(())
    }

    fn account(&mut self, id: u64) -> Result<&mut Account, Failure> {
        self.accounts.get_mut(&id).ok_or(Failure::NotFound)
    }
}

#[async_trait]
impl AccountRepository for Accounts {
    async fn open(&self, name: &str, write: u64) -> Result<Account, Failure> {
        let name = name.to_owned();
        self.act(0, move |state| {
            state.is_free(&name, 0)?;
            let id = state.next;
            state.next += 1;
            let writes = vec![write];
            let account = Account { id, name, writes };
            state.accounts.insert(id, account.clone());
            Ok(account)
        })
        .await
    }

    async fn rename(&self, id: u64, name: &str, write: u64) -> Result<(), Failure> {
        let name = name.to_owned();
        self.act(id, move |state| {
            state.is_free(&name, id)?;
            let account = state.account(id)?;
            account.name = name;
            account.writes.push(write);
            Ok(())
        })
        .await
    }

    async fn transfer(&self, from: u64, to: u64, write: u64) -> Result<(), Failure> {
        self.act(from, move |state| {
            state.account(to)?;
            state.account(from)?.writes.push(write);
            if from != to {
                state.account(to)?.writes.push(write);
            }
            Ok(())
        })
        .await
    }

    async fn close(&self, id: u64) -> Result<bool, Failure> {
        self.act(id, move |state| Ok(state.accounts.remove(&id).is_some()))
            .await
    }

    async fn get(&self, id: u64) -> Result<Option<Account>, Failure> {
        self.act(id, move |state| Ok(state.accounts.get(&id).cloned()))
            .await
    }

    async fn put_exact(&self, account: &Account) -> Result<(), Failure> {
        let account = account.clone();
        self.act(account.id, move |state| {
            state.is_free(&account.name, account.id)?;
            state.next = state.next.max(account.id + 1);
            state.accounts.insert(account.id, account);
            Ok(())
        })
        .await
    }

    async fn pass_id(&self, id: u64) -> Result<(), Failure> {
        self.act(id, move |state| {
            state.next = state.next.max(id + 1);
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl NoteRepository for Accounts {
    async fn note(&self, account: u64, write: u64) -> Result<(), Failure> {
        self.act(account, move |state| {
            state.account(account)?.writes.push(write);
            let notes = state.notes.entry(account).or_insert(Notes {
                account,
                writes: Vec::new(),
            });
            notes.writes.push(write);
            Ok(())
        })
        .await
    }

    async fn notes(&self, account: u64) -> Result<Option<Notes>, Failure> {
        self.act(account, move |state| Ok(state.notes.get(&account).cloned()))
            .await
    }

    async fn put_notes(&self, notes: &Notes) -> Result<(), Failure> {
        let notes = notes.clone();
        self.act(notes.account, move |state| {
            state.notes.insert(notes.account, notes);
            Ok(())
        })
        .await
    }

    async fn drop_notes(&self, account: u64) -> Result<bool, Failure> {
        self.act(account, move |state| {
            Ok(state.notes.remove(&account).is_some())
        })
        .await
    }
}
