//! Joins that lead from row to row.

use dal_traits::model::{Hop, Lookup};

use super::Rows;
use crate::diagnostic::{
    Findings, JOIN_CONDITION, JOIN_NOT_UNIQUE, NOT_BUILT, SELF_COMPARE, SELF_COMPARED,
    SELF_JOIN_OTHER, SQL,
};
use crate::document::{HopDecl, LookupDecl};
use crate::json::Text;
use crate::sql::{self, ColumnName, SqlError};

/// The row that a join begins at.
pub(super) struct BaseRow<'a> {
    pub table: usize,
    /// The attribute's source columns.
    pub columns: &'a [usize],
}

pub(super) fn lookup(
    decl: &LookupDecl,
    base: &BaseRow<'_>,
    rows: &mut Rows,
    findings: &mut Findings,
) -> Option<Lookup> {
    let mut hops: Vec<Hop> = Vec::new();
    for hop in &decl.hops {
        let from = hops.last().map_or(base.table, |hop| hop.table);
        let is_first = hops.is_empty();
        let from = BaseRow {
            table: from,
            columns: if is_first { base.columns } else { &[] },
        };
        hops.push(resolve_hop(hop, &from, rows, findings)?);
    }
    let (last, target) = (decl.hops.last()?, hops.last()?.table);
    let column = selected(last, target, rows, findings)?;
    for hop in decl.hops.iter().take(decl.hops.len() - 1) {
        // What is selected on the way is not used, but it must be there.
        if let Some(table) = hops.get(decl.hops.iter().position(|h| std::ptr::eq(h, hop))?) {
            selected(hop, table.table, rows, findings)?;
        }
    }
    Some(Lookup {
        hops,
        column,
        absent: decl.null_value.as_ref().map(|text| text.value.clone()),
    })
}

fn resolve_hop(
    decl: &HopDecl,
    from: &BaseRow<'_>,
    rows: &mut Rows,
    findings: &mut Findings,
) -> Option<Hop> {
    let mut table = match &decl.target {
        Some(target) => rows.table(target, findings)?,
        None => from.table,
    };
    if decl.target.is_none()
        && let Some(parent) = other_parent(from, rows)
    {
        let alias = decl.alias.as_ref()?;
        let name = rows.name(parent).to_owned();
        findings.understood(
            SELF_JOIN_OTHER,
            &alias.at,
            format!("the column of this self-join is a foreign key to `{name}`"),
            format!("a join with `{name}`"),
            "write a join of type `foreign-key`",
        );
        table = parent;
    }
    let mut on = Vec::new();
    for condition in &decl.conditions {
        for (left, right) in equalities(condition, findings)? {
            let pair = sides(&left, &right, decl, from, table, condition, rows, findings)?;
            on.push(pair);
        }
    }
    let hop = Hop { table, on };
    is_unique(&hop, decl, rows, findings).then_some(hop)
}

/// Of the two sides of an equality: the column of the row before, and that of the joined row.
#[expect(clippy::too_many_arguments, reason = "one place, called once")]
fn sides(
    left: &ColumnName,
    right: &ColumnName,
    decl: &HopDecl,
    from: &BaseRow<'_>,
    table: usize,
    condition: &Text,
    rows: &mut Rows,
    findings: &mut Findings,
) -> Option<(usize, usize)> {
    let alias = decl.alias.as_ref().or(decl.target.as_ref());
    let alias = alias.map_or("", |text| text.value.as_str());
    let is_target = |side: &ColumnName| side.table.as_deref() == Some(alias);
    let from_name = rows.name(from.table).to_owned();
    let is_from = |side: &ColumnName| side.table.as_deref() == Some(from_name.as_str());
    let both = alias == from_name && is_target(left) && is_target(right);
    let (before, joined) = if both {
        by_source_column(left, right, from, condition, rows, findings)?
    } else if is_target(left) && is_from(right) {
        (right, left)
    } else if is_target(right) && is_from(left) {
        (left, right)
    } else {
        let message = format!(
            "`{}` does not compare a column of `{from_name}` with one of `{alias}`",
            condition.value
        );
        let help = format!("write `{alias}.column = {from_name}.column`");
        findings.add(JOIN_CONDITION, &condition.at, message, help);
        return None;
    };
    let before = rows.column(from.table, &before.column, &condition.at, findings)?;
    let joined = rows.column(table, &joined.column, &condition.at, findings)?;
    Some((before, joined))
}

/// A table compared with itself without an alias: the source column is that of the base row.
fn by_source_column<'a>(
    left: &'a ColumnName,
    right: &'a ColumnName,
    from: &BaseRow<'_>,
    condition: &Text,
    rows: &Rows,
    findings: &mut Findings,
) -> Option<(&'a ColumnName, &'a ColumnName)> {
    let is_base = |side: &ColumnName| {
        let place = rows.find(from.table, &side.column);
        place.is_some_and(|place| from.columns.contains(&place))
    };
    let (before, joined) = match (is_base(left), is_base(right)) {
        (true, false) => (left, right),
        (false, true) => (right, left),
        _ => {
            let message = format!("`{}` compares a table with itself", condition.value);
            let help = "give the joined row a `join_alias`, and use it in the condition";
            findings.add(SELF_COMPARE, &condition.at, message, help);
            return None;
        }
    };
    findings.understood(
        SELF_COMPARED,
        &condition.at,
        format!("`{}` compares a table with itself", condition.value),
        format!(
            "`{}` of the entity's row, `{}` of the joined row",
            before.column, joined.column
        ),
        "give the joined row a `join_alias`, and use it in the condition",
    );
    Some((before, joined))
}

/// The other table that the column of a self-join is a foreign key to.
fn other_parent(from: &BaseRow<'_>, rows: &Rows) -> Option<usize> {
    let source = rows.source(from.table)?;
    let [column] = from.columns else { return None };
    let column = &source.columns.get(*column)?.name;
    let key = source
        .foreign_keys
        .iter()
        .find(|key| key.columns.as_slice() == std::slice::from_ref(column))?;
    if key.parent == source.name {
        return None;
    }
    let mut tables = rows.catalog.tables.iter();
    tables.position(|table| table.name == key.parent)
}

/// A row is never multiplied: what is joined must be one row.
fn is_unique(hop: &Hop, decl: &HopDecl, rows: &Rows, findings: &mut Findings) -> bool {
    let Some(target) = rows.source(hop.table).filter(|_| rows.is_known) else {
        return true;
    };
    let names: Vec<&str> = hop
        .on
        .iter()
        .filter_map(|(_, column)| target.columns.get(*column))
        .map(|column| column.name.as_str())
        .collect();
    if target.is_unique(&names) {
        return true;
    }
    if let Some(condition) = decl.conditions.first() {
        let message = format!(
            "several rows of `{}` can have one value of `{}`",
            target.name,
            names.join("`, `")
        );
        let help = format!(
            "join by the primary key or a unique key of `{}`",
            target.name
        );
        findings.add(JOIN_NOT_UNIQUE, &condition.at, message, help);
    }
    false
}

fn selected(
    decl: &HopDecl,
    target: usize,
    rows: &mut Rows,
    findings: &mut Findings,
) -> Option<usize> {
    let found = column(&decl.select, findings)?;
    let alias = decl.alias.as_ref().or(decl.target.as_ref());
    let known = [
        alias.map_or("", |text| text.value.as_str()),
        rows.name(target),
    ];
    if let Some(table) = &found.table
        && !known.contains(&table.as_str())
    {
        let message = format!("`{}` is not a column of the joined row", decl.select.value);
        let help = format!("write `{}.{}`", known[0], found.column);
        findings.add(JOIN_CONDITION, &decl.select.at, message, help);
        return None;
    }
    rows.column(target, &found.column, &decl.select.at, findings)
}

/// A fragment that must be a column.
pub(super) fn column(text: &Text, findings: &mut Findings) -> Option<ColumnName> {
    match sql::column(&text.value) {
        Ok(found) => Some(found),
        Err(SqlError::Form) => {
            let message = format!(
                "`{}` is an expression, which is not carried out yet",
                text.value
            );
            findings.add(
                NOT_BUILT,
                &text.at,
                message,
                "select a plain column: `table.column`",
            );
            None
        }
        Err(SqlError::Syntax(why)) => {
            let message = format!("`{}` is not SQL: {why}", text.value);
            findings.add(SQL, &text.at, message, "write a column: `table.column`");
            None
        }
    }
}

/// A fragment that must be equalities of columns.
pub(super) fn equalities(
    condition: &Text,
    findings: &mut Findings,
) -> Option<Vec<(ColumnName, ColumnName)>> {
    let help = "write `table.column = other.column`, several of them with AND";
    match sql::equalities(&condition.value) {
        Ok(found) => Some(found),
        Err(SqlError::Form) => {
            let message = format!("`{}` is not an equality of columns", condition.value);
            findings.add(JOIN_CONDITION, &condition.at, message, help);
            None
        }
        Err(SqlError::Syntax(why)) => {
            let message = format!("`{}` is not SQL: {why}", condition.value);
            findings.add(SQL, &condition.at, message, help);
            None
        }
    }
}
