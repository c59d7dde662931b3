//! What went wrong, whether it may be tried again, and whether it may have had an effect.

use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What went wrong, in terms that hold for both stores.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ErrorKind { $($(#[$doc])* $name),+ }

        impl ErrorKind {
            /// Every kind, in the order of declaration.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$name),+];

            /// The kind's stable name in snake case, as used in metrics and reports.
            pub const fn as_str(self) -> &'static str {
                match self { $(ErrorKind::$name => $text),+ }
            }
        }
    };
}

kinds! {
    /// A record with this identity exists already.
    AlreadyExists = "already_exists",
    /// A unique key other than the identity is taken.
    UniqueViolation = "unique_violation",
    /// A parent is missing, or a child still exists.
    ReferenceViolation = "reference_violation",
    /// The record to change does not exist.
    NotFound = "not_found",
    /// The caller's own condition was false.
    ConditionFailed = "condition_failed",
    /// A CHECK constraint refused the value.
    ConstraintViolation = "constraint_violation",
    /// Another operation was in the way (deadlock, lock wait, transaction conflict).
    Conflict = "conflict",
    /// The store asked for less load.
    Throttled = "throttled",
    /// The link was lost or the store did not answer properly.
    Unavailable = "unavailable",
    /// No answer in time.
    Timeout = "timeout",
    /// An item, key, packet or transaction is larger than the store allows.
    TooLarge = "too_large",
    /// A value is outside what its field accepts.
    InvalidValue = "invalid_value",
    /// A finite resource (such as the ids of a column) is used up.
    Limit = "limit",
    /// No access path serves the query.
    NoPath = "no_path",
    /// The store cannot do this.
    Unsupported = "unsupported",
    /// The cursor belongs to another query or store.
    InvalidCursor = "invalid_cursor",
    /// The read budget was used up before the answer was complete. What was found, and where to go
    /// on: [`Unfinished`](crate::Unfinished).
    BudgetExceeded = "budget_exceeded",
    /// A table or index is missing.
    NoSuchTable = "no_such_table",
    /// The credentials do not allow this.
    AccessDenied = "access_denied",
    /// There are no usable credentials.
    Credentials = "credentials",
    /// What the store returned could not be decoded.
    Decode = "decode",
    /// The configuration is wrong.
    Config = "config",
    /// Anything else. Never equal to anything, not even to itself, when answers are compared.
    Unexpected = "unexpected",
}

impl ErrorKind {
    /// Whether the same call may well succeed later without anything being changed.
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Conflict | Self::Throttled | Self::Unavailable | Self::Timeout
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether an operation that failed may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// It would fail again.
    Never,
    /// After a pause it may succeed.
    Backoff,
    /// It was tried again, as often as the policy allows.
    Exhausted,
}

/// Whether a write that failed may have been applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing was changed.
    None,
    /// It may have been applied; only reading back tells.
    Unknown,
}
