//! Writes, one or several, that happen together or not at all.
//!
//! Each step is planned, which reads where the step needs it; all actions are sent in one request,
//! which decides whether the plans still hold. The first step that is refused counts, in the order of
//! the list. A step that is refused while it is planned is decided together with the steps before
//! it: their actions are sent beside one that is always refused, so that nothing is written.

use dal_traits::op::{Insert, Put, Reply, Step};
use dal_traits::{Error, ErrorKind, Result};

use super::super::DynamoDbBackend;
use super::super::action::{Action, Premise, Write};
use super::super::condition;
use super::super::dal_table::{self, KEY};
use super::super::expression::Expression;
use super::super::send::{PLANS, Refused, is_overtaken, overtaken};
use super::super::shape::Shape;
use super::refusal::{check, foreign, not_found};
use super::update::{apply, guards_written, nulls_of};
use crate::advice::advice;
use crate::{Item, Role};

/// A step, and what is known of it before it is planned.
struct Ready<'a> {
    step: &'a Step,
    shape: &'a Shape,
    /// The item of a record that is put whole.
    item: Item,
    /// Whether DynamoDB can decide its condition.
    is_decided: bool,
    /// The fields of an update that are added to and were found to be NULL.
    nulls: Vec<usize>,
}

/// The actions of the steps, each with the place of its step.
#[derive(Default)]
struct Plan {
    places: Vec<usize>,
    actions: Vec<Action>,
    replies: Vec<Reply>,
    /// The place of the step that was refused, and its error; without one the request tells it.
    refusal: Option<(usize, Option<Error>)>,
}

/// The error of the step at a place; of no step when the whole request failed.
type Failed = (Option<usize>, Error);

impl DynamoDbBackend {
    /// Carries several steps out.
    pub(in super::super) async fn transact(&self, steps: &[Step]) -> Result<Reply> {
        match self.carry_out_steps(steps).await {
            Ok(replies) => Ok(Reply::Transacted(replies)),
            Err((place, error)) => {
                let step = place.and_then(|place| Some((place, steps.get(place)?)));
                Err(match step {
                    Some((place, step)) => step.refused(place + 1, error),
                    None => error,
                })
            }
        }
    }

    /// Carries one step out, as an operation of its own.
    pub(in super::super) async fn write(&self, step: Step) -> Result<Reply> {
        let replies = self.carry_out_steps(std::slice::from_ref(&step)).await;
        let reply = replies.map_err(|(_, error)| error)?.pop();
        reply.ok_or_else(|| Error::new(ErrorKind::Unexpected, "the write has no reply"))
    }

    async fn carry_out_steps(&self, steps: &[Step]) -> Result<Vec<Reply>, Failed> {
        let mut ready = Vec::with_capacity(steps.len());
        for (place, step) in steps.iter().enumerate() {
            let step = self.ready(step);
            ready.push(step.map_err(|error| (Some(place), error))?);
        }
        for (place, step) in ready.iter().enumerate() {
            let may_begin = self.may_begin(step).await;
            may_begin.map_err(|error| (Some(place), error))?;
        }
        let mut last = None;
        for _ in 0..PLANS {
            let mut plan = self.plan(&ready).await?;
            let sent = self.send(&plan.actions).await;
            match sent {
                Ok(removed) => return Ok(plan.replied(removed.as_ref())),
                Err(refused) => last = plan.decide(&mut ready, refused)?,
            }
        }
        Err((last, overtaken()))
    }

    /// Refuses what can be refused without a request.
    fn ready<'a>(&'a self, step: &'a Step) -> Result<Ready<'a>> {
        let shape = self.shape(step.entity())?;
        let mut item = Item::new();
        let mut when = None;
        match step {
            Step::Insert(Insert { record }) | Step::Put(Put { record }) => {
                shape.check_writable()?;
                item = shape.item(record)?;
            }
            Step::Update(update) => {
                shape.check_writable()?;
                for change in &update.changes {
                    if update.entity.identity.contains(&change.field()) {
                        let message = "the identity of a record never changes: insert another one";
                        let name = &shape.field(change.field())?.name;
                        return Err(
                            Error::new(ErrorKind::InvalidValue, message).with("field", name)
                        );
                    }
                }
                when = update.when.as_ref();
            }
            Step::Delete(delete) => {
                shape.check_deletable()?;
                when = delete.when.as_ref();
            }
            Step::Check(check) => when = check.when.as_ref(),
            _ => return Err(unknown()),
        }
        let is_decided = match when {
            Some(when) => condition::is_decided(shape, when)?,
            None => true,
        };
        Ok(Ready {
            step,
            shape,
            item,
            is_decided,
            nulls: Vec::new(),
        })
    }

    /// The guards that the step writes must be complete, and the counter is moved past its id.
    async fn may_begin(&self, of: &Ready<'_>) -> Result<()> {
        match of.step {
            Step::Insert(Insert { record }) | Step::Put(Put { record }) => {
                self.need_all_guards(of.shape).await?;
                self.pass_id_of(of.shape, record).await
            }
            Step::Update(update) => {
                let written = guards_written(of.shape, update);
                self.need_guards(of.shape, &written).await
            }
            Step::Delete(_) => self.need_all_guards(of.shape).await,
            _ => Ok(()),
        }
    }

    /// Plans the steps up to the first one that is refused.
    async fn plan(&self, ready: &[Ready<'_>]) -> Result<Plan, Failed> {
        let mut plan = Plan::default();
        let is_alone = ready.len() == 1;
        for (place, step) in ready.iter().enumerate() {
            match self.plan_step(step, is_alone).await {
                Ok((actions, reply)) => {
                    plan.replies.push(reply);
                    for action in actions {
                        plan.add(place, action);
                    }
                }
                Err(error) if is_refusal(&error) => plan.refusal = Some((place, Some(error))),
                Err(error) => return Err((Some(place), error)),
            }
            if plan.refusal.is_some() {
                break;
            }
        }
        plan.close(&self.dal_table)
    }

    async fn plan_step(&self, of: &Ready<'_>, is_alone: bool) -> Result<(Vec<Action>, Reply)> {
        let (shape, item) = (of.shape, || of.item.clone());
        match of.step {
            Step::Insert(Insert { record }) => {
                let actions = self.plan_insert(shape, record, item())?;
                Ok((actions, Reply::Inserted(record.clone())))
            }
            Step::Put(Put { record }) => {
                let actions = self.plan_put(shape, record, item()).await?;
                Ok((actions, Reply::Done))
            }
            Step::Update(update) => {
                let actions = self
                    .plan_update(shape, update, of.is_decided, &of.nulls)
                    .await?;
                Ok((actions, Reply::Done))
            }
            Step::Delete(delete) => {
                let is_decided = of.is_decided;
                self.plan_delete(shape, delete, is_decided, is_alone).await
            }
            Step::Check(check) => {
                let action = self.plan_check(shape, check, of.is_decided).await?;
                Ok((vec![action], Reply::Done))
            }
            _ => Err(unknown()),
        }
    }
}

impl Plan {
    /// Adds an action of the step at a place. DynamoDB takes at most one action on an item, so two of
    /// them become one, or say that a step is refused.
    fn add(&mut self, place: usize, action: Action) {
        if self.refusal.is_some() {
            return;
        }
        let is_same = |held: &&mut Action| held.table == action.table && held.key == action.key;
        let Some(held) = self.actions.iter_mut().find(is_same) else {
            self.places.push(place);
            self.actions.push(action);
            return;
        };
        match (&held.write, held.premise, action.premise) {
            // What an earlier step leaves is taken by this one.
            (Write::Delete, _, Premise::Missing) => {
                held.write = action.write;
                held.bytes = action.bytes;
            }
            // What an earlier step took or keeps is not free.
            (_, _, Premise::Missing) => {
                let class = action.role.class(true);
                let message = advice(&class);
                self.refusal = Some((place, Some(Error::of(class, message))));
            }
            // What this step had when it was read was not free for the earlier one.
            (_, Premise::Missing, _) => {
                let earlier = self
                    .actions
                    .iter()
                    .position(|held| held.table == action.table && held.key == action.key);
                let earlier = earlier.and_then(|at| self.places.get(at)).copied();
                self.refusal = Some((earlier.unwrap_or(place), None));
            }
            // A record moved while the steps were planned.
            _ => self.refusal = Some((place, None)),
        }
    }

    /// Makes the plan of a refused step one that writes nothing.
    fn close(mut self, dal_table: &str) -> Result<Self, Failed> {
        let Some((refused, error)) = &mut self.refusal else {
            return Ok(self);
        };
        let refused = *refused;
        let kept = self
            .places
            .iter()
            .take_while(|place| **place <= refused)
            .count();
        self.places.truncate(kept);
        self.actions.truncate(kept);
        if self.actions.is_empty()
            && let Some(error) = error.take()
        {
            return Err((Some(refused), error));
        }
        let mut expression = Expression::default();
        let exists = expression.exists(KEY);
        let key = dal_table::key(dal_table::none());
        let never = Action::new(dal_table, key, Write::Check, exists, expression);
        self.actions.push(never.meaning(Role::Condition));
        Ok(self)
    }

    /// The replies to the steps.
    fn replied(self, removed: Option<&Item>) -> Vec<Reply> {
        let mut replies = self.replies;
        if let [action] = self.actions.as_slice()
            && matches!(action.write, Write::Delete)
            && let [Reply::Existed(existed)] = replies.as_mut_slice()
        {
            *existed = removed.is_some();
        }
        replies
    }

    /// What it means that the actions were refused: the error, or the place of the step that must be
    /// planned anew.
    fn decide(
        &mut self,
        ready: &mut [Ready<'_>],
        refused: Refused,
    ) -> Result<Option<usize>, Failed> {
        let Refused {
            error,
            position,
            item,
        } = refused;
        let Some(position) = position else {
            return Err((None, error));
        };
        let is_condition = is_overtaken(&error);
        let Some(place) = self.places.get(position).copied() else {
            // The steps before are fine: the action that is always refused was the first.
            return match self.refusal.take() {
                Some((place, Some(refusal))) if is_condition => Err((Some(place), refusal)),
                Some((place, None)) if is_condition => Ok(Some(place)),
                _ => Err((None, error)),
            };
        };
        let action = self.actions.get(position);
        let premise = action.map_or(Premise::Read, |action| action.premise);
        match premise {
            Premise::Own if is_condition => {
                let decided = match ready.get_mut(place) {
                    Some(step) => step.decide(item.as_ref()),
                    None => Ok(()),
                };
                let effect = error.effect();
                decided.map_err(|error| (Some(place), error.effect_of(effect)))?;
                Ok(Some(place))
            }
            _ if is_condition => Ok(Some(place)),
            // Nothing is wrong with the step: another writer, or the load, came in between.
            _ if error.class().is_transient() => Err((None, error)),
            _ => Err((Some(place), error)),
        }
    }
}

impl Ready<'_> {
    /// Why the step is refused by the item that made its own condition false; else it is planned
    /// anew.
    fn decide(&mut self, item: Option<&Item>) -> Result<()> {
        let Some(item) = item else {
            return Err(not_found());
        };
        let held = self.shape.record(item)?;
        match self.step {
            Step::Update(update) => {
                check(update.when.as_ref(), &held)?;
                apply(self.shape, &held, &update.changes)?;
                let nulls = nulls_of(update, &held);
                if nulls == self.nulls {
                    return Err(foreign());
                }
                self.nulls = nulls;
                Ok(())
            }
            Step::Delete(delete) => {
                check(delete.when.as_ref(), &held)?;
                Err(foreign())
            }
            Step::Check(of) => {
                check(of.when.as_ref(), &held)?;
                Err(foreign())
            }
            _ => Ok(()),
        }
    }
}

/// Whether a step is refused, and not only its request: the steps before it come first.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::ConditionFailed
            | ErrorKind::InvalidValue
            | ErrorKind::TooLarge
    )
}

fn unknown() -> Error {
    let message = "this version of the backend does not know the step";
    Error::new(ErrorKind::Unsupported, message)
}
