//! A normalizer that does not return: callers have their answers, and comparing goes on.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use dal_shadow::source::Fixed;
use dal_shadow::tree::Tree;
use dal_shadow::{Classify, Harness, MethodReport, Phase, ShadowReads, shadow};

use crate::log::Captured;
use crate::settings::no_rereads;

#[derive(Debug, thiserror::Error, Classify)]
pub enum Never {
    #[error("never")]
    #[classify(unexpected)]
    Never,
}

#[shadow]
#[async_trait]
pub trait Names: Send + Sync {
    #[shadow(read, normalize("" = sometimes_waits))]
    async fn name(&self) -> Result<String, Never>;
}

struct Side(Mutex<&'static str>);

#[async_trait]
impl Names for Side {
    async fn name(&self) -> Result<String, Never> {
        Ok((*self.0.lock().unwrap()).to_owned())
    }
}

static OPEN: Mutex<bool> = Mutex::new(false);
static OPENED: Condvar = Condvar::new();

fn sometimes_waits(tree: &mut Tree) {
    match tree.as_str() {
        Some("for a while") => {
            let closed = |open: &mut bool| !*open;
            drop(OPENED.wait_while(OPEN.lock().unwrap(), closed).unwrap());
        }
        Some("for ever") => loop {
            std::thread::park();
        },
        _ => {}
    }
}

struct Setup {
    harness: Harness,
    dynamodb: Arc<Side>,
    names: ShadowNames<Side>,
}

impl Setup {
    async fn new() -> Self {
        let harness = Harness::builder(Fixed::new(Phase::ShadowRead))
            .best_effort_writes()
            .shadow_reads(ShadowReads {
                compare_timeout: Duration::from_millis(100),
                ..no_rereads()
            })
            .start()
            .await
            .unwrap();
        let [mysql, dynamodb] = ["Ann", "Ann"].map(|name| Arc::new(Side(Mutex::new(name))));
        let names = ShadowNames::new(mysql, Arc::clone(&dynamodb), harness.clone());
        Self {
            harness,
            dynamodb,
            names,
        }
    }

    /// The counts after a call to which DynamoDB returns this.
    async fn after(&self, name: &'static str) -> MethodReport {
        *self.dynamodb.0.lock().unwrap() = name;
        assert_eq!(self.names.name().await.unwrap(), "Ann");
        assert!(self.harness.drain(Duration::from_secs(20)).await);
        let report = self.harness.report();
        assert!(report.total().counts.adds_up());
        report.methods().next().unwrap().clone()
    }
}

#[tokio::test]
async fn comparing_goes_on_without_the_threads_that_do_not_return_up_to_four_of_them() {
    let (log, _guard) = Captured::warnings();
    let setup = Setup::new().await;
    for times in 1..=4 {
        let name = setup.after("for a while").await;
        let stuck = name.reasons.get("user_code_stuck");
        assert_eq!(stuck, Some(&times), "{name:?}");
        if times < 4 {
            assert_eq!(setup.after("Bob").await.counts.different, times);
        }
    }
    let said = log.times("does not return: its thread is left behind");
    assert_eq!(said, 4, "{}", log.text());
    // Four are left behind: there is no fifth.
    let name = setup.after("Bob").await;
    let stuck = name.reasons.get("user_code_stuck");
    assert_eq!((stuck, name.counts.different), (Some(&5), 3), "{name:?}");

    *OPEN.lock().unwrap() = true;
    OPENED.notify_all();
    let began = Instant::now();
    while setup.after("Bob").await.counts.different == 3 {
        assert!(began.elapsed() < Duration::from_secs(10), "none came back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn a_process_ends_although_a_normalizer_never_does() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stuck = runtime.block_on(async {
        let setup = Setup::new().await;
        let name = setup.after("for ever").await;
        name.reasons.get("user_code_stuck").copied()
    });
    assert_eq!(stuck, Some(1));
    let began = Instant::now();
    drop(runtime);
    assert!(began.elapsed() < Duration::from_secs(5));
}
