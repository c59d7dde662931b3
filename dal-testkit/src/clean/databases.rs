//! MySQL databases of one schema.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use sqlx::mysql::{MySqlPool, MySqlPoolOptions};

use super::CleanError;
use super::idle::{self, Owner};
use super::schema::{Database, Plan};
use crate::servers::{self, MySqlServer};

/// MySQL databases of one schema, each cleaned before it is handed out again. Declare one as a
/// static.
///
/// Cleaning ends the sessions that are left in the database, empties every table and sets every
/// `AUTO_INCREMENT` to its first id. A database that cannot be cleaned for certain is dropped, and
/// another one is made.
#[derive(Debug)]
pub struct CleanDatabases {
    plan: Plan,
    free: Mutex<Vec<Database>>,
    in_use: AtomicUsize,
}

impl CleanDatabases {
    /// Databases with the tables of `schema`, SQL statements separated by `;`, which inserts no rows.
    pub const fn new(schema: &'static str) -> Self {
        Self {
            plan: Plan {
                schema,
                seed: "",
                first_id: 1,
            },
            free: Mutex::new(Vec::new()),
            in_use: AtomicUsize::new(0),
        }
    }

    /// Sets the rows that a clean database has: SQL statements that run after every cleaning.
    #[must_use]
    pub const fn seed(mut self, sql: &'static str) -> Self {
        self.plan.seed = sql;
        self
    }

    /// Sets the id where every `AUTO_INCREMENT` begins (1). Just below a power of ten, such as 8 or
    /// 998, a store that orders numbers as text is found.
    #[must_use]
    pub const fn first_id(mut self, id: u64) -> Self {
        self.plan.first_id = id;
        self
    }

    /// A pool of at most four connections on a clean database, which it holds until it is closed or
    /// its last clone is dropped. It has sqlx's own options; for a pool of another kind (such as one
    /// of `dal_mysql::pool`) use [`take`](Self::take) with [`DatabaseLease::until_closed`].
    ///
    /// # Errors
    /// [`CleanError`], when there is no server or MySQL refuses the schema.
    pub async fn pool(&'static self) -> Result<MySqlPool, CleanError> {
        let lease = self.take().await?;
        let pool = MySqlPoolOptions::new()
            .max_connections(4)
            .connect(lease.url())
            .await?;
        lease.until_closed(&pool);
        Ok(pool)
    }

    /// A clean database, held until the lease is dropped, for a store that connects by itself.
    ///
    /// # Errors
    /// [`CleanError`], when there is no server or MySQL refuses the schema.
    pub async fn take(&'static self) -> Result<DatabaseLease, CleanError> {
        let server = MySqlServer::shared().await.map_err(CleanError::Server)?;
        let database = servers::on_runtime(self.clean_or_new(server)).await?;
        self.in_use.fetch_add(1, Ordering::Relaxed);
        if server.is_given() {
            idle::remember(Owner::Databases(self));
        }
        Ok(DatabaseLease {
            database: Some(database),
            home: self,
        })
    }

    async fn clean_or_new(&self, server: &MySqlServer) -> Result<Database, CleanError> {
        while let Some(mut used) = self.next() {
            match used.clean(&self.plan).await {
                Ok(()) => return Ok(used),
                Err(error) => {
                    servers::say(&format!(
                        "dal: a test database is dropped and another one made: {error}"
                    ));
                    used.discard().await;
                }
            }
        }
        Database::new(server, &self.plan).await
    }

    pub(super) fn in_use(&self) -> usize {
        self.in_use.load(Ordering::Relaxed)
    }

    /// Drops the databases that are not in use.
    pub(super) async fn drop_free(&'static self) {
        servers::on_runtime(async {
            while let Some(free) = self.next() {
                free.discard().await;
            }
        })
        .await;
    }

    fn next(&self) -> Option<Database> {
        self.lock().pop()
    }

    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Database>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A clean database, given back when this value is dropped.
#[derive(Debug)]
#[must_use = "the database is given back when the lease is dropped"]
pub struct DatabaseLease {
    /// Taken in `drop` only.
    database: Option<Database>,
    home: &'static CleanDatabases,
}

impl DatabaseLease {
    /// Its URL, with the options of the server's.
    pub fn url(&self) -> &str {
        self.database.as_ref().map_or("", |database| database.url())
    }

    /// Gives the database back when `pool`, which connects to it, is closed or its last clone is
    /// dropped: a store that holds the pool holds the database.
    pub fn until_closed(self, pool: &MySqlPool) {
        let closed = pool.close_event();
        servers::runtime().spawn(async move {
            closed.await;
            drop(self);
        });
    }
}

impl Drop for DatabaseLease {
    fn drop(&mut self) {
        self.home.lock().extend(self.database.take());
        self.home.in_use.fetch_sub(1, Ordering::Relaxed);
    }
}
