//! Both stores behind the shop's repositories: the phases decide which one is primary.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dal_dynamodb::DynamoDb;
use dal_mysql::MySql;
use dal_shadow::sink::{FileLimits, JsonLinesSink, MetricsSink, RingSink, TracingSink};
use dal_shadow::source::PhaseSource;
use dal_shadow::{Harness, SecondaryWrites, StepError, Steps};
use dal_traits::{Error, ErrorKind, Result};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::Repositories;
use crate::contents::Contents;
use crate::repos::{
    ShadowCartRepository, ShadowOrderRepository, ShadowProductRepository, ShadowUserRepository,
};

/// The shop's entities.
pub const ENTITIES: [&str; 4] = ["user", "product", "cart", "order"];

/// Records that a copy makes equal at the same time.
const AT_ONCE: usize = 8;

/// Findings kept for `/shadow/differences`.
const KEPT: usize = 200;

/// The harness of the shop's four entities, and what it found.
#[derive(Clone)]
pub struct Shadow {
    /// Runs the two stores.
    pub harness: Harness,
    /// The latest findings.
    pub found: RingSink,
    stores: Option<Arc<(MySql, DynamoDb, String)>>,
}

/// How the shop runs its two stores.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Keeps the last accepted phases in this file.
    pub remember: Option<PathBuf>,
    /// Appends findings to this file.
    pub differences: Option<PathBuf>,
    /// Lets every write wait for the secondary one.
    pub await_secondary_writes: bool,
    /// How long a start waits for a source that cannot be read.
    pub start_timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            remember: None,
            differences: None,
            await_secondary_writes: false,
            start_timeout: Duration::from_secs(5),
        }
    }
}

impl Shadow {
    /// Starts with the phases that `source` gives, or that are remembered.
    ///
    /// Secondary writes are best effort: what a crash loses, a copy repairs.
    ///
    /// # Errors
    /// When there are no phases; [`ErrorKind::Config`] when the file for findings cannot be opened.
    pub async fn start(source: impl PhaseSource, policy: Policy) -> Result<Self> {
        let found = RingSink::new(KEPT);
        let mut builder = Harness::builder(source)
            .best_effort_writes()
            .steps(Steps {
                start_timeout: policy.start_timeout,
                ..Steps::default()
            })
            .secondary_writes(SecondaryWrites {
                awaited: policy.await_secondary_writes,
                ..SecondaryWrites::default()
            })
            .sink(found.clone())
            .sink(TracingSink)
            .sink(MetricsSink);
        if let Some(path) = policy.differences {
            let shown = path.display().to_string();
            let lines = JsonLinesSink::open(path, FileLimits::default()).map_err(|native| {
                Error::new(
                    ErrorKind::Config,
                    "the file for differences cannot be opened",
                )
                .with("path", shown)
                .source(native)
            })?;
            builder = builder.sink(lines);
        }
        if let Some(path) = policy.remember {
            builder = builder.remember(path);
        }
        Ok(Self {
            harness: builder.start().await?,
            found,
            stores: None,
        })
    }
}

impl Shadow {
    /// The same with the stores that [`Shadow::repair`] copies between.
    #[must_use]
    pub fn between(mut self, mysql: &MySql, dynamodb: &DynamoDb, table: &str) -> Self {
        let both = (mysql.clone(), dynamodb.clone(), table.to_owned());
        self.stores = Some(Arc::new(both));
        self
    }

    /// Makes every record equal on the secondary store for writes, beside traffic, and says so to
    /// the harness: after it the entities are complete.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the stores are not known, or a phase writes one store only or
    /// changed meanwhile: copy again. Of a store that cannot be read.
    pub async fn repair(&self) -> Result<()> {
        let stores = self.stores.clone().ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                "this shop does not know both of its stores",
            )
        })?;
        let (mysql, dynamodb, table) = &*stores;
        let refused = |error: StepError| {
            Error::new(ErrorKind::Config, "the copy cannot be made").source(error)
        };
        let unread =
            |error| Error::new(ErrorKind::Unavailable, "a store cannot be read").source(error);
        // Before anything is read: what is lost from now on is not taken for copied.
        let marks = ENTITIES
            .iter()
            .map(|entity| self.harness.repairing(entity))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(refused)?;
        let mut keys = BTreeSet::new();
        keys.extend(Contents::of_mysql(mysql).await.map_err(unread)?.keys());
        let there = Contents::of_dynamodb(dynamodb, table).await;
        keys.extend(there.map_err(unread)?.keys());
        // Boxed in a list: a stream of closures over references would not be `Send`.
        let repairs: Vec<BoxFuture<'_, std::result::Result<(), StepError>>> = keys
            .into_iter()
            .map(|(entity, key)| Box::pin(self.harness.repair_record(entity, key)) as _)
            .collect();
        stream::iter(repairs)
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await
            .map_err(refused)?;
        for mark in &marks {
            if !self.harness.repaired(mark).map_err(refused)? {
                let why = "something made a store incomplete during the copy; copy again";
                return Err(Error::new(ErrorKind::Config, why));
            }
        }
        Ok(())
    }
}

impl Repositories {
    /// On both stores, each entity in the phase that `harness` has for it.
    pub fn shadowed(mysql: &Self, dynamodb: &Self, harness: &Harness) -> Self {
        Self {
            users: Arc::new(ShadowUserRepository::new(
                Arc::clone(&mysql.users),
                Arc::clone(&dynamodb.users),
                harness.clone(),
            )),
            products: Arc::new(ShadowProductRepository::new(
                Arc::clone(&mysql.products),
                Arc::clone(&dynamodb.products),
                harness.clone(),
            )),
            carts: Arc::new(ShadowCartRepository::new(
                Arc::clone(&mysql.carts),
                Arc::clone(&dynamodb.carts),
                harness.clone(),
            )),
            orders: Arc::new(ShadowOrderRepository::new(
                Arc::clone(&mysql.orders),
                Arc::clone(&dynamodb.orders),
                harness.clone(),
            )),
        }
    }
}
