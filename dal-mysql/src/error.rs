//! Reading MySQL's errors: by number and SQLSTATE ([`codes`]), and by the few texts that tell more.

use std::io;

use dal_traits::call::Reading;
use dal_traits::{Class, Effect, Error, ErrorKind, Retry};
use sqlx::mysql::MySqlDatabaseError;

use crate::advice::advice;
use crate::native::{Native, server_error};
use crate::{codes, failover};

/// Reads any error of sqlx: what went wrong, whether trying again can help, and whether a write may
/// have been applied.
///
/// A lost link leaves the effect unknown, because an error alone does not tell a read from a write.
/// A statement that the server refused had no effect; for a refused `COMMIT` see
/// [`classify_commit`]. An update that matched no row is not an error to MySQL: the caller counts
/// matched rows (which sqlx reports) and returns [`ErrorKind::NotFound`] itself.
///
/// The error of a server that turned read-only (a fail-over) is remembered: connections that were
/// opened before are closed instead of being given to the next caller, in pools that have
/// [`is_current`](crate::is_current) as a hook.
pub fn classify(error: &sqlx::Error) -> Class {
    match error {
        sqlx::Error::Database(native) => native
            .try_downcast_ref::<MySqlDatabaseError>()
            .map_or(Class::new(ErrorKind::Unexpected), packet),
        sqlx::Error::Io(error) => link(error),
        sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => Class::new(ErrorKind::Unavailable),
        // No connection was free, so nothing was sent. `cause` tells a full pool from a server that
        // is down.
        sqlx::Error::PoolTimedOut => Class::new(ErrorKind::Throttled),
        sqlx::Error::PoolClosed => Class::new(ErrorKind::Unavailable)
            .effect(Effect::None)
            .retry(Retry::Never),
        sqlx::Error::BeginFailed => Class::new(ErrorKind::Unavailable).effect(Effect::None),
        sqlx::Error::Configuration(_) | sqlx::Error::Tls(_) | sqlx::Error::ConfigFile(_) => {
            Class::new(ErrorKind::Config)
        }
        sqlx::Error::Encode(_) | sqlx::Error::InvalidArgument(_) => {
            Class::new(ErrorKind::InvalidValue)
        }
        sqlx::Error::InvalidSavePointStatement => Class::new(ErrorKind::Unsupported),
        sqlx::Error::Decode(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::TypeNotFound { .. } => Class::new(ErrorKind::Decode),
        sqlx::Error::RowNotFound => Class::new(ErrorKind::NotFound),
        _ => Class::new(ErrorKind::Unexpected),
    }
}

/// As [`classify`], for the error of a `COMMIT`: a refusal does not prove that the transaction was
/// rolled back, so the effect is unknown, unless the server says that it rolled back (a deadlock, a
/// failed certification) or that it is read-only.
pub fn classify_commit(error: &sqlx::Error) -> Class {
    let class = classify(error);
    let refused = matches!(error, sqlx::Error::Database(_));
    let rolled_back = class.kind == ErrorKind::Conflict || failover::is_fail_over(error);
    if refused && !rolled_back {
        class.effect(Effect::Unknown)
    } else {
        class
    }
}

/// The error of dal for an error of sqlx. The native error is kept as a [`Native`] source, its text
/// (which quotes values) is not repeated.
pub fn error(operation: &'static str, table: &str, native: sqlx::Error) -> Error {
    of(read(&native), operation, table, native)
}

/// As [`error`], for the error of a `COMMIT` (see [`classify_commit`]).
pub fn commit_error(operation: &'static str, table: &str, native: sqlx::Error) -> Error {
    let reading = Reading {
        class: classify_commit(&native),
        status: status_code(&native),
    };
    of(reading, operation, table, native)
}

/// The error of dal for an error of sqlx that was read.
pub(crate) fn of(
    reading: Reading,
    operation: &'static str,
    table: &str,
    native: sqlx::Error,
) -> Error {
    let message = advice(reading.class.kind);
    let error = Error::of(reading.class, message)
        .backend("mysql")
        .operation(operation)
        .entity(table);
    let error = match reading.status {
        Some(status) => error.with("status", status),
        None => error,
    };
    error.source(Native::new(native))
}

/// The class and the server's number, for spans, metrics and errors.
pub(crate) fn read(error: &sqlx::Error) -> Reading {
    Reading {
        class: classify(error),
        status: status_code(error),
    }
}

fn status_code(error: &sqlx::Error) -> Option<String> {
    server_error(error).map(|native| native.number().to_string())
}

fn link(error: &io::Error) -> Class {
    let nothing_sent = Class::new(ErrorKind::Unavailable).effect(Effect::None);
    match error.kind() {
        io::ErrorKind::TimedOut => Class::new(ErrorKind::Timeout),
        // There was no link that could take the statement: nothing listens, no socket file, no free
        // port of ours.
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::NotConnected
        | io::ErrorKind::NotFound
        | io::ErrorKind::AddrNotAvailable => nothing_sent,
        // The certificate of the server is not the one that this client trusts: nothing is sent
        // before that is clear.
        io::ErrorKind::InvalidData if error.to_string().starts_with("invalid peer certificate") => {
            Class::new(ErrorKind::Config)
        }
        // The standard library has no kind for a name that cannot be resolved.
        _ if error.to_string().starts_with("failed to lookup address") => nothing_sent,
        _ => Class::new(ErrorKind::Unavailable),
    }
}

fn packet(native: &MySqlDatabaseError) -> Class {
    server(native.number(), native.code(), native.message())
}

fn server(number: u16, state: Option<&str>, message: &str) -> Class {
    if failover::is_read_only(number, message) {
        failover::note();
        return Class::new(ErrorKind::Unavailable).effect(Effect::None);
    }
    let class = codes::packet(number, state);
    match number {
        1062 | 1586 => duplicate(message),
        1216 | 1217 | 1451 | 1452 => foreign_key(class, message),
        3819 => check(class, message),
        _ => class,
    }
}

/// The server names the index last, as `'users.email'` (since 8.0.19) or `'email'`; the value that
/// comes before it may contain anything, quotes included.
fn duplicate(message: &str) -> Class {
    match last_quoted(message) {
        Some(index) if last_part(index) == "PRIMARY" => Class::new(ErrorKind::AlreadyExists),
        Some(index) => {
            Class::new(ErrorKind::UniqueViolation).constraint(last_part(index).to_owned())
        }
        None => Class::new(ErrorKind::UniqueViolation),
    }
}

fn foreign_key(class: Class, message: &str) -> Class {
    let name = message
        .split_once("CONSTRAINT `")
        .and_then(|(_, rest)| rest.split_once("` FOREIGN KEY"));
    match name {
        Some((name, _)) => class.constraint(name.to_owned()),
        None => class,
    }
}

fn check(class: Class, message: &str) -> Class {
    match last_quoted(message) {
        Some(name) => class.constraint(name.to_owned()),
        None => class,
    }
}

/// The text between the last two single quotes. The sentences around differ by the server's
/// language; the quotes do not.
fn last_quoted(message: &str) -> Option<&str> {
    let (before, _) = message.rsplit_once('\'')?;
    before.rsplit_once('\'').map(|(_, quoted)| quoted)
}

fn last_part(index: &str) -> &str {
    index.rsplit_once('.').map_or(index, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primary_key_is_told_from_other_unique_keys() {
        let primary = server(1062, None, "Duplicate entry '7' for key 'users.PRIMARY'");
        assert_eq!(primary.kind, ErrorKind::AlreadyExists);
        let old = server(1062, None, "Duplicate entry '7' for key 'PRIMARY'");
        assert_eq!(old.kind, ErrorKind::AlreadyExists);
        let email = server(1062, None, "Duplicate entry 'a@b' for key 'users.email'");
        assert_eq!(email.kind, ErrorKind::UniqueViolation);
        assert_eq!(email.constraint.as_deref(), Some("email"));
    }

    #[test]
    fn a_value_that_looks_like_the_text_does_not_fool_the_reading() {
        let class = server(
            1062,
            None,
            "Duplicate entry 'x' for key 'users.PRIMARY'' for key 'users.email'",
        );
        assert_eq!(class.kind, ErrorKind::UniqueViolation);
        assert_eq!(class.constraint.as_deref(), Some("email"));
    }

    #[test]
    fn the_servers_language_does_not_matter() {
        let class = server(
            1062,
            None,
            "Doppelter Eintrag 'a' für Schlüssel 'users.email'",
        );
        assert_eq!(class.constraint.as_deref(), Some("email"));
    }

    #[test]
    fn foreign_keys_and_checks_are_named() {
        let class = server(
            1452,
            None,
            "Cannot add or update a child row: a foreign key constraint fails (`db`.`o`, CONSTRAINT \
             `o_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`))",
        );
        assert_eq!(class.kind, ErrorKind::ReferenceViolation);
        assert_eq!(class.constraint.as_deref(), Some("o_user"));
        let class = server(3819, None, "Check constraint 'stock_min' is violated.");
        assert_eq!(class.kind, ErrorKind::ConstraintViolation);
        assert_eq!(class.constraint.as_deref(), Some("stock_min"));
    }

    #[test]
    fn nothing_was_sent_without_a_link_or_a_free_connection() {
        let refused = sqlx::Error::Io(io::ErrorKind::ConnectionRefused.into());
        assert_eq!(classify(&refused).effect, Effect::None);
        let unknown_host = io::Error::other("failed to lookup address information: unknown name");
        assert_eq!(
            classify(&sqlx::Error::Io(unknown_host)).effect,
            Effect::None
        );
        let reset = sqlx::Error::Io(io::ErrorKind::ConnectionReset.into());
        assert_eq!(classify(&reset).effect, Effect::Unknown);
        let busy = classify(&sqlx::Error::PoolTimedOut);
        assert_eq!(
            (busy.kind, busy.retry, busy.effect),
            (ErrorKind::Throttled, Retry::Backoff, Effect::None)
        );
    }

    #[test]
    fn a_read_only_server_is_told_from_other_options() {
        let read_only = "The MySQL server is running with the --super-read-only option";
        assert_eq!(server(1290, None, read_only).kind, ErrorKind::Unavailable);
        let other = "The MySQL server is running with the --secure-file-priv option";
        assert_eq!(server(1290, None, other).kind, ErrorKind::Unsupported);
    }

    #[test]
    fn the_error_does_not_repeat_the_native_text() {
        let native = sqlx::Error::Protocol("secret-value".to_owned());
        let error = error("INSERT", "users", native);
        assert!(!format!("{error} {error:?}").contains("secret-value"));
        let native = std::error::Error::source(&error).and_then(|s| s.downcast_ref::<Native>());
        assert!(matches!(
            native.map(Native::get),
            Some(sqlx::Error::Protocol(text)) if text == "secret-value"
        ));
    }
}
