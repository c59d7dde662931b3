//! The engine as it is, in virtual time, under faults drawn by a seed: after they end, both stores
//! hold the same, or the entity is known to be incomplete.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dal_shadow::source::Fixed;
use dal_shadow::{EntityStatus, Harness, Phase, SecondaryWrites};
use tokio::time::{sleep, timeout};

use crate::accounts::{
    AccountRepository, Accounts, Failure, Faults, NoteRepository, ShadowAccountRepository,
    ShadowNoteRepository,
};
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
    notes: Arc<ShadowNoteRepository<Accounts>>,
    past: Arc<Past>,
}

/// What outlives a process.
#[derive(Default)]
struct Past {
    /// Accounts that somebody asked to close, and those whose notes somebody asked to drop.
    closed: Mutex<BTreeSet<u64>>,
    dropped: Mutex<BTreeSet<u64>>,
    writes: AtomicU64,
    /// Processes that ended in mid-traffic.
    crashes: AtomicU64,
}

/// What a simulation saw.
#[derive(Debug, Default)]
struct Seen {
    transferred: u64,
    applied: u64,
    steps: u64,
    incomplete: u64,
    crashes: u64,
    /// Stores that differed while nothing was under way: known to be incomplete.
    apart: u64,
}

/// The stores of a simulation, and where their processes are.
struct Stores {
    mysql: Arc<Accounts>,
    dynamodb: Arc<Accounts>,
    phase: Phase,
    past: Arc<Past>,
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

impl Stores {
    fn new(rng: &mut fastrand::Rng) -> Self {
        let phases = [Phase::DualWrite, Phase::DynamoDbRead, Phase::DynamoDbLeads];
        let phase = phases[rng.usize(0..phases.len())];
        let slow = |rng: &mut fastrand::Rng| Duration::from_micros(rng.u64(0..20_000));
        // The store that is written first may fail as well, in half of the simulations.
        let (one, other) = (rng.bool(), rng.bool());
        Self {
            mysql: Accounts::new(rng.u64(..), slow(rng), faults(rng, one)),
            dynamodb: Accounts::new(rng.u64(..), slow(rng), faults(rng, other)),
            phase,
            past: Arc::default(),
        }
    }

    /// A process begins; the first one knows that both stores are empty.
    async fn process(&self, rng: &mut fastrand::Rng) -> World {
        let crashes = self.past.crashes.load(Ordering::SeqCst);
        let mut builder = Harness::builder(Fixed::new(self.phase))
            .best_effort_writes()
            .repairs(late_effect(LATE_EFFECT))
            .secondary_writes(SecondaryWrites {
                queued: rng.usize(1..16),
                in_flight: rng.usize(1..4),
                caller_timeout: Duration::from_millis(rng.u64(1..200)),
                ..SecondaryWrites::default()
            });
        if crashes == 0 {
            builder = builder.stores_hold_the_same();
        }
        let harness = builder.start().await.unwrap();
        for store in [&self.mysql, &self.dynamodb] {
            store.outlives_its_process();
        }
        let world = World {
            mysql: Arc::clone(&self.mysql),
            dynamodb: Arc::clone(&self.dynamodb),
            accounts: Arc::new(ShadowAccountRepository::new(
                Arc::clone(&self.mysql),
                Arc::clone(&self.dynamodb),
                harness.clone(),
            )),
            notes: Arc::new(ShadowNoteRepository::new(
                Arc::clone(&self.mysql),
                Arc::clone(&self.dynamodb),
                harness.clone(),
            )),
            harness,
            past: Arc::clone(&self.past),
        };
        for status in world.harness.status() {
            assert_eq!(status.incomplete.is_empty(), crashes == 0, "{status:?}");
        }
        world
    }
}

impl World {
    /// One caller, who reads each of its writes.
    async fn call(&self, rng: &mut fastrand::Rng) {
        let write = self.past.writes.fetch_add(1, Ordering::SeqCst);
        let (id, other) = (rng.u64(1..6), rng.u64(1..6));
        let name = NAMES[rng.usize(0..NAMES.len())];
        let (what, leaves) = (rng.u8(0..14), rng.u8(0..10) == 0);
        let written = async {
            match what {
                0..3 => self.accounts.open(name, write).await.map(|made| made.id),
                3..6 => self.accounts.rename(id, name, write).await.map(|()| id),
                6..9 => self.accounts.transfer(id, other, write).await.map(|()| id),
                9..12 => self.notes.note(id, write).await.map(|()| id),
                12 => {
                    self.past.dropped.lock().unwrap().insert(id);
                    let dropped = self.notes.drop_notes(id).await;
                    dropped.and(Err(Failure::NotFound))
                }
                _ => {
                    self.past.closed.lock().unwrap().insert(id);
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
        if (9..12).contains(&what)
            && let Ok(notes) = self.notes.notes(id).await
        {
            let shown = notes.is_some_and(|notes| notes.writes.contains(&write));
            let dropped = self.past.dropped.lock().unwrap().contains(&id);
            assert!(shown || dropped, "note {write} of {id} was acknowledged");
        }
        match self.accounts.get(id).await {
            Ok(Some(account)) => assert!(
                account.writes.contains(&write),
                "write {write} of {id} was acknowledged, and a read shows {account:?}"
            ),
            Ok(None) => assert!(
                self.past.closed.lock().unwrap().contains(&id),
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
            let entity = ["account", "note"][rng.usize(0..2)];
            taken += u64::from(self.harness.step(entity, to).await.is_ok());
            let phases = self.harness.status().into_iter().map(|it| it.phase);
            let phases: BTreeSet<_> = phases.collect();
            assert_eq!(phases.len(), 1, "a group in two phases");
        }
        taken
    }

    /// Makes every record of either store equal.
    async fn copy(&self) {
        for entity in ["account", "note"] {
            let mark = self.harness.repairing(entity).unwrap();
            let keys = self.mysql.keys().into_iter().chain(self.dynamodb.keys());
            let both = [&self.mysql, &self.dynamodb].map(|store| store.all_notes());
            let noted = both.into_iter().flat_map(BTreeMap::into_keys);
            let keys: BTreeSet<u64> = keys.chain(noted).collect();
            // At once: a record may wait for the unique value of another one.
            let repairs = keys
                .iter()
                .map(|key| self.harness.repair_record(entity, *key));
            for repaired in futures::future::join_all(repairs).await {
                repaired.unwrap();
            }
            assert!(self.harness.repaired(&mark).unwrap());
        }
    }

    fn is_equal(&self) -> bool {
        let (mysql, dynamodb) = (&self.mysql, &self.dynamodb);
        mysql.all() == dynamodb.all() && mysql.all_notes() == dynamodb.all_notes()
    }

    async fn rests(&self) {
        let drained = self.harness.drain(Duration::from_mins(5)).await;
        assert!(drained, "{:?}", self.harness.status());
    }

    /// After the faults: everything comes to rest, and both stores hold the same.
    async fn ends(&self, seen: &mut Seen) {
        self.mysql.works_from_now_on();
        self.dynamodb.works_from_now_on();
        let crashed = self.past.crashes.load(Ordering::SeqCst) > 0;
        if crashed {
            // What an earlier process sent has landed; then a copy may begin.
            sleep(LATE_EFFECT).await;
            seen.apart += u64::from(!self.is_equal());
            for status in self.harness.status() {
                assert!(!status.incomplete.is_empty(), "{status:?}");
            }
            self.copy().await;
        }
        self.rests().await;
        // What was to land late on a store has landed.
        sleep(LATE_EFFECT).await;
        self.rests().await;
        let status = self.harness.status();
        let still = |it: &EntityStatus| (it.pending, it.dirty) == (0, 0);
        assert!(status.iter().all(still), "{status:?}");
        if status.iter().any(|it| !it.incomplete.is_empty()) {
            seen.incomplete += 1;
            self.copy().await;
        }
        assert!(
            self.is_equal(),
            "different, and not known to be: {status:?}"
        );
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

    /// Callers and steps, until they have ended.
    async fn traffic(&self, rng: &mut fastrand::Rng) -> u64 {
        let callers = (0..rng.u64(1..8)).map(|_| self.caller(rng.fork()));
        let callers: Vec<_> = callers.collect();
        let steps = self.steps(rng.fork());
        tokio::join!(futures::future::join_all(callers), steps).1
    }
}

/// A process in virtual time. What it has begun vanishes with it.
fn process(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(work);
}

fn simulated(number: u64, seen: &mut Seen) {
    let mut rng = fastrand::Rng::with_seed(number);
    let mut stores = Stores::new(&mut rng);
    // A third of the simulations lose a process or two.
    for _ in 0..[0, 0, 0, 0, 1, 2][rng.usize(0..6)] {
        let mut phase = stores.phase;
        process(async {
            let world = stores.process(&mut rng).await;
            let dies = Duration::from_micros(rng.u64(0..150_000));
            let _killed = timeout(dies, world.traffic(&mut rng)).await;
            phase = world.harness.status()[0].phase.unwrap();
        });
        stores.phase = phase;
        stores.past.crashes.fetch_add(1, Ordering::SeqCst);
        seen.crashes += 1;
    }
    process(async {
        let world = stores.process(&mut rng).await;
        seen.steps += world.traffic(&mut rng).await;
        world.ends(seen).await;
    });
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
            simulated(seed, &mut seen);
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
        assert!(seen.crashes > 100 && seen.apart > 10, "{seen:?}");
    }
}

/// Without faults and without overlaps nothing is dirty: every secondary write is made.
#[test]
fn nothing_is_transferred_needlessly() {
    for seed in 0..300 {
        let mut rng = fastrand::Rng::with_seed(seed);
        process(async {
            let mut stores = Stores::new(&mut rng);
            let slow = |rng: &mut fastrand::Rng| Duration::from_micros(rng.u64(0..20_000));
            stores.mysql = Accounts::new(rng.u64(..), slow(&mut rng), Faults::default());
            stores.dynamodb = Accounts::new(rng.u64(..), slow(&mut rng), Faults::default());
            let harness = Harness::builder(Fixed::new(stores.phase))
                .best_effort_writes()
                .stores_hold_the_same();
            let harness = harness.start().await.unwrap();
            let stores = [stores.mysql, stores.dynamodb];
            let [mysql, dynamodb] = &stores;
            let (one, other) = (Arc::clone(mysql), Arc::clone(dynamodb));
            let accounts = ShadowAccountRepository::new(one, other, harness.clone());
            let (one, other) = (Arc::clone(mysql), Arc::clone(dynamodb));
            let notes = ShadowNoteRepository::new(one, other, harness.clone());
            for write in 0..40 {
                let (id, other) = (rng.u64(1..6), rng.u64(1..6));
                let name = NAMES[rng.usize(0..NAMES.len())];
                // Refused or made: both stores do the same.
                let _ended = match rng.u8(0..5) {
                    0 => accounts.open(name, write).await.map(drop),
                    1 => accounts.rename(id, name, write).await,
                    2 => accounts.transfer(id, other, write).await,
                    3 => accounts.close(id).await.map(drop),
                    _ => notes.note(id, write).await,
                };
            }
            assert!(harness.drain(Duration::from_mins(1)).await);
            let status = harness.status();
            let transfers: u64 = status.iter().map(|it| it.transferred).sum();
            assert_eq!(transfers, 0, "seed {seed}: {status:?}");
            assert_eq!(mysql.all(), dynamodb.all(), "seed {seed}");
            assert_eq!(mysql.all_notes(), dynamodb.all_notes(), "seed {seed}");
        });
    }
}
