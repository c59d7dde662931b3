//! A record: one row of MySQL, one item of DynamoDB.

use std::fmt;
use std::sync::Arc;

use crate::model::Entity;
use crate::value::Value;

/// A record of an entity: one value for each of its fields, by place.
///
/// `Debug` shows the fields that are not NULL by name, without the values of sensitive ones.
#[derive(Clone)]
pub struct Record {
    entity: Arc<Entity>,
    values: Vec<Value>,
}

impl Record {
    /// A record with one value for each field of `entity`; fields behind the end of `values` are
    /// NULL.
    pub fn new(entity: Arc<Entity>, mut values: Vec<Value>) -> Self {
        values.resize(entity.fields.len(), Value::Null);
        Self { entity, values }
    }

    /// Its entity.
    pub const fn entity(&self) -> &Arc<Entity> {
        &self.entity
    }

    /// Its values, one for each field.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Its values, one for each field.
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// The value of the field at `place`; NULL when the entity has no such field.
    pub fn value(&self, place: usize) -> &Value {
        self.values.get(place).unwrap_or(&Value::Null)
    }

    /// The value of the field of this name, if the entity has it. For tools: code that knows its
    /// entity uses places.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.values.get(self.entity.field(field)?)
    }

    /// Sets the value of the field at `place`.
    pub fn set(&mut self, place: usize, value: Value) {
        if let Some(held) = self.values.get_mut(place) {
            *held = value;
        }
    }

    /// The values of the fields at `places`.
    pub fn values_at(&self, places: &[usize]) -> Vec<Value> {
        places
            .iter()
            .map(|place| self.value(*place).clone())
            .collect()
    }

    /// The values of its identity: the primary key in MySQL.
    pub fn identity(&self) -> Vec<Value> {
        self.values_at(&self.entity.identity)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct(&self.entity.name);
        for (field, value) in self.entity.fields.iter().zip(&self.values) {
            if value.is_null() {
                continue;
            }
            if field.sensitive {
                shown.field(&field.name, &format_args!("hidden"));
            } else {
                shown.field(&field.name, value);
            }
        }
        shown.finish()
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.entity.name == other.entity.name && self.values == other.values
    }
}

impl Eq for Record {}
