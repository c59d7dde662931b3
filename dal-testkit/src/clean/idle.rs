//! Databases and tables on servers that were given, dropped by their owner when a check has ended.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{CleanDatabases, CleanTables};

/// A store of a sequence that has ended gives back what it held within this time.
const GIVEN_BACK: Duration = Duration::from_secs(1);

/// Who has handed out something on a server that was given.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    Databases(&'static CleanDatabases),
    Tables(&'static CleanTables),
}

static OWNERS: Mutex<Vec<Owner>> = Mutex::new(Vec::new());

/// Remembers an owner until [`drop_idle`].
pub(super) fn remember(owner: Owner) {
    let mut owners = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = owners.iter().any(|known| match (known, owner) {
        (Owner::Databases(a), Owner::Databases(b)) => std::ptr::eq(*a, b),
        (Owner::Tables(a), Owner::Tables(b)) => std::ptr::eq(*a, b),
        _ => false,
    });
    if !known {
        owners.push(owner);
    }
}

/// Drops what nobody uses on servers that were given. What is still in use is left to a later run.
pub(crate) async fn drop_idle() {
    let owners = std::mem::take(&mut *OWNERS.lock().unwrap_or_else(PoisonError::into_inner));
    let until = Instant::now() + GIVEN_BACK;
    for owner in owners {
        while owner.in_use() > 0 && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        match owner {
            Owner::Databases(databases) => databases.drop_free().await,
            Owner::Tables(tables) => tables.drop_free().await,
        }
    }
}

impl Owner {
    fn in_use(self) -> usize {
        match self {
            Self::Databases(databases) => databases.in_use(),
            Self::Tables(tables) => tables.in_use(),
        }
    }
}
