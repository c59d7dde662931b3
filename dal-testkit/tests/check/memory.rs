//! A repository in memory, twice: as it should be, and with a planted defect.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dal_testkit::check::{Strategy, confusables};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct User {
    pub id: u64,
    pub email: String,
    pub name: String,
    pub created_at: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewUser {
    pub email: String,
    pub name: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Page {
    pub items: Vec<User>,
    pub next: Option<String>,
}

#[derive(Debug, thiserror::Error, dal_shadow::Classify)]
pub enum RepoError {
    #[error("no such user")]
    #[classify(not_found)]
    NoSuchUser,
    #[error("{0} is taken")]
    #[classify(unique)]
    EmailTaken(String),
    #[error("bad cursor")]
    #[classify(invalid_cursor)]
    BadCursor,
    #[error("busy")]
    #[classify(unavailable)]
    Busy,
    #[error("no reply in time")]
    #[classify(timeout)]
    NoReply,
    #[error("somebody else was faster")]
    #[classify(conflict)]
    Contended,
    #[error("too many calls")]
    #[classify(throttled)]
    Throttled,
    #[error("an error that no code expects")]
    #[classify(unexpected)]
    Odd,
    #[error("not on this store")]
    #[classify(unsupported)]
    NotHere,
}

#[dal_shadow::shadow(ops, generated = "User.created_at")]
#[async_trait]
pub trait UserRepository: Send + Sync {
    #[shadow(write, mirror = put_exact, creates(user = id))]
    async fn register(&self, new: &NewUser) -> Result<User, RepoError>;
    #[shadow(write, replay)]
    async fn rename(&self, #[handle(user)] id: u64, name: &str) -> Result<(), RepoError>;
    #[shadow(write, replay)]
    async fn remove(&self, #[handle(user)] id: u64) -> Result<bool, RepoError>;
    #[shadow(read)]
    async fn get(&self, #[handle(user)] id: u64) -> Result<Option<User>, RepoError>;
    #[shadow(read, unordered = "")]
    async fn several(&self, #[handle(user)] ids: &[u64]) -> Result<Vec<User>, RepoError>;
    #[shadow(read)]
    async fn by_email(&self, email: &str) -> Result<Option<User>, RepoError>;
    #[shadow(read, token(page = next))]
    async fn list(
        &self,
        #[handle(page)] after: Option<&str>,
        limit: u32,
    ) -> Result<Page, RepoError>;
    #[shadow(mirror)]
    async fn put_exact(&self, user: &User) -> Result<(), RepoError>;
    #[shadow(skip(read))]
    async fn ping(&self) -> Result<(), RepoError>;
}

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    None,
    /// Two users may have one e-mail.
    MissingGuard,
    /// The e-mail of a removed user stays taken.
    GuardStays,
    /// A rename makes a user that was not there.
    RenameCreates,
    /// Only the first page is ever given.
    FirstPageOnly,
    /// Pages begin one user too late.
    PageSkips,
    /// The list is in the wrong order.
    WrongOrder,
    /// E-mails are looked up without regard to case.
    FoldsCase,
    /// Trailing spaces are cut off.
    TrimsNames,
    /// The id of a removed user is given again.
    ReusesIds,
    /// The answer to a failed rename is a success.
    SwallowsErrors,
    /// `get` panics on a user who has been renamed.
    Panics,
    /// The mirror method loses the creation time.
    MirrorForgetsTime,
    /// The mirror method does not move the ids on.
    MirrorKeepsIds,
    /// The copy leaves a user who is gone.
    CopyLeavesDeleted,
    /// The list is in the order of the ids as texts: 1000 stands before 998.
    OrdersAsText,
    /// The mirror method leaves a user alone who is there already.
    MirrorKeepsOld,
}

#[derive(Default)]
struct State {
    users: BTreeMap<u64, User>,
    guards: Vec<String>,
    next: u64,
    renamed: Vec<u64>,
}

/// Users in memory.
pub struct Memory {
    state: Mutex<State>,
    defect: Defect,
    token: &'static str,
    busy_after: Option<u64>,
    calls: AtomicU64,
}

/// Makes every store's times differ.
static CLOCK: AtomicU64 = AtomicU64::new(0);

impl Memory {
    pub fn new(first: u64, token: &'static str, defect: Defect) -> Self {
        Self {
            state: Mutex::new(State {
                next: first,
                ..State::default()
            }),
            defect,
            token,
            busy_after: None,
            calls: AtomicU64::new(0),
        }
    }

    pub fn busy_after(mut self, calls: u64) -> Self {
        self.busy_after = Some(calls);
        self
    }

    /// Takes over all that `from` holds, its newest id included.
    pub fn copy_from(&self, from: &Self) {
        let from = from.state.lock().unwrap();
        let mut state = self.state.lock().unwrap();
        state.users.clone_from(&from.users);
        state.guards.clone_from(&from.guards);
        state.next = from.next;
        if self.defect == Defect::CopyLeavesDeleted {
            let ghost = User {
                id: 700,
                email: "ghost".to_owned(),
                name: "ghost".to_owned(),
                created_at: String::new(),
            };
            state.users.insert(700, ghost);
        }
    }

    fn busy(&self) -> Result<(), RepoError> {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        match self.busy_after {
            Some(after) if calls >= after => Err(RepoError::Busy),
            _ => Ok(()),
        }
    }
}

/// The good store, ids from 8: just below a power of ten, as those of the other one.
pub async fn good() -> Arc<dyn UserRepository> {
    Arc::new(Memory::new(8, "m", Defect::None))
}

/// A store with a defect, ids from 998.
pub fn with(
    defect: Defect,
) -> impl Fn() -> std::future::Ready<Arc<dyn UserRepository>> + Send + Sync + 'static {
    move || std::future::ready(Arc::new(Memory::new(998, "d", defect)))
}

/// Calls with few and nasty values.
pub fn user_ops() -> impl Strategy<Value = UserRepositoryOp> {
    let (email, name) = (
        confusables(&["ann@x", "bob@x"]),
        confusables(&["Ann", "Bob"]),
    );
    let new = (email.clone(), name.clone()).prop_map(|(email, name)| NewUser { email, name });
    UserRepositoryArgs {
        new,
        email,
        name,
        limit: 1_u32..4,
    }
    .ops()
}

#[async_trait]
impl UserRepository for Memory {
    async fn register(&self, new: &NewUser) -> Result<User, RepoError> {
        self.busy()?;
        let mut state = self.state.lock().unwrap();
        let taken = state.guards.contains(&new.email);
        if taken && self.defect != Defect::MissingGuard {
            return Err(RepoError::EmailTaken(new.email.clone()));
        }
        let id = state.next;
        state.next += 1;
        let user = User {
            id,
            email: new.email.clone(),
            name: if self.defect == Defect::TrimsNames {
                new.name.trim_end().to_owned()
            } else {
                new.name.clone()
            },
            created_at: format!("2026-01-01 {:06}", CLOCK.fetch_add(1, Ordering::Relaxed)),
        };
        state.guards.push(new.email.clone());
        state.users.insert(id, user.clone());
        Ok(user)
    }

    async fn rename(&self, id: u64, name: &str) -> Result<(), RepoError> {
        self.busy()?;
        let mut state = self.state.lock().unwrap();
        state.renamed.push(id);
        match state.users.get_mut(&id) {
            Some(user) => name.clone_into(&mut user.name),
            None if self.defect == Defect::SwallowsErrors => {}
            None if self.defect == Defect::RenameCreates => {
                state.users.insert(
                    id,
                    User {
                        id,
                        email: String::new(),
                        name: name.to_owned(),
                        created_at: String::new(),
                    },
                );
                return Err(RepoError::NoSuchUser);
            }
            None => return Err(RepoError::NoSuchUser),
        }
        Ok(())
    }

    async fn remove(&self, id: u64) -> Result<bool, RepoError> {
        self.busy()?;
        let mut state = self.state.lock().unwrap();
        let Some(user) = state.users.remove(&id) else {
            return Ok(false);
        };
        if self.defect != Defect::GuardStays {
            state.guards.retain(|email| *email != user.email);
        }
        if self.defect == Defect::ReusesIds {
            state.next = id;
        }
        Ok(true)
    }

    async fn get(&self, id: u64) -> Result<Option<User>, RepoError> {
        self.busy()?;
        let state = self.state.lock().unwrap();
        let panics = self.defect == Defect::Panics && state.renamed.contains(&id);
        let user = state.users.get(&id).cloned();
        drop(state);
        assert!(
            !panics || user.is_none(),
            "renamed users are too much for this store"
        );
        Ok(user)
    }

    async fn several(&self, ids: &[u64]) -> Result<Vec<User>, RepoError> {
        self.busy()?;
        let state = self.state.lock().unwrap();
        let mut users: Vec<User> = ids
            .iter()
            .filter_map(|id| state.users.get(id))
            .cloned()
            .collect();
        if self.token == "d" {
            users.reverse();
        }
        Ok(users)
    }

    async fn by_email(&self, email: &str) -> Result<Option<User>, RepoError> {
        self.busy()?;
        let state = self.state.lock().unwrap();
        let folds = self.defect == Defect::FoldsCase;
        Ok(state
            .users
            .values()
            .find(|user| {
                user.email == email || folds && user.email.to_lowercase() == email.to_lowercase()
            })
            .cloned())
    }

    async fn list(&self, after: Option<&str>, limit: u32) -> Result<Page, RepoError> {
        self.busy()?;
        let state = self.state.lock().unwrap();
        let after = match after {
            None => 0,
            Some(token) => token
                .strip_prefix(self.token)
                .and_then(|id| id.parse::<u64>().ok())
                .ok_or(RepoError::BadCursor)?,
        };
        let skip = usize::from(self.defect == Defect::PageSkips && after > 0);
        let as_text = self.defect == Defect::OrdersAsText;
        let mut users: Vec<User> = state.users.values().cloned().collect();
        if as_text {
            users.sort_by_key(|user| user.id.to_string());
        }
        let mut rest = users
            .into_iter()
            .filter(|user| {
                if as_text {
                    after == 0 || user.id.to_string() > after.to_string()
                } else {
                    user.id > after
                }
            })
            .skip(skip);
        let mut items: Vec<User> = rest.by_ref().take(limit as usize).collect();
        let next = rest
            .next()
            .filter(|_| self.defect != Defect::FirstPageOnly)
            .and(items.last())
            .map(|last| format!("{}{}", self.token, last.id));
        if self.defect == Defect::WrongOrder {
            items.reverse();
        }
        Ok(Page { items, next })
    }

    async fn put_exact(&self, user: &User) -> Result<(), RepoError> {
        let mut state = self.state.lock().unwrap();
        let mut user = user.clone();
        if self.defect == Defect::MirrorForgetsTime {
            "2020-01-01 000000".clone_into(&mut user.created_at);
        }
        if self.defect != Defect::MirrorKeepsIds {
            state.next = state.next.max(user.id + 1);
        }
        if self.defect == Defect::MirrorKeepsOld && state.users.contains_key(&user.id) {
            return Ok(());
        }
        if let Some(old) = state.users.remove(&user.id) {
            state.guards.retain(|email| *email != old.email);
        }
        state.guards.push(user.email.clone());
        state.users.insert(user.id, user);
        Ok(())
    }

    async fn ping(&self) -> Result<(), RepoError> {
        Ok(())
    }
}
