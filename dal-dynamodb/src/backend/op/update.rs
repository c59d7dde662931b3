//! Update: one request where every changed attribute follows from the arguments; otherwise read,
//! compute, and write under the condition that what was read still holds.

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::condition::Condition;
use dal_traits::model::Expr;
use dal_traits::op::{Change, Reply, Update};
use dal_traits::{Error, ErrorKind, Record, Result};

use super::super::DynamoDbBackend;
use super::super::add;
use super::super::condition;
use super::super::expression::{Clause, Expression};
use super::super::guards;
use super::super::shape::{Shape, check_item_size};
use super::super::write::{ItemChange, PLANS, Transaction, is_overtaken, overtaken};
use crate::{Item, Role};

impl DynamoDbBackend {
    pub(in super::super) async fn update(&self, update: &Update) -> Result<Reply> {
        let shape = self.shape(&update.entity)?;
        shape.check_writable()?;
        for change in &update.changes {
            if update.entity.identity.contains(&change.field()) {
                let message = "the identity of a record never changes: insert another record";
                let name = &shape.field(change.field())?.name;
                return Err(Error::new(ErrorKind::InvalidValue, message).with("field", name));
            }
        }
        let is_decided = match &update.when {
            Some(when) => condition::is_decided(shape, when)?,
            None => true,
        };
        if is_decided && is_direct(shape, update) {
            self.update_directly(shape, update).await
        } else {
            self.update_by_plan(shape, update).await
        }
    }

    async fn update_directly(&self, shape: &Shape, update: &Update) -> Result<Reply> {
        let Some(key) = shape.key(&shape.identified(&update.identity))? else {
            return Err(not_found());
        };
        // The fields that are added to and were found to be NULL, which they stay.
        let mut nulls = Vec::new();
        for _ in 0..PLANS {
            let change = direct(shape, update, &nulls)?;
            let Err(refused) = self.change(shape, &key, &change).await? else {
                return Ok(Reply::Done);
            };
            let Some(item) = &refused.item else {
                return Err(not_found());
            };
            let held = shape.record(item)?;
            check(update.when.as_ref(), &held)?;
            apply(shape, &held, &update.changes)?;
            let found = nulls_of(update, &held);
            if found == nulls {
                return Err(foreign());
            }
            nulls = found;
        }
        Err(overtaken())
    }

    async fn update_by_plan(&self, shape: &Shape, update: &Update) -> Result<Reply> {
        let fields: Vec<usize> = update.changes.iter().map(Change::field).collect();
        let affected = shape.attributes_of(&fields);
        let moves = shape.key_attributes().any(|key| affected.contains(&key));
        let written = guards::changed(shape, &fields, moves);
        self.need_guards(shape, &written).await?;
        for _ in 0..PLANS {
            let Some(item) = self.find(shape, &update.identity).await? else {
                return Err(not_found());
            };
            let held = shape.record(&item)?;
            check(update.when.as_ref(), &held)?;
            let changed = apply(shape, &held, &update.changes)?;
            let sent = match self.plan(shape, update, &item, &held, &changed)? {
                Plan::One(key, change) => match self.change(shape, &key, &change).await? {
                    Ok(()) => Ok(()),
                    Err(refused) => Err(refused.error),
                },
                Plan::Several(transaction) => self.transact(shape, transaction).await,
            };
            match sent {
                Ok(()) => return Ok(Reply::Done),
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Err(overtaken())
    }

    /// The writes that turn a record that was read into a changed one.
    fn plan(
        &self,
        shape: &Shape,
        update: &Update,
        item: &Item,
        held: &Record,
        changed: &Record,
    ) -> Result<Plan> {
        let fields: Vec<usize> = update.changes.iter().map(Change::field).collect();
        let (old_guards, new_guards) = (guards::of(shape, held), guards::of(shape, changed));
        let gone = guards::without(&old_guards, &new_guards);
        let come = guards::without(&new_guards, &old_guards);
        let old_key = shape.key_in(item);
        let new_key = shape.key(changed)?.ok_or_else(null_key)?;
        if old_key != new_key {
            let kept = guards::without(&new_guards, &come);
            let mut transaction = Transaction::default();
            let mut expression = Expression::default();
            let known = shape.entity.attributes.iter().map(|a| a.name.as_str());
            let mut names: Vec<&str> = known
                .clone()
                .chain(item.keys().map(String::as_str))
                .collect();
            names.sort_unstable();
            names.dedup();
            let unchanged = expression.unchanged(item, names);
            transaction.delete(shape, old_key, unchanged, expression)?;
            let mut moved = shape.item(changed)?;
            for (name, value) in item {
                if !known.clone().any(|known| known == name) {
                    moved.insert(name.clone(), value.clone());
                }
            }
            check_item_size(&moved)?;
            let mut expression = Expression::default();
            let missing = expression.missing(shape.partition_key());
            transaction.put(shape, moved, missing, expression, shape.key_role())?;
            transaction.give_back(&self.dal_table, &gone)?;
            transaction.take_unique(&self.dal_table, &come, &new_key)?;
            transaction.redirect(&self.dal_table, &kept, &new_key)?;
            return Ok(Plan::Several(transaction));
        }
        shape.item(changed)?;
        // What the new values follow from: the condition, the numbers that are added to, the other
        // fields of composite attributes and of unique keys.
        let affected = shape.attributes_of(&fields);
        let mut read: Vec<usize> = guards::fields_beside(shape, &fields);
        fields_in(update.when.as_ref(), &mut read);
        read.extend(affected.iter().flat_map(|place| shape.inputs(*place)));
        let is_read = |field: &usize| {
            let set = |change: &Change| matches!(change, Change::Set(place, _) if place == field);
            let is_guarded = guards::fields_beside(shape, &fields).contains(field);
            let in_condition = fields_of(update.when.as_ref()).contains(field);
            is_guarded || in_condition || !update.changes.iter().any(set)
        };
        let attributes = read.into_iter().filter(is_read).map(|field| {
            let attribute = shape.entity.fields.get(field).map(|field| field.attribute);
            shape.name(attribute.unwrap_or(shape.entity.partition_key))
        });
        let mut attributes: Vec<&str> = attributes.chain([shape.partition_key()]).collect();
        attributes.sort_unstable();
        attributes.dedup();
        let mut expression = Expression::default();
        let unchanged = expression.unchanged(item, attributes);
        let sets = sets(shape, &mut expression, changed, &affected)?;
        let change = item_change(shape, &sets, unchanged, expression);
        if gone.is_empty() && come.is_empty() {
            return Ok(Plan::One(old_key, change));
        }
        let mut transaction = Transaction::default();
        transaction.update(shape, old_key.clone(), change)?;
        transaction.give_back(&self.dal_table, &gone)?;
        transaction.take_unique(&self.dal_table, &come, &old_key)?;
        Ok(Plan::Several(transaction))
    }
}

/// What an update that was planned sends.
enum Plan {
    One(Item, ItemChange),
    Several(Transaction),
}

/// Whether every attribute that changes follows from the arguments alone, and no guard changes.
fn is_direct(shape: &Shape, update: &Update) -> bool {
    let entity = &update.entity;
    let fields: Vec<usize> = update.changes.iter().map(Change::field).collect();
    let is_guarded = !guards::fields_beside(shape, &fields).is_empty();
    let affected = shape.attributes_of(&fields);
    let moves = shape.key_attributes().any(|key| affected.contains(&key));
    if !shape.is_keyed_by_identity || is_guarded || moves {
        return false;
    }
    let is_given = |field: &usize| {
        let set = |change: &Change| matches!(change, Change::Set(place, _) if place == field);
        entity.identity.contains(field) || update.changes.iter().any(set)
    };
    affected.iter().all(|place| {
        let inputs = shape.inputs(*place);
        // Only the whole record tells whether a composite text that becomes absent loses a value.
        if shape.is_composite_source(*place) {
            return false;
        }
        inputs.iter().all(is_given)
            || matches!(inputs, [field] if is_addable(shape, *field, *place))
    })
}

/// Whether DynamoDB can add to the field: its attribute is the number itself.
fn is_addable(shape: &Shape, field: usize, attribute: usize) -> bool {
    use dal_traits::model::AttributeType;
    let is_number = matches!(
        shape.entity.attributes.get(attribute),
        Some(found) if found.attribute_type == AttributeType::N
            && matches!(found.expr, Expr::Column(_))
    );
    let is_it = shape.plain(field).is_ok_and(|plain| plain.0 == attribute);
    let field = shape.entity.fields.get(field);
    is_number && is_it && field.is_some_and(|field| add::bounds(field).is_some())
}

/// The one request of a direct update.
fn direct(shape: &Shape, update: &Update, nulls: &[usize]) -> Result<ItemChange> {
    let mut expression = Expression::default();
    let mut clauses = vec![expression.exists(shape.partition_key())];
    if let Some(when) = &update.when {
        clauses.push(expression.condition(shape, when)?);
    }
    let mut set_fields = Vec::new();
    let mut record = shape.identified(&update.identity);
    let mut sums = Vec::new();
    for change in &update.changes {
        match change {
            Change::Set(field, value) => {
                record.set(*field, value.clone());
                set_fields.push(*field);
            }
            Change::Add(field, added) => {
                let (_, attribute, _) = shape.plain(*field)?;
                if nulls.contains(field) {
                    clauses.push(expression.missing(&attribute.name));
                    continue;
                }
                clauses.push(expression.exists(&attribute.name));
                if added.is_null() {
                    let name = expression.name(&attribute.name);
                    sums.push((name, None));
                    continue;
                }
                let added = add::number(added).ok_or_else(|| {
                    let message = "only whole numbers and decimals can be added";
                    Error::new(ErrorKind::InvalidValue, message)
                })?;
                let bounds = shape.field(*field).map(add::bounds)?;
                let Some(bounds) = bounds else { continue };
                let down = added < 0;
                let (limits, inclusive, exclusive) = if down {
                    (&bounds.least, ">=", ">")
                } else {
                    (&bounds.greatest, "<=", "<")
                };
                for (limit, included) in limits {
                    let operator = if *included { inclusive } else { exclusive };
                    let limit = AttributeValue::N((limit - &added).to_plain_string());
                    clauses.push(expression.compare(&attribute.name, operator, limit));
                }
                let name = expression.name(&attribute.name);
                let added = expression.value(AttributeValue::N(added.to_plain_string()));
                sums.push((name, Some(added)));
            }
        }
    }
    let affected = shape.attributes_of(&set_fields);
    let mut sets = sets(shape, &mut expression, &record, &affected)?;
    for (name, added) in sums {
        match added {
            Some(added) => sets.set.push(format!("{name} = {name} + {added}")),
            None => sets.remove.push(name),
        }
    }
    Ok(item_change(shape, &sets, Clause::all(clauses), expression))
}

/// The parts of an update expression.
#[derive(Default)]
struct Sets {
    set: Vec<String>,
    remove: Vec<String>,
}

/// The attributes at these places become those of the record.
fn sets(
    shape: &Shape,
    expression: &mut Expression,
    record: &Record,
    attributes: &[usize],
) -> Result<Sets> {
    let mut sets = Sets::default();
    for place in attributes {
        let value = shape.attribute(record, *place)?;
        let name = expression.name(shape.name(*place));
        match value {
            Some(value) => {
                let value = expression.value(value);
                sets.set.push(format!("{name} = {value}"));
            }
            None => sets.remove.push(name),
        }
    }
    Ok(sets)
}

fn item_change(
    shape: &Shape,
    sets: &Sets,
    condition: Clause,
    mut expression: Expression,
) -> ItemChange {
    let mut update = Vec::new();
    if !sets.set.is_empty() {
        update.push(format!("SET {}", sets.set.join(", ")));
    }
    if !sets.remove.is_empty() {
        update.push(format!("REMOVE {}", sets.remove.join(", ")));
    }
    let condition = condition.text(&mut expression, shape.partition_key());
    ItemChange {
        update: (!update.is_empty()).then(|| update.join(" ")),
        condition: condition.unwrap_or_default(),
        expression,
    }
}

/// The fields that are added to and are NULL.
fn nulls_of(update: &Update, held: &Record) -> Vec<usize> {
    let added = update.changes.iter().filter_map(|change| match change {
        Change::Add(field, _) => Some(*field),
        Change::Set(..) => None,
    });
    added.filter(|field| held.value(*field).is_null()).collect()
}

/// The record after its changes.
fn apply(shape: &Shape, held: &Record, changes: &[Change]) -> Result<Record> {
    let mut record = held.clone();
    for change in changes {
        match change {
            Change::Set(field, value) => record.set(*field, value.clone()),
            Change::Add(field, added) => {
                let sum = add::sum(shape.field(*field)?, held.value(*field), added)?;
                record.set(*field, sum);
            }
        }
    }
    Ok(record)
}

/// # Errors
/// [`ErrorKind::ConditionFailed`] when the record does not fulfil the condition.
pub(super) fn check(when: Option<&Condition>, held: &Record) -> Result<()> {
    if when.is_none_or(|when| when.holds(held)) {
        return Ok(());
    }
    let message = "the condition of the write was false; read the record and decide";
    Err(Error::new(ErrorKind::ConditionFailed, message))
}

pub(super) fn not_found() -> Error {
    Error::new(ErrorKind::NotFound, "the record to change does not exist")
}

/// The item holds what the condition wants, but not in the form in which DynamoDB compares.
pub(super) fn foreign() -> Error {
    let message = "the item fulfils the condition, but holds a value in a form that another program \
                   wrote and DynamoDB does not compare; put the record to write it anew";
    Error::new(ErrorKind::Decode, message)
}

pub(super) fn null_key() -> Error {
    let message = "a part of the table's key would be NULL, which no item can hold";
    Error::new(ErrorKind::InvalidValue, message)
}

/// The fields that a condition looks at.
pub(super) fn fields_of(condition: Option<&Condition>) -> Vec<usize> {
    let mut fields = Vec::new();
    fields_in(condition, &mut fields);
    fields
}

fn fields_in(condition: Option<&Condition>, fields: &mut Vec<usize>) {
    match condition {
        Some(
            Condition::Compare(field, ..)
            | Condition::In(field, _)
            | Condition::BeginsWith(field, _)
            | Condition::IsNull(field),
        ) => fields.push(*field),
        Some(Condition::And(all) | Condition::Or(all)) => {
            for condition in all {
                fields_in(Some(condition), fields);
            }
        }
        Some(Condition::Not(condition)) => fields_in(Some(condition), fields),
        _ => {}
    }
}

impl Shape {
    /// What it means that an item with the key of a new record exists.
    pub(super) fn key_role(&self) -> Role {
        if self.is_keyed_by_identity {
            return Role::Insert;
        }
        let mut unique = self.entity.unique.iter();
        match unique.find(|unique| !unique.guard) {
            Some(unique) => Role::Unique(unique.name.clone().into()),
            None => Role::Insert,
        }
    }
}
