//! The workers on the shadowed traits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dal_shadow::sink::RingSink;
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, Order};
use shop::Repositories;
use shop::repos::{
    ShadowCartRepository, ShadowOrderRepository, ShadowProductRepository, ShadowUserRepository,
};
use shop::seed::Size;

use super::progress::{Progress, TICK, say};
use super::report::{Report, Setting};
use super::stage::Stage;
use super::worker::Worker;
use super::{Demo, findings, floors, plan, report};

/// Findings that are kept to be shown.
const FINDINGS: usize = 512;
/// The other store is in this process, and may be short of a core at times.
const DEADLINE: Duration = Duration::from_secs(10);
/// How many times as long as asked for a slow machine goes on, until enough was compared.
const PATIENCE: u32 = 6;
/// Second writes and comparisons that are under way at the end.
const DRAIN: Duration = Duration::from_secs(10);

/// Both stores, the harness between them, and the shop on top.
pub(super) struct Run {
    stage: Stage,
    harness: Harness,
    found: RingSink,
    shop: Repositories,
}

impl Run {
    pub(super) async fn of(demo: &Demo) -> Result<Self, String> {
        let size = Size {
            users: u64::from(demo.users),
            products: u64::from(demo.users / 2),
            orders: u64::from(demo.users),
        };
        let stage = Stage::set(size, demo.plant).await?;
        let found = RingSink::new(FINDINGS).unredacted();
        // Every call waits until both stores have answered: a worker's next call then meets both in
        // the same state, and a difference is none of timing.
        let harness = Harness::builder(Fixed::new(plan::phase(demo.plant)))
            .best_effort_writes()
            .await_second_writes()
            .order(Order::PrimaryFirst)
            .deadline(DEADLINE)
            .rereads(1, Duration::from_millis(20))
            .sink(found.clone())
            .start()
            .await
            .map_err(|error| format!("the harness did not start: {error}"))?;
        let (mysql, dynamodb) = (stage.mysql(), stage.dynamodb());
        let shop = Repositories {
            users: Arc::new(ShadowUserRepository::new(
                mysql.users,
                dynamodb.users,
                harness.clone(),
            )),
            products: Arc::new(ShadowProductRepository::new(
                mysql.products,
                dynamodb.products,
                harness.clone(),
            )),
            carts: Arc::new(ShadowCartRepository::new(
                mysql.carts,
                dynamodb.carts,
                harness.clone(),
            )),
            orders: Arc::new(ShadowOrderRepository::new(
                mysql.orders,
                dynamodb.orders,
                harness.clone(),
            )),
        };
        Ok(Self {
            stage,
            harness,
            found,
            shop,
        })
    }

    /// Lets the workers call for as long as `demo` says, or until Ctrl-C, and reports.
    pub(super) async fn play(self, demo: &Demo) -> Result<Report, String> {
        let length = Duration::from_secs(u64::from(demo.seconds));
        let end = Arc::new(AtomicBool::new(false));
        say(&format!(
            "{} workers call for {} s; Ctrl-C ends it early",
            demo.workers, demo.seconds
        ));
        let began = Instant::now();
        let workers: Vec<_> = (0..demo.workers)
            .map(|number| {
                let (shop, size) = (self.shop.clone(), self.stage.size);
                let worker = Worker::new(shop, size, demo.seed, u64::from(number));
                tokio::spawn(work(worker, Arc::clone(&end)))
            })
            .collect();
        self.watch(demo, length).await;
        end.store(true, Ordering::Relaxed);
        let elapsed = began.elapsed();
        for worker in workers {
            worker
                .await
                .map_err(|error| format!("a worker failed: {error}"))?;
        }
        if !self.harness.drain(DRAIN).await {
            say("some comparisons were still under way at the end");
        }
        let setting = Setting {
            engines: self.stage.engines.clone(),
            phase: plan::phase(demo.plant),
            planted: demo.plant,
            seed: demo.seed,
            workers: demo.workers,
            asked: length,
            elapsed,
            copied: self.stage.copied,
        };
        let report = Report::of(
            &setting,
            &self.harness.report(),
            findings::distinct(&self.found),
        );
        self.stage.clear().await;
        Ok(report)
    }

    /// Shows the progress until the time is over and enough was compared, or until Ctrl-C.
    async fn watch(&self, demo: &Demo, length: Duration) {
        let began = Instant::now();
        let mut progress = Progress::begin(length);
        let interrupt = tokio::signal::ctrl_c();
        tokio::pin!(interrupt);
        while !self.done(demo, length, began.elapsed()) {
            tokio::select! {
                _ = &mut interrupt => break,
                () = tokio::time::sleep(TICK) => progress.show(&self.harness),
            }
        }
        progress.end();
    }

    fn done(&self, demo: &Demo, length: Duration, elapsed: Duration) -> bool {
        if elapsed < length {
            return false;
        }
        let (counts, methods) = report::counted(&self.harness.report());
        let enough = match demo.plant {
            Some(_) => false,
            None => floors::missed(length, &counts, &methods).is_empty(),
        };
        enough || counts.different > 0 || elapsed >= length * PATIENCE
    }
}

async fn work(mut worker: Worker, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        worker.step().await;
    }
}
