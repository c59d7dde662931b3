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
    next: u64,
    rng: fastrand::Rng,
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
                next: 1,
                rng: fastrand::Rng::with_seed(seed),
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
            let most = u64::try_from(self.latest.as_micros()).unwrap();
            let after = Duration::from_micros(self.drawn(most));
            let (state, landed) = (Arc::clone(&self.state), Arc::clone(&self.landed));
            tokio::spawn(async move {
                sleep(after).await;
                let _refused = work(&mut state.lock().unwrap()).is_err();
                landed.fetch_add(1, Ordering::SeqCst);
            });
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
