//! The workers on the shadowed traits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dal_shadow::sink::RingSink;
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, Order, Phase, ShadowReads};
use futures::future::try_join_all;

use super::progress::{Progress, TICK, say};
use super::report::{self, Report, Setting};
use super::stores::Stores;
use super::worker::Worker;
use super::{Options, findings, floors};
use crate::Repositories;
use crate::defect::Defect;
use crate::seed::Size;

/// Findings that are kept to be shown.
const FINDINGS: usize = 512;
/// Of one call on the secondary store, which is in this process and may be short of a core.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How many times as long as asked for a slow machine goes on, until enough was compared; and how
/// long at least.
const PATIENCE: u32 = 6;
const LEAST_PATIENCE: Duration = Duration::from_mins(1);
/// How long secondary writes and comparisons may still take at the end.
const DRAIN: Duration = Duration::from_secs(10);

/// Both stores, the harness between them, and the shop on top.
pub(super) struct Run {
    stores: Stores,
    harness: Harness,
    found: RingSink,
    shop: Repositories,
}

impl Run {
    pub(super) async fn prepare(options: &Options) -> Result<Self, String> {
        let size = Size {
            users: u64::from(options.users),
            products: u64::from(options.users / 2),
            orders: u64::from(options.users),
        };
        let stores = Stores::fill(size, options.pair, options.plant).await?;
        let found = RingSink::new(FINDINGS).unredacted();
        // A read waits until it was compared; a write waits for nothing, as in a service. What is
        // on its way is waited for (reads by key) or read again (lists): no difference is one of
        // timing.
        let harness = Harness::builder(Fixed::new(phase(options.plant)))
            .best_effort_writes()
            // They were copied, and nothing else writes to them.
            .stores_hold_the_same()
            .shadow_reads(ShadowReads {
                order: Order::PrimaryFirst,
                timeout: TIMEOUT,
                ..ShadowReads::default()
            })
            .sink(found.clone())
            .start()
            .await
            .map_err(|error| format!("the harness did not start: {error}"))?;
        let shop = Repositories::shadowed(&stores.mysql(), stores.dynamodb(), &harness);
        Ok(Self {
            stores,
            harness,
            found,
            shop,
        })
    }

    /// Lets the workers call for as long as the options say, or until Ctrl-C, and reports.
    pub(super) async fn call_and_report(self, options: &Options) -> Result<Report, String> {
        let length = Duration::from_secs(u64::from(options.seconds));
        say(&format!(
            "{} workers call for {} s; Ctrl-C ends it early",
            options.workers, options.seconds
        ));
        let over = AtomicBool::new(false);
        let began = Instant::now();
        let calls = try_join_all((0..options.workers).map(|number| {
            let (shop, size) = (self.shop.clone(), self.stores.size);
            Worker::new(shop, size, options.seed, number).work(&over)
        }));
        let watched = async {
            self.watch(options, length).await;
            over.store(true, Ordering::Relaxed);
            Ok(began.elapsed())
        };
        let worked = futures::try_join!(calls, watched);
        if !self.harness.drain(DRAIN).await {
            say("some comparisons were still under way at the end");
        }
        let setting = |elapsed| Setting {
            engines: self.stores.engines.clone(),
            phase: phase(options.plant),
            planted: options.plant,
            seed: options.seed,
            workers: options.workers,
            asked: length,
            elapsed,
            copied: self.stores.copied,
        };
        let report = worked.map(|(_, elapsed)| {
            let differences = findings::distinct(&self.found);
            let steps = report::next_steps(&self.harness);
            Report::of(
                &setting(elapsed),
                &self.harness.report(),
                steps,
                differences,
            )
        });
        self.stores.clear().await;
        report
    }

    /// Shows the progress until the time is over and enough was compared, or until Ctrl-C.
    async fn watch(&self, options: &Options, length: Duration) {
        let began = Instant::now();
        let mut progress = Progress::begin(length);
        let interrupt = tokio::signal::ctrl_c();
        tokio::pin!(interrupt);
        while !self.done(options, length, began.elapsed()) {
            tokio::select! {
                _ = &mut interrupt => break,
                () = tokio::time::sleep(TICK) => progress.show(&self.harness),
            }
        }
        progress.end();
    }

    fn done(&self, options: &Options, length: Duration, elapsed: Duration) -> bool {
        if elapsed < length {
            return false;
        }
        let harness = self.harness.report();
        let counts = harness.total();
        let enough = options.plant.is_none()
            && floors::missed(length, &counts, &report::methods(&harness)).is_empty();
        enough || counts.counts.different > 0 || elapsed >= LEAST_PATIENCE.max(length * PATIENCE)
    }
}

/// The phase in which the workers call: MySQL returns the answer of a read, and DynamoDB's is
/// compared with it. Where a defect lets DynamoDB accept what it should refuse, DynamoDB must be
/// the primary: a write that MySQL refuses is not sent to DynamoDB.
fn phase(planted: Option<Defect>) -> Phase {
    match planted {
        Some(
            Defect::MissingGuard
            | Defect::Overwrite
            | Defect::UpdateCreates
            | Defect::NegativeStock
            | Defect::SwallowedFailure,
        ) => Phase::DynamoDbLeads,
        _ => Phase::ShadowRead,
    }
}
