//! A column, and what its values are compared as.

use dal_traits::catalog::{self, ColumnType};

/// Compares every character by its bytes, trailing spaces included, as DynamoDB does.
pub(super) const BYTES: &str = " COLLATE utf8mb4_0900_bin";

/// One column.
#[expect(
    clippy::struct_field_names,
    reason = "a type is called `column_type` everywhere, as in the catalog"
)]
pub(in crate::backend) struct Column {
    /// The name of the field, for messages.
    pub(in crate::backend) field: String,
    /// `` `name` ``
    pub(in crate::backend) name: String,
    pub(in crate::backend) column_type: ColumnType,
    pub(in crate::backend) nullable: bool,
    /// Whether look-ups compare by bytes beside the index.
    pub(in crate::backend) exact: bool,
    /// The CHECK constraints that make the range of the field.
    pub(in crate::backend) ranges: Vec<String>,
    /// What is compared by bytes.
    pub(in crate::backend) comparable: String,
    /// The text of the value.
    pub(in crate::backend) text: String,
}

impl Column {
    /// A column as its table has it.
    pub(in crate::backend) fn of(found: &catalog::Column) -> Self {
        let name = quoted(&found.name);
        let (comparable, text) = comparable(&name, &found.column_type, found.collation.as_deref());
        Self {
            field: found.name.clone(),
            column_type: found.column_type.clone(),
            nullable: found.nullable,
            exact: false,
            ranges: Vec::new(),
            name,
            comparable,
            text,
        }
    }

    /// What pages are ordered by and begin behind. MySQL orders an ENUM and a SET by number and
    /// compares them with a text by label; a page needs one of the two for both.
    pub(in crate::backend) fn seek(&self) -> &str {
        match self.column_type {
            ColumnType::Enum(_) | ColumnType::Set(_) => &self.comparable,
            _ => &self.name,
        }
    }

    /// How often a look-up binds its value.
    pub(in crate::backend) const fn places(&self) -> usize {
        if self.exact { 2 } else { 1 }
    }
}

/// `` `name` ``
pub(in crate::backend) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// What a column is compared as, byte by byte where it is text.
fn comparable(name: &str, column_type: &ColumnType, collation: Option<&str>) -> (String, String) {
    let text = textual(name, column_type);
    let comparable = match column_type {
        ColumnType::Varchar(_) | ColumnType::Text(_) if collation == Some("utf8mb4_0900_bin") => {
            name.to_owned()
        }
        ColumnType::Char(_)
        | ColumnType::Varchar(_)
        | ColumnType::Text(_)
        | ColumnType::Enum(_)
        | ColumnType::Set(_) => format!("{text}{BYTES}"),
        // As numbers: a YEAR would take 25 for 2025.
        ColumnType::Year | ColumnType::Bit(_) => format!("({name} + 0)"),
        _ => name.to_owned(),
    };
    (comparable, text)
}

/// The text of a column's value as `item::encode` writes it; only to compare and to order by.
pub(super) fn textual(name: &str, column_type: &ColumnType) -> String {
    match column_type {
        // The mode PAD_CHAR_TO_FULL_LENGTH adds spaces that were not written.
        ColumnType::Char(_) => format!("RTRIM(CONVERT({name} USING utf8mb4))"),
        ColumnType::Varchar(_) | ColumnType::Text(_) | ColumnType::Enum(_) | ColumnType::Set(_) => {
            format!("CONVERT({name} USING utf8mb4)")
        }
        ColumnType::Date
        | ColumnType::DateTime(_)
        | ColumnType::Timestamp(_)
        | ColumnType::Time(_) => format!("CAST({name} AS CHAR)"),
        // The sum has no ZEROFILL.
        _ => format!("CAST({name} + 0 AS CHAR)"),
    }
}
