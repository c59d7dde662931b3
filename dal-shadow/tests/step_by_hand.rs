//! A step taken by hand stays until the source names another phase.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use dal_shadow::{Harness, Phase, shadow, source::Fixed};

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
async fn a_source_that_never_changes_does_not_take_back_a_step_right_after_the_start() {
    for _ in 0..50 {
        let harness = Harness::builder(Fixed::new(Phase::DualWrite))
            .best_effort_writes()
            .start()
            .await
            .unwrap();
        let greetings = ShadowGreetings::new(Arc::new(One), Arc::new(One), harness.clone());
        harness.step("greetings", Phase::ShadowRead).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        let _ = greetings.greet().await;
        assert_eq!(harness.status()[0].phase, Some(Phase::ShadowRead));
    }
}
