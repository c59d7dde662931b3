//! The table "What each event is" of `docs/errors.md`: each entry with the code that produces it on a
//! real engine, or through a fault between the client and the engine.

mod dynamodb;
mod mysql;

use std::pin::Pin;

use dal_traits::{Class, Effect, ErrorKind, Retry};

use super::{expect, on_dynamodb, on_mysql};

/// Makes the event happen, and reads its error.
type Produce<C> = for<'a> fn(&'a C) -> Pin<Box<dyn Future<Output = Class> + 'a>>;

/// What one store calls the event, and how it is produced there.
type Cases<C> = &'static [(&'static str, Produce<C>)];

/// A row of the table.
pub struct Event {
    what: &'static str,
    mysql: Cases<mysql::Links>,
    dynamodb: Cases<dynamodb::Links>,
    class: (ErrorKind, Retry, Effect),
}

impl Event {
    /// The row as the document shows it, without the retry and the effect.
    pub fn row(&self) -> (ErrorKind, Retry, Effect, String) {
        let (kind, retry, effect) = self.class;
        let cells = [names(self.mysql), names(self.dynamodb)];
        let text = format!("{} | {}", self.what, cells.join(" | "));
        (kind, retry, effect, text)
    }
}

/// The texts of the cases; a dash where the store has no such event.
fn names<C>(cases: Cases<C>) -> String {
    let names: Vec<_> = cases.iter().map(|(name, _)| *name).collect();
    if names.is_empty() {
        "–".to_owned()
    } else {
        names.join("; ")
    }
}

const fn never(kind: ErrorKind) -> (ErrorKind, Retry, Effect) {
    (kind, Retry::Never, Effect::None)
}

const fn backoff(kind: ErrorKind, effect: Effect) -> (ErrorKind, Retry, Effect) {
    (kind, Retry::Backoff, effect)
}

/// The rows of the table.
pub const EVENTS: &[Event] = &[
    Event {
        what: "insert over an existing identity",
        mysql: &[("1062 on `PRIMARY`", mysql::primary_taken)],
        dynamodb: &[("false condition, `Role::Insert`", dynamodb::insert)],
        class: never(ErrorKind::AlreadyExists),
    },
    Event {
        what: "unique key taken",
        mysql: &[("1062 on another index", mysql::email_taken)],
        dynamodb: &[(
            "false condition at the guard's position, `Role::Unique`",
            dynamodb::unique,
        )],
        class: never(ErrorKind::UniqueViolation),
    },
    Event {
        what: "parent missing, child exists",
        mysql: &[
            ("1452", mysql::parent_missing),
            ("1451", mysql::child_exists),
        ],
        dynamodb: &[(
            "false condition at the check's position, `Role::Reference`",
            dynamodb::reference,
        )],
        class: never(ErrorKind::ReferenceViolation),
    },
    Event {
        what: "change of a missing record",
        mysql: &[(
            "no row matched (you count, as sqlx reports *matched* rows, and return `RowNotFound`)",
            mysql::no_row,
        )],
        dynamodb: &[(
            "false condition without old item, `Role::Change`",
            dynamodb::change_of_nothing,
        )],
        class: never(ErrorKind::NotFound),
    },
    Event {
        what: "the caller's condition false",
        mysql: &[(
            "no row matched, but the row exists (you probe, and return an error of your own)",
            mysql::condition,
        )],
        dynamodb: &[
            (
                "false condition with old item, `Role::Change`",
                dynamodb::change_refused,
            ),
            ("false condition without a role", dynamodb::condition),
        ],
        class: never(ErrorKind::ConditionFailed),
    },
    Event {
        what: "a trigger or `CHECK` refuses",
        mysql: &[("1644", mysql::trigger), ("3819", mysql::check)],
        dynamodb: &[],
        class: never(ErrorKind::ConstraintViolation),
    },
    Event {
        what: "another transaction in the way",
        mysql: &[
            ("deadlock", mysql::deadlock),
            ("lock wait", mysql::lock_wait),
            ("changed table definition", mysql::table_changed),
        ],
        dynamodb: &[
            ("`TransactionConflictException`", dynamodb::conflict),
            (
                "a transaction cancelled for `TransactionConflict`",
                dynamodb::cancelled_by_conflict,
            ),
        ],
        class: backoff(ErrorKind::Conflict, Effect::None),
    },
    Event {
        what: "the same token still runs",
        mysql: &[],
        dynamodb: &[("`TransactionInProgressException`", dynamodb::in_progress)],
        class: backoff(ErrorKind::Conflict, Effect::Unknown),
    },
    Event {
        what: "too much at once",
        mysql: &[
            (
                "a full pool, when the server accepts connections",
                mysql::full_pool,
            ),
            ("1040", mysql::too_many_connections),
        ],
        dynamodb: &[
            (
                "`ProvisionedThroughputExceededException`",
                dynamodb::no_throughput,
            ),
            ("`ThrottlingException`", dynamodb::throttled),
        ],
        class: backoff(ErrorKind::Throttled, Effect::None),
    },
    Event {
        what: "the server is down",
        mysql: &[
            ("connection refused", mysql::refused),
            ("unknown host", mysql::unknown_host),
            ("a pool that waits for either", mysql::waiting_pool),
        ],
        dynamodb: &[
            ("connection refused", dynamodb::refused),
            ("unknown host", dynamodb::unknown_host),
            ("TLS handshake", dynamodb::handshake),
        ],
        class: backoff(ErrorKind::Unavailable, Effect::None),
    },
    Event {
        what: "the server turned read-only; its connections are closed",
        mysql: &[
            ("1290 with `read-only`", mysql::read_only_option),
            ("1792", mysql::read_only_transaction),
            ("1836", mysql::read_only_mode),
        ],
        dynamodb: &[],
        class: backoff(ErrorKind::Unavailable, Effect::None),
    },
    Event {
        what: "the link broke",
        mysql: &[
            ("io errors", mysql::link_closed),
            ("protocol errors", mysql::garbage),
            ("2006", mysql::gone_away),
            ("2013", mysql::link_lost),
        ],
        dynamodb: &[
            ("dispatch failures", dynamodb::reply_lost),
            ("unreadable responses", dynamodb::garbage),
            ("5xx", dynamodb::server_error),
        ],
        class: backoff(ErrorKind::Unavailable, Effect::Unknown),
    },
    Event {
        what: "no reply in time",
        mysql: &[
            ("io time-out", mysql::io_timeout),
            ("the deadline", mysql::deadline),
        ],
        dynamodb: &[
            ("time-out of the attempt", dynamodb::attempt_timeout),
            ("the deadline", dynamodb::deadline),
        ],
        class: backoff(ErrorKind::Timeout, Effect::Unknown),
    },
    Event {
        what: "the server ended the statement in time",
        mysql: &[("3024", mysql::statement_timeout)],
        dynamodb: &[],
        class: backoff(ErrorKind::Timeout, Effect::None),
    },
    Event {
        what: "credentials for the moment",
        mysql: &[],
        dynamodb: &[
            ("expired token", dynamodb::expired_token),
            ("expired signature", dynamodb::expired_signature),
            ("wrong clock", dynamodb::wrong_clock),
            ("provider late", dynamodb::provider_late),
            ("provider failed", dynamodb::provider_failed),
        ],
        class: backoff(ErrorKind::Credentials, Effect::None),
    },
    Event {
        what: "credentials missing or wrong",
        mysql: &[
            ("1045", mysql::wrong_password),
            ("1698", mysql::no_password),
        ],
        dynamodb: &[
            ("not loaded", dynamodb::not_loaded),
            ("unknown key", dynamodb::unknown_key),
            ("wrong key", dynamodb::wrong_key),
            ("malformed profile", dynamodb::malformed_profile),
        ],
        class: never(ErrorKind::Credentials),
    },
    Event {
        what: "not configured",
        mysql: &[
            ("URL", mysql::unreadable_url),
            ("a certificate that is not trusted", mysql::certificate),
            ("no TLS where it is required", mysql::no_tls),
            ("1049", mysql::no_database),
            ("1054", mysql::no_column),
        ],
        dynamodb: &[
            ("no region", dynamodb::no_region),
            ("no endpoint", dynamodb::no_endpoint),
            ("a proxy that wants a log-in (407)", dynamodb::proxy),
        ],
        class: never(ErrorKind::Config),
    },
    Event {
        what: "the request cannot be built",
        mysql: &[("arguments that cannot be encoded", mysql::not_encoded)],
        dynamodb: &[
            ("`ConstructionFailure`", dynamodb::not_built),
            ("an interceptor that refuses it", dynamodb::not_sent),
        ],
        class: never(ErrorKind::InvalidValue),
    },
    Event {
        what: "an index is being filled",
        mysql: &[],
        dynamodb: &[("“backfilling”", dynamodb::backfilling)],
        class: backoff(ErrorKind::Unavailable, Effect::None),
    },
    Event {
        what: "cannot be decoded",
        mysql: &[("column errors of sqlx", mysql::not_decoded)],
        dynamodb: &[],
        class: never(ErrorKind::Decode),
    },
];

#[test]
fn every_event_of_mysql_is_read_as_its_row_says() {
    on_mysql(async {
        for event in EVENTS {
            for (case, produce) in event.mysql {
                let links = mysql::links().await;
                let class = produce(&links).await;
                expect(&class, &format!("{}: {case}", event.what), event.class);
            }
        }
    });
}

#[test]
fn every_event_of_dynamodb_is_read_as_its_row_says() {
    on_dynamodb(async |db, table| {
        for event in EVENTS {
            for (case, produce) in event.dynamodb {
                let links = dynamodb::links(&db, &table);
                let class = produce(&links).await;
                expect(&class, &format!("{}: {case}", event.what), event.class);
            }
        }
    });
}
