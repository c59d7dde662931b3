//! Records of a path, in its order.

use std::ops::Bound;

use dal_traits::condition::Comparison;
use dal_traits::model::AccessPath;
use dal_traits::op::{Page, Query, Reply};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Result};

use crate::backend::path::{Order, Path};
use crate::backend::sql::{Column, Sql};
use crate::backend::table::Table;
use crate::backend::{MySqlBackend, condition, page};
use crate::native::is_foreign_text;

pub(in crate::backend) async fn run(
    backend: &MySqlBackend,
    table: &Table,
    query: &Query,
) -> Result<Reply> {
    let (path, compiled) = table.path(query.path)?;
    check(path, query)?;
    let rows = page::look_ahead(query.limit)?;
    let position = query.position()?;
    if finds_nothing(query) {
        return Ok(Reply::Page(Page::default()));
    }
    let mut sql = given(table, path, compiled, query)?;
    let order = order(table, path, compiled, query)?;
    if let Some(position) = &position {
        let mut behind = Vec::with_capacity(order.len());
        for (operand, by) in &order {
            let value = match by {
                By::Column(field) => page::value(position, *field)?,
                By::Text(attribute) => page::text(position, *attribute)?,
            };
            behind.push((*operand, value));
        }
        sql.term().behind(&behind, query.backward)?;
    }
    if let Some(filter) = &query.filter {
        condition::write(sql.term(), table, filter)?;
    }
    let operands: Vec<&str> = order.iter().map(|(operand, _)| *operand).collect();
    sql.order(&operands, query.backward);
    sql.limit(rows)?;
    let read = table.whole(sql.finish(), true)?;
    let found = match backend.rows(table, &read).await {
        Err(error) if !is_ranged(query) && is_foreign_text(&error) => Vec::new(),
        found => found?,
    };
    page::cut(table, &found, query.limit, |last| query.cursor_behind(last))
}

/// What an operand of the order is.
enum By {
    /// The column of a field.
    Column(usize),
    /// The text of an attribute.
    Text(usize),
}

fn check(path: &AccessPath, query: &Query) -> Result<()> {
    let (least, most) = (path.equal.len(), path.equal.len() + path.sort.len());
    let fits =
        (least..=most).contains(&query.key.len()) && !(is_ranged(query) && query.key.len() == most);
    if fits {
        return Ok(());
    }
    let message = format!(
        "`{}` takes {least} to {most} values, and a range of the field behind them",
        path.name
    );
    Err(Error::new(ErrorKind::NoPath, message))
}

const fn is_ranged(query: &Query) -> bool {
    !matches!(query.range, (Bound::Unbounded, Bound::Unbounded))
}

/// NULL equals nothing, and is in no range.
fn finds_nothing(query: &Query) -> bool {
    let is_null = |bound: &Bound<Value>| match bound {
        Bound::Included(value) | Bound::Excluded(value) => value.is_null(),
        Bound::Unbounded => false,
    };
    query.key.iter().any(Value::is_null) || is_null(&query.range.0) || is_null(&query.range.1)
}

/// The beginning of the statement: key and range.
fn given(table: &Table, path: &AccessPath, compiled: &Path, query: &Query) -> Result<Sql> {
    let mut sql = Sql::from_terms(&compiled.query);
    let (equal, prefix) = query
        .key
        .split_at_checked(path.equal.len())
        .unwrap_or((&query.key, &[]));
    for (field, value) in path.equal.iter().zip(equal) {
        for _ in 0..table.column(*field)?.places() {
            sql.bound(value)?;
        }
    }
    for (field, value) in path.sort.iter().zip(prefix) {
        sql.term().found(table.column(*field)?, value)?;
    }
    if let Some(field) = path.sort.get(prefix.len()) {
        let column = table.column(*field)?;
        let operand = ranged(compiled, column);
        let (from, to) = &query.range;
        let from = match from {
            Bound::Included(value) => Some((Comparison::Ge, value)),
            Bound::Excluded(value) => Some((Comparison::Gt, value)),
            Bound::Unbounded => None,
        };
        let to = match to {
            Bound::Included(value) => Some((Comparison::Le, value)),
            Bound::Excluded(value) => Some((Comparison::Lt, value)),
            Bound::Unbounded => None,
        };
        for (comparison, value) in from.into_iter().chain(to) {
            sql.term().compared(operand, comparison, value)?;
        }
    }
    Ok(sql)
}

/// A range follows the order of the path: by bytes where the path orders by text.
fn ranged<'a>(compiled: &Path, column: &'a Column) -> &'a str {
    match compiled.order {
        Order::Columns => &column.name,
        Order::Text { .. } | Order::Refused => &column.comparable,
    }
}

/// What orders the records, from the greatest to the least; without the fields whose value is given.
fn order<'a>(
    table: &'a Table,
    path: &AccessPath,
    compiled: &'a Path,
    query: &Query,
) -> Result<Vec<(&'a str, By)>> {
    let mut order = Vec::with_capacity(compiled.seek.len());
    // What is decided already: given, or part of the text.
    let decided = match &compiled.order {
        Order::Columns => {
            let given = query.key.len().saturating_sub(path.equal.len());
            path.sort.get(..given).unwrap_or_default()
        }
        Order::Text {
            expression,
            attribute,
        } => {
            order.push((expression.as_str(), By::Text(*attribute)));
            path.sort.as_slice()
        }
        Order::Refused => {
            let message = format!(
                "MySQL cannot order by the sort key of `{}`; let the contract order by `column`",
                path.name
            );
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    };
    for field in compiled
        .seek
        .iter()
        .filter(|field| !decided.contains(field))
    {
        let operand = table.column(*field)?.seek();
        order.push((operand, By::Column(*field)));
    }
    Ok(order)
}
