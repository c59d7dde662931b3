//! Which engines a run tests.

use super::{DynamoDbKind, dynamodb, mysql, say};

/// What a suite can run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// Nothing but this process.
    Memory,
    /// MySQL 8 or later.
    MySql,
    /// The embedded `DynamoDB`.
    Embedded,
    /// AWS's own `DynamoDB` Local (or what `DAL_DYNAMODB` names instead).
    Local,
}

impl Engine {
    const ALL: [(&'static str, Self); 4] = [
        ("memory", Self::Memory),
        ("mysql", Self::MySql),
        ("embedded", Self::Embedded),
        ("local", Self::Local),
    ];

    /// What it is, with its version: `MySQL 9.7.0`. Starts the server if need be.
    pub fn name(self) -> String {
        match self {
            Self::Memory => "memory".to_owned(),
            Self::MySql => format!("MySQL {}", mysql().version()),
            Self::Embedded => format!(
                "embedded DynamoDB {}",
                dynamodb(DynamoDbKind::Embedded).version()
            ),
            Self::Local => {
                let server = super::verdict_dynamodb();
                format!("{} {}", server.kind(), server.version())
            }
        }
    }
}

/// The engines to test: all, or those that `DAL_TEST` lists (`memory,mysql,embedded,local`).
///
/// # Panics
/// When `DAL_TEST` names something else: a typing error must not thin out a run.
#[expect(
    clippy::panic,
    reason = "called from tests; a wrong DAL_TEST must fail them"
)]
pub fn engines() -> Vec<Engine> {
    let Ok(list) = std::env::var("DAL_TEST") else {
        return Engine::ALL.iter().map(|(_, e)| *e).collect();
    };
    list.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(|word| {
            Engine::ALL
                .iter()
                .find(|(name, _)| *name == word)
                .map_or_else(
                    || {
                        panic!(
                            "DAL_TEST: `{word}` is not an engine; use memory, mysql, embedded, local"
                        )
                    },
                    |(_, engine)| *engine,
                )
        })
        .collect()
}

/// Writes to the real standard error which engines a suite runs on, with their versions, and which
/// ones `DAL_TEST` leaves out. Starts them if need be. Returns those of `wanted` that are left in.
pub fn announce(suite: &str, wanted: &[Engine]) -> Vec<Engine> {
    let on = engines();
    let (run, left): (Vec<Engine>, Vec<Engine>) = wanted.iter().partition(|e| on.contains(e));
    let named: Vec<String> = run.iter().map(|engine| engine.name()).collect();
    if !named.is_empty() {
        say(&format!("dal-tests: {suite}: {}", named.join(", ")));
    }
    for engine in left {
        say(&format!(
            "dal-tests: {suite}: NOT TESTED on {engine:?}: DAL_TEST leaves it out"
        ));
    }
    run
}
