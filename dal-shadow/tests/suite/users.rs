//! A repository in memory, with faults that a test can switch on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports by panicking"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dal_shadow::{Classify, OpCx, shadow};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    pub id: u64,
    pub email: String,
    pub name: String,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error, Classify)]
pub enum RepoError {
    #[error("no such user")]
    #[classify(not_found)]
    NotFound,
    #[error("{0} is taken")]
    #[classify(unique)]
    Taken(String),
    #[error("the store asks for less load")]
    #[classify(throttled)]
    Throttled,
    #[error("the deadline has passed")]
    #[classify(timeout)]
    Late,
    #[error("the link was lost")]
    #[classify(unavailable)]
    Lost,
    #[error("a bug: {0}")]
    #[classify(unexpected)]
    Bug(String),
}

/// The repository of the tests.
#[shadow(repair(read = get, put = put_exact, delete = remove, ids = pass_id))]
#[async_trait]
pub trait UserRepository: Send + Sync {
    #[shadow(write, mirror = put_exact, creates(user = id))]
    async fn register(&self, email: &str) -> Result<User, RepoError>;
    #[shadow(write, replay)]
    async fn rename(&self, #[handle(user)] id: u64, name: &str) -> Result<(), RepoError>;
    #[shadow(write, replay)]
    async fn remove(&self, #[handle(user)] id: u64) -> Result<bool, RepoError>;
    #[shadow(read)]
    async fn get(&self, #[handle(user)] id: u64) -> Result<Option<User>, RepoError>;
    #[shadow(read, token(page = next))]
    async fn list(
        &self,
        #[handle(page)] after: Option<&str>,
        limit: usize,
    ) -> Result<Page, RepoError>;
    #[shadow(mirror, key = user.id)]
    async fn put_exact(&self, user: &User) -> Result<(), RepoError>;
    #[shadow(mirror)]
    async fn pass_id(&self, id: u64) -> Result<(), RepoError>;
    #[shadow(skip(read))]
    async fn name_of_store(&self) -> String;
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page {
    pub items: Vec<User>,
    pub next: Option<String>,
}

/// What a store does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Never answers.
    Hang,
    /// Hangs, and says so itself at the deadline of the call.
    KeepsDeadline,
    /// Takes this long.
    Slow(Duration),
    /// Always fails for a while.
    Throttle,
    /// Fails so many times, then works.
    FailTimes(u64),
    /// Makes the write and loses the answer, so many times.
    LoseReplies(u64),
    Panic,
    /// Answers something else.
    Garbage,
}

pub struct Memory {
    pub name: &'static str,
    pub users: Mutex<BTreeMap<u64, User>>,
    pub next: AtomicU64,
    pub fault: Mutex<Fault>,
    pub calls: AtomicU64,
}

impl Memory {
    pub fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self {
            name,
            users: Mutex::default(),
            next: AtomicU64::new(1),
            fault: Mutex::new(Fault::None),
            calls: AtomicU64::new(0),
        })
    }

    pub fn fault(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    pub fn all(&self) -> Vec<User> {
        self.users.lock().unwrap().values().cloned().collect()
    }

    /// The fault before the work; whether the reply is lost after it.
    async fn enter(&self) -> Result<bool, RepoError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let fault = *self.fault.lock().unwrap();
        match fault {
            Fault::None | Fault::Garbage | Fault::FailTimes(0) | Fault::LoseReplies(0) => Ok(false),
            Fault::Hang => std::future::pending().await,
            Fault::KeepsDeadline => {
                let deadline = OpCx::current().deadline().unwrap();
                tokio::time::sleep_until(deadline).await;
                Err(RepoError::Late)
            }
            Fault::Slow(time) => {
                tokio::time::sleep(time).await;
                Ok(false)
            }
            Fault::Throttle => Err(RepoError::Throttled),
            Fault::FailTimes(left) => {
                self.fault(Fault::FailTimes(left - 1));
                Err(RepoError::Throttled)
            }
            Fault::LoseReplies(left) => {
                self.fault(Fault::LoseReplies(left - 1));
                Ok(true)
            }
            Fault::Panic => panic!("planted panic"),
        }
    }

    async fn with<T>(
        &self,
        work: impl FnOnce(&mut BTreeMap<u64, User>) -> Result<T, RepoError> + Send,
    ) -> Result<T, RepoError> {
        let lost = self.enter().await?;
        let done = work(&mut self.users.lock().unwrap());
        if lost { Err(RepoError::Lost) } else { done }
    }
}

#[async_trait]
impl UserRepository for Memory {
    async fn register(&self, email: &str) -> Result<User, RepoError> {
        self.with(|users| {
            if users.values().any(|user| user.email == email) {
                return Err(RepoError::Taken(email.to_owned()));
            }
            let id = self.next.fetch_add(1, Ordering::SeqCst);
            let user = User {
                id,
                email: email.to_owned(),
                name: String::new(),
            };
            users.insert(id, user.clone());
            Ok(user)
        })
        .await
    }

    async fn rename(&self, id: u64, name: &str) -> Result<(), RepoError> {
        self.with(|users| {
            let user = users.get_mut(&id).ok_or(RepoError::NotFound)?;
            name.clone_into(&mut user.name);
            Ok(())
        })
        .await
    }

    async fn remove(&self, id: u64) -> Result<bool, RepoError> {
        self.with(|users| Ok(users.remove(&id).is_some())).await
    }

    async fn get(&self, id: u64) -> Result<Option<User>, RepoError> {
        let user = self.with(|users| Ok(users.get(&id).cloned())).await?;
        if *self.fault.lock().unwrap() == Fault::Garbage {
            return Ok(user.map(|user| User {
                name: "garbage".to_owned(),
                ..user
            }));
        }
        Ok(user)
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Page, RepoError> {
        let after: u64 = after
            .and_then(|token| token.split_once(':'))
            .and_then(|(_, id)| id.parse().ok())
            .unwrap_or(0);
        self.with(|users| {
            let mut items: Vec<User> = users.range(after + 1..).map(|(_, u)| u.clone()).collect();
            let more = items.len() > limit;
            items.truncate(limit);
            let last = items.last().filter(|_| more);
            Ok(Page {
                next: last.map(|user| format!("{}:{}", self.name, user.id)),
                items,
            })
        })
        .await
    }

    async fn put_exact(&self, user: &User) -> Result<(), RepoError> {
        self.next.fetch_max(user.id + 1, Ordering::SeqCst);
        self.with(|users| {
            if users
                .values()
                .any(|u| u.email == user.email && u.id != user.id)
            {
                return Err(RepoError::Taken(user.email.clone()));
            }
            users.insert(user.id, user.clone());
            Ok(())
        })
        .await
    }

    async fn pass_id(&self, id: u64) -> Result<(), RepoError> {
        self.next.fetch_max(id + 1, Ordering::SeqCst);
        self.with(|_| Ok(())).await
    }

    async fn name_of_store(&self) -> String {
        self.name.to_owned()
    }
}
