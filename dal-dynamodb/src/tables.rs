//! Making a table and waiting until it can be used.

use std::time::Duration;

use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{IndexStatus, TableDescription, TableStatus};
use dal_traits::{Error, ErrorKind, Idempotency, OpCx, Result};
use tokio::time::Instant;

use crate::client::DynamoDb;

/// The pause between two looks at a table that is being made.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a table may take when the context has no deadline.
const PATIENCE: Duration = Duration::from_mins(5);

impl DynamoDb {
    /// Makes the table that `request` (from `client().create_table()`) describes and waits until it
    /// and all its indexes are active. `table` is its name, as in the request. A table of that name
    /// that exists is waited for and left as it is.
    ///
    /// # Errors
    /// As [`DynamoDb::call`]; [`ErrorKind::Timeout`] when it is not active at the deadline, or after
    /// five minutes without one.
    pub async fn create_table_and_wait(
        &self,
        table: &str,
        request: CreateTableFluentBuilder,
    ) -> Result<()> {
        // An existing table is a final answer here, though other uses of "in use" pass by.
        let once = DynamoDb {
            client: self.client.clone(),
            policy: dal_traits::RetryPolicy {
                max_attempts: 1,
                ..self.policy.clone()
            },
        };
        let made = once
            .call("CreateTable", table, Idempotency::ByToken, || {
                request.clone().send()
            })
            .await;
        match made {
            Ok(_) => {}
            // It exists, or a lost reply leaves open whether it does: looking tells.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::Conflict | ErrorKind::Unavailable | ErrorKind::Timeout
                ) => {}
            Err(error) => return Err(error),
        }
        self.wait_until_active(table).await
    }

    /// Waits until the table and all its indexes are active.
    ///
    /// # Errors
    /// [`ErrorKind::NoSuchTable`]; [`ErrorKind::Timeout`] when it is not active at the deadline, or
    /// after five minutes without one.
    pub async fn wait_until_active(&self, table: &str) -> Result<()> {
        let cx = OpCx::current();
        let end = cx.deadline().unwrap_or_else(|| Instant::now() + PATIENCE);
        let mut pause = FIRST_PAUSE;
        loop {
            let described = self
                .call("DescribeTable", table, Idempotency::Read, || {
                    self.client.describe_table().table_name(table).send()
                })
                .await?;
            if described.table().is_some_and(is_active) {
                return Ok(());
            }
            if Instant::now() + pause >= end {
                return Err(Error::new(
                    ErrorKind::Timeout,
                    "the table is not active yet; wait for it again",
                )
                .backend("dynamodb")
                .operation("DescribeTable")
                .entity(table));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

fn is_active(table: &TableDescription) -> bool {
    table.table_status() == Some(&TableStatus::Active)
        && table
            .global_secondary_indexes()
            .iter()
            .all(|index| index.index_status() == Some(&IndexStatus::Active))
}
