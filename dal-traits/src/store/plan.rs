//! What is worked out once for each entity, when a store is opened.

use std::sync::Arc;

use super::allowed::Allowed;
use super::scope;
use crate::catalog::{ColumnDefault, ColumnType};
use crate::model::{
    AccessPath, ChildKey, Entity, Expr, Field, FieldSource, Model, PathKind, ValueType,
};
use crate::record::Record;
use crate::value::{Value, fit, read_text};

/// What prepares the operations of one entity.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) entity: Arc<Entity>,
    /// Why the entity cannot be used at all.
    pub(crate) unsupported: Option<String>,
    /// Why its records cannot be deleted.
    pub(crate) undeletable: Option<String>,
    /// What an insert without the field stores, for each field.
    pub(crate) defaults: Vec<Default>,
    /// What the CHECK constraint of each field allows.
    pub(crate) allowed: Vec<Option<Allowed>>,
    /// The unique keys of the elements of each field that is an array.
    pub(crate) keys: Vec<Vec<ChildKey>>,
    /// For each path and each of its sort fields: whether a range of it can be asked for.
    pub(crate) ranges: Vec<Vec<bool>>,
    /// A record with a legal value in each field that a key is made of, and NULL elsewhere. What
    /// makes it illegal is illegal in every record.
    pub(crate) legal: Record,
}

/// What an insert without a field stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Default {
    /// Nothing: it must be given, or is NULL.
    None,
    /// A constant.
    Value(Value),
    /// The time of the operation.
    Now,
    /// What only MySQL can compute.
    Unknown,
}

pub(super) fn all(model: &Model) -> Vec<Arc<Plan>> {
    let entities = model.entities.iter();
    entities.map(|entity| Arc::new(of(model, entity))).collect()
}

pub(super) fn of(model: &Model, entity: &Arc<Entity>) -> Plan {
    let mut unsupported = scope::unsupported(model, entity);
    let mut allowed = Vec::new();
    for field in &entity.fields {
        allowed.push(Allowed::of(field).unwrap_or_else(|_| {
            unsupported = Some(format!(
                "a literal in the CHECK constraint of `{}` is not a value of its column",
                field.name
            ));
            None
        }));
    }
    let paths = entity.paths.iter();
    Plan {
        unsupported,
        undeletable: scope::undeletable(model, entity),
        defaults: entity.fields.iter().map(default).collect(),
        allowed,
        keys: (0..entity.fields.len())
            .map(|place| keys(model, entity, place))
            .collect(),
        ranges: paths.map(|path| ranges(model, entity, path)).collect(),
        legal: legal(entity),
        entity: entity.clone(),
    }
}

/// What structs for an entity must give: for tools that write them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    /// For each field, whether an insert must give it.
    pub insert: Vec<bool>,
    /// For each path and each of its `sort` fields, whether a range of it can be asked for.
    pub ranges: Vec<Vec<bool>>,
}

/// What structs for an entity must give.
pub fn needs(model: &Model, entity: &Arc<Entity>) -> Needs {
    let plan = of(model, entity);
    let fields = entity.fields.iter().enumerate();
    Needs {
        insert: fields
            .map(|(place, field)| required(&plan, place, field).is_some())
            .collect(),
        ranges: plan.ranges,
    }
}

/// Why an insert must give the field; none when it need not.
pub(crate) fn required(plan: &Plan, place: usize, field: &Field) -> Option<&'static str> {
    let is_column = matches!(field.source, FieldSource::Column(_));
    if !is_column || field.auto_increment {
        return None;
    }
    match plan.defaults.get(place) {
        Some(Default::Value(_) | Default::Now) => None,
        Some(Default::Unknown) => Some("it must be given: only MySQL can compute its default"),
        Some(Default::None) | None if field.nullable => None,
        Some(Default::None) | None => Some("it must be given, because the column has no default"),
    }
}

/// A range is sought in the encoded sort key: of a field whose order it does not keep, both stores
/// would have to read everything.
fn ranges(model: &Model, entity: &Entity, path: &AccessPath) -> Vec<bool> {
    let sort = match path.kind {
        PathKind::Table => entity.sort_key,
        PathKind::Guard => None,
        PathKind::Index(index) => {
            let keys = entity.index_keys.get(index).copied().flatten();
            keys.and_then(|keys| keys.sort_key)
        }
    };
    let kept = sort.zip(model.source(entity));
    kept.map_or_else(Vec::new, |(sort, source)| entity.keeps_order(sort, source))
}

/// The unique keys of the children that are a field, each by the name that MySQL gives it.
fn keys(model: &Model, entity: &Entity, place: usize) -> Vec<ChildKey> {
    let children = entity.children(place).map(|(children, _)| children);
    let Some((children, table)) = children.and_then(|of| Some((of, model.child_table(of)?))) else {
        return Vec::new();
    };
    let mut keys = children.keys(table);
    for key in &mut keys {
        if key.name == "PRIMARY" {
            key.name = format!("{}.PRIMARY", table.name);
        }
    }
    keys
}

fn default(field: &Field) -> Default {
    if field.source == FieldSource::Children {
        return Default::Value(Value::Rows(Vec::new()));
    }
    let (Some(default), ValueType::Column(column_type)) = (&field.default, &field.value_type)
    else {
        return Default::None;
    };
    match default {
        ColumnDefault::Literal(text) => {
            let value = read_text(text, column_type).and_then(|value| fit(value, column_type).ok());
            value.map_or(Default::Unknown, Default::Value)
        }
        ColumnDefault::Expression(text) if is_now(text) && has_time(column_type) => Default::Now,
        ColumnDefault::Expression(_) => Default::Unknown,
    }
}

/// `CURRENT_TIMESTAMP`, `CURRENT_TIMESTAMP(6)`: MySQL takes only the digits of the column.
fn is_now(text: &str) -> bool {
    let text = text.trim().to_ascii_uppercase();
    let name = text.split('(').next().unwrap_or_default();
    name == "CURRENT_TIMESTAMP"
}

const fn has_time(column_type: &ColumnType) -> bool {
    matches!(
        column_type,
        ColumnType::DateTime(_) | ColumnType::Timestamp(_)
    )
}

fn legal(entity: &Arc<Entity>) -> Record {
    let mut record = Record::new(entity.clone(), Vec::new());
    let table = [Some(entity.partition_key), entity.sort_key];
    let indexes = entity.index_keys.iter().flatten();
    let indexes = indexes.flat_map(|keys| [Some(keys.partition_key), keys.sort_key]);
    // A template that alone holds a column is absent when another part is NULL: not legal either.
    let templates = entity.attributes.iter().enumerate().map(|(place, found)| {
        let is_template = matches!(found.expr, Expr::Template(_));
        is_template.then_some(place)
    });
    for attribute in table.into_iter().chain(indexes).chain(templates).flatten() {
        for place in entity.inputs(attribute) {
            if let Some(Field {
                value_type: ValueType::Column(column_type),
                ..
            }) = entity.fields.get(place)
            {
                record.set(place, sample(column_type));
            }
        }
    }
    record
}

/// A value that every key accepts.
pub(super) fn sample(column_type: &ColumnType) -> Value {
    let epoch = time::PrimitiveDateTime::new(time::Date::MIN, time::Time::MIDNIGHT);
    let moment = || epoch.replace_year(2000).unwrap_or(epoch);
    match column_type {
        ColumnType::Bool => Value::Bool(true),
        ColumnType::Integer { .. } | ColumnType::Bit(_) => Value::Int(1),
        ColumnType::Year => Value::Int(2000),
        ColumnType::Decimal { .. } => Value::Decimal(0.into()),
        ColumnType::Float | ColumnType::Double => Value::Float(1.0),
        ColumnType::Enum(labels) => Value::Text(labels.first().cloned().unwrap_or_default()),
        ColumnType::Set(labels) => Value::Set(labels.first().cloned().into_iter().collect()),
        ColumnType::Date => Value::Date(moment().date()),
        ColumnType::DateTime(_) => Value::DateTime(moment()),
        ColumnType::Timestamp(_) => Value::Timestamp(moment()),
        ColumnType::Time(_) => Value::Time(0),
        ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob(_) => {
            Value::Bytes(vec![1])
        }
        ColumnType::Json => Value::Json(serde_json::Value::Null),
        _ => Value::Text("x".to_owned()),
    }
}
