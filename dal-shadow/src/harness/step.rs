//! Steps of groups: whether one may be taken, and taking it.

use std::sync::Arc;

use crate::flow::converge::StepEnd;
use crate::harness::core::Core;
use crate::harness::entity::Entity;
use crate::harness::evidence::needs_evidence;
use crate::harness::may_step::MayStep;
use crate::harness::reason::Reason;
use crate::harness::step_error::{StepError, joined};
use crate::harness::wish::Wish;
use crate::phases::Phase;

/// Who asks for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// The application, in code: it need not give evidence.
    Hand,
    /// The phase source.
    Source,
}

/// A step that the source asks for and that may be taken.
#[derive(Default)]
struct Approval {
    /// The phase in force for which the evidence was looked at, when the step needs any.
    from: Option<Phase>,
    /// What the step is forced past.
    forced: Vec<Reason>,
}

impl Core {
    /// Takes what is wanted of entities of one group, which agree in the phase: the first phase, a
    /// step to a neighbour, or other samples. It is given up when `unwanted` is ready before the
    /// phase has changed.
    pub(crate) async fn take(
        &self,
        wishes: &[Wish],
        asker: Asker,
        unwanted: impl Future<Output = ()>,
    ) -> Result<(), StepError> {
        let Some((first, setting)) = wishes.first() else {
            return Ok(());
        };
        let (entity, setting, again) = (&first.name, *setting, first.was_refused(*setting));
        let mut approval = Approval::default();
        let taken = self.step_to(wishes, asker, unwanted, &mut approval).await;
        match &taken {
            Ok(()) | Err(StepError::CallsUnderWay(_)) => {
                if !approval.forced.is_empty() {
                    let forced = joined(&approval.forced);
                    tracing::warn!(target: "dal_shadow", entity, to = %setting.phase, forced, "the step was forced: it was taken without the evidence that it needs");
                }
                tracing::info!(target: "dal_shadow", entity, %setting, "phase in force");
            }
            Err(problem) if again => {
                tracing::debug!(target: "dal_shadow", entity, %setting, %problem, "the step was not taken this time either");
            }
            Err(problem @ StepError::Abandoned) => {
                tracing::info!(target: "dal_shadow", entity, %setting, %problem, "the step was not taken");
            }
            Err(problem) => {
                tracing::warn!(target: "dal_shadow", entity, %setting, %problem, "the step was not taken");
            }
        }
        if taken.is_ok() {
            for (entity, setting) in wishes {
                entity.set_sample(setting.sample);
            }
        }
        for member in self.members(first.id) {
            member.ended(setting, taken.as_ref().err());
        }
        self.remember();
        taken
    }

    async fn step_to(
        &self,
        wishes: &[Wish],
        asker: Asker,
        unwanted: impl Future<Output = ()>,
        approval: &mut Approval,
    ) -> Result<(), StepError> {
        let Some((first, setting)) = wishes.first() else {
            return Ok(());
        };
        let to = setting.phase;
        if to.writes_both() && !self.policy.best_effort_writes {
            return Err(StepError::NeedsBestEffort(to));
        }
        let members = self.members(first.id);
        if members.iter().all(|member| member.phase().is_none()) {
            for member in &members {
                self.begin(member, to);
            }
            return Ok(());
        }
        // One that had to wait for the source to name one phase goes along from the one in force.
        if let Some(in_force) = members.iter().find_map(|member| member.phase()) {
            for member in &members {
                self.begin(member, in_force);
            }
        }
        if asker == Asker::Source {
            *approval = self.approved(&members, wishes)?;
        }
        let steps = members.iter().any(|member| member.phase() != Some(to));
        if steps {
            for member in &members {
                member.steps_to(to);
            }
        }
        let step = self
            .writes
            .ask(first.id, to, approval.from, approval.from.is_some());
        let end = step.ended(unwanted).await;
        if steps && matches!(end, StepEnd::Done | StepEnd::CallsUnderWay) {
            let forced = (!approval.forced.is_empty()).then(|| joined(&approval.forced));
            for member in &members {
                member.was_forced(forced.clone());
            }
        }
        match end {
            StepEnd::Done => Ok(()),
            StepEnd::CallsUnderWay => Err(StepError::CallsUnderWay(to)),
            StepEnd::NoPhase => Err(StepError::NoPhase(first.name.clone())),
            StepEnd::NotAdjacent { from } => Err(StepError::NotAdjacent { from, to }),
            StepEnd::Apart { phases } => Err(StepError::Apart {
                phases: phases
                    .into_iter()
                    .filter_map(|(id, phase)| Some((self.entity_numbered(id)?.name.clone(), phase)))
                    .collect(),
                to,
            }),
            StepEnd::Incomplete {
                entity,
                phase,
                store,
                why,
            } => Err(StepError::Incomplete {
                entity: self
                    .entity_numbered(entity)
                    .map_or_else(String::new, |entity| entity.name.clone()),
                phase,
                store,
                why,
            }),
            StepEnd::UnderWay {
                phase,
                pending,
                dirty,
            } => Err(StepError::WritesUnderWay {
                phase,
                pending,
                dirty,
            }),
            StepEnd::Abandoned => Err(StepError::Abandoned),
            StepEnd::Stopped => Err(StepError::ShuttingDown),
        }
    }

    /// Whether there is evidence for a step that the source asks for. What is dirty or on its way
    /// may be transferred yet.
    fn approved(&self, members: &[Arc<Entity>], wishes: &[Wish]) -> Result<Approval, StepError> {
        let mut approval = Approval::default();
        let mut missing = Vec::new();
        for member in members {
            let wish = wishes.iter().find(|(entity, _)| entity.id == member.id);
            let Some((_, setting)) = wish.or(wishes.first()) else {
                continue;
            };
            let (to, Some(phase)) = (setting.phase, member.phase()) else {
                continue;
            };
            if !needs_evidence(phase, to) {
                continue;
            }
            approval.from = Some(phase);
            for reason in self.alone(member, phase, to).reasons {
                if let Reason::Incomplete { store, why } = reason {
                    let entity = member.name.clone();
                    return Err(StepError::Incomplete {
                        entity,
                        phase,
                        store,
                        why,
                    });
                }
                if !reason.can_be_forced() {
                    continue;
                }
                let reasons = if setting.forced {
                    &mut approval.forced
                } else {
                    &mut missing
                };
                reasons.push(if members.len() > 1 {
                    reason.of(&member.name)
                } else {
                    reason
                });
            }
        }
        match (approval.from, wishes.first()) {
            (Some(phase), Some((_, setting))) if !missing.is_empty() => {
                Err(StepError::NoEvidence {
                    phase,
                    to: setting.phase,
                    reasons: missing,
                })
            }
            _ => Ok(approval),
        }
    }

    /// Whether the group of an entity may step to `to`, and why not.
    pub(crate) fn may_step(&self, entity: &Arc<Entity>, to: Phase) -> MayStep {
        let Some(phase) = entity.phase() else {
            return MayStep::new(&entity.name, None, to, vec![Reason::NoPhase]);
        };
        let members = self.members(entity.id);
        let apart = members
            .iter()
            .any(|member| member.phase().is_some_and(|other| other != phase));
        if phase == to && !apart {
            return MayStep::new(&entity.name, Some(phase), to, vec![Reason::InForce]);
        }
        let mut may = if phase == to {
            MayStep::new(&entity.name, Some(phase), to, Vec::new())
        } else {
            self.alone(entity, phase, to)
        };
        for member in members.iter().filter(|member| member.id != entity.id) {
            match member.phase() {
                Some(phase) if phase != to || !apart => {
                    let of_member = self.alone(member, phase, to);
                    may.and(&member.name, of_member);
                }
                _ => {}
            }
        }
        may
    }

    /// The same for one entity, as if it were alone.
    fn alone(&self, entity: &Entity, phase: Phase, to: Phase) -> MayStep {
        let facts = entity.facts(&self.policy, &self.writes);
        MayStep::from_facts(&entity.name, phase, to, facts)
    }
}
