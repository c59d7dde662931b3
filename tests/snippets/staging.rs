use std::time::Duration;

use dal_shadow::sink::{FileLimits, JsonLinesSink, MetricsSink, TracingSink};
use dal_shadow::{Harness, MayStep, Phase, PhaseSource, ShadowReads};

/// Reads are answered by MySQL and compared with DynamoDB: `{"user": "shadow-read@5"}` is 5 %.
pub async fn harness(phases: impl PhaseSource) -> Result<Harness, Box<dyn std::error::Error>> {
    let differences = JsonLinesSink::open("differences.jsonl", FileLimits::default())?;
    Ok(Harness::builder(phases)
        .best_effort_writes()
        .shadow_reads(ShadowReads {
            timeout: Duration::from_millis(500), // of one shadow read; no caller waits for it
            ..ShadowReads::default()
        })
        .sink(differences) // redacted: no values leave the process
        .sink(TracingSink)
        .sink(MetricsSink)
        .start()
        .await?)
}

/// Yes with the evidence, or no with the reasons: what a step forward of the source needs.
pub fn may_dynamodb_answer(harness: &Harness) -> MayStep {
    harness.may_step("user", Phase::DynamoDbRead)
}
