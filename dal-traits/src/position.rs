//! Which query a cursor is of, and where it stands: the same for every backend.

use std::ops::Bound;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::condition::{Comparison, Condition};
use crate::cursor::Cursor;
use crate::model::{Entity, Field, PathKind, ValueType};
use crate::op::{Query, Scan};
use crate::record::Record;
use crate::value::{Value, canonical, fit};
use crate::{Error, ErrorKind, Result};

impl Query {
    /// Says which query it is: entity, path, key, range, filter and direction. The same in every
    /// process.
    pub fn fingerprint(&self) -> u64 {
        let mut text = Canonical::of("query", &self.entity);
        let path = self.entity.paths.get(self.path);
        text.name(path.map_or("", |path| &path.name));
        text.values(&self.key);
        text.bound(&self.range.0);
        text.bound(&self.range.1);
        text.filter(self.filter.as_ref());
        text.name(if self.backward { "backward" } else { "forward" });
        text.hash()
    }

    /// The fields whose values are [`Cursor::position`]: those that the path sorts by, the identity,
    /// then what else the keys of the table and of the path's index are made of.
    pub fn position_fields(&self) -> Vec<usize> {
        let mut fields = self
            .entity
            .paths
            .get(self.path)
            .map_or_else(Vec::new, |path| path.sort.clone());
        let index = self.index_keys();
        add(&mut fields, &self.entity.identity);
        table_key(&mut fields, &self.entity);
        for attribute in index {
            add(&mut fields, &self.entity.inputs(attribute));
        }
        fields
    }

    /// The attributes that are the keys of the path's index; none for another path.
    fn index_keys(&self) -> Vec<usize> {
        let path = self.entity.paths.get(self.path);
        let Some(PathKind::Index(index)) = path.map(|path| path.kind) else {
            return Vec::new();
        };
        let keys = self.entity.index_keys.get(index).copied().flatten();
        keys.map_or_else(Vec::new, |keys| {
            std::iter::once(keys.partition_key)
                .chain(keys.sort_key)
                .collect()
        })
    }

    /// The cursor behind `record`.
    pub fn cursor_behind(&self, record: &Record) -> Cursor {
        Cursor {
            fingerprint: self.fingerprint(),
            position: record.values_at(&self.position_fields()),
        }
    }

    /// Where [`after`](Self::after) stands: a record that has the values of
    /// [`position_fields`](Self::position_fields), and NULL elsewhere. None without a cursor.
    ///
    /// # Errors
    /// [`InvalidCursor`](ErrorKind::InvalidCursor) when the cursor is of another query.
    pub fn position(&self) -> Result<Option<Record>> {
        let Some(cursor) = &self.after else {
            return Ok(None);
        };
        let fields = self.position_fields();
        stands(&self.entity, cursor, self.fingerprint(), &fields).map(Some)
    }
}

impl Scan {
    /// Says which scan it is: entity and filter. The same in every process.
    pub fn fingerprint(&self) -> u64 {
        let mut text = Canonical::of("scan", &self.entity);
        text.filter(self.filter.as_ref());
        text.hash()
    }

    /// The fields whose values are [`Cursor::position`]: the identity, then what else the key of the
    /// table is made of.
    pub fn position_fields(&self) -> Vec<usize> {
        let mut fields = self.entity.identity.clone();
        table_key(&mut fields, &self.entity);
        fields
    }

    /// The cursor behind `record`.
    pub fn cursor_behind(&self, record: &Record) -> Cursor {
        Cursor {
            fingerprint: self.fingerprint(),
            position: record.values_at(&self.position_fields()),
        }
    }

    /// Where [`after`](Self::after) stands, as [`Query::position`] says.
    ///
    /// # Errors
    /// [`InvalidCursor`](ErrorKind::InvalidCursor) when the cursor is of another scan.
    pub fn position(&self) -> Result<Option<Record>> {
        let Some(cursor) = &self.after else {
            return Ok(None);
        };
        let fields = self.position_fields();
        stands(&self.entity, cursor, self.fingerprint(), &fields).map(Some)
    }
}

fn add(fields: &mut Vec<usize>, more: &[usize]) {
    for field in more {
        if !fields.contains(field) {
            fields.push(*field);
        }
    }
}

fn table_key(fields: &mut Vec<usize>, entity: &Entity) {
    add(fields, &entity.inputs(entity.partition_key));
    if let Some(sort) = entity.sort_key {
        add(fields, &entity.inputs(sort));
    }
}

fn stands(entity: &Arc<Entity>, cursor: &Cursor, own: u64, fields: &[usize]) -> Result<Record> {
    let invalid = || {
        let message = "the cursor is of another query: use it with the same path, values, range, \
                       filter and direction as the page it came from";
        Error::new(ErrorKind::InvalidCursor, message)
    };
    if cursor.fingerprint != own || cursor.position.len() != fields.len() {
        return Err(invalid());
    }
    let mut record = Record::new(entity.clone(), Vec::new());
    for (place, value) in fields.iter().zip(&cursor.position) {
        // A cursor comes from outside: whatever it holds, its values are those of a key.
        if !is_of(entity.fields.get(*place), value) {
            return Err(invalid());
        }
        record.set(*place, value.clone());
    }
    Ok(record)
}

/// Whether it is a value of the field, as it would be stored.
fn is_of(field: Option<&Field>, value: &Value) -> bool {
    match field.map(|field| &field.value_type) {
        Some(ValueType::Column(column_type)) => {
            !value.is_null() && fit(value.clone(), column_type).as_ref() == Ok(value)
        }
        _ => false,
    }
}

/// The text that is hashed: names and values, each with its length.
struct Canonical<'a> {
    entity: &'a Entity,
    bytes: Vec<u8>,
}

impl<'a> Canonical<'a> {
    fn of(operation: &str, entity: &'a Entity) -> Self {
        let mut text = Self {
            entity,
            bytes: Vec::new(),
        };
        text.name(operation);
        text.name(&entity.name);
        text
    }

    fn hash(&self) -> u64 {
        xxh3_64(&self.bytes)
    }

    fn name(&mut self, name: &str) {
        self.value(&Value::Text(name.to_owned()));
    }

    fn field(&mut self, place: usize) {
        let field = self.entity.fields.get(place);
        self.name(field.map_or("", |field| &field.name));
    }

    fn count(&mut self, count: usize) {
        self.name(&count.to_string());
    }

    fn value(&mut self, value: &Value) {
        canonical(value, &mut self.bytes);
    }

    fn values(&mut self, values: &[Value]) {
        self.count(values.len());
        for value in values {
            self.value(value);
        }
    }

    fn bound(&mut self, bound: &Bound<Value>) {
        match bound {
            Bound::Included(value) => {
                self.name("included");
                self.value(value);
            }
            Bound::Excluded(value) => {
                self.name("excluded");
                self.value(value);
            }
            Bound::Unbounded => self.name("unbounded"),
        }
    }

    fn filter(&mut self, filter: Option<&Condition>) {
        match filter {
            Some(condition) => self.condition(condition),
            None => self.name("all"),
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Compare(field, comparison, value) => {
                self.name(match comparison {
                    Comparison::Eq => "=",
                    Comparison::Ne => "<>",
                    Comparison::Lt => "<",
                    Comparison::Le => "<=",
                    Comparison::Gt => ">",
                    Comparison::Ge => ">=",
                });
                self.field(*field);
                self.value(value);
            }
            Condition::In(field, values) => {
                self.name("in");
                self.field(*field);
                self.values(values);
            }
            Condition::BeginsWith(field, prefix) => {
                self.name("begins");
                self.field(*field);
                self.name(prefix);
            }
            Condition::IsNull(field) => {
                self.name("null");
                self.field(*field);
            }
            Condition::And(conditions) => self.list("and", conditions),
            Condition::Or(conditions) => self.list("or", conditions),
            Condition::Not(condition) => {
                self.name("not");
                self.condition(condition);
            }
        }
    }

    fn list(&mut self, name: &str, conditions: &[Condition]) {
        self.name(name);
        self.count(conditions.len());
        for condition in conditions {
            self.condition(condition);
        }
    }
}
