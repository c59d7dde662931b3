use std::time::Duration;

use dal_shadow::sink::{FileLimits, JsonLinesSink, MetricsSink, TracingSink};
use dal_shadow::{Harness, MayStep, Phase, PhaseSource};

/// Reads are answered by MySQL and compared with DynamoDB: `{"user": "shadow-read@5"}` is 5 %.
pub async fn harness(phases: impl PhaseSource) -> Result<Harness, Box<dyn std::error::Error>> {
    let differences = JsonLinesSink::open("differences.jsonl", FileLimits::default())?;
    let harness = Harness::builder(phases)
        .best_effort_writes()
        .deadline(Duration::from_millis(500)) // of one shadow read; nobody waits for it
        .reads_in_flight(64) // further ones are shed, and counted
        .sink(differences) // redacted: no values leave the process
        .sink(TracingSink)
        .sink(MetricsSink)
        .start()
        .await?;
    Ok(harness)
}

/// Yes with the evidence, or no with the reasons: no step of the source is taken without it.
pub fn may_dynamodb_answer(harness: &Harness) -> MayStep {
    harness.may_step("user", Phase::DynamoDbRead)
}
