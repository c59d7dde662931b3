//! What is known of an entity once the backend is open: its columns, and the texts of its
//! statements.

use std::sync::Arc;

use dal_traits::catalog::{ColumnType, SourceTable};
use dal_traits::model::{
    AccessPath, Compare, Entity, Expr, FieldSource, IndexKey, Model, PathKind, PathOrder, ValueType,
};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Result};

use super::sql;

/// One entity.
pub(super) struct Table {
    pub(super) entity: Arc<Entity>,
    /// The name of the table, for spans and messages.
    pub(super) source: String,
    /// One for each field.
    pub(super) columns: Vec<Column>,
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
    pub(super) insert: Arc<str>,
    pub(super) replace: Arc<str>,
    pub(super) update: String,
    pub(super) delete: String,
    pub(super) shared: Arc<str>,
    pub(super) locked: Arc<str>,
    pub(super) definition: Arc<str>,
}

/// One column.
#[expect(
    clippy::struct_field_names,
    reason = "a type is called `column_type` everywhere, as in the catalog"
)]
pub(super) struct Column {
    /// The name of the field, for messages.
    pub(super) field: String,
    /// `` `name` ``
    pub(super) name: String,
    pub(super) column_type: ColumnType,
    pub(super) nullable: bool,
    /// Whether look-ups compare by bytes beside the index.
    pub(super) exact: bool,
    /// The CHECK constraints that make the range of the field.
    pub(super) ranges: Vec<String>,
    /// What is compared by bytes.
    pub(super) comparable: String,
    /// The text of the value.
    pub(super) text: String,
}

/// One path.
pub(super) struct Path {
    /// The statement that gets one record; none when the path finds several.
    pub(super) get: Option<Arc<str>>,
    /// The beginning of each query, up to the end of its `equal` terms.
    pub(super) query: String,
    pub(super) order: Order,
    /// The fields that order the records: those of the path, then the identity.
    pub(super) seek: Vec<usize>,
}

/// How a path orders.
pub(super) enum Order {
    /// By the columns.
    Columns,
    /// By the text of this attribute, which the expression computes; then by the identity.
    Text {
        expression: String,
        attribute: usize,
    },
    /// No statement can order so.
    Refused,
}

impl Column {
    /// How often a look-up binds its value.
    pub(super) const fn places(&self) -> usize {
        if self.exact { 2 } else { 1 }
    }
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
        let columns = columns(entity, source)?;
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
        Ok(Self {
            entity: entity.clone(),
            source: source.name.clone(),
            paths: paths.collect(),
            read_only: read_only(entity, source),
            is_matched,
            quoted,
            texts,
            columns,
        })
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

fn columns(entity: &Entity, source: &SourceTable) -> Result<Vec<Column>, String> {
    let mut columns = Vec::with_capacity(entity.fields.len());
    for (place, field) in entity.fields.iter().enumerate() {
        let found = source_column(entity, source, place);
        let (Some(found), ValueType::Column(column_type)) = (found, &field.value_type) else {
            let what = match field.source {
                FieldSource::Children => "rows of another table",
                FieldSource::Derived => "computed from other columns or rows",
                FieldSource::Column(_) => "a column that the catalog does not have",
            };
            return Err(format!(
                "its field `{}` is {what}, which this version does not carry; use hand-written code \
                 for the entity",
                field.name
            ));
        };
        if let ColumnType::Other(text) = column_type {
            let why = format!(
                "its field `{}` is a {text}, which dal does not store",
                field.name
            );
            return Err(why);
        }
        let name = sql::quoted(&found.name);
        let (comparable, text) =
            sql::comparable(&name, &found.column_type, found.collation.as_deref());
        columns.push(Column {
            field: field.name.clone(),
            column_type: column_type.clone(),
            nullable: found.nullable,
            exact: field.compare == Compare::Exact
                && found.column_type.is_text()
                && comparable != name,
            ranges: if field.range.is_some() {
                ranges(source, &found.name)
            } else {
                Vec::new()
            },
            name,
            comparable,
            text,
        });
    }
    Ok(columns)
}

/// The CHECK constraints that name this column and no other.
fn ranges(source: &SourceTable, column: &str) -> Vec<String> {
    let checks = source.checks.iter().filter(|check| {
        let mut names = check.clause.split('`').skip(1).step_by(2);
        names.all(|name| name.eq_ignore_ascii_case(column))
    });
    checks.map(|check| check.name.clone()).collect()
}

fn source_column<'a>(
    entity: &Entity,
    source: &'a SourceTable,
    field: usize,
) -> Option<&'a dal_traits::catalog::Column> {
    match entity.fields.get(field)?.source {
        FieldSource::Column(column) => source.columns.get(column),
        FieldSource::Children | FieldSource::Derived => None,
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

impl Path {
    fn new(
        entity: &Entity,
        path: &AccessPath,
        source: &SourceTable,
        columns: &[Column],
        select: &str,
    ) -> Self {
        let equal: Vec<&Column> = path
            .equal
            .iter()
            .filter_map(|field| columns.get(*field))
            .collect();
        let query = format!(
            "{select}{}{}",
            sql::matching(&equal),
            present(entity, path, source)
        );
        let sort = match path.kind {
            PathKind::Table => entity.sort_key,
            PathKind::Guard => None,
            PathKind::Index(index) => index_key(entity, index).and_then(|key| key.sort_key),
        };
        let order = match (path.order, sort) {
            (PathOrder::Encoded, Some(attribute)) => entity
                .attributes
                .get(attribute)
                .and_then(|found| sql::encoded(&found.expr, source))
                .map_or(Order::Refused, |expression| Order::Text {
                    expression,
                    attribute,
                }),
            _ => Order::Columns,
        };
        let mut seek: Vec<usize> = Vec::new();
        for field in path.sort.iter().chain(&entity.identity) {
            if !path.equal.contains(field) && !seek.contains(field) {
                seek.push(*field);
            }
        }
        Self {
            get: path.unique.then(|| query.as_str().into()),
            query,
            order,
            seek,
        }
    }
}

fn index_key(entity: &Entity, index: usize) -> Option<IndexKey> {
    entity.index_keys.get(index).copied().flatten()
}

/// The terms under which a row is in the path: in an index only with all of its keys, and in any
/// order only where what orders is not NULL.
fn present(entity: &Entity, path: &AccessPath, source: &SourceTable) -> String {
    let mut nullable: Vec<usize> = path
        .sort
        .iter()
        .filter_map(|field| match entity.fields.get(*field)?.source {
            FieldSource::Column(column) => Some(column),
            _ => None,
        })
        .collect();
    let mut filled = Vec::new();
    if let PathKind::Index(index) = path.kind
        && let Some(key) = index_key(entity, index)
    {
        let keys = [Some(key.partition_key), key.sort_key];
        for attribute in keys.into_iter().flatten() {
            if let Some(attribute) = entity.attributes.get(attribute) {
                tokens(&attribute.expr, false, &mut nullable, &mut filled);
            }
        }
    }
    let is_given = |column: usize| {
        let given = path
            .equal
            .iter()
            .filter_map(|field| entity.fields.get(*field));
        given
            .into_iter()
            .any(|f| f.source == FieldSource::Column(column))
    };
    let names = |places: &mut Vec<usize>, wanted: &dyn Fn(usize) -> bool| -> Vec<String> {
        places.sort_unstable();
        places.dedup();
        let found = places.iter().filter(|place| wanted(**place));
        let found = found.filter_map(|place| source.columns.get(*place));
        found.map(|column| sql::quoted(&column.name)).collect()
    };
    let can_be_null =
        |place: usize| source.columns.get(place).is_some_and(|c| c.nullable) && !is_given(place);
    let can_be_empty = |place: usize| {
        let column = source.columns.get(place);
        column
            .is_some_and(|c| c.column_type.is_text() || matches!(c.column_type, ColumnType::Set(_)))
    };
    sql::present(
        &names(&mut nullable, &can_be_null),
        &names(&mut filled, &can_be_empty),
    )
}

/// The columns that a key is made of; those that are part of a longer text also as `filled`.
fn tokens(expr: &Expr, is_part: bool, all: &mut Vec<usize>, filled: &mut Vec<usize>) {
    match expr {
        Expr::Column(column) => {
            all.push(*column);
            if is_part {
                filled.push(*column);
            }
        }
        Expr::Template(parts) => {
            for part in parts {
                tokens(part, true, all, filled);
            }
        }
        Expr::DateFormat { of, .. } | Expr::NumberFormat { of, .. } => {
            tokens(of, false, all, filled);
        }
        _ => {}
    }
}
