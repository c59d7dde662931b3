//! Steps of groups: whether one may be taken, and taking it.

use std::sync::Arc;

use crate::flow::converge::StepEnd;
use crate::harness::core::Core;
use crate::harness::entity::Entity;
use crate::harness::group::Wish;
use crate::harness::may_step::{MayStep, Reason, needs_evidence};
use crate::harness::step_error::{StepError, joined};
use crate::phases::Phase;

/// Who asks for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// The application, in code: it need not give evidence.
    Hand,
    /// The phase source.
    Source,
}

/// What speaks for a step that the source asks for.
#[derive(Default)]
struct Proof {
    /// The phase in force for which it was looked at, when the step needs any.
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
        let mut proof = Proof::default();
        let taken = self.step_to(wishes, asker, unwanted, &mut proof).await;
        match &taken {
            Ok(()) | Err(StepError::CallsUnderWay(_)) => {
                if !proof.forced.is_empty() {
                    let forced = joined(&proof.forced);
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
        proof: &mut Proof,
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
            *proof = self.proven(&members, wishes)?;
        }
        let steps = members.iter().any(|member| member.phase() != Some(to));
        if steps {
            for member in &members {
                member.steps_to(to);
            }
        }
        let step = self
            .writes
            .ask(first.id, to, proof.from, proof.from.is_some());
        let end = step.ended(unwanted).await;
        if steps && matches!(end, StepEnd::Done | StepEnd::CallsUnderWay) {
            let forced = (!proof.forced.is_empty()).then(|| joined(&proof.forced));
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
    fn proven(&self, members: &[Arc<Entity>], wishes: &[Wish]) -> Result<Proof, StepError> {
        let mut proof = Proof::default();
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
            proof.from = Some(phase);
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
                    &mut proof.forced
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
        match (proof.from, wishes.first()) {
            (Some(phase), Some((_, setting))) if !missing.is_empty() => {
                Err(StepError::NoEvidence {
                    phase,
                    to: setting.phase,
                    reasons: missing,
                })
            }
            _ => Ok(proof),
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
        MayStep::judge(&entity.name, phase, to, facts)
    }
}
