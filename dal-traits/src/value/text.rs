//! The canonical text of values: what DynamoDB's `S` holds, in keys and outside.

use super::Value;
use crate::catalog::ColumnType;

/// The text of a value of a column: `12.50`, `2025-01-02 03:04:05.000000`, `a,c`. None for NULL and
/// for what has no text (bytes and rows).
pub fn text(_value: &Value, _column_type: &ColumnType) -> Option<String> {
    None
}

/// Reads the text of a value of a column, also one that another loader wrote (`2025-01-02T03:04:05Z`,
/// `2.0000000000`). None when it is not a value of the type.
pub fn read_text(_text: &str, _column_type: &ColumnType) -> Option<Value> {
    None
}
