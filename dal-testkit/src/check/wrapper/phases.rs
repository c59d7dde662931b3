//! Changes of the phase, and the store that is out of use after one.

use std::sync::Arc;

use dal_shadow::answer::Answer;
use dal_shadow::ops::On;
use dal_shadow::{Store, Verb};

use super::{Walk, difference};
use crate::check::call::At;
use crate::check::comparison::Compared;
use crate::check::fault::Fault;
use crate::check::{FailureKind, Phase, panics};

impl<O, A, B, W> Walk<'_, O, A, B, W>
where
    O: On<A> + On<B> + On<W>,
    A: ?Sized + Send + Sync,
    B: ?Sized + Send + Sync,
    W: Sync,
{
    /// Goes to a phase by adjacent steps. There is no way back from `dynamodb-only`, where MySQL is
    /// stale.
    pub(super) async fn walk(&mut self, to: Phase, at: usize) -> Result<(), Fault> {
        if !self.phases.contains(&to) {
            return Err(Fault::new(
                FailureKind::Setup,
                at,
                format!("the phase {to} needs `.copy(..)`, which makes the DynamoDB side equal"),
            ));
        }
        while self.phase != to && self.phase != Phase::DynamoDbOnly {
            let forward = rank(to) > rank(self.phase);
            let next = Phase::ALL.into_iter().find(|next| {
                next.is_adjacent(self.phase) && (rank(*next) > rank(self.phase)) == forward
            });
            let Some(next) = next else { break };
            self.step(next, at).await?;
        }
        Ok(())
    }

    async fn step(&mut self, next: Phase, at: usize) -> Result<(), Fault> {
        self.at_rest(at).await?;
        if self.phase == Phase::MySqlOnly {
            self.is_still_unused(at).await?;
            self.copy(at).await?;
        }
        for entity in &self.entities {
            self.harness.step(entity, next).await.map_err(|error| {
                Fault::new(
                    FailureKind::Broken,
                    at,
                    format!(
                        "the step of `{entity}` from {} to {next}: {error}",
                        self.phase
                    ),
                )
                .places(["step".to_owned()])
            })?;
        }
        if self.phase == Phase::MySqlOnly {
            self.is_copied(at)?;
        }
        self.tally.statistics.phases += 1;
        if answers(next) != answers(self.phase) {
            for class in self.start.tokens.difference(&self.start.portable) {
                self.bound.unbind_all(class);
                self.bare_bound.unbind_all(class);
            }
        }
        self.phase = next;
        if !next.writes_both() {
            self.is_left(at).await?;
        }
        Ok(())
    }

    async fn copy(&self, at: usize) -> Result<(), Fault> {
        let Some(copy) = &self.stores.copy else {
            return Ok(());
        };
        let (mysql, dynamodb) = (&self.stores.mysql, &self.stores.dynamodb);
        panics::caught(async { copy(Arc::clone(mysql), Arc::clone(dynamodb)).await })
            .await
            .map_err(|panic| {
                let summary = format!("the hook of `.copy(..)` {panic}");
                Fault::new(FailureKind::Broken, at, summary).places(["copy".to_owned()])
            })
    }

    /// Says that DynamoDB holds every record: it was copied, and nothing was called since.
    fn is_copied(&self, at: usize) -> Result<(), Fault> {
        for entity in &self.entities {
            let marked = self.harness.repairing(entity);
            let copied = marked.and_then(|mark| self.harness.repaired(&mark));
            if !matches!(copied, Ok(true)) {
                let summary = format!("`{entity}` cannot be complete after the copy: {copied:?}");
                return Err(Fault::new(FailureKind::Broken, at, summary));
            }
        }
        Ok(())
    }

    /// Remembers what the store returns that goes out of use now.
    pub(super) async fn is_left(&mut self, at: usize) -> Result<(), Fault> {
        self.unused.clear();
        self.unused_bound = self.without_tokens();
        for op in self.reads() {
            let answer = self.ask_unused(&op, at).await?;
            self.unused.push((op, answer));
        }
        Ok(())
    }

    /// Checks that the store out of use still returns what it returned when it went out of use.
    pub(super) async fn is_still_unused(&mut self, at: usize) -> Result<(), Fault> {
        for (op, before) in std::mem::take(&mut self.unused) {
            let now = self.ask_unused(&op, at).await?;
            let method = op.method();
            let names = ["before, it", "afterwards, it"];
            match self.comparison.exact(method, &before, &now, &String::new) {
                Compared::Agree => {}
                Compared::Transient => return Err(self.unclear(&op, at, names, [&before, &now])),
                Compared::Differ(found) => {
                    let summary = format!(
                        "{} was written in {}, where it is out of use: {op:?} changed",
                        self.unused_name(),
                        self.phase
                    );
                    let fault = difference(at, summary)
                        .of(method)
                        .answered(names, [&before, &now]);
                    return Err(found.into_fault(fault));
                }
            }
        }
        Ok(())
    }

    fn unused_name(&self) -> &str {
        match self.phase {
            Phase::DynamoDbOnly => &self.start.engines.mysql,
            _ => &self.start.engines.dynamodb,
        }
    }

    async fn ask_unused(&self, op: &O, step: usize) -> Result<Answer, Fault> {
        let (invoker, bound) = (&self.invoker, &self.unused_bound);
        let at = At {
            store: self.unused_name(),
            step,
        };
        match self.phase {
            Phase::DynamoDbOnly => invoker.settled(op, &*self.stores.mysql, bound, at).await,
            _ => invoker.settled(op, &*self.stores.dynamodb, bound, at).await,
        }
    }
}

fn rank(phase: Phase) -> usize {
    Phase::ALL
        .iter()
        .position(|other| *other == phase)
        .unwrap_or_default()
}

/// The store that answers reads.
fn answers(phase: Phase) -> Store {
    dal_shadow::plan(phase, Verb::Read).primary
}
