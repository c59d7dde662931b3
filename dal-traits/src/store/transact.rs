//! The steps of a transaction while they are collected, and how it is committed.

use std::sync::Arc;
use std::time::SystemTime;

use super::plan::Plan;
use super::{Store, other_reply, prepare};
use crate::condition::Condition;
use crate::op::{Change, Op, Reply, Step, Transact};
use crate::value::Value;
use crate::{Error, ErrorKind, OpCx, Record, Result};

const TRANSACT: &str = "transact";

/// The steps so far.
#[derive(Debug)]
pub(super) struct Drafts {
    store: Store,
    steps: Vec<Draft>,
}

/// One step, or why it cannot be one: said when the transaction is committed.
#[derive(Debug)]
struct Draft {
    name: &'static str,
    entity: String,
    write: Result<(Arc<Plan>, Write)>,
}

/// What a step does, by the places of its entity.
#[derive(Debug)]
pub(super) enum Write {
    Insert(Vec<(usize, Value)>),
    Put(Vec<(usize, Value)>),
    Update {
        identity: Vec<Value>,
        changes: Vec<Change>,
        when: Option<Condition>,
    },
    Delete {
        identity: Vec<Value>,
        when: Option<Condition>,
    },
    Check {
        identity: Vec<Value>,
        when: Option<Condition>,
    },
}

impl Drafts {
    pub(super) const fn new(store: Store) -> Self {
        let steps = Vec::new();
        Self { store, steps }
    }

    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// Adds a step, and returns its number; the first one is 1.
    pub(super) fn push(
        &mut self,
        name: &'static str,
        entity: &str,
        write: Result<(Arc<Plan>, Write)>,
    ) -> usize {
        let entity = match &write {
            Ok((plan, _)) => plan.entity.name.clone(),
            Err(_) => entity.to_owned(),
        };
        self.steps.push(Draft {
            name,
            entity,
            write,
        });
        self.steps.len()
    }

    /// Adds a change to the last step, which is an update.
    pub(super) fn change(&mut self, change: impl FnOnce(&Plan) -> Result<Change>) {
        let Some(Draft { write, .. }) = self.steps.last_mut() else {
            return;
        };
        let Ok((plan, Write::Update { changes, .. })) = write else {
            return;
        };
        match change(plan) {
            Ok(change) => changes.push(change),
            Err(error) => *write = Err(error),
        }
    }

    /// Adds a condition to the last step.
    pub(super) fn when(&mut self, condition: Condition) {
        let last = self.steps.last_mut().map(|draft| &mut draft.write);
        if let Some(Ok((
            _,
            Write::Update { when, .. } | Write::Delete { when, .. } | Write::Check { when, .. },
        ))) = last
        {
            *when = Some(prepare::both(when.take(), condition));
        }
    }

    /// Finishes the steps and has the backend carry them out; returns the reply to each.
    pub(super) async fn commit(self) -> Result<Vec<Reply>> {
        let Self { store, steps } = self;
        let cx = OpCx::current();
        let backend = store.capability().backend;
        let refused = |error: Error| error.operation(TRANSACT).backend(backend);
        let mut transact = prepared(steps, cx.now()).map_err(refused)?;
        for (place, step) in transact.steps.iter_mut().enumerate() {
            if let Step::Insert(insert) = step {
                let taken = store.take_id(&cx, insert).await;
                taken.map_err(|error| refused(step.refused(place + 1, error)))?;
            }
        }
        // An id that was given now may be the one that another step names.
        transact.check_records().map_err(refused)?;
        let count = transact.steps.len();
        match store.service.call(&cx, Op::Transact(transact)).await? {
            Reply::Transacted(replies) if replies.len() == count => Ok(replies),
            _ => Err(other_reply(store.capability(), TRANSACT)),
        }
    }
}

/// Everything that can be decided without the store.
fn prepared(drafts: Vec<Draft>, now: SystemTime) -> Result<Transact> {
    if drafts.is_empty() {
        let message = "the transaction has no step: add one before it is committed";
        return Err(Error::new(ErrorKind::InvalidValue, message));
    }
    let drafts = drafts.into_iter().enumerate();
    let steps = drafts.map(|(place, draft)| {
        let Draft {
            name,
            entity,
            write,
        } = draft;
        let step = write.and_then(|(plan, write)| write.prepared(&plan, now));
        step.map_err(|error| error.in_step(place + 1, name, &entity))
    });
    let steps = steps.collect::<Result<_>>()?;
    let transact = Transact { steps };
    transact.check_records()?;
    Ok(transact)
}

impl Write {
    fn prepared(self, plan: &Plan, now: SystemTime) -> Result<Step> {
        match self {
            Self::Insert(given) => prepare::insert(plan, now, given).map(Step::Insert),
            Self::Put(given) => prepare::put(plan, now, given).map(Step::Put),
            Self::Update {
                identity,
                changes,
                when,
            } => prepare::update(plan, now, identity, changes, when).map(Step::Update),
            Self::Delete { identity, when } => {
                prepare::delete(plan, identity, when).map(Step::Delete)
            }
            Self::Check { identity, when } => prepare::check(plan, identity, when).map(Step::Check),
        }
    }
}

/// The record that the step with this number inserted.
pub(super) fn inserted(replies: &[Reply], number: usize) -> Result<&Record> {
    let reply = number.checked_sub(1).and_then(|place| replies.get(place));
    if let Some(Reply::Inserted(record)) = reply {
        return Ok(record);
    }
    let message = "the step is of another transaction, or the backend gave no record for it";
    Err(Error::new(ErrorKind::Unexpected, message).operation(TRANSACT))
}

/// Whether the delete with this number found a record; none for another kind of step.
pub(super) fn existed(replies: &[Reply], number: usize) -> Option<bool> {
    match replies.get(number.checked_sub(1)?) {
        Some(Reply::Existed(existed)) => Some(*existed),
        _ => None,
    }
}
