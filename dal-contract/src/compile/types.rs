//! Which type of DynamoDB can hold which value.

use dal_traits::catalog::{Column, ColumnType};
use dal_traits::model::{AttributeType, DatePart, Expr, NumberFormat};

use crate::diagnostic::{COLUMN_TYPE, Code, FORMAT, TYPE};
use crate::resolve::Rows;

/// The most digits of a number of DynamoDB ("Data types: Number").
const DIGITS: u8 = 38;

/// Why a type cannot hold a value: the code, what is the matter, and what to do.
pub(super) struct Misfit(pub Code, pub String, pub String);

/// Whether an attribute of this type can hold the value of an expression over rows of `table`.
pub(super) fn check(
    expr: &Expr,
    wanted: AttributeType,
    table: usize,
    rows: &Rows,
) -> Result<(), Misfit> {
    let only = |types: &[AttributeType], what: &str| {
        if types.contains(&wanted) {
            return Ok(());
        }
        let names: Vec<_> = types.iter().map(ToString::to_string).collect();
        let names = names.join(" or ");
        let message = format!("{what} cannot be stored as {wanted}");
        Err(Misfit(TYPE, message, format!("write the type {names}")))
    };
    match expr {
        Expr::Column(column) => fits(rows.column_at(table, *column), wanted),
        Expr::Constant(text) => constant(text, wanted),
        Expr::Template(parts) => {
            only(&[AttributeType::S], "a text of several parts")?;
            parts
                .iter()
                .try_for_each(|part| is_textual(part, table, rows))
        }
        Expr::DateFormat { of, pattern } => {
            only(&[AttributeType::S], "a formatted date")?;
            let Some(column) = column_of(of, table, rows) else {
                return Ok(());
            };
            let day = |part: &DatePart| {
                matches!(
                    part,
                    DatePart::Year | DatePart::Month | DatePart::Day | DatePart::Literal(_)
                )
            };
            if !column.column_type.is_date() {
                let message = format!("`{}` is a {}, not a date", column.name, column.column_type);
                let help = "use `date-format` for DATE, DATETIME and TIMESTAMP".to_owned();
                return Err(Misfit(FORMAT, message, help));
            }
            if column.column_type == ColumnType::Date && !pattern.iter().all(day) {
                let message = format!("`{}` is a date without a time", column.name);
                return Err(Misfit(
                    FORMAT,
                    message,
                    "use YYYY, MM and DD alone".to_owned(),
                ));
            }
            Ok(())
        }
        Expr::NumberFormat { of, format } => {
            match format {
                NumberFormat::Padded(_) => only(&[AttributeType::S], "a padded number")?,
                NumberFormat::Fixed(_) => {
                    only(&[AttributeType::S, AttributeType::N], "a formatted number")?;
                }
            }
            match column_of(of, table, rows) {
                Some(column) if !column.column_type.is_exact_number() => {
                    let message = format!(
                        "`{}` is a {}, not an exact number",
                        column.name, column.column_type
                    );
                    let help = "use `number-format` for whole numbers and DECIMAL".to_owned();
                    Err(Misfit(FORMAT, message, help))
                }
                _ => Ok(()),
            }
        }
        Expr::Lookup(lookup) => {
            let target = lookup.hops.last().map_or(table, |hop| hop.table);
            fits(rows.column_at(target, lookup.column), wanted)?;
            match &lookup.absent {
                Some(text) => constant(text, wanted),
                None => Ok(()),
            }
        }
        Expr::Object(members) => {
            only(&[AttributeType::M, AttributeType::S], "an object")?;
            storable(members, table, rows)
        }
        Expr::Children(children) => {
            only(&[AttributeType::L, AttributeType::S], "an array")?;
            storable(&children.members, children.table, rows)
        }
        _ => Ok(()),
    }
}

fn constant(text: &str, wanted: AttributeType) -> Result<(), Misfit> {
    let fits = match wanted {
        AttributeType::S => true,
        AttributeType::N => serde_json::from_str::<serde_json::Number>(text).is_ok(),
        AttributeType::Bool => ["true", "false"].contains(&text),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let message = format!("the text `{text}` is not a value of the type {wanted}");
    let help = "write the type S, or another value".to_owned();
    Err(Misfit(TYPE, message, help))
}

/// The column whose value is formatted.
fn column_of<'a>(expr: &Expr, table: usize, rows: &'a Rows) -> Option<&'a Column> {
    match expr {
        Expr::Column(column) => rows.column_at(table, *column),
        Expr::Lookup(lookup) => rows.column_at(lookup.hops.last()?.table, lookup.column),
        _ => None,
    }
}

fn is_textual(part: &Expr, table: usize, rows: &Rows) -> Result<(), Misfit> {
    match part {
        Expr::Column(_) | Expr::Lookup(_) => {
            let Some(column) = column_of(part, table, rows) else {
                return Ok(());
            };
            let no_text = matches!(
                column.column_type,
                ColumnType::Float
                    | ColumnType::Double
                    | ColumnType::Json
                    | ColumnType::Set(_)
                    | ColumnType::Binary(_)
                    | ColumnType::Varbinary(_)
                    | ColumnType::Blob(_)
                    | ColumnType::Other(_)
            );
            if no_text {
                let message = format!(
                    "`{}` is a {}, which has no text that could be part of another one",
                    column.name, column.column_type
                );
                let help = "use whole numbers, decimals, dates, texts and enums".to_owned();
                return Err(Misfit(TYPE, message, help));
            }
            Ok(())
        }
        other => check(other, AttributeType::S, table, rows),
    }
}

fn storable(members: &[(String, usize)], table: usize, rows: &Rows) -> Result<(), Misfit> {
    for (_, column) in members {
        if let Some(column) = rows.column_at(table, *column)
            && let ColumnType::Other(_) = column.column_type
        {
            return Err(unstorable(column));
        }
    }
    Ok(())
}

fn unstorable(column: &Column) -> Misfit {
    let message = format!(
        "`{}` is a {}, which dal does not store",
        column.name, column.column_type
    );
    let help = "leave the column out".to_owned();
    Misfit(COLUMN_TYPE, message, help)
}

fn fits(column: Option<&Column>, wanted: AttributeType) -> Result<(), Misfit> {
    use AttributeType::{B, Bool, L, M, N, S, Ss};
    let Some(column) = column else { return Ok(()) };
    let types: &[AttributeType] = match &column.column_type {
        ColumnType::Bool => &[Bool, N, S],
        ColumnType::Decimal { precision, .. } if *precision > DIGITS => &[S],
        ColumnType::Integer { .. }
        | ColumnType::Bit(_)
        | ColumnType::Decimal { .. }
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::Year
        | ColumnType::Timestamp(0) => &[N, S],
        ColumnType::Set(_) => &[Ss, S],
        ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob(_) => &[B],
        ColumnType::Json => &[M, L, S],
        ColumnType::Other(_) => return Err(unstorable(column)),
        _ => &[S],
    };
    if types.contains(&wanted) {
        return Ok(());
    }
    let names: Vec<_> = types.iter().map(ToString::to_string).collect();
    let mut message = format!(
        "`{}` is a {}, which {wanted} cannot hold",
        column.name, column.column_type
    );
    if matches!(column.column_type, ColumnType::Decimal { .. }) && wanted == N {
        message = format!("{message}: a number of DynamoDB has at most {DIGITS} digits");
    }
    Err(Misfit(
        TYPE,
        message,
        format!("write the type {}", names.join(" or ")),
    ))
}

/// Whether a key can have the value: not a number that rounds.
pub(super) fn is_exact(expr: &Expr, table: usize, rows: &Rows) -> Result<(), Misfit> {
    match column_of(expr, table, rows) {
        Some(column) if matches!(column.column_type, ColumnType::Float | ColumnType::Double) => {
            let message = format!(
                "`{}` is a {}, which no key can be",
                column.name, column.column_type
            );
            let help = "use a DECIMAL, or another key".to_owned();
            Err(Misfit(TYPE, message, help))
        }
        _ => Ok(()),
    }
}
