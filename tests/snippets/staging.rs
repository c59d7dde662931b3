use std::time::Duration;

use dal_shadow::sink::{FileLimits, JsonLinesSink, MetricsSink, TracingSink};
use dal_shadow::{Harness, PhaseSource};

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

pub fn is_ready_for_the_next_step(harness: &Harness) -> bool {
    let total = harness.report().total();
    total.compared >= 10_000 && total.different == 0 && total.missing_writes == 0
}
