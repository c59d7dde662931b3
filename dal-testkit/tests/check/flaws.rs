//! A repository in memory that fails in a way of its own.
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::memory::{Defect, Memory, NewUser, Page, RepoError, User, UserRepository};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    /// Every twentieth call conflicts; it works when it is made again.
    ConflictsNowAndThen,
    RenameTimesOut,
    RenameConflicts,
    RenameIsThrottled,
    /// The second `rename` of a store, and no other one.
    SecondRenameTimesOut,
    /// The second `rename` of a store, however often it is made again.
    SecondRenameConflicts,
    ListIsBusy,
    NextPageIsBusyOnBoth,
    RenameTimesOutOnBoth,
    RenameIsUnexpectedOnBoth,
    /// DynamoDB: unexpected. MySQL: conflict.
    UnexpectedAgainstConflict,
    MirrorIsBusy,
    MirrorConflicts,
    MirrorPanics,
    MirrorIsUnexpected,
    SecondaryRenameIsUnexpected,
    SecondaryRenameIsUnsupported,
    SecondaryGetIsBusy,
    RenameConflictsOnBoth,
    GetIsBusyOnBoth,
    GetHangs,
    MirrorHangs,
    /// The factory panics when it makes the twentieth store.
    FactoryPanics,
    /// The factory gives the same store each time.
    NotFresh,
}

impl Flaw {
    /// Whether a call does not return.
    pub fn hangs(self) -> bool {
        matches!(self, Self::GetHangs | Self::MirrorHangs)
    }
}

/// Which of the two stores this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    MySql,
    DynamoDb,
}

/// Users in memory, with a flaw.
pub struct Useless {
    flaw: Flaw,
    side: Side,
    users: Memory,
    calls: AtomicU64,
    renames: AtomicU64,
    /// The second `rename`.
    second: Mutex<Option<(u64, String)>>,
}

impl Useless {
    pub fn new(flaw: Flaw, side: Side, first: u64) -> Self {
        let token = match side {
            Side::MySql => "m",
            Side::DynamoDb => "d",
        };
        Self {
            flaw,
            side,
            users: Memory::new(first, token, Defect::None),
            calls: AtomicU64::new(0),
            renames: AtomicU64::new(0),
            second: Mutex::new(None),
        }
    }

    /// Whether DynamoDB has this flaw, and this is DynamoDB.
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw && self.side == Side::DynamoDb
    }

    fn now_and_then(&self) -> Result<(), RepoError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        if self.flaw == Flaw::ConflictsNowAndThen && call % 20 == 19 {
            return Err(RepoError::Contended);
        }
        Ok(())
    }

    #[expect(clippy::match_same_arms, reason = "one line for each flaw")]
    fn may_rename(&self, id: u64, name: &str) -> Result<(), RepoError> {
        let dynamodb = self.side == Side::DynamoDb;
        let rename = self.renames.fetch_add(1, Ordering::Relaxed);
        let mut second = self.second.lock().unwrap();
        if rename == 1 {
            *second = Some((id, name.to_owned()));
        }
        match self.flaw {
            Flaw::RenameTimesOut if dynamodb => Err(RepoError::NoReply),
            Flaw::RenameConflicts if dynamodb => Err(RepoError::Contended),
            Flaw::RenameIsThrottled if dynamodb => Err(RepoError::Throttled),
            Flaw::SecondRenameTimesOut if dynamodb && rename == 1 => Err(RepoError::NoReply),
            Flaw::SecondRenameConflicts
                if dynamodb && second.as_ref().is_some_and(|(i, n)| *i == id && n == name) =>
            {
                Err(RepoError::Contended)
            }
            Flaw::SecondaryRenameIsUnexpected if dynamodb => Err(RepoError::Odd),
            Flaw::SecondaryRenameIsUnsupported if dynamodb => Err(RepoError::NotHere),
            Flaw::RenameConflictsOnBoth => Err(RepoError::Contended),
            Flaw::RenameTimesOutOnBoth => Err(RepoError::NoReply),
            Flaw::RenameIsUnexpectedOnBoth => Err(RepoError::Odd),
            Flaw::UnexpectedAgainstConflict if dynamodb => Err(RepoError::Odd),
            Flaw::UnexpectedAgainstConflict => Err(RepoError::Contended),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl UserRepository for Useless {
    async fn register(&self, new: &NewUser) -> Result<User, RepoError> {
        self.now_and_then()?;
        self.users.register(new).await
    }

    async fn rename(&self, id: u64, name: &str) -> Result<(), RepoError> {
        self.now_and_then()?;
        self.may_rename(id, name)?;
        self.users.rename(id, name).await
    }

    async fn remove(&self, id: u64) -> Result<bool, RepoError> {
        self.now_and_then()?;
        self.users.remove(id).await
    }

    async fn get(&self, id: u64) -> Result<Option<User>, RepoError> {
        self.now_and_then()?;
        if self.has(Flaw::SecondaryGetIsBusy) {
            return Err(RepoError::Busy);
        }
        if self.flaw == Flaw::GetIsBusyOnBoth {
            return Err(RepoError::Busy);
        }
        if self.has(Flaw::GetHangs) {
            std::future::pending::<()>().await;
        }
        self.users.get(id).await
    }

    async fn several(&self, ids: &[u64]) -> Result<Vec<User>, RepoError> {
        self.now_and_then()?;
        self.users.several(ids).await
    }

    async fn by_email(&self, email: &str) -> Result<Option<User>, RepoError> {
        self.now_and_then()?;
        self.users.by_email(email).await
    }

    async fn list(&self, after: Option<&str>, limit: u32) -> Result<Page, RepoError> {
        self.now_and_then()?;
        if self.has(Flaw::ListIsBusy) || after.is_some() && self.flaw == Flaw::NextPageIsBusyOnBoth
        {
            return Err(RepoError::Busy);
        }
        self.users.list(after, limit).await
    }

    async fn put_exact(&self, user: &User) -> Result<(), RepoError> {
        self.now_and_then()?;
        if self.side == Side::DynamoDb {
            match self.flaw {
                Flaw::MirrorIsBusy => return Err(RepoError::Busy),
                Flaw::MirrorConflicts => return Err(RepoError::Contended),
                Flaw::MirrorIsUnexpected => return Err(RepoError::Odd),
                Flaw::MirrorHangs => std::future::pending::<()>().await,
                Flaw::MirrorPanics => panic!("this mirror panics"),
                _ => {}
            }
        }
        self.users.put_exact(user).await
    }

    async fn ping(&self) -> Result<(), RepoError> {
        Ok(())
    }
}
