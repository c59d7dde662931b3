//! json-construction: owned children, and objects of the same row.

use dal_traits::catalog::SourceTable;
use dal_traits::model::{Children, Expr, OrderColumn};

use super::{Rows, joins};
use crate::diagnostic::{CHILD_ID, Findings, JOIN_CONDITION, NOT_BUILT, SQL};
use crate::document::ConstructionDecl;
use crate::sql::{self, SqlError};

pub(super) fn resolve(
    decl: &ConstructionDecl,
    source: usize,
    owners: &[&str],
    rows: &mut Rows,
    findings: &mut Findings,
) -> Option<Expr> {
    let target = rows.table(&decl.target, findings)?;
    let on = pairs(decl, source, target, rows, findings)?;
    let mut members = Vec::new();
    for (name, select) in &decl.select {
        let found = joins::column(select, findings)?;
        let table = found.table.as_deref();
        if table.is_some_and(|table| table != decl.target.value) {
            let message = format!(
                "`{}` is not a column of `{}`",
                select.value, decl.target.value
            );
            let help = format!("select columns of `{}`", decl.target.value);
            findings.add(JOIN_CONDITION, &select.at, message, help);
            return None;
        }
        let column = rows.column(target, &found.column, &select.at, findings)?;
        members.push((name.value.clone(), column));
    }
    if !decl.is_array {
        return object(decl, source == target, &on, members, rows, findings);
    }
    let order = order(decl, target, rows, findings)?;
    let children = Children {
        table: target,
        on,
        members,
        order,
    };
    is_owned(decl, source, &children, owners, rows, findings).then_some(Expr::Children(children))
}

/// The columns of the row and of the other row that are equal.
fn pairs(
    decl: &ConstructionDecl,
    source: usize,
    target: usize,
    rows: &mut Rows,
    findings: &mut Findings,
) -> Option<Vec<(usize, usize)>> {
    let (base, other) = (rows.name(source).to_owned(), rows.name(target).to_owned());
    let mut on = Vec::new();
    for (left, right) in joins::equalities(&decl.condition, findings)? {
        let tables = (left.table.as_deref(), right.table.as_deref());
        let (before, joined) = if tables == (Some(other.as_str()), Some(base.as_str())) {
            (&right, &left)
        } else if tables == (Some(base.as_str()), Some(other.as_str())) {
            (&left, &right)
        } else {
            let message = format!(
                "`{}` does not compare a column of `{base}` with one of `{other}`",
                decl.condition.value
            );
            let help = format!("write `{other}.column = {base}.column`");
            findings.add(JOIN_CONDITION, &decl.condition.at, message, help);
            return None;
        };
        let before = rows.column(source, &before.column, &decl.condition.at, findings)?;
        let joined = rows.column(target, &joined.column, &decl.condition.at, findings)?;
        on.push((before, joined));
    }
    Some(on)
}

fn object(
    decl: &ConstructionDecl,
    same_table: bool,
    on: &[(usize, usize)],
    members: Vec<(String, usize)>,
    rows: &Rows,
    findings: &mut Findings,
) -> Option<Expr> {
    let names: Vec<&str> = on
        .iter()
        .filter(|(before, joined)| before == joined)
        .filter_map(|(before, _)| {
            let table = rows.catalog.table(&decl.target.value)?;
            Some(table.columns.get(*before)?.name.as_str())
        })
        .collect();
    let table = rows.catalog.table(&decl.target.value);
    let is_same_row = same_table
        && names.len() == on.len()
        && (!rows.is_known || table.is_some_and(|table| table.is_unique(&names)));
    if is_same_row {
        return Some(Expr::Object(members));
    }
    let message = "an object of another row is not carried out yet";
    let help = "select the columns by joins of type `foreign-key`, one attribute each";
    findings.add(NOT_BUILT, &decl.at, message, help);
    None
}

fn order(
    decl: &ConstructionDecl,
    target: usize,
    rows: &mut Rows,
    findings: &mut Findings,
) -> Option<Vec<OrderColumn>> {
    let Some(text) = &decl.order_by else {
        // Else by the child's primary key.
        let key = rows.source(target).map(|table| table.primary_key.clone());
        let columns = key.into_iter().flatten();
        return Some(
            columns
                .filter_map(|name| rows.find(target, &name))
                .map(|column| OrderColumn {
                    column,
                    descending: false,
                })
                .collect(),
        );
    };
    let parsed = match sql::order_by(&text.value) {
        Ok(parsed) => parsed,
        Err(error) => {
            let why = match error {
                SqlError::Form => "it orders by an expression".to_owned(),
                SqlError::Syntax(why) => why,
            };
            let message = format!("`{}` is not an order of columns: {why}", text.value);
            findings.add(SQL, &text.at, message, "write `table.column DESC`");
            return None;
        }
    };
    let mut order = Vec::new();
    for (name, descending) in parsed {
        let column = rows.column(target, &name.column, &text.at, findings)?;
        order.push(OrderColumn { column, descending });
    }
    Some(order)
}

/// Whether the array is all there is to the children, so that a write can replace them. Otherwise
/// the reason is a finding.
fn is_owned(
    decl: &ConstructionDecl,
    source: usize,
    children: &Children,
    owners: &[&str],
    rows: &Rows,
    findings: &mut Findings,
) -> bool {
    let child = decl.target.value.as_str();
    let not_owned = |at, why: String, help: String, findings: &mut Findings| {
        let message = format!("this array is derived, which is not carried out yet: {why}");
        findings.add(NOT_BUILT, at, message, help);
        false
    };
    if let Some(limit) = &decl.limit {
        let help = "remove `limit`: the array then holds all children, and can be written";
        return not_owned(
            limit,
            "`limit` leaves children out".into(),
            help.into(),
            findings,
        );
    }
    if owners.contains(&child) {
        let why = format!("`{child}` is an entity of its own");
        let help = "leave the array out, and read the other entity";
        return not_owned(&decl.target.at, why, help.into(), findings);
    }
    let (Some(base), Some(table)) = (rows.source(source), rows.source(children.table)) else {
        return false;
    };
    if !rows.is_known {
        return true;
    }
    let of_base: Vec<&str> = names(base, children.on.iter().map(|pair| pair.0));
    let identity: Vec<&str> = base.primary_key.iter().map(String::as_str).collect();
    let holds = |all: &[&str], some: &[&str]| some.iter().all(|name| all.contains(name));
    if identity.is_empty() || !holds(&of_base, &identity) || !holds(&identity, &of_base) {
        let why = format!(
            "its condition is not about the primary key of `{}`",
            base.name
        );
        let help = format!(
            "compare a column of `{child}` with each of: {}",
            identity.join(", ")
        );
        return not_owned(&decl.condition.at, why, help, findings);
    }
    let foreign: Vec<&str> = names(table, children.on.iter().map(|pair| pair.1));
    let selected: Vec<&str> = names(table, children.members.iter().map(|member| member.1));
    let is_held = |name: &str| foreign.contains(&name) || selected.contains(&name);
    for column in &table.columns {
        let is_needed = !column.nullable
            && column.default.is_none()
            && !column.auto_increment
            && !column.generated;
        if is_needed && !is_held(&column.name) {
            let why = format!(
                "the column `{}` of a child, which must be given, is not selected",
                column.name
            );
            let help = format!("add `{0}: {child}.{0}` to `select_columns`", column.name);
            return not_owned(&decl.at, why, help, findings);
        }
    }
    has_key(decl, table, &is_held, findings)
}

fn has_key(
    decl: &ConstructionDecl,
    table: &SourceTable,
    is_held: &dyn Fn(&str) -> bool,
    findings: &mut Findings,
) -> bool {
    let unique = table.unique_keys.iter().filter(|key| !key.prefix);
    let keys = std::iter::once(&table.primary_key).chain(unique.map(|key| &key.columns));
    let mut keys = keys.filter(|key| !key.is_empty());
    if keys.any(|key| key.iter().all(|name| is_held(name))) {
        return true;
    }
    let is_generated = table.primary_key.iter().any(|name| {
        let place = table.position(name);
        let column = place.and_then(|place| table.columns.get(place));
        column.is_some_and(|column| column.auto_increment)
    });
    if is_generated {
        findings.understood(
            CHILD_ID,
            &decl.at,
            format!("no key of `{}` is part of the array", table.name),
            "an array that is replaced as a whole, with new ids",
            "select the columns of a key, if other tables refer to it",
        );
        return true;
    }
    let message = format!(
        "this array is derived, which is not carried out yet: no key of `{}` is part of it",
        table.name
    );
    let help = format!(
        "add the primary key of `{}` to `select_columns`",
        table.name
    );
    findings.add(NOT_BUILT, &decl.at, message, help);
    false
}

fn names(table: &SourceTable, places: impl Iterator<Item = usize>) -> Vec<&str> {
    places
        .filter_map(|place| table.columns.get(place))
        .map(|column| column.name.as_str())
        .collect()
}
