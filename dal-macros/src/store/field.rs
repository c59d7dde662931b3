//! The fields of a struct.

use syn::{Field, Ident, LitStr, Type};

use super::is_dal;
use crate::refuse::refuse;

/// One field: a column, and the type of its values.
pub struct Member {
    pub ident: Ident,
    pub column: String,
    pub ty: Type,
    /// Whether it says what the column is between.
    pub is_range: bool,
}

impl Member {
    /// Reads a field. In the key of a path it may be a range.
    ///
    /// # Errors
    /// When its option is not one of a field.
    pub fn read(field: &Field, is_path: bool) -> syn::Result<Self> {
        let Some(ident) = field.ident.clone() else {
            return Err(refuse(field, "a column has a name", "name the field"));
        };
        let mut member = Self {
            column: ident.to_string().trim_start_matches("r#").to_owned(),
            is_range: is_path && is_range(&field.ty),
            ty: field.ty.clone(),
            ident,
        };
        for attr in field.attrs.iter().filter(|attr| is_dal(attr)) {
            if let Ok(column) = attr.parse_args::<LitStr>() {
                member.column = column.value();
            } else if is_path && attr.parse_args::<Ident>().is_ok_and(|word| word == "range") {
                member.is_range = true;
            } else {
                let fix = if is_path {
                    "write the name of the column, `#[dal(\"created_at\")]`, or `#[dal(range)]`"
                } else {
                    "write the name of the column, `#[dal(\"created_at\")]`"
                };
                return Err(refuse(attr, "not an option of a field", fix));
            }
        }
        Ok(member)
    }
}

/// The ranges of the standard library that have a least or a greatest value.
const RANGES: [&str; 5] = [
    "Range",
    "RangeFrom",
    "RangeInclusive",
    "RangeTo",
    "RangeToInclusive",
];

fn is_range(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|segment| RANGES.iter().any(|range| segment.ident == range))
}
