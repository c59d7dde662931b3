//! The engine as it is, in virtual time, under faults drawn by a seed: after they end, both stores
//! hold the same, or the entity is known to be incomplete.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dal_shadow::source::Fixed;
use dal_shadow::{Harness, Phase, SecondaryWrites};
use tokio::time::{sleep, timeout};

use crate::accounts::{AccountRepository, Accounts, Failure, Faults, ShadowAccountRepository};
use crate::settings::late_effect;

const LATE_EFFECT: Duration = Duration::from_secs(2);
const NAMES: [&str; 6] = ["ann", "bob", "cat", "dan", "eve", "fay"];

/// Seeds of a run in CI.
const SEEDS: u64 = 10_000;

type Wrapper = ShadowAccountRepository<Accounts>;

struct World {
    mysql: Arc<Accounts>,
    dynamodb: Arc<Accounts>,
    harness: Harness,
    accounts: Arc<Wrapper>,
    /// Accounts that somebody asked to close.
    closed: Mutex<BTreeSet<u64>>,
    writes: AtomicU64,
}

/// What a simulation saw.
#[derive(Debug, Default)]
struct Seen {
    transferred: u64,
    applied: u64,
    steps: u64,
    incomplete: u64,
}

fn faults(rng: &mut fastrand::Rng, may_lose: bool) -> Faults {
    let mut share = |most: u8| if rng.bool() { rng.u8(0..=most) } else { 0 };
    Faults {
        throttled: share(20),
        lost: if may_lose { share(10) } else { 0 },
        late: if may_lose { share(10) } else { 0 },
        panics: if may_lose { share(5) } else { 0 },
    }
}

impl World {
    async fn start(rng: &mut fastrand::Rng) -> Self {
        let phases = [Phase::DualWrite, Phase::DynamoDbRead, Phase::DynamoDbLeads];
        let phase = phases[rng.usize(0..phases.len())];
        let slow = |rng: &mut fastrand::Rng| Duration::from_micros(rng.u64(0..20_000));
        // The store that is written first may fail as well, in half of the simulations.
        let (one, other) = (rng.bool(), rng.bool());
        let mysql = Accounts::new(rng.u64(..), slow(rng), faults(rng, one));
        let dynamodb = Accounts::new(rng.u64(..), slow(rng), faults(rng, other));
        let harness = Harness::builder(Fixed::new(phase))
            .best_effort_writes()
            .stores_hold_the_same()
            .repairs(late_effect(LATE_EFFECT))
            .secondary_writes(SecondaryWrites {
                queued: rng.usize(1..16),
                in_flight: rng.usize(1..4),
                caller_timeout: Duration::from_millis(rng.u64(1..200)),
                ..SecondaryWrites::default()
            })
            .start()
            .await
            .unwrap();
        let accounts = Arc::new(ShadowAccountRepository::new(
            Arc::clone(&mysql),
            Arc::clone(&dynamodb),
            harness.clone(),
        ));
        Self {
            mysql,
            dynamodb,
            harness,
            accounts,
            closed: Mutex::default(),
            writes: AtomicU64::new(0),
        }
    }

    /// One caller, who reads each of its writes.
    async fn call(&self, rng: &mut fastrand::Rng) {
        let write = self.writes.fetch_add(1, Ordering::SeqCst);
        let (id, other) = (rng.u64(1..6), rng.u64(1..6));
        let name = NAMES[rng.usize(0..NAMES.len())];
        let (what, leaves) = (rng.u8(0..10), rng.u8(0..10) == 0);
        let written = async {
            match what {
                0..3 => self.accounts.open(name, write).await.map(|made| made.id),
                3..6 => self.accounts.rename(id, name, write).await.map(|()| id),
                6..9 => self.accounts.transfer(id, other, write).await.map(|()| id),
                _ => {
                    self.closed.lock().unwrap().insert(id);
                    let closed = self.accounts.close(id).await;
                    closed.and(Err(Failure::NotFound))
                }
            }
        };
        let ended = if leaves {
            // The caller leaves.
            match timeout(Duration::from_millis(2), written).await {
                Ok(ended) => ended,
                Err(_) => return,
            }
        } else {
            written.await
        };
        let Ok(id) = ended else { return };
        match self.accounts.get(id).await {
            Ok(Some(account)) => assert!(
                account.writes.contains(&write),
                "write {write} of {id} was acknowledged, and a read shows {account:?}"
            ),
            Ok(None) => assert!(
                self.closed.lock().unwrap().contains(&id),
                "write {write} of {id} was acknowledged, and a read finds nothing"
            ),
            Err(_) => {}
        }
    }

    async fn caller(&self, mut rng: fastrand::Rng) {
        for _ in 0..rng.u64(1..12) {
            // A store that panics as the primary panics its caller, as without a wrapper.
            let call = std::panic::AssertUnwindSafe(self.call(&mut rng));
            let ended = futures::FutureExt::catch_unwind(call).await;
            if let Err(panic) = ended {
                let text = panic.downcast_ref::<&str>().copied().unwrap_or_default();
                if !text.contains("planted panic") {
                    std::panic::resume_unwind(panic);
                }
            }
            sleep(Duration::from_micros(rng.u64(0..20_000))).await;
        }
    }

    /// Steps in the middle of the traffic; one that is refused is refused.
    async fn steps(&self, mut rng: fastrand::Rng) -> u64 {
        let mut taken = 0;
        for _ in 0..rng.u64(0..4) {
            sleep(Duration::from_millis(rng.u64(0..40))).await;
            let phase = self.harness.status()[0].phase.unwrap();
            let next: Vec<_> = Phase::ALL
                .into_iter()
                .filter(|next| next.is_adjacent(phase) && next.writes_both())
                .collect();
            let to = next[rng.usize(0..next.len())];
            taken += u64::from(self.harness.step("account", to).await.is_ok());
        }
        taken
    }

    /// After the faults: everything comes to rest, and both stores hold the same.
    async fn ends(&self, seen: &mut Seen) {
        self.mysql.works_from_now_on();
        self.dynamodb.works_from_now_on();
        assert!(
            self.harness.drain(Duration::from_mins(5)).await,
            "{:?}",
            self.harness.status()
        );
        // What was to land late on a store has landed.
        sleep(LATE_EFFECT).await;
        assert!(self.harness.drain(Duration::from_mins(1)).await);
        let status = &self.harness.status()[0];
        assert_eq!((status.pending, status.dirty), (0, 0), "{status:?}");
        if !status.incomplete.is_empty() {
            seen.incomplete += 1;
            let mark = self.harness.repairing("account").unwrap();
            for key in self.mysql.keys().union(&self.dynamodb.keys()) {
                self.harness.repair_record("account", *key).await.unwrap();
            }
            assert!(self.harness.repaired(&mark).unwrap());
        }
        assert_eq!(self.mysql.all(), self.dynamodb.all());
        let given = self.mysql.keys().last().copied().unwrap_or_default();
        assert!(self.mysql.next() > given && self.dynamodb.next() > given);
        let report = self.harness.report();
        assert!(report.total().counts.adds_up());
        for method in report.methods() {
            let writes = method.secondary_writes;
            assert_eq!((writes.lost, writes.pending), (0, 0), "{method:?}");
            seen.transferred += writes.transferred;
            seen.applied += writes.applied;
        }
    }
}

async fn simulated(number: u64, seen: &mut Seen) {
    let mut rng = fastrand::Rng::with_seed(number);
    let world = World::start(&mut rng).await;
    let callers = (0..rng.u64(1..8)).map(|_| world.caller(rng.fork()));
    let callers: Vec<_> = callers.collect();
    let steps = world.steps(rng.fork());
    let (_, taken) = tokio::join!(futures::future::join_all(callers), steps);
    seen.steps += taken;
    world.ends(seen).await;
}

/// The seeds of a run: all of them, or the one in `DAL_SIMULATION_SEED`.
fn seeds() -> std::ops::Range<u64> {
    match std::env::var("DAL_SIMULATION_SEED") {
        Ok(seed) => {
            let seed = seed.parse().unwrap();
            seed..seed + 1
        }
        Err(_) => 0..SEEDS,
    }
}

#[test]
fn both_stores_hold_the_same_after_the_faults_with_every_seed() {
    let mut seen = Seen::default();
    let began = std::time::Instant::now();
    for seed in seeds() {
        let run = std::panic::AssertUnwindSafe(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            runtime.block_on(simulated(seed, &mut seen));
        });
        if let Err(panic) = std::panic::catch_unwind(run) {
            eprintln!("simulation: DAL_SIMULATION_SEED={seed} fails");
            std::panic::resume_unwind(panic);
        }
    }
    eprintln!("simulation: {seen:?} in {:?}", began.elapsed());
    if seeds().count() > 1 {
        assert!(seen.transferred > 1_000 && seen.applied > 1_000, "{seen:?}");
        assert!(seen.steps > 100 && seen.incomplete > 10, "{seen:?}");
    }
}
