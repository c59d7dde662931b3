//! One database: made from its schema, and cleaned.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection, Row as _};

use super::CleanError;
use crate::servers::MySqlServer;

/// Sessions of dropped connections end by themselves within this time; others are ended.
const LEAVE: Duration = Duration::from_millis(100);
/// A session that is there for longer makes the database uncertain.
const GONE: Duration = Duration::from_secs(5);
/// A trigger may fill a table while another one is emptied.
const ROUNDS: usize = 3;

/// What every database of a pool is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) schema: &'static str,
    pub(super) seed: &'static str,
    pub(super) first_id: u64,
}

/// A database of ours, with the connection that cleans it.
#[derive(Debug)]
pub(super) struct Database {
    name: String,
    url: String,
    tables: Vec<Table>,
    connection: MySqlConnection,
}

#[derive(Debug, PartialEq, Eq)]
struct Table {
    name: String,
    counts: bool,
}

impl Table {
    fn quoted(&self) -> String {
        format!("`{}`", self.name.replace('`', "``"))
    }
}

impl Database {
    /// A new database, as clean as a used one after [`Database::clean`].
    pub(super) async fn new(server: &MySqlServer, plan: &Plan) -> Result<Self, CleanError> {
        let url = server.fresh_database().await?;
        let mut connection = MySqlConnection::connect(&url).await?;
        run(&mut connection, plan.schema).await?;
        // Statistics are read as they are, tables are emptied in any order.
        let session = "SET SESSION information_schema_stats_expiry = 0, foreign_key_checks = 0, \
                       sql_safe_updates = 0, autocommit = 1";
        run(&mut connection, session).await?;
        let tables = tables_of(&mut connection).await?;
        let name = sqlx::query_scalar("SELECT DATABASE()")
            .fetch_one(&mut connection)
            .await?;
        let mut database = Self {
            name,
            url,
            tables,
            connection,
        };
        if let Some(table) = database.filled().await?.first() {
            let why = format!(
                "the schema fills the table {}: put its INSERTs into `.seed(..)`",
                table.name
            );
            database.discard().await;
            return Err(CleanError::Declared(why));
        }
        database.reset(plan).await?;
        Ok(database)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Makes it as new.
    ///
    /// # Errors
    /// When it may be unclean.
    pub(super) async fn clean(&mut self, plan: &Plan) -> Result<(), CleanError> {
        self.end_sessions().await?;
        if tables_of(&mut self.connection).await? != self.tables {
            let why = "its tables are not those of the schema".to_owned();
            return Err(CleanError::Uncertain(why));
        }
        for _ in 0..ROUNDS {
            let filled: Vec<String> = self.filled().await?.iter().map(|t| t.quoted()).collect();
            if filled.is_empty() {
                return self.reset(plan).await;
            }
            for table in filled {
                run(&mut self.connection, &format!("DELETE FROM {table}")).await?;
            }
        }
        let why = format!("rows are left after {ROUNDS} deletions; does a trigger add them?");
        Err(CleanError::Uncertain(why))
    }

    /// Drops it. One that cannot be dropped is left to the next run.
    pub(super) async fn discard(mut self) {
        let _ = run(
            &mut self.connection,
            &format!("DROP DATABASE {}", self.name),
        )
        .await;
        let _ = self.connection.close().await;
    }

    /// Sets the counters of empty tables, and runs the seed.
    async fn reset(&mut self, plan: &Plan) -> Result<(), CleanError> {
        let moved = self.moved(plan.first_id).await?;
        for table in &moved {
            let first = plan.first_id;
            let sql = format!("ALTER TABLE {table} AUTO_INCREMENT = {first}");
            run(&mut self.connection, &sql).await?;
        }
        if !moved.is_empty() && !self.moved(plan.first_id).await?.is_empty() {
            let why = format!("AUTO_INCREMENT does not go back to {}", plan.first_id);
            return Err(CleanError::Uncertain(why));
        }
        if !plan.seed.is_empty() {
            run(&mut self.connection, plan.seed).await?;
        }
        Ok(())
    }

    /// The tables that have rows.
    async fn filled(&mut self) -> Result<Vec<&Table>, CleanError> {
        if self.tables.is_empty() {
            return Ok(Vec::new());
        }
        let questions: Vec<String> = self
            .tables
            .iter()
            .map(|table| format!("EXISTS(SELECT 1 FROM {})", table.quoted()))
            .collect();
        let sql = format!("SELECT {}", questions.join(", "));
        let row = self.connection.fetch_one(AssertSqlSafe(sql)).await?;
        let mut filled = Vec::new();
        for (n, table) in self.tables.iter().enumerate() {
            if row.try_get::<bool, _>(n)? {
                filled.push(table);
            }
        }
        Ok(filled)
    }

    /// The tables, quoted, whose next id is not `first`.
    async fn moved(&mut self, first: u64) -> Result<Vec<String>, CleanError> {
        if !self.tables.iter().any(|table| table.counts) {
            return Ok(Vec::new());
        }
        let sql = "SELECT CAST(TABLE_NAME AS CHAR), AUTO_INCREMENT FROM information_schema.TABLES \
                   WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'";
        let next: Vec<(String, Option<u64>)> =
            sqlx::query_as(sql).fetch_all(&mut self.connection).await?;
        let is_first = |name: &str| {
            let counter = next.iter().find(|(table, _)| table == name);
            counter.is_some_and(|(_, next)| next.unwrap_or(1) == first)
        };
        let counting = self.tables.iter().filter(|table| table.counts);
        Ok(counting
            .filter(|table| !is_first(&table.name))
            .map(Table::quoted)
            .collect())
    }

    /// Ends the sessions of those who used it, with what they had not committed.
    async fn end_sessions(&mut self) -> Result<(), CleanError> {
        let began = Instant::now();
        loop {
            let sessions = self.sessions().await?;
            if sessions.is_empty() {
                return Ok(());
            }
            let waited = began.elapsed();
            if waited > GONE {
                let why = format!("{} sessions do not end", sessions.len());
                return Err(CleanError::Uncertain(why));
            }
            if waited > LEAVE {
                for session in sessions {
                    // It may have ended meanwhile; the next look tells.
                    let _ = run(&mut self.connection, &format!("KILL {session}")).await;
                }
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The sessions of others in it. `information_schema.PROCESSLIST` would fail while one of any
    /// database runs a statement with an emoji: it converts every text to utf8mb3.
    async fn sessions(&mut self) -> Result<Vec<i64>, CleanError> {
        let own: u64 = sqlx::query_scalar("SELECT CONNECTION_ID()")
            .fetch_one(&mut self.connection)
            .await?;
        let mut sessions = Vec::new();
        for row in self.connection.fetch_all("SHOW PROCESSLIST").await? {
            let (id, database): (i64, Option<String>) = (row.try_get("Id")?, row.try_get("db")?);
            if u64::try_from(id) != Ok(own) && database.as_ref() == Some(&self.name) {
                sessions.push(id);
            }
        }
        Ok(sessions)
    }
}

/// The tables of the connection's database, and which of them count their ids.
async fn tables_of(connection: &mut MySqlConnection) -> Result<Vec<Table>, CleanError> {
    let sql = "SELECT CAST(t.TABLE_NAME AS CHAR), EXISTS(SELECT 1 FROM information_schema.COLUMNS c \
               WHERE c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME \
               AND c.EXTRA LIKE '%auto_increment%') \
               FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = DATABASE() \
               AND t.TABLE_TYPE = 'BASE TABLE' ORDER BY t.TABLE_NAME";
    let tables: Vec<(String, bool)> = sqlx::query_as(sql).fetch_all(connection).await?;
    Ok(tables
        .into_iter()
        .map(|(name, counts)| Table { name, counts })
        .collect())
}

async fn run(connection: &mut MySqlConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .map(drop)
}
