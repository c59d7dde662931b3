//! A step taken by hand stays until the source names another phase for that entity.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use dal_shadow::source::{PhaseSource, Reading};
use dal_shadow::{Harness, Phase, Phases, shadow};
use tokio::sync::watch;

#[shadow]
trait Greetings: Send + Sync {
    #[shadow(read)]
    async fn greet(&self) -> Result<u64, Infallible>;
}

struct One;

impl Greetings for One {
    async fn greet(&self) -> Result<u64, Infallible> {
        Ok(1)
    }
}

struct Manual(watch::Receiver<Reading>);

impl PhaseSource for Manual {
    fn name(&self) -> String {
        "a test".to_owned()
    }

    fn watch(self: Box<Self>) -> watch::Receiver<Reading> {
        self.0
    }
}

fn phases(greetings: &str, others: &str) -> Reading {
    Phases::from_json(&format!(
        r#"{{"greetings": "{greetings}", "*": "{others}"}}"#
    ))
}

#[tokio::test]
async fn a_step_by_hand_stays_while_the_source_changes_other_entities_only() {
    let (source, readings) = watch::channel(phases("dual-write", "mysql-only"));
    let harness = Harness::builder(Manual(readings))
        .best_effort_writes()
        .stores_hold_the_same()
        .start()
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let greetings = ShadowGreetings::new(Arc::new(One), Arc::new(One), harness.clone());
    harness.step("greetings", Phase::ShadowRead).await.unwrap();
    source.send(phases("dual-write", "dual-write")).unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(greetings.greet().await, Ok(1));
    assert_eq!(harness.status()[0].phase, Some(Phase::ShadowRead));
    source.send(phases("dynamodb-read!", "dual-write")).unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(harness.status()[0].phase, Some(Phase::DynamoDbRead));
}
