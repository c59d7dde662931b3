//! How large a snapshot may become. A snapshot is made on the caller's way, so it must end.

use std::cell::Cell;
use std::mem::size_of;

use super::{Tree, TreeError};

tokio::task_local! {
    /// The limit of the harness whose call this is: generated code makes snapshots deep inside of
    /// futures, where no parameter reaches.
    static LIMIT: usize;
}

/// Runs `inside` with a limit of so many bytes for each snapshot.
pub(crate) fn limited<T>(bytes: usize, inside: impl FnOnce() -> T) -> T {
    LIMIT.sync_scope(bytes, inside)
}

/// The same for a future.
pub(crate) fn limited_future<F: Future>(
    bytes: usize,
    inside: F,
) -> impl Future<Output = F::Output> {
    LIMIT.scope(bytes, inside)
}

/// The bytes that one snapshot may still take.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<usize>,
    exceeded: Cell<bool>,
}

impl Budget {
    /// No limit.
    pub(super) const fn endless() -> Self {
        Self {
            left: Cell::new(usize::MAX),
            exceeded: Cell::new(false),
        }
    }

    /// The limit of the call that is under way; none outside of a harness.
    pub(super) fn of_the_call() -> Self {
        let budget = Self::endless();
        if let Ok(limit) = LIMIT.try_with(|limit| *limit) {
            budget.left.set(limit);
        }
        budget
    }

    /// One more node with so many bytes of text.
    pub(super) fn spend(&self, text: usize) -> Result<(), TreeError> {
        let node = text.saturating_add(size_of::<Tree>());
        let Some(left) = self.left.get().checked_sub(node) else {
            self.exceeded.set(true);
            return Err(serde::ser::Error::custom("larger than a snapshot may be"));
        };
        self.left.set(left);
        Ok(())
    }

    pub(super) const fn is_exceeded(&self) -> bool {
        self.exceeded.get()
    }
}
