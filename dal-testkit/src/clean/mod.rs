//! Clean stores for thousands of sequences: databases and tables that are emptied and used again.
//!
//! Making a database with its tables takes tenths of a second, emptying one takes milliseconds.
//! [`CleanDatabases`] (MySQL) and [`CleanTables`] (DynamoDB) are declared once, as statics; what they
//! hand out comes back by itself when the store that was built on it is dropped.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # struct MySqlUsers(sqlx::MySqlPool);
//! # struct DynamoUsers(aws_sdk_dynamodb::Client, String);
//! # impl DynamoUsers { async fn create_table(&self) {} }
//! use dal_testkit::clean::{CleanDatabases, CleanTables};
//! use dal_testkit::servers::DynamoDbKind;
//!
//! static DATABASES: CleanDatabases = CleanDatabases::new(
//!     "CREATE TABLE users (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, email VARCHAR(200))",
//! )
//! .first_id(8);
//! static TABLES: CleanTables = CleanTables::new(DynamoDbKind::Embedded);
//!
//! async fn mysql() -> Arc<MySqlUsers> {
//!     Arc::new(MySqlUsers(DATABASES.pool().await.unwrap()))
//! }
//!
//! async fn dynamodb() -> Arc<DynamoUsers> {
//!     let users = |client, prefix| DynamoUsers(client, prefix + "users");
//!     let create = move |client, prefix| async move { users(client, prefix).create_table().await };
//!     let tables = TABLES.take(create).await.unwrap();
//!     Arc::new(users(tables.client(), tables.prefix()))
//! }
//! ```

mod databases;
mod held;
mod idle;
mod items;
mod schema;
mod tables;
#[cfg(test)]
mod tests;

use std::fmt;

pub use databases::{CleanDatabases, DatabaseLease};
pub(crate) use idle::drop_idle;
pub use tables::{CleanTables, TablesLease};

use crate::servers::ServersError;

/// There is no clean database or table.
#[derive(Debug)]
#[non_exhaustive]
pub enum CleanError {
    /// The server cannot be started.
    Server(&'static ServersError),
    /// MySQL refused the schema, the seed or a statement of the cleaning.
    MySql(sqlx::Error),
    /// DynamoDB refused a call.
    DynamoDb(String),
    /// What was declared cannot be cleaned; says what to write instead.
    Declared(String),
    /// It is not certain that what came back is clean.
    Uncertain(String),
}

impl fmt::Display for CleanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(error) => error.fmt(f),
            Self::MySql(error) => write!(f, "MySQL: {error}"),
            Self::DynamoDb(why) => write!(f, "DynamoDB: {why}"),
            Self::Declared(why) => f.write_str(why),
            Self::Uncertain(why) => write!(f, "not certainly clean: {why}"),
        }
    }
}

impl std::error::Error for CleanError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Server(error) => Some(error),
            Self::MySql(error) => Some(error),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for CleanError {
    fn from(error: sqlx::Error) -> Self {
        Self::MySql(error)
    }
}
