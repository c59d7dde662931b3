//! The encoded text of a key, to order by.

use std::fmt::Write as _;

use dal_traits::catalog::{ColumnType, SourceTable};
use dal_traits::model::{Expr, NumberFormat};

use super::column::{BYTES, quoted, textual};

/// The encoded text of a key, to order by; none for what no statement of the kind can compute.
pub(in crate::backend) fn encoded(expr: &Expr, source: &SourceTable) -> Option<String> {
    Some(format!("{}{BYTES}", part(expr, source)?))
}

fn part(expr: &Expr, source: &SourceTable) -> Option<String> {
    match expr {
        Expr::Column(column) => {
            let column = source.columns.get(*column)?;
            Some(textual(&quoted(&column.name), &column.column_type))
        }
        Expr::Constant(text) => Some(literal(text)),
        Expr::Template(parts) => {
            let parts: Option<Vec<String>> = parts.iter().map(|each| part(each, source)).collect();
            Some(format!("CONCAT({})", parts?.join(", ")))
        }
        Expr::NumberFormat { of, format } => {
            let Expr::Column(column) = of.as_ref() else {
                return None;
            };
            let column = source.columns.get(*column)?;
            let name = quoted(&column.name);
            match (format, &column.column_type) {
                (NumberFormat::Padded(width), ColumnType::Integer { unsigned: true, .. }) => {
                    let digits = textual(&name, &column.column_type);
                    Some(format!(
                        "LPAD({digits}, GREATEST({width}, CHAR_LENGTH({digits})), '0')"
                    ))
                }
                (NumberFormat::Fixed(digits), _) => Some(format!(
                    "CAST(CAST({name} AS DECIMAL(65,{digits})) AS CHAR)"
                )),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A text of the contract, in a form that needs no escapes.
fn literal(text: &str) -> String {
    let mut hex = String::from("_utf8mb4 X'");
    for byte in text.bytes() {
        let _ = write!(hex, "{byte:02X}");
    }
    hex.push('\'');
    hex
}
