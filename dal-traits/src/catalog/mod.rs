//! What MySQL's schema says, as plain data: read from a live server, or from a checked-in
//! `catalog.json`, so that nothing needs a server to understand a migration contract.

mod column_type;

use serde::{Deserialize, Serialize};

pub use column_type::{ColumnType, UnknownColumnType};

/// The tables of one MySQL database.
///
/// `dal catalog --mysql URL` prints one, `dal check CONTRACT --catalog FILE` reads it. A member that
/// is not known is refused, so that a misspelled one is seen.
///
/// ```
/// let catalog: dal_traits::catalog::Catalog = serde_json::from_str(
///     r#"{"tables": [{
///         "name": "users",
///         "columns": [
///             {"name": "id", "type": "bigint unsigned", "auto_increment": true},
///             {"name": "email", "type": "varchar(200)", "collation": "utf8mb4_0900_bin"}
///         ],
///         "primary_key": ["id"],
///         "unique_keys": [{"name": "users_email", "columns": ["email"]}]
///     }]}"#,
/// )?;
/// let users = catalog.table("users").unwrap();
/// assert!(users.is_unique(&["email", "id"]));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The tables, by name in ascending order when a server was read.
    pub tables: Vec<SourceTable>,
}

/// One table of MySQL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceTable {
    /// Its name, without the database.
    pub name: String,
    /// The columns in the order of the table.
    pub columns: Vec<Column>,
    /// The columns of the primary key, in its order; empty when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    /// The unique keys beside the primary key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique_keys: Vec<UniqueKey>,
    /// The keys that are not unique.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<SourceIndex>,
    /// The foreign keys of this table, that is, to its parents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// The CHECK constraints that are enforced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckConstraint>,
    /// The names of the triggers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<String>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "what MySQL says of a column")]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as MySQL writes it: `bigint unsigned`, `varchar(200)`.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Whether it takes NULL.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nullable: bool,
    /// What an insert without it stores; none when it must be given (or is NULL).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<ColumnDefault>,
    /// How its text compares; none for what is not text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Whether MySQL makes its value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub auto_increment: bool,
    /// Whether it is computed from other columns.
    #[serde(default, skip_serializing_if = "is_false")]
    pub generated: bool,
    /// Whether an update sets it to the time of the update (`ON UPDATE CURRENT_TIMESTAMP`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub on_update_now: bool,
}

/// The default of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnDefault {
    /// A constant, as text.
    Literal(String),
    /// An expression, `CURRENT_TIMESTAMP(6)` included.
    Expression(String),
}

/// A unique key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UniqueKey {
    /// Its name.
    pub name: String,
    /// Its columns in order; empty when one of its parts is an expression.
    pub columns: Vec<String>,
    /// Whether it compares only the beginning of a column.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prefix: bool,
}

/// An index that is not unique.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceIndex {
    /// Its name.
    pub name: String,
    /// Its columns in order, up to the first part that is an expression.
    pub columns: Vec<String>,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// Its name.
    pub name: String,
    /// The columns of this table.
    pub columns: Vec<String>,
    /// The parent table.
    pub parent: String,
    /// The columns of the parent, in the order of `columns`.
    pub parent_columns: Vec<String>,
    /// What the delete of a parent does to its children.
    #[serde(default)]
    pub on_delete: ReferenceAction,
}

/// What happens to the children of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceAction {
    /// The row cannot be deleted while it has children.
    #[default]
    Restrict,
    /// The children are deleted.
    Cascade,
    /// The children lose their parent.
    SetNull,
}

/// A CHECK constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckConstraint {
    /// Its name.
    pub name: String,
    /// Its condition, as MySQL prints it.
    pub clause: String,
}

impl Catalog {
    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&SourceTable> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Column {
    /// Whether MySQL takes only equal bytes of this column for the same value. Of the collations of
    /// texts only `utf8mb4_0900_bin` does: the other binary ones ignore trailing spaces.
    pub fn compares_by_bytes(&self) -> bool {
        !self.column_type.is_text() || self.collation.as_deref() == Some("utf8mb4_0900_bin")
    }
}

impl SourceTable {
    /// The place of a column among [`columns`](Self::columns). MySQL compares the names of columns
    /// without case.
    pub fn position(&self, column: &str) -> Option<usize> {
        let mut columns = self.columns.iter();
        columns.position(|found| found.name.eq_ignore_ascii_case(column))
    }

    /// Whether at most one row has given values in `columns`, NULL aside: they contain the primary
    /// key or a unique key that compares whole columns.
    pub fn is_unique(&self, columns: &[&str]) -> bool {
        let holds_all = |key: &[String]| {
            let mut names = key.iter();
            !key.is_empty()
                && names.all(|name| columns.iter().any(|held| held.eq_ignore_ascii_case(name)))
        };
        holds_all(&self.primary_key)
            || self
                .unique_keys
                .iter()
                .any(|key| !key.prefix && holds_all(&key.columns))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}
