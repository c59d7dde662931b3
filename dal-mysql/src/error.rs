//! Reading MySQL's errors: the only place that knows error numbers and error texts.
//!
//! Numbers and symbols are those of the manual's "Server Error Message Reference".

use std::borrow::Cow;
use std::io;

use dal_traits::{Class, Effect, Error, ErrorKind, Retry};
use sqlx::mysql::MySqlDatabaseError;

use crate::native::Native;

/// Reads any error of sqlx: what went wrong, whether trying again can help, and whether a write may
/// have been applied.
///
/// A lost link leaves the effect unknown, because an error alone does not tell a read from a write.
/// An update that matched no row is no error to MySQL: the caller counts matched rows (which sqlx
/// reports) and says [`ErrorKind::NotFound`] itself.
pub fn classify(error: &sqlx::Error) -> Class {
    match error {
        sqlx::Error::Database(native) => native
            .try_downcast_ref::<MySqlDatabaseError>()
            .map_or(Class::new(ErrorKind::Unexpected), |native| {
                server(native.number(), native.message())
            }),
        sqlx::Error::Io(error) => link(error.kind()),
        sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => Class::new(ErrorKind::Unavailable),
        // No connection was free, so nothing was sent.
        sqlx::Error::PoolTimedOut => Class::new(ErrorKind::Throttled),
        sqlx::Error::PoolClosed => Class::new(ErrorKind::Unavailable)
            .effect(Effect::None)
            .retry(Retry::Never),
        sqlx::Error::Configuration(_) | sqlx::Error::Tls(_) | sqlx::Error::ConfigFile(_) => {
            Class::new(ErrorKind::Config)
        }
        sqlx::Error::Encode(_) | sqlx::Error::InvalidArgument(_) => {
            Class::new(ErrorKind::InvalidValue)
        }
        sqlx::Error::Decode(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::TypeNotFound { .. } => Class::new(ErrorKind::Decode),
        sqlx::Error::RowNotFound => Class::new(ErrorKind::NotFound),
        _ => Class::new(ErrorKind::Unexpected),
    }
}

/// The error of dal for an error of sqlx. The native error is kept as a [`Native`] source, its text
/// (which quotes values) is not repeated.
pub fn error(operation: &'static str, table: &str, native: sqlx::Error) -> Error {
    let class = classify(&native);
    of(class, operation, table, native)
}

/// The error of dal for an error of sqlx whose class was refined.
pub(crate) fn of(class: Class, operation: &'static str, table: &str, native: sqlx::Error) -> Error {
    let message = advice(class.kind);
    let status = status_code(&native);
    let error = Error::of(class, message)
        .backend("mysql")
        .operation(operation)
        .entity(table);
    let error = match status {
        Some(status) => error.with("status", status),
        None => error,
    };
    error.source(Native::new(native))
}

/// The server's error number as text, for spans, metrics and messages.
pub(crate) fn status_code(error: &sqlx::Error) -> Option<String> {
    error
        .as_database_error()
        .and_then(|native| native.try_downcast_ref::<MySqlDatabaseError>())
        .map(|native| native.number().to_string())
}

fn link(kind: io::ErrorKind) -> Class {
    match kind {
        io::ErrorKind::TimedOut => Class::new(ErrorKind::Timeout),
        // Nobody was there to take the statement.
        io::ErrorKind::ConnectionRefused => Class::new(ErrorKind::Unavailable).effect(Effect::None),
        _ => Class::new(ErrorKind::Unavailable),
    }
}

fn server(number: u16, message: &str) -> Class {
    let kind = match number {
        1062 | 1586 => return duplicate(message),
        // Duplicate keys that the server does not name.
        1022 | 1761 | 1762 | 1859 => ErrorKind::UniqueViolation,
        1216 | 1217 | 1451 | 1452 => return foreign_key(message),
        3819 => return check(message),
        // Deadlock, lock wait, NOWAIT, certification failure in a replication group.
        1205 | 1213 | 3101 | 3572 => ErrorKind::Conflict,
        // Too many connections, of all or of one user.
        1040 | 1203 | 1226 => ErrorKind::Throttled,
        // The link, as told by the server, by a proxy, or when the server ends.
        1053 | 1152 | 1158..=1161 | 1180 | 2006 | 2013 | 4031 => ErrorKind::Unavailable,
        // Killed while it ran, and rolled back; refused by a server that is read-only (after a
        // failover).
        1317 | 1836 => return Class::new(ErrorKind::Unavailable).effect(Effect::None),
        1290 if message.contains("read-only") => {
            return Class::new(ErrorKind::Unavailable).effect(Effect::None);
        }
        // max_execution_time, which holds for SELECT only.
        3024 => return Class::new(ErrorKind::Timeout).effect(Effect::None),
        1118 | 1153 | 1197 | 1301 => ErrorKind::TooLarge,
        1048 | 1264 | 1265 | 1292 | 1364..=1367 | 1406 | 1411 | 1690 | 3140 | 3141 | 3157 => {
            ErrorKind::InvalidValue
        }
        // Ids used up; table full.
        1114 | 1467 => ErrorKind::Limit,
        // Missing table, index (as a hint), table to drop.
        1051 | 1146 | 1176 => ErrorKind::NoSuchTable,
        1044 | 1130 | 1142 | 1143 | 1227 | 1370 | 1410 => ErrorKind::AccessDenied,
        // Wrong password, unknown account, expired password, locked account.
        1045 | 1251 | 1698 | 1820 | 1862 | 3118 | 3955 => ErrorKind::Credentials,
        // Missing database; missing column: the code expects another schema.
        1049 | 1054 => ErrorKind::Config,
        1235 | 1289 | 1290 => ErrorKind::Unsupported,
        _ => ErrorKind::Unexpected,
    };
    Class::new(kind)
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

fn foreign_key(message: &str) -> Class {
    let class = Class::new(ErrorKind::ReferenceViolation);
    let name = message
        .split_once("CONSTRAINT `")
        .and_then(|(_, rest)| rest.split_once("` FOREIGN KEY"));
    match name {
        Some((name, _)) => class.constraint(name.to_owned()),
        None => class,
    }
}

fn check(message: &str) -> Class {
    let class = Class::new(ErrorKind::ConstraintViolation);
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

pub(crate) fn advice(kind: ErrorKind) -> Cow<'static, str> {
    Cow::Borrowed(match kind {
        ErrorKind::AlreadyExists => "a row with this primary key exists",
        ErrorKind::UniqueViolation => "the value of a unique key is taken",
        ErrorKind::ReferenceViolation => "the parent row is missing, or a child row still exists",
        ErrorKind::ConstraintViolation => "a CHECK constraint refused the row",
        ErrorKind::NotFound => "no row matched",
        ErrorKind::Conflict => "another transaction was in the way; repeat the whole transaction",
        ErrorKind::Throttled => "no connection was free; lower the load or raise the pool's size",
        ErrorKind::Unavailable => "the link to the server was lost or the server is not writable",
        ErrorKind::Timeout => "no answer in time",
        ErrorKind::TooLarge => "the row or packet is larger than the server accepts",
        ErrorKind::InvalidValue => "the server refused a value",
        ErrorKind::Limit => "ids or space of the table are used up",
        ErrorKind::NoSuchTable => "a table or index is missing; create the schema",
        ErrorKind::AccessDenied => "the account lacks a privilege; see SHOW GRANTS",
        ErrorKind::Credentials => "the server did not accept the account or its password",
        ErrorKind::Decode => "a column does not have the type or name that the code expects",
        ErrorKind::Config => "the address, TLS settings, database or columns are not as configured",
        ErrorKind::Unsupported => "the server cannot do this",
        _ => "the server refused the statement; the native error is the source",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primary_key_is_told_from_other_unique_keys() {
        let primary = server(1062, "Duplicate entry '7' for key 'users.PRIMARY'");
        assert_eq!(primary.kind, ErrorKind::AlreadyExists);
        let old = server(1062, "Duplicate entry '7' for key 'PRIMARY'");
        assert_eq!(old.kind, ErrorKind::AlreadyExists);
        let email = server(1062, "Duplicate entry 'a@b' for key 'users.email'");
        assert_eq!(email.kind, ErrorKind::UniqueViolation);
        assert_eq!(email.constraint.as_deref(), Some("email"));
    }

    #[test]
    fn a_value_that_looks_like_the_text_does_not_fool_the_reading() {
        let class = server(
            1062,
            "Duplicate entry 'x' for key 'users.PRIMARY'' for key 'users.email'",
        );
        assert_eq!(class.kind, ErrorKind::UniqueViolation);
        assert_eq!(class.constraint.as_deref(), Some("email"));
    }

    #[test]
    fn the_servers_language_does_not_matter() {
        let class = server(1062, "Doppelter Eintrag 'a' für Schlüssel 'users.email'");
        assert_eq!(class.constraint.as_deref(), Some("email"));
    }

    #[test]
    fn foreign_keys_and_checks_are_named() {
        let class = server(
            1452,
            "Cannot add or update a child row: a foreign key constraint fails (`db`.`o`, CONSTRAINT \
             `o_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`))",
        );
        assert_eq!(class.kind, ErrorKind::ReferenceViolation);
        assert_eq!(class.constraint.as_deref(), Some("o_user"));
        let class = server(3819, "Check constraint 'stock_min' is violated.");
        assert_eq!(class.kind, ErrorKind::ConstraintViolation);
        assert_eq!(class.constraint.as_deref(), Some("stock_min"));
    }

    #[test]
    fn nothing_was_sent_when_nobody_listened_or_no_connection_was_free() {
        let refused = sqlx::Error::Io(io::ErrorKind::ConnectionRefused.into());
        assert_eq!(classify(&refused).effect, Effect::None);
        let reset = sqlx::Error::Io(io::ErrorKind::ConnectionReset.into());
        assert_eq!(classify(&reset).effect, Effect::Unknown);
        let busy = classify(&sqlx::Error::PoolTimedOut);
        assert_eq!(
            (busy.kind, busy.retry, busy.effect),
            (ErrorKind::Throttled, Retry::Backoff, Effect::None)
        );
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
