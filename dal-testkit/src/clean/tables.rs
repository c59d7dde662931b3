//! DynamoDB tables under one prefix.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::Client;

use super::CleanError;
use super::held::holding;
use super::idle::{self, Owner};
use super::items::Tables;
use crate::servers::{self, DynamoDbKind, DynamoDbServer};

/// DynamoDB tables, cleaned before they are handed out again. Declare one as a static.
///
/// Cleaning makes each table hold exactly the items that it held when it was new. Tables that cannot
/// be cleaned for certain are deleted, and others are made.
#[derive(Debug)]
pub struct CleanTables {
    /// None: the one of `verdict_dynamodb`.
    kind: Option<DynamoDbKind>,
    free: Mutex<Vec<Tables>>,
    in_use: AtomicUsize,
}

impl CleanTables {
    /// Tables on this DynamoDB.
    pub const fn new(kind: DynamoDbKind) -> Self {
        Self {
            kind: Some(kind),
            free: Mutex::new(Vec::new()),
            in_use: AtomicUsize::new(0),
        }
    }

    /// Tables on the DynamoDB whose result counts: Local, or real AWS with `DAL_DYNAMODB=aws`.
    pub const fn verdict() -> Self {
        Self {
            kind: None,
            free: Mutex::new(Vec::new()),
            in_use: AtomicUsize::new(0),
        }
    }

    /// Clean tables: used ones, or those that `create` makes. It gets a client and a prefix with
    /// which it begins the names of all its tables; the items that it puts there belong to a clean
    /// table.
    ///
    /// # Errors
    /// [`CleanError`], when there is no server or DynamoDB refuses a call.
    pub async fn take<F, R>(&'static self, create: F) -> Result<TablesLease, CleanError>
    where
        F: FnOnce(Client, String) -> R,
        R: Future<Output = ()>,
    {
        let server = DynamoDbServer::shared(self.kind.unwrap_or_else(servers::verdict_kind))
            .await
            .map_err(CleanError::Server)?;
        let cleaned = servers::on_runtime(self.cleaned(server.client())).await;
        let tables = if let Some(cleaned) = cleaned {
            cleaned
        } else {
            let prefix = server.fresh_prefix();
            create(server.client(), prefix.clone()).await;
            servers::on_runtime(Tables::new(server.client(), prefix)).await?
        };
        self.in_use.fetch_add(1, Ordering::Relaxed);
        if server.is_given() {
            idle::remember(Owner::Tables(self));
        }
        let prefix = tables.prefix().to_owned();
        let given_back = GivenBack {
            tables: Some(tables),
            home: self,
        };
        Ok(TablesLease {
            client: holding(&server.client(), given_back),
            prefix,
        })
    }

    async fn cleaned(&self, client: Client) -> Option<Tables> {
        while let Some(used) = self.next() {
            match used.clean(&client).await {
                Ok(()) => return Some(used),
                Err(error) => {
                    servers::say(&format!("dal: deleting test tables: {error}"));
                    used.discard(&client).await;
                }
            }
        }
        None
    }

    pub(super) fn in_use(&self) -> usize {
        self.in_use.load(Ordering::Relaxed)
    }

    /// Deletes the tables that are not in use.
    pub(super) async fn drop_free(&'static self) {
        let kind = self.kind.unwrap_or_else(servers::verdict_kind);
        let Ok(server) = DynamoDbServer::shared(kind).await else {
            return;
        };
        servers::on_runtime(async {
            while let Some(free) = self.next() {
                free.discard(&server.client()).await;
            }
        })
        .await;
    }

    fn next(&self) -> Option<Tables> {
        self.lock().pop()
    }

    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Tables>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Clean tables, given back when the last clone of their client is dropped.
#[derive(Clone, Debug)]
#[must_use = "the tables are given back when their client is dropped"]
pub struct TablesLease {
    client: Client,
    prefix: String,
}

impl TablesLease {
    /// A client that holds the tables, as do its clones and the clients that are made from its
    /// configuration. A request that is still under way when the last one is dropped may meet the
    /// tables' next user: await each request, or keep a clone until it has ended.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// How the names of the tables begin.
    pub fn prefix(&self) -> String {
        self.prefix.clone()
    }
}

#[derive(Debug)]
struct GivenBack {
    /// Taken in `drop` only.
    tables: Option<Tables>,
    home: &'static CleanTables,
}

impl Drop for GivenBack {
    fn drop(&mut self) {
        self.home.lock().extend(self.tables.take());
        self.home.in_use.fetch_sub(1, Ordering::Relaxed);
    }
}
