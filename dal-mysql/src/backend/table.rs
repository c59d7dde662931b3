//! What is known of an entity once the backend is open: its columns, and the texts of its
//! statements.

use std::sync::Arc;

use dal_traits::catalog::SourceTable;
use dal_traits::model::{AccessPath, Entity, Model};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Record, Result};

use super::children::array::{self, Array};
use super::columns::{self, source_column};
use super::path::Path;
use super::sql::{self, Column, Statement};

/// One entity.
pub(super) struct Table {
    pub(super) entity: Arc<Entity>,
    /// The name of the table, for spans and messages.
    pub(super) source: String,
    /// One for each field that is a column; arrays come behind them.
    pub(super) columns: Vec<Column>,
    /// One for each field that is an array of owned children.
    pub(super) arrays: Vec<Array>,
    /// One for each path of the entity.
    pub(super) paths: Vec<Path>,
    /// Why no record of it can be written.
    read_only: Option<String>,
    /// Whether one read finds the records of several identities: not where MySQL takes two texts for
    /// the same, since the reply would not say which key found which record.
    pub(super) is_matched: bool,
    /// `` `table` ``
    pub(super) quoted: String,
    pub(super) texts: Texts,
}

/// The statements that are the same in each call.
pub(super) struct Texts {
    pub(super) select: String,
    pub(super) one: String,
    pub(super) insert: Arc<str>,
    pub(super) replace: Arc<str>,
    pub(super) update: String,
    pub(super) delete: String,
    pub(super) shared: Arc<str>,
    pub(super) locked: Arc<str>,
    pub(super) definition: Arc<str>,
}

impl Table {
    /// Compiles an entity.
    ///
    /// # Errors
    /// What is not carried, by its name.
    pub(super) fn new(model: &Model, entity: &Arc<Entity>) -> Result<Self, String> {
        let Some(source) = model.source(entity) else {
            let why = "the catalog does not hold its source table; read the catalog again";
            return Err(why.to_owned());
        };
        let columns = columns::of(entity, source)?;
        let arrays = array::of(model, entity)?;
        if entity.identity.is_empty() || entity.identity.len() < source.primary_key.len() {
            let why = "no attribute carries its whole primary key, so no statement can name a row; \
                       add the missing columns to the contract";
            return Err(why.to_owned());
        }
        let at = |fields: &[usize]| -> Vec<&Column> {
            fields
                .iter()
                .filter_map(|field| columns.get(*field))
                .collect()
        };
        let identity = at(&entity.identity);
        let quoted = sql::quoted(&source.name);
        let all: Vec<&Column> = columns.iter().collect();
        let others: Vec<usize> = (0..columns.len())
            .filter(|field| !entity.identity.contains(field))
            .collect();
        let select = sql::select(&all, &quoted);
        let texts = Texts {
            insert: sql::insert(&all, &quoted).into(),
            replace: sql::replace(&at(&others), &identity, &quoted).into(),
            update: sql::update(&quoted),
            delete: sql::delete(&quoted),
            shared: sql::probe(&identity, &quoted, "FOR SHARE").into(),
            locked: sql::probe(&identity, &quoted, "FOR UPDATE").into(),
            definition: sql::definition(&quoted),
            one: sql::one(&quoted),
            select,
        };
        let paths = entity.paths.iter();
        let paths = paths.map(|path| Path::new(entity, path, source, &columns, &texts.select));
        let is_matched = entity.identity.iter().all(|field| {
            let found = source_column(entity, source, *field);
            found.is_some_and(|column| {
                !column.column_type.is_text()
                    || column.collation.as_deref() == Some("utf8mb4_0900_bin")
            })
        });
        let mut paths: Vec<Path> = paths.collect();
        for path in paths.iter_mut().filter(|_| !arrays.is_empty()) {
            let with_children = |inner: Arc<str>| {
                let arrays: Vec<_> = arrays.iter().map(Array::child).collect();
                sql::children::with_children(&inner, &columns, &identity, &arrays, false)
            };
            path.get = path.get.take().map(with_children);
        }
        Ok(Self {
            entity: entity.clone(),
            source: source.name.clone(),
            paths,
            read_only: read_only(entity, source),
            is_matched,
            quoted,
            texts,
            columns,
            arrays,
        })
    }

    /// The statement of a read of records with their children; `is_ordered` says that it finds them in
    /// an order, up to a limit.
    pub(super) fn whole(&self, mut read: Statement, is_ordered: bool) -> Result<Statement> {
        if !self.arrays.is_empty() {
            let identity = self.entity.identity.iter().map(|field| self.column(*field));
            let identity: Vec<&Column> = identity.collect::<Result<_>>()?;
            let arrays: Vec<_> = self.arrays.iter().map(Array::child).collect();
            let (inner, columns) = (&read.text, &self.columns);
            read.text =
                sql::children::with_children(inner, columns, &identity, &arrays, is_ordered);
        }
        Ok(read)
    }

    /// Whether the field at `place` is an array of owned children.
    pub(super) fn is_array(&self, place: usize) -> bool {
        self.arrays.iter().any(|array| array.field == place)
    }

    /// The column of the field at `place`.
    pub(super) fn column(&self, place: usize) -> Result<&Column> {
        self.columns.get(place).ok_or_else(|| {
            let message = "the operation names a field that its entity does not have";
            Error::new(ErrorKind::Unsupported, message)
        })
    }

    /// The path at `place`, with what the model says of it.
    pub(super) fn path(&self, place: usize) -> Result<(&AccessPath, &Path)> {
        let both = self.entity.paths.get(place).zip(self.paths.get(place));
        both.ok_or_else(|| {
            let message = "the entity has no such path; name one of its paths";
            Error::new(ErrorKind::NoPath, message)
        })
    }

    /// Refuses a write of an entity that is read-only.
    pub(super) fn writable(&self) -> Result<()> {
        match &self.read_only {
            None => Ok(()),
            Some(why) => {
                let message = format!("the entity is read-only: {why}");
                Err(Error::new(ErrorKind::Unsupported, message))
            }
        }
    }

    /// Refuses values that cannot be an identity.
    pub(super) fn is_identity(&self, values: &[Value]) -> Result<()> {
        let fits = values.len() == self.entity.identity.len();
        if fits && !values.iter().any(Value::is_null) {
            return Ok(());
        }
        let message = "an identity has a value for each column of the primary key";
        Err(Error::new(ErrorKind::InvalidValue, message))
    }

    /// The values that the terms of an identity bind.
    pub(super) fn identified<'a>(&self, identity: &'a [Value]) -> Vec<&'a Value> {
        let fields = self.entity.identity.iter().zip(identity);
        let places = fields.flat_map(|(field, value)| {
            let places = self.columns.get(*field).map_or(1, Column::places);
            std::iter::repeat_n(value, places)
        });
        places.collect()
    }

    /// The values of a record's columns.
    pub(super) fn values<'r>(&self, record: &'r Record) -> impl Iterator<Item = &'r Value> {
        record.values().iter().take(self.columns.len())
    }

    /// Whether look-ups by identity compare more than the primary key does.
    pub(super) fn is_exact(&self) -> bool {
        let mut fields = self.entity.identity.iter();
        fields.any(|field| self.columns.get(*field).is_some_and(|column| column.exact))
    }

    /// The field that MySQL gives when it is NULL.
    pub(super) fn generated(&self) -> Option<usize> {
        let mut fields = self.entity.fields.iter();
        fields.position(|field| field.auto_increment)
    }
}

fn read_only(entity: &Entity, source: &SourceTable) -> Option<String> {
    if let Some(why) = entity.read_only.first() {
        return Some(why.clone());
    }
    let mut fields = (0..entity.fields.len()).filter_map(|f| source_column(entity, source, f));
    let generated = fields.find(|column| column.generated)?;
    Some(format!("MySQL computes its column `{}`", generated.name))
}
