//! Making a table and waiting until it can be used.

use std::time::Duration;

use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{IndexStatus, TableDescription, TableStatus};
use dal_traits::{Error, ErrorKind, Idempotency, OpCx, Result, RetryPolicy};
use tokio::time::Instant;

use crate::client::DynamoDb;

/// The pause between two looks at a table that is being made.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a table may take when the context has no deadline.
const TIMEOUT: Duration = Duration::from_mins(5);
/// How long `DescribeTable`, which reads with eventual consistency, may not know a table that was
/// just made.
const UNKNOWN_TIMEOUT: Duration = Duration::from_secs(30);

impl DynamoDb {
    /// Makes the table that `request` (from `client().create_table()`) describes and waits until it
    /// and all its indexes can be used. `table` is its name, as in the request. A table of that
    /// name that exists is waited for and left as it is; one that is being deleted is waited for
    /// and made anew. When DynamoDB makes as many tables as it can at once, this tries again.
    ///
    /// # Errors
    /// As [`DynamoDb::call`]; [`ErrorKind::Timeout`] when it cannot be used at the deadline, or
    /// after five minutes without one.
    pub async fn create_table_and_wait(
        &self,
        table: &str,
        request: CreateTableFluentBuilder,
    ) -> Result<()> {
        // What `CreateTable` refuses is looked into here, so it is sent once at a time.
        let once = DynamoDb {
            client: self.client.clone(),
            policy: RetryPolicy {
                max_attempts: 1,
                ..self.policy.clone()
            },
        };
        let mut wait = Wait::new(table);
        loop {
            let made = once
                .call("CreateTable", table, Idempotency::ByToken, || {
                    request.clone().send()
                })
                .await;
            match made {
                Ok(_) => return self.wait_for(table, wait, Some(UNKNOWN_TIMEOUT)).await,
                // As many tables are being made as may be at once.
                Err(error) if error.kind() == ErrorKind::Throttled => wait.pause(error).await?,
                // It exists, or a lost reply leaves open whether it does: looking tells.
                Err(error) if error.class().is_transient() => match self.state(table).await? {
                    State::Missing | State::Deleting => wait.pause(error).await?,
                    _ => return self.wait_for(table, wait, None).await,
                },
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until the table and all its indexes can be used.
    ///
    /// # Errors
    /// [`ErrorKind::NoSuchTable`], also for a table that is being deleted; [`ErrorKind::Timeout`]
    /// when it cannot be used at the deadline, or after five minutes without one.
    pub async fn wait_until_active(&self, table: &str) -> Result<()> {
        self.wait_for(table, Wait::new(table), None).await
    }

    /// `unknown` is how long the table may be missing.
    async fn wait_for(
        &self,
        table: &str,
        mut wait: Wait<'_>,
        unknown: Option<Duration>,
    ) -> Result<()> {
        let since = Instant::now();
        let is_new = || unknown.is_some_and(|unknown| since.elapsed() < unknown);
        loop {
            let why = match self.state(table).await? {
                State::Usable => return Ok(()),
                State::Missing if !is_new() => {
                    return Err(failed(
                        ErrorKind::NoSuchTable,
                        "the table is missing; create it",
                        table,
                    ));
                }
                State::Deleting => {
                    return Err(failed(
                        ErrorKind::NoSuchTable,
                        "the table is being deleted; create it when it is gone",
                        table,
                    ));
                }
                State::Unusable(status) => {
                    let text = "the table cannot be used; see its status in the console";
                    return Err(
                        failed(ErrorKind::Unavailable, text, table).with("table_status", status)
                    );
                }
                State::Missing | State::Pending => failed(
                    ErrorKind::Timeout,
                    "the table cannot be used yet; wait for it again",
                    table,
                ),
            };
            wait.pause(why).await?;
        }
    }

    async fn state(&self, table: &str) -> Result<State> {
        let described = self
            .call("DescribeTable", table, Idempotency::Read, || {
                self.client.describe_table().table_name(table).send()
            })
            .await;
        match described {
            Ok(described) => Ok(described.table().map_or(State::Pending, State::of)),
            Err(error) if error.kind() == ErrorKind::NoSuchTable => Ok(State::Missing),
            Err(error) => Err(error),
        }
    }
}

/// What can be done with a table.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Missing,
    /// It, or one of its indexes, is being made.
    Pending,
    Usable,
    Deleting,
    /// It does not recover by itself: it is archived, or its key is gone.
    Unusable(String),
}

impl State {
    fn of(table: &TableDescription) -> Self {
        // A table or index that is being updated can be read and written as before.
        let indexes_usable = || {
            table.global_secondary_indexes().iter().all(|index| {
                matches!(
                    index.index_status(),
                    Some(IndexStatus::Active | IndexStatus::Updating)
                )
            })
        };
        match table.table_status() {
            Some(TableStatus::Active | TableStatus::Updating) if indexes_usable() => Self::Usable,
            Some(TableStatus::Deleting) => Self::Deleting,
            Some(
                status @ (TableStatus::Archived
                | TableStatus::Archiving
                | TableStatus::InaccessibleEncryptionCredentials),
            ) => Self::Unusable(status.as_str().to_owned()),
            _ => Self::Pending,
        }
    }
}

/// Growing pauses up to the deadline.
struct Wait<'a> {
    table: &'a str,
    end: Instant,
    pause: Duration,
}

impl<'a> Wait<'a> {
    fn new(table: &'a str) -> Self {
        Self {
            table,
            end: OpCx::current()
                .deadline()
                .unwrap_or_else(|| Instant::now() + TIMEOUT),
            pause: FIRST_PAUSE,
        }
    }

    /// Waits a little longer than last time.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] with `why` as its source when there is no time left.
    async fn pause(&mut self, why: Error) -> Result<()> {
        if Instant::now() + self.pause >= self.end {
            if why.kind() == ErrorKind::Timeout {
                return Err(why);
            }
            let text = "the table was not made in time; wait for it again";
            return Err(failed(ErrorKind::Timeout, text, self.table).source(why));
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

fn failed(kind: ErrorKind, message: &'static str, table: &str) -> Error {
    Error::new(kind, message)
        .backend("dynamodb")
        .operation("DescribeTable")
        .entity(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::types::GlobalSecondaryIndexDescription;

    fn state(table: TableStatus, index: IndexStatus) -> State {
        let index = GlobalSecondaryIndexDescription::builder()
            .index_status(index)
            .build();
        let table = TableDescription::builder()
            .table_status(table)
            .global_secondary_indexes(index)
            .build();
        State::of(&table)
    }

    #[test]
    fn a_table_that_is_being_updated_can_be_used_and_one_being_made_cannot() {
        for (table, index, expected) in [
            (TableStatus::Active, IndexStatus::Active, State::Usable),
            (TableStatus::Updating, IndexStatus::Updating, State::Usable),
            (TableStatus::Updating, IndexStatus::Creating, State::Pending),
            (TableStatus::Creating, IndexStatus::Creating, State::Pending),
            (
                TableStatus::Deleting,
                IndexStatus::Deleting,
                State::Deleting,
            ),
            (
                TableStatus::Archived,
                IndexStatus::Active,
                State::Unusable("ARCHIVED".to_owned()),
            ),
        ] {
            let what = format!("{table:?} {index:?}");
            assert_eq!(state(table, index), expected, "{what}");
        }
    }
}
