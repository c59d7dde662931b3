//! From choices to an operation of the model.

use std::ops::Bound;
use std::sync::Arc;

use dal_traits::catalog::ColumnType;
use dal_traits::condition::{Comparison, Condition};
use dal_traits::model::{AttributeType, Entity, Field, FieldSource, ValueType};
use dal_traits::value::Value;

use super::choices::Choices;
use super::values;

/// An operation by names, as the dynamic face of `Store` takes it.
#[derive(Clone, Debug)]
pub enum Operation {
    Insert(Vec<(String, Value)>),
    Put(Vec<(String, Value)>),
    Get(String, Vec<(String, Value)>),
    GetMany(Vec<Vec<Value>>),
    Query(Query),
    Update(Vec<Value>, Vec<Change>, Option<Condition>),
    Delete(Vec<Value>, Option<Condition>),
    /// A condition on a record that is not written: in a transaction only.
    Check(Vec<Value>, Option<Condition>),
    /// Steps, each with the place of its entity.
    Transact(Vec<(usize, Operation)>),
}

#[derive(Clone, Debug)]
pub enum Change {
    Set(String, Value),
    Add(String, Value),
}

/// What a range is between.
pub type Bounds = (Bound<Value>, Bound<Value>);

#[derive(Clone, Debug)]
pub struct Query {
    pub path: String,
    pub equal: Vec<(String, Value)>,
    pub range: Option<(String, Bounds)>,
    pub filter: Option<Condition>,
    pub backward: bool,
    pub limit: u32,
}

impl Operation {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Insert(_) => "insert",
            Self::Put(_) => "put",
            Self::Get(..) => "get",
            Self::GetMany(_) => "get_many",
            Self::Query(_) => "query",
            Self::Update(..) => "update",
            Self::Delete(..) => "delete",
            Self::Check(..) => "check",
            Self::Transact(_) => "transact",
        }
    }

    /// The identity of the record that it is about; none when the store gives it.
    pub fn identity(&self, known: &Known<'_>) -> Option<Vec<Value>> {
        let values = match self {
            Self::Insert(values) | Self::Put(values) => values,
            Self::Update(identity, ..) | Self::Delete(identity, _) | Self::Check(identity, _) => {
                return Some(identity.clone());
            }
            _ => return None,
        };
        let value = |field: &usize| {
            let name = &known.entity.fields[*field].name;
            let found = values.iter().find(|(found, _)| found == name);
            found.map(|(_, value)| value.clone())
        };
        known.entity.identity.iter().map(value).collect()
    }
}

/// What is known of an entity while a sequence runs.
pub struct Known<'a> {
    pub entity: &'a Arc<Entity>,
    /// Identities that were used, removed ones too.
    pub used: &'a [Vec<Value>],
}

/// The operation that the choices mean, about the entity at a place.
pub fn operation(all: &[Known<'_>], place: usize, choices: &mut Choices<'_>) -> Operation {
    let known = &all[place];
    match choices.below(14) {
        4 => get(known, choices),
        5 => Operation::GetMany(
            (0..=choices.below(3))
                .map(|_| known.identity(choices))
                .collect(),
        ),
        6 | 12 | 13 => Operation::Query(query(known.entity, choices)),
        10 | 11 => {
            let mut steps: Vec<(usize, Operation)> = Vec::new();
            for _ in 0..2 + choices.below(2) {
                // Mostly of one entity, whose records have something to do with each other.
                let other = choices.once_in(3).then(|| choices.below(all.len()));
                let place = other.unwrap_or(place);
                let which = choices.below(11);
                let step = write(&all[place], which, choices);
                // Now and then two about one record, which is refused.
                let is_same = |(held, other): &(usize, Operation)| {
                    *held == place && other.identity(&all[place]) == step.identity(&all[place])
                };
                let is_new = step.identity(&all[place]).is_none() || !steps.iter().any(is_same);
                if is_new || choices.once_in(6) {
                    steps.push((place, step));
                }
            }
            Operation::Transact(steps)
        }
        which => write(known, which, choices),
    }
}

/// A write, or the step of a transaction.
fn write(known: &Known<'_>, which: usize, choices: &mut Choices<'_>) -> Operation {
    let when = |choices: &mut Choices<'_>| {
        maybe(choices, 3, |choices| condition(known.entity, choices, 2))
    };
    match which {
        0..=2 => Operation::Insert(insert(known, choices)),
        3 => Operation::Put(put(known, choices)),
        4..=8 => {
            let identity = known.identity(choices);
            let when = when(choices);
            Operation::Update(identity, changes(known.entity, choices), when)
        }
        9 => Operation::Delete(known.identity(choices), when(choices)),
        _ => Operation::Check(known.identity(choices), when(choices)),
    }
}

fn maybe<T>(
    choices: &mut Choices<'_>,
    times: usize,
    make: impl FnOnce(&mut Choices<'_>) -> T,
) -> Option<T> {
    choices.once_in(times).then(|| make(choices))
}

impl Known<'_> {
    /// An identity: mostly one that was used.
    fn identity(&self, choices: &mut Choices<'_>) -> Vec<Value> {
        if self.used.is_empty() || choices.once_in(6) {
            let fields = self.entity.identity.iter();
            return fields
                .map(|field| {
                    Value::Int(if self.entity.fields[*field].auto_increment {
                        900_000
                    } else {
                        1 + i128::try_from(choices.below(4)).unwrap()
                    })
                })
                .collect();
        }
        choices.one_of(self.used)
    }
}

fn named(entity: &Entity, field: usize, value: Value) -> (String, Value) {
    (entity.fields[field].name.clone(), value)
}

/// The fields that a caller writes: first the arrays, because an operation on an entity with many
/// fields has no choices left for the last ones.
fn written(entity: &Entity) -> impl Iterator<Item = (usize, &Field)> {
    let fields = entity.fields.iter().enumerate();
    let columns = fields.filter(|(_, field)| matches!(field.source, FieldSource::Column(_)));
    entity.arrays().chain(columns)
}

/// Values for the fields beside an identity that the store gives; of many fields only some.
fn rest(entity: &Entity, choices: &mut Choices<'_>) -> Vec<(String, Value)> {
    let mut values = Vec::new();
    let is_wide = entity.fields.len() > 12;
    for (place, field) in written(entity) {
        if entity.identity.contains(&place) || field.on_update_now {
            continue;
        }
        let is_chosen = !is_wide || choices.once_in(5);
        if is_chosen && (field.default.is_none() || choices.once_in(4)) {
            let value = if is_looked_up(entity, place) {
                values::wanted(field, choices)
            } else {
                values::value(field, choices)
            };
            values.push(named(entity, place, value));
        }
    }
    values
}

/// Whether a path finds several records by the field: they should have few values.
fn is_looked_up(entity: &Entity, field: usize) -> bool {
    let mut several = entity.paths.iter().filter(|path| !path.unique);
    several.any(|path| path.equal.contains(&field))
}

fn with_identity(
    entity: &Entity,
    identity: Vec<Value>,
    rest: Vec<(String, Value)>,
) -> Vec<(String, Value)> {
    let mut values: Vec<_> = entity
        .identity
        .iter()
        .zip(identity)
        .map(|(field, value)| named(entity, *field, value))
        .collect();
    values.extend(rest);
    values
}

fn insert(known: &Known<'_>, choices: &mut Choices<'_>) -> Vec<(String, Value)> {
    let entity = known.entity;
    let generated = entity
        .identity
        .iter()
        .any(|field| entity.fields[*field].auto_increment);
    if generated && !choices.once_in(5) {
        return rest(entity, choices);
    }
    let identity = known.identity(choices);
    with_identity(entity, identity, rest(entity, choices))
}

fn put(known: &Known<'_>, choices: &mut Choices<'_>) -> Vec<(String, Value)> {
    let identity = known.identity(choices);
    with_identity(known.entity, identity, rest(known.entity, choices))
}

fn get(known: &Known<'_>, choices: &mut Choices<'_>) -> Operation {
    let entity = known.entity;
    let unique: Vec<_> = entity.paths.iter().filter(|path| path.unique).collect();
    let path = choices.one_of(&unique);
    if path.equal == entity.identity {
        let identity = known.identity(choices);
        let key = with_identity(entity, identity, Vec::new());
        return Operation::Get(path.name.clone(), key);
    }
    let value = |field: &usize| {
        let value = values::value(&entity.fields[*field], choices);
        named(entity, *field, value)
    };
    let key = path.equal.iter().map(value).collect();
    Operation::Get(path.name.clone(), key)
}

fn query(entity: &Entity, choices: &mut Choices<'_>) -> Query {
    let several: Vec<_> = entity.paths.iter().filter(|path| !path.unique).collect();
    let path = if several.is_empty() || choices.once_in(6) {
        choices.one_of(&entity.paths.iter().collect::<Vec<_>>())
    } else {
        choices.one_of(&several)
    };
    let given = if choices.once_in(4) {
        choices.below(path.sort.len() + 1)
    } else {
        0
    };
    let mut fields = path.equal.clone();
    fields.extend(path.sort.iter().take(given));
    let mut equal = Vec::new();
    for field in fields {
        let value = values::wanted(&entity.fields[field], choices);
        equal.push(named(entity, field, value));
    }
    let range = path.sort.get(given).and_then(|field| {
        maybe(choices, 2, |choices| {
            let name = entity.fields[*field].name.clone();
            let mut bound = || {
                let value = values::wanted(&entity.fields[*field], choices);
                match choices.below(3) {
                    0 => Bound::Unbounded,
                    1 => Bound::Included(value),
                    _ => Bound::Excluded(value),
                }
            };
            (name, (bound(), bound()))
        })
    });
    Query {
        path: path.name.clone(),
        equal,
        range,
        backward: choices.once_in(2),
        limit: u32::try_from(1 + choices.below(3)).unwrap(),
        filter: maybe(choices, 3, |choices| condition(entity, choices, 1)),
    }
}

fn changes(entity: &Entity, choices: &mut Choices<'_>) -> Vec<Change> {
    let fields: Vec<_> = written(entity)
        .filter(|(place, _)| !entity.identity.contains(place))
        .collect();
    let mut changes: Vec<Change> = Vec::new();
    let arrays: Vec<_> = entity.arrays().collect();
    for _ in 0..=choices.below(2) {
        let (_, field) = if !arrays.is_empty() && choices.once_in(3) {
            choices.one_of(&arrays)
        } else {
            choices.one_of(&fields)
        };
        let name = field.name.clone();
        let is_named = |change: &Change| match change {
            Change::Set(other, _) | Change::Add(other, _) => *other == name,
        };
        if changes.iter().any(is_named) {
            continue;
        }
        let is_number = matches!(
            &field.value_type,
            ValueType::Column(ColumnType::Integer { .. } | ColumnType::Decimal { .. })
        );
        if is_number && choices.once_in(2) {
            changes.push(Change::Add(name, values::delta(field, choices)));
        } else {
            changes.push(Change::Set(name, values::value(field, choices)));
        }
    }
    changes
}

fn condition(entity: &Entity, choices: &mut Choices<'_>, depth: usize) -> Condition {
    let fields: Vec<_> = written(entity).collect();
    if depth > 0 && choices.once_in(3) {
        let one = condition(entity, choices, depth - 1);
        return match choices.below(3) {
            0 => Condition::Not(Box::new(one)),
            1 => Condition::And(vec![one, condition(entity, choices, depth - 1)]),
            _ => Condition::Or(vec![one, condition(entity, choices, depth - 1)]),
        };
    }
    let (place, field) = choices.one_of(&fields);
    if !is_ordered(entity, field) {
        return Condition::IsNull(place);
    }
    let comparisons = [
        Comparison::Eq,
        Comparison::Ne,
        Comparison::Lt,
        Comparison::Le,
        Comparison::Gt,
        Comparison::Ge,
        Comparison::Ne,
    ];
    match choices.below(5) {
        0 | 1 => {
            let comparison = choices.one_of(&comparisons);
            Condition::Compare(place, comparison, values::value(field, choices))
        }
        2 => Condition::In(
            place,
            (0..2).map(|_| values::value(field, choices)).collect(),
        ),
        4 if field.nullable => Condition::IsNull(place),
        _ => Condition::BeginsWith(place, choices.one_of(&["a", "A", ""]).to_owned()),
    }
}

/// Whether DynamoDB orders what holds the field as MySQL does: it refuses other conditions of writes.
fn is_ordered(entity: &Entity, field: &Field) -> bool {
    let ValueType::Column(column_type) = &field.value_type else {
        return false;
    };
    let is_number = entity.attributes[field.attribute].attribute_type == AttributeType::N;
    match column_type {
        ColumnType::Integer { .. } | ColumnType::Bit(_) | ColumnType::Decimal { .. } => is_number,
        ColumnType::Bool
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::Set(_)
        | ColumnType::Time(_)
        | ColumnType::Json => false,
        _ => true,
    }
}
