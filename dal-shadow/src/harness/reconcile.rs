//! What the source wants and what is in force, brought together.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;

use crate::harness::core::Core;
use crate::harness::entity::{Asker, StepError};
use crate::phases::source::Reading;

/// How often a step that was blocked is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// What a source says first, once it is readable; its last complaint after `wait`.
pub(super) async fn first_reading(
    readings: &mut watch::Receiver<Reading>,
    wait: Duration,
) -> Reading {
    let readable = async {
        // An error means that the source never changes again: what it said is all there is.
        let _seen = readings.wait_for(Result::is_ok).await.map(drop);
    };
    let _ended = tokio::time::timeout(wait, readable).await;
    readings.borrow_and_update().clone()
}

/// Takes what the source says from then on, until the harness is gone.
pub(super) async fn follow(core: Weak<Core>, mut readings: watch::Receiver<Reading>) {
    loop {
        let Some(core) = core.upgrade() else { return };
        note(&core, &readings.borrow_and_update().clone());
        let blocked = take_all(&core).await;
        drop(core);
        let changed = tokio::time::timeout(AGAIN, readings.changed()).await;
        match changed {
            Ok(Ok(())) | Err(_) => {}
            // It never changes again; a step that was blocked is still tried.
            Ok(Err(_)) if blocked => tokio::time::sleep(AGAIN).await,
            Ok(Err(_)) => return,
        }
    }
}

/// Keeps a reading; an unreadable one changes no phase.
fn note(core: &Core, reading: &Reading) {
    let mut known = core.known();
    match reading {
        Ok(phases) => {
            if known.problem.take().is_some() {
                tracing::info!(target: "dal_shadow", source = core.source, "the phase source is readable again");
            }
            known.wanted = phases.clone();
        }
        Err(problem) => {
            if known.problem.as_ref() != Some(problem) {
                tracing::error!(target: "dal_shadow", source = core.source, problem, "the phase source is unreadable: the last accepted phases stay in force");
            }
            known.problem = Some(problem.clone());
        }
    }
}

/// Asks each entity for the setting that the source names, once for each change; whether a step was
/// blocked and must be tried again.
async fn take_all(core: &Arc<Core>) -> bool {
    let mut steps = Vec::new();
    for entity in core.entities() {
        let (wanted, taken) = {
            let known = core.known();
            let taken = known.taken.get(&entity.name).copied();
            (known.wanted.get(&entity.name), taken)
        };
        let Some(setting) = wanted else { continue };
        if taken != Some(setting) {
            steps.push(async move {
                let taken = core.take(&entity, setting, Asker::Source).await;
                (taken, entity, setting)
            });
        }
    }
    let mut blocked = false;
    for (outcome, entity, setting) in futures::future::join_all(steps).await {
        if matches!(
            outcome,
            Err(StepError::WritesUnderWay { .. }
                | StepError::Incomplete { .. }
                | StepError::NoEvidence { .. })
        ) {
            blocked = true;
        } else {
            core.known().taken.insert(entity.name.clone(), setting);
        }
    }
    blocked
}
