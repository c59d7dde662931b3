//! A step taken by hand stays until the source names another phase for that entity.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use dal_shadow::{Harness, Phase, shadow};

use crate::manual::{Manual, says};

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

#[tokio::test]
async fn a_step_by_hand_stays_while_the_source_changes_other_entities_only() {
    let (manual, source) = Manual::new("greetings=dual-write,*=mysql-only");
    let harness = Harness::builder(manual)
        .best_effort_writes()
        .stores_hold_the_same()
        .start()
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let greetings = ShadowGreetings::new(Arc::new(One), Arc::new(One), harness.clone());
    harness.step("greetings", Phase::ShadowRead).await.unwrap();
    source
        .send(says("greetings=dual-write,*=dual-write"))
        .unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(greetings.greet().await, Ok(1));
    assert_eq!(harness.status()[0].phase, Some(Phase::ShadowRead));
    source
        .send(says("greetings=dynamodb-read!,*=dual-write"))
        .unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(harness.status()[0].phase, Some(Phase::DynamoDbRead));
}
