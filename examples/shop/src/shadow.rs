//! Both stores behind the shop's repositories: the phases decide which one is primary.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dal_shadow::Harness;
use dal_shadow::sink::{FileLimits, JsonLinesSink, MetricsSink, RingSink, TracingSink};
use dal_shadow::source::PhaseSource;
use dal_traits::{Error, ErrorKind, Result};

use crate::Repositories;
use crate::repos::{
    ShadowCartRepository, ShadowOrderRepository, ShadowProductRepository, ShadowUserRepository,
};

/// Findings kept for `/shadow/differences`.
const KEPT: usize = 200;

/// The harness of the shop's four entities, and what it found.
#[derive(Clone)]
pub struct Shadow {
    /// Runs the two stores.
    pub harness: Harness,
    /// The latest findings.
    pub found: RingSink,
}

/// How the shop runs its two stores.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Keeps the last accepted phases in this file.
    pub remember: Option<PathBuf>,
    /// Appends findings to this file.
    pub differences: Option<PathBuf>,
    /// Lets every write wait for the secondary one.
    pub await_second_writes: bool,
    /// How long a start waits for a source that cannot be read.
    pub start_wait: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            remember: None,
            differences: None,
            await_second_writes: false,
            start_wait: Duration::from_secs(5),
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
            .start_wait(policy.start_wait)
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
        if policy.await_second_writes {
            builder = builder.await_second_writes();
        }
        Ok(Self {
            harness: builder.start().await?,
            found,
        })
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
