//! What the user can do next, by kind of error.

use dal_traits::ErrorKind;

pub(crate) fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::AlreadyExists => "a row with this primary key exists",
        ErrorKind::UniqueViolation => "the value of a unique key is taken",
        ErrorKind::ReferenceViolation => "the parent row is missing, or a child row still exists",
        ErrorKind::ConstraintViolation => "a CHECK constraint, a view or a trigger refused the row",
        ErrorKind::NotFound => "no row matched",
        ErrorKind::Conflict => "another transaction was in the way; repeat the whole transaction",
        ErrorKind::Throttled => {
            "no connection was free in time; lower the load or raise the pool's size"
        }
        ErrorKind::Unavailable => {
            "the server cannot be reached, ended the statement or is read-only; check that it runs, then try again"
        }
        ErrorKind::Timeout => "the server did not reply in time",
        ErrorKind::TooLarge => "the row, packet or statement is larger than the server accepts",
        ErrorKind::InvalidValue => "the server refused a value",
        ErrorKind::Limit => "ids, space or locks are used up",
        ErrorKind::NoPath => "no index serves the search; create it",
        ErrorKind::NoSuchTable => "a table or index is missing; create the schema",
        ErrorKind::AccessDenied => "the account lacks a privilege; see SHOW GRANTS",
        ErrorKind::Credentials => {
            "the server did not accept the account or its password; check both"
        }
        ErrorKind::Decode => "a column does not have the type or name that the code expects",
        ErrorKind::Config => "the address, TLS settings, database or columns are not as configured",
        ErrorKind::Unsupported => {
            "the server does not accept this statement; check its syntax and the server's version"
        }
        _ => "the server refused the statement; the native error is the source",
    }
}
