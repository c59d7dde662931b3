//! What the source wants and what is in force, brought together.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::StreamExt;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::FuturesUnordered;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

use crate::flow::converge::EntityId;
use crate::harness::core::Core;
use crate::harness::source_names::SourceNames;
use crate::harness::step::Asker;
use crate::harness::step_error::StepError;
use crate::harness::wish::Wish;
use crate::phases::Setting;
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

/// What the source wants of a group, by the name of the entity.
type Wanted = BTreeMap<String, Setting>;

/// A step that the source asked for, of the group with this first entity.
struct Step {
    wanted: Wanted,
    /// None once the source wants something else.
    is_wanted: Option<oneshot::Sender<()>>,
}

/// How it ended.
struct Ended {
    group: EntityId,
    wanted: Wanted,
    taken: Result<(), StepError>,
}

/// The steps of all groups, which do not wait for one another.
#[derive(Default)]
struct SourceSteps {
    running: FuturesUnordered<BoxFuture<'static, Ended>>,
    by_group: BTreeMap<EntityId, Step>,
    /// Steps that were blocked, and when they are tried again.
    blocked: BTreeMap<EntityId, (Wanted, Instant)>,
}

/// Takes what the source says from then on, until the harness is gone.
pub(super) async fn follow(
    core: Weak<Core>,
    mut readings: watch::Receiver<Reading>,
    mut wrappers: watch::Receiver<()>,
) {
    let mut steps = SourceSteps::default();
    let mut names = SourceNames::default();
    let mut open = true;
    loop {
        let Some(strong) = core.upgrade() else { return };
        note(&strong, &readings.borrow_and_update().clone(), &mut names);
        steps.begin(&strong);
        drop(strong);
        let again = steps.again();
        tokio::select! {
            changed = readings.changed(), if open => open = changed.is_ok(),
            made = wrappers.changed() => if made.is_err() {
                return;
            },
            Some(ended) = steps.running.next() => {
                let Some(core) = core.upgrade() else { return };
                steps.ended(&core, ended);
            }
            () = sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => {}
        }
    }
}

impl SourceSteps {
    /// Asks each group for what the source wants, once for each change.
    fn begin(&mut self, core: &Arc<Core>) {
        let now = Instant::now();
        self.blocked.retain(|_, (_, again)| *again > now);
        let wishes = core.wishes();
        // Groups that have met, or for which the source names two phases.
        for (group, step) in &mut self.by_group {
            if wishes.iter().all(|(of, _)| of != group) {
                step.give_up();
            }
        }
        for (group, wishes) in wishes {
            let wanted = wanted(&wishes);
            let (running, blocked) = (self.by_group.get(&group), self.blocked.get(&group));
            if let Some(step) = running {
                if step.wanted != wanted {
                    // It ends, and this is asked for after that.
                    self.by_group.entry(group).and_modify(Step::give_up);
                }
                continue;
            }
            if core.is_taken(&wanted) {
                for (entity, setting) in &wishes {
                    entity.is_wanted(*setting);
                }
                continue;
            }
            if blocked.is_some_and(|(asked, _)| *asked == wanted) {
                continue;
            }
            let (sender, unwanted) = oneshot::channel();
            self.by_group.insert(
                group,
                Step {
                    wanted: wanted.clone(),
                    is_wanted: Some(sender),
                },
            );
            let core = Arc::clone(core);
            self.running.push(Box::pin(async move {
                let unwanted = unwanted.map(drop);
                let taken = core.take(&wishes, Asker::Source, unwanted).await;
                Ended {
                    group,
                    wanted,
                    taken,
                }
            }));
        }
    }

    fn ended(&mut self, core: &Core, ended: Ended) {
        let Ended {
            group,
            wanted,
            taken,
        } = ended;
        self.by_group.remove(&group);
        self.blocked.remove(&group);
        match taken {
            Err(
                StepError::WritesUnderWay { .. }
                | StepError::Incomplete { .. }
                | StepError::NoEvidence { .. }
                | StepError::Abandoned,
            ) => {
                self.blocked.insert(group, (wanted, Instant::now() + AGAIN));
            }
            _ => core.known().taken.extend(wanted),
        }
    }

    /// When a step that was blocked is tried again.
    fn again(&self) -> Option<Instant> {
        self.blocked.values().map(|(_, at)| *at).min()
    }
}

impl Step {
    fn give_up(&mut self) {
        self.is_wanted = None;
    }
}

fn wanted(wishes: &[Wish]) -> Wanted {
    let wanted = wishes.iter();
    wanted
        .map(|(entity, setting)| (entity.name.clone(), *setting))
        .collect()
}

/// Keeps a reading; an unreadable one changes no phase.
fn note(core: &Core, reading: &Reading, names: &mut SourceNames) {
    let mut known = core.known();
    match reading {
        Ok(phases) => {
            if known.problem.take().is_some() {
                tracing::info!(target: "dal_shadow", source = core.source, "the phase source is readable again");
            }
            names.take(&mut known, &core.source, phases);
        }
        Err(problem) => {
            if known.problem.as_ref() != Some(problem) {
                tracing::error!(target: "dal_shadow", source = core.source, problem, "the phase source is unreadable: the last accepted phases stay in force");
            }
            known.problem = Some(problem.clone());
        }
    }
}
