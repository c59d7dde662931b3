//! Conditions and filters as terms of a WHERE.
//!
//! Every comparison is carried out by MySQL, and means what [`Condition::holds`] says: texts by
//! bytes, and NULL is false (`x IS TRUE`), so that `NOT` has no third value.

use dal_traits::catalog::ColumnType;
use dal_traits::condition::{Comparison, Condition};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Result};

use super::sql::{Column, Sql};
use super::table::Table;

/// Writes a condition.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for a comparison of JSON, [`ErrorKind::InvalidValue`] for a value of
/// another type than its field.
pub(super) fn write(sql: &mut Sql, table: &Table, condition: &Condition) -> Result<()> {
    match condition {
        Condition::Compare(field, comparison, value) => {
            let column = table.column(*field)?;
            match comparability(column, value)? {
                Some(is_ordered) if is_ordered || is_equality(*comparison) => {
                    sql.holds(column, *comparison, value)
                }
                _ => {
                    sql.constant(false);
                    Ok(())
                }
            }
        }
        Condition::In(field, values) => {
            let column = table.column(*field)?;
            let mut wanted = Vec::with_capacity(values.len());
            for value in values {
                if comparability(column, value)?.is_some() {
                    wanted.push(value);
                }
            }
            if wanted.is_empty() {
                sql.constant(false);
                return Ok(());
            }
            sql.holds_one(column, &wanted)
        }
        Condition::BeginsWith(field, prefix) => {
            let column = table.column(*field)?;
            if column.column_type.is_text() || matches!(column.column_type, ColumnType::Enum(_)) {
                return sql.begins(column, prefix);
            }
            sql.constant(false);
            Ok(())
        }
        // An array without elements is no NULL either.
        Condition::IsNull(field) if table.is_array(*field) => {
            sql.constant(false);
            Ok(())
        }
        Condition::IsNull(field) => {
            sql.is_null(table.column(*field)?);
            Ok(())
        }
        Condition::And(all) if all.is_empty() => {
            sql.constant(true);
            Ok(())
        }
        Condition::And(all) => sql.all(false, all, |sql, each| write(sql, table, each)),
        Condition::Or(any) if any.is_empty() => {
            sql.constant(false);
            Ok(())
        }
        Condition::Or(any) => sql.all(true, any, |sql, each| write(sql, table, each)),
        Condition::Not(inner) => sql.group(true, |sql| write(sql, table, inner)),
        _ => Err(unsupported("this condition is not built for MySQL")),
    }
}

const fn is_equality(comparison: Comparison) -> bool {
    matches!(comparison, Comparison::Eq | Comparison::Ne)
}

/// Whether the column's values and this one have an order; none when the value is NULL, which
/// compares with nothing.
fn comparability(column: &Column, value: &Value) -> Result<Option<bool>> {
    use ColumnType as C;
    let fits = match (value, &column.column_type) {
        (Value::Null, _) => return Ok(None),
        (_, C::Json) => {
            return Err(unsupported(
                "a JSON column is compared with nothing; ask whether it is NULL",
            ));
        }
        (Value::Set(_), C::Set(_)) => return Ok(Some(false)),
        (Value::Bool(_), C::Bool)
        | (Value::Int(_), C::Integer { .. } | C::Bit(_) | C::Year)
        | (Value::Decimal(_), C::Decimal { .. })
        | (Value::Float(_), C::Float | C::Double)
        | (Value::Text(_), C::Char(_) | C::Varchar(_) | C::Text(_) | C::Enum(_))
        | (Value::Bytes(_), C::Binary(_) | C::Varbinary(_) | C::Blob(_))
        | (Value::Date(_), C::Date)
        | (Value::DateTime(_), C::DateTime(_))
        | (Value::Timestamp(_), C::Timestamp(_))
        | (Value::Time(_), C::Time(_)) => true,
        _ => false,
    };
    if fits {
        return Ok(Some(true));
    }
    let message = "a condition compares with a value of another type than its field has";
    Err(Error::new(ErrorKind::InvalidValue, message).with("field", &column.field))
}

fn unsupported(message: &str) -> Error {
    Error::new(ErrorKind::Unsupported, message)
}
