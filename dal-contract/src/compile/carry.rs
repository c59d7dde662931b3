//! What the value of an attribute says about the row it comes from.

use dal_traits::catalog::{ColumnType, SourceTable};
use dal_traits::model::{Attribute, Expr, NumberFormat};

use crate::resolve::Rows;

/// The columns of the row that the value follows from; none when other rows take part.
pub(crate) fn inputs(expr: &Expr) -> Option<Vec<usize>> {
    match expr {
        Expr::Column(column) => Some(vec![*column]),
        Expr::Constant(_) => Some(Vec::new()),
        Expr::Template(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(inputs(part)?);
            }
            Some(all)
        }
        Expr::DateFormat { of, .. } | Expr::NumberFormat { of, .. } => inputs(of),
        Expr::Object(members) => Some(members.iter().map(|member| member.1).collect()),
        _ => None,
    }
}

/// The columns that can be read back from the attribute. In a key no part of a text but the last may
/// contain what separates it from the next one: such values are refused, so that the key can be read.
pub(crate) fn carried(attribute: &Attribute, is_key: bool, source: &SourceTable) -> Vec<usize> {
    match &attribute.expr {
        Expr::Column(column) => vec![*column],
        Expr::Object(members) => members.iter().map(|member| member.1).collect(),
        Expr::NumberFormat { of, format } => match (of.as_ref(), format) {
            (Expr::Column(column), format) if is_lossless(*column, *format, source) => {
                vec![*column]
            }
            _ => Vec::new(),
        },
        Expr::Template(parts) => of_template(parts, is_key, source).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn is_lossless(column: usize, format: NumberFormat, source: &SourceTable) -> bool {
    let column_type = source.columns.get(column).map(|column| &column.column_type);
    match (format, column_type) {
        (_, Some(ColumnType::Integer { .. })) => true,
        (NumberFormat::Fixed(digits), Some(ColumnType::Decimal { scale, .. })) => *scale <= digits,
        _ => false,
    }
}

fn of_template(parts: &[Expr], is_key: bool, source: &SourceTable) -> Option<Vec<usize>> {
    let mut columns = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let column = match part {
            Expr::Constant(_) => continue,
            Expr::Column(column) => *column,
            Expr::NumberFormat { of, format } => match of.as_ref() {
                Expr::Column(column) if is_lossless(*column, *format, source) => *column,
                _ => return None,
            },
            _ => return None,
        };
        columns.push(column);
        match parts.get(i + 1) {
            None => {}
            Some(Expr::Constant(separator)) => {
                let column_type = &source.columns.get(column)?.column_type;
                // Dates have one width; a key refuses texts that contain the separator.
                let is_refused = is_key && !column_type.is_exact_number();
                if !column_type.is_date() && !is_refused && can_contain(column_type, separator) {
                    return None;
                }
            }
            // Two values side by side.
            Some(_) => return None,
        }
    }
    Some(columns)
}

/// Whether the text of a column's value may contain a separator.
pub(crate) fn can_contain(column_type: &ColumnType, separator: &str) -> bool {
    let Some(first) = separator.chars().next() else {
        return true;
    };
    match column_type {
        found if found.is_exact_number() => first.is_ascii_digit() || "-.".contains(first),
        found if found.is_date() => first.is_ascii_digit() || "-.: ".contains(first),
        ColumnType::Time(_) => first.is_ascii_digit() || "-.:".contains(first),
        ColumnType::Enum(labels) => labels.iter().any(|label| label.contains(separator)),
        _ => true,
    }
}

/// The columns in which two rows agree whenever they have the same value. Beside what can be read
/// back, a look-up of a unique column says which row was found.
pub(crate) fn distinguished(
    attribute: &Attribute,
    source: &SourceTable,
    rows: &Rows,
) -> Vec<usize> {
    let parts = match &attribute.expr {
        Expr::Template(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    let mut columns = carried(attribute, true, source);
    for part in parts {
        let Expr::Lookup(lookup) = part else { continue };
        let [hop] = lookup.hops.as_slice() else {
            continue;
        };
        let found = rows
            .source(hop.table)
            .zip(rows.column_at(hop.table, lookup.column));
        if found.is_some_and(|(table, column)| table.is_unique(&[&column.name])) {
            columns.extend(hop.on.iter().map(|pair| pair.0));
        }
    }
    columns
}
