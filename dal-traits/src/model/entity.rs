//! Entities, their fields, and the paths by which their records are found.

use super::item_table::Attribute;
use crate::catalog::{ColumnDefault, ColumnType};

/// The rows of one source table, and the items that they become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// `Users`, or `UserData.USER` in a table of several entities.
    pub name: String,
    /// Its own place among [`Model::entities`](super::Model::entities).
    pub place: usize,
    /// The place of its table among [`Model::tables`](super::Model::tables).
    pub table: usize,
    /// The place of its source table in the catalog.
    pub source: usize,
    /// What a record of it consists of.
    pub fields: Vec<Field>,
    /// The fields of the source table's primary key; fewer when no attribute carries one of them.
    pub identity: Vec<usize>,
    /// The attributes of its items, keys included.
    pub attributes: Vec<Attribute>,
    /// The place of the table's partition key among `attributes`.
    pub partition_key: usize,
    /// The place of the table's sort key among `attributes`.
    pub sort_key: Option<usize>,
    /// For each index of the table: where its keys are among `attributes`; none when no item of this
    /// entity is in it.
    pub index_keys: Vec<Option<IndexKey>>,
    /// Its unique constraints beside the identity.
    pub unique: Vec<UniqueConstraint>,
    /// The ways to find records.
    pub paths: Vec<AccessPath>,
    /// Why it cannot be written; empty when it can.
    pub read_only: Vec<String>,
    /// What becomes of its foreign keys on DynamoDB.
    pub references: References,
}

/// Where the keys of an index are among the attributes of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexKey {
    /// The partition key.
    pub partition_key: usize,
    /// The sort key.
    pub sort_key: Option<usize>,
}

/// One value of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says another thing of the column"
)]
pub struct Field {
    /// The name of its column, or of the attribute of a derived value.
    pub name: String,
    /// Where it comes from.
    pub source: FieldSource,
    /// What its values are.
    pub value_type: ValueType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// What an insert without it stores; none when it must be given (or is NULL).
    pub default: Option<ColumnDefault>,
    /// Whether an update that does not name it sets it to the time of the update.
    pub on_update_now: bool,
    /// Whether the store gives it when it is NULL in an insert.
    pub auto_increment: bool,
    /// The attribute that it is decoded from.
    pub attribute: usize,
    /// What a CHECK constraint allows.
    pub range: Option<ValueRange>,
    /// How look-ups by it compare.
    pub compare: Compare,
    /// Whether its values are hidden in reports.
    pub sensitive: bool,
}

/// What the values of a field are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// One value of a column of this type.
    Column(ColumnType),
    /// A text that is made of others.
    Composed,
    /// Rows of another table: [`Value::Rows`](crate::value::Value::Rows).
    Rows(Vec<Member>),
}

/// One value of each row of a field of [`ValueType::Rows`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name in the objects of the array.
    pub name: String,
    /// Its type.
    pub column_type: ColumnType,
    /// Whether it may be NULL.
    pub nullable: bool,
}

/// Where a field comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldSource {
    /// A column of the source table, by its place; it is written.
    Column(usize),
    /// The owned children; they are written.
    Children,
    /// Computed when the record is written; the caller never writes it.
    Derived,
}

/// Values that a CHECK constraint allows, as literals of SQL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueRange {
    /// The least value, and whether it is allowed itself.
    pub least: Option<(String, bool)>,
    /// The greatest value, and whether it is allowed itself.
    pub greatest: Option<(String, bool)>,
    /// The only values; empty when the constraint has no list.
    pub one_of: Vec<String>,
}

/// How look-ups compare a text with MySQL's column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compare {
    /// MySQL by the collation of the column, DynamoDB by bytes.
    #[default]
    Column,
    /// Both by bytes.
    Exact,
}

/// What becomes of foreign keys on DynamoDB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum References {
    /// The parent is checked in the transaction of the write.
    #[default]
    Enforce,
    /// They are not checked.
    Declare,
}

/// A unique constraint of MySQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueConstraint {
    /// The name of the unique key.
    pub name: String,
    /// Its fields.
    pub fields: Vec<usize>,
    /// Whether a guard item keeps it on DynamoDB; the item's key does otherwise.
    pub guard: bool,
}

/// A way to find records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPath {
    /// `id`, the name of the table, of the index, or of the unique key.
    pub name: String,
    /// What serves it on DynamoDB.
    pub kind: PathKind,
    /// The fields that must be given.
    pub equal: Vec<usize>,
    /// The fields that order the records; a prefix of them may be given too.
    pub sort: Vec<usize>,
    /// Whether it finds at most one record.
    pub unique: bool,
    /// Whether the fields of `equal` and `sort` determine the record: only then do both stores page
    /// alike.
    pub total: bool,
    /// How MySQL orders.
    pub order: PathOrder,
    /// The access patterns of the contract that it serves.
    pub aliases: Vec<String>,
}

/// What serves an access path on DynamoDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// The table's key.
    Table,
    /// The guard item of a unique constraint, then the table's key.
    Guard,
    /// An index, by its place in the table.
    Index(usize),
}

/// How MySQL orders the records of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathOrder {
    /// By the columns, whose order DynamoDB's encoding keeps.
    Same,
    /// By the encoded text, as DynamoDB does: a filesort.
    Encoded,
    /// By the columns although the stores differ: compared as a set.
    Column,
}

impl AccessPath {
    /// Whether a read sees each write that ended before it; an index may lag.
    pub const fn is_strong(&self) -> bool {
        !matches!(self.kind, PathKind::Index(_))
    }
}

impl Entity {
    /// The place of the field of this name. MySQL compares the names of columns without case.
    pub fn field(&self, name: &str) -> Option<usize> {
        let mut fields = self.fields.iter();
        fields.position(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The place of the path that has this name or alias.
    pub fn path(&self, name: &str) -> Option<usize> {
        let is_named =
            |path: &AccessPath| path.name == name || path.aliases.iter().any(|a| a == name);
        self.paths.iter().position(is_named)
    }
}
