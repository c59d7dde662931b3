//! The rows of each table of MySQL.

use std::collections::{BTreeMap, HashMap};

use dal_traits::model::{Entity, Field, FieldSource, ValueType};
use dal_traits::value::{Value, fit};
use dal_traits::{Class, Error, ErrorKind, Record, Result};

use crate::key::key;

/// The rows, by the place of their table in the catalog.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows(HashMap<usize, Table>);

impl Rows {
    /// Takes over what was done to a copy; when that failed, only the ids that were given, which are
    /// not given again.
    pub(crate) fn end(&mut self, copy: Self, is_done: bool) {
        if is_done {
            *self = copy;
            return;
        }
        for (source, table) in copy.0 {
            self.0.entry(source).or_default().pass_id(table.last_id);
        }
    }

    pub(crate) fn of(&mut self, entity: &Entity) -> &mut Table {
        self.0.entry(entity.source).or_default()
    }
}

/// The rows of one table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// By the key of their identity.
    rows: BTreeMap<Vec<u8>, Record>,
    /// The greatest id that a row ever had, or that was given out.
    last_id: i128,
}

impl Table {
    /// Every row.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Record> {
        self.rows.values()
    }

    /// The row of an identity.
    pub(crate) fn get(&self, identity: &[Value]) -> Option<&Record> {
        self.rows.get(&key(identity)?)
    }

    /// Stores a row, in the place of what has its identity.
    pub(crate) fn put(&mut self, record: Record) {
        if let Some(key) = key(&record.identity()) {
            self.rows.insert(key, record);
        }
    }

    /// Removes a row.
    pub(crate) fn remove(&mut self, identity: &[Value]) {
        if let Some(key) = key(identity) {
            self.rows.remove(&key);
        }
    }

    /// Refuses a record whose values in a unique key another row has. One with a NULL among them is
    /// never a duplicate.
    pub(crate) fn check_unique(&self, record: &Record) -> Result<()> {
        let entity = record.entity();
        let own = key(&record.identity());
        for unique in &entity.unique {
            // The primary key is the identity, whose owner is known already.
            if unique.fields == entity.identity {
                continue;
            }
            let Some(wanted) = key(&record.values_at(&unique.fields)) else {
                continue;
            };
            let is_taken = self.rows.iter().any(|(identity, row)| {
                own.as_ref() != Some(identity)
                    && key(&row.values_at(&unique.fields)).as_ref() == Some(&wanted)
            });
            if is_taken {
                let class = Class::new(ErrorKind::UniqueViolation).constraint(unique.name.clone());
                let message = "another record has the same values in a unique key";
                return Err(Error::of(class, message));
            }
        }
        Ok(())
    }

    /// The next id of the entity.
    pub(crate) fn next_id(&mut self, entity: &Entity) -> Result<i128> {
        let Some(field) = generated(entity) else {
            let message = "it has no AUTO_INCREMENT column: its ids are given by the caller";
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        let id = self.last_id + 1;
        if let ValueType::Column(column_type) = &field.value_type
            && fit(Value::Int(id), column_type).is_err()
        {
            let message = "the ids of the column are used up: widen it";
            return Err(Error::new(ErrorKind::Limit, message).with("field", &field.name));
        }
        self.last_id = id;
        Ok(id)
    }

    /// Makes the next ids greater than `id`.
    pub(crate) fn pass_id(&mut self, id: i128) {
        self.last_id = self.last_id.max(id);
    }

    /// Makes the next ids greater than the record's.
    pub(crate) fn pass_record(&mut self, record: &Record) {
        let place = generated_place(record.entity());
        if let Some(Value::Int(id)) = place.map(|place| record.value(place)) {
            self.pass_id(*id);
        }
    }
}

/// The place of the field whose values the store gives.
pub(crate) fn generated_place(entity: &Entity) -> Option<usize> {
    let mut fields = entity.fields.iter();
    fields.position(|field| field.auto_increment && matches!(field.source, FieldSource::Column(_)))
}

fn generated(entity: &Entity) -> Option<&Field> {
    entity.fields.get(generated_place(entity)?)
}
