//! The type of a program for each type of a column: the table of `dal_traits::value`.

use dal_traits::catalog::ColumnType;
use dal_traits::model::{Field, Member, ValueType};

/// The types of one field.
pub struct Types {
    /// As it is read.
    pub owned: String,
    /// As it is given.
    pub given: String,
}

/// The types of a field's values; none where `Store` has no such values. Elements of an array are of
/// the type `element`.
pub fn of(field: &Field, element: Option<&str>) -> Option<Types> {
    let (owned, given) = match &field.value_type {
        ValueType::Composed => ("String", "&'a str"),
        ValueType::Rows(_) => {
            let element = element?;
            return Some(Types {
                owned: format!("Vec<{element}>"),
                given: format!("&'a [{element}]"),
            });
        }
        ValueType::Column(column_type) => of_column(column_type)?,
    };
    Some(Types {
        owned: owned.to_owned(),
        given: given.to_owned(),
    })
}

/// The type of a member of an element.
pub fn of_member(member: &Member) -> Option<String> {
    let (owned, _) = of_column(&member.column_type)?;
    Some(if member.nullable {
        format!("Option<{owned}>")
    } else {
        owned.to_owned()
    })
}

fn of_column(column_type: &ColumnType) -> Option<(&'static str, &'static str)> {
    let same = |name| Some((name, name));
    match column_type {
        ColumnType::Bool => same("bool"),
        ColumnType::Integer { bits, unsigned } => same(match (bits, unsigned) {
            (8, true) => "u8",
            (8, false) => "i8",
            (16, true) => "u16",
            (16, false) => "i16",
            (24 | 32, true) => "u32",
            (24 | 32, false) => "i32",
            (_, true) => "u64",
            (_, false) => "i64",
        }),
        ColumnType::Bit(bits) => same(match bits {
            ..=8 => "u8",
            ..=16 => "u16",
            ..=32 => "u32",
            _ => "u64",
        }),
        ColumnType::Year => same("u16"),
        ColumnType::Decimal { .. } => same("bigdecimal::BigDecimal"),
        ColumnType::Float => same("f32"),
        ColumnType::Double => same("f64"),
        ColumnType::Char(_)
        | ColumnType::Varchar(_)
        | ColumnType::Text(_)
        | ColumnType::Enum(_) => Some(("String", "&'a str")),
        ColumnType::Set(_) => same("Vec<String>"),
        ColumnType::Date => same("time::Date"),
        ColumnType::DateTime(_) => same("time::PrimitiveDateTime"),
        ColumnType::Timestamp(_) => same("time::OffsetDateTime"),
        ColumnType::Time(_) => same("time::Duration"),
        ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob(_) => {
            Some(("Vec<u8>", "&'a [u8]"))
        }
        ColumnType::Json => same("serde_json::Value"),
        _ => None,
    }
}
