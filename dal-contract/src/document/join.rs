//! Joins.

use super::{ConstructionDecl, HopDecl, JoinDecl, LookupDecl};
use crate::diagnostic::{Findings, MEMBER_VALUE, MISSING, NOT_BUILT};
use crate::json::{Members, Node, Text, Value, nearest, text};

const KINDS: [&str; 10] = [
    "foreign-key",
    "lookup-table",
    "self-join",
    "multi-column",
    "conditional",
    "chain",
    "json-construction",
    "exists-check",
    "aggregated-list",
    "polymorphic-lookup",
];

/// A join; none when it is refused.
pub(super) fn read(node: &Node, findings: &mut Findings) -> Option<JoinDecl> {
    let mut members = Members::of(node, "a join", findings)?;
    let kind = members.required("type", findings)?;
    let found = match kind.value.as_str() {
        "foreign-key" | "lookup-table" | "self-join" | "multi-column" => {
            lookup(&kind, &mut members, findings)
        }
        "chain" => chain(&mut members, findings),
        "json-construction" => construction(&mut members, findings),
        found if KINDS.contains(&found) => {
            let message = format!("a join of type `{found}` is not carried out yet");
            let help = "leave the attribute out, or wait for a later release";
            findings.add(NOT_BUILT, &kind.at, message, help);
            return None;
        }
        other => {
            let help = match nearest(other, KINDS.into_iter()) {
                Some(near) => format!("is `{near}` meant?"),
                None => format!("known: {}", KINDS.join(", ")),
            };
            let message = format!("`{other}` is not a type of a join");
            findings.add(MEMBER_VALUE, &kind.at, message, help);
            return None;
        }
    };
    members.finish(findings);
    found
}

fn lookup(kind: &Text, members: &mut Members<'_>, findings: &mut Findings) -> Option<JoinDecl> {
    let is_self = kind.value == "self-join";
    let (target, alias) = if is_self {
        (None, Some(members.required("join_alias", findings)?))
    } else {
        let target = members.required("target_table", findings)?;
        (Some(target), members.text("join_alias", findings))
    };
    let conditions = if kind.value == "multi-column" {
        let nodes = members.list("join_conditions", findings);
        let texts: Vec<_> = nodes
            .iter()
            .filter_map(|node| text(node, "a join condition", findings))
            .collect();
        if nodes.is_empty() {
            members.missing("join_conditions", findings);
        }
        texts
    } else {
        vec![members.required("join_condition", findings)?]
    };
    let select = members.required("select_column", findings)?;
    let null_value = members.text("null_value", findings);
    Some(JoinDecl::Lookup(LookupDecl {
        hops: vec![HopDecl {
            target,
            alias,
            conditions,
            select,
        }],
        null_value,
    }))
}

fn chain(members: &mut Members<'_>, findings: &mut Findings) -> Option<JoinDecl> {
    let separator = members.take("chain_separator");
    if let Some(separator) = separator {
        findings.add(
            NOT_BUILT,
            &separator.at,
            "a chain with a `chain_separator` is not carried out yet",
            "make one attribute for each hop, or leave it out",
        );
    }
    let nodes = members.list("joins", findings);
    if nodes.is_empty() {
        members.missing("joins", findings);
    }
    let mut hops = Vec::new();
    for node in nodes {
        let mut hop = Members::of(node, "a hop", findings)?;
        let target = hop.required("target_table", findings);
        let condition = hop.required("join_condition", findings);
        let select = hop.required("select_column", findings);
        hop.finish(findings);
        hops.push(HopDecl {
            target: Some(target?),
            alias: None,
            conditions: vec![condition?],
            select: select?,
        });
    }
    let null_value = members.text("null_value", findings);
    (!hops.is_empty() && separator.is_none())
        .then_some(JoinDecl::Lookup(LookupDecl { hops, null_value }))
}

fn construction(members: &mut Members<'_>, findings: &mut Findings) -> Option<JoinDecl> {
    let target = members.required("target_table", findings);
    let condition = members.required("join_condition", findings);
    let at = members.at().clone();
    let Some(node) = members.take("construction") else {
        members.missing("construction", findings);
        return None;
    };
    let mut inner = Members::of(node, "a construction", findings)?;
    let kind = inner.required("type", findings)?;
    let is_array = match kind.value.as_str() {
        "array" => true,
        "object" => false,
        other => {
            let message = format!("`{other}` is not a type of a construction");
            findings.add(MEMBER_VALUE, &kind.at, message, "write `array` or `object`");
            return None;
        }
    };
    let limit = inner.number("limit", findings).map(|(_, at)| at);
    let order_by = inner.text("order_by", findings);
    let mut select = Vec::new();
    match inner.take("select_columns").map(|node| (&node.value, node)) {
        Some((Value::Object(found), node)) => {
            // For duplicate names.
            Members::of(node, "`select_columns`", findings);
            for (name, node) in found {
                let column = text(node, "a selected column", findings)?;
                select.push((name.clone(), column));
            }
            if found.is_empty() {
                let message = "`select_columns` selects nothing";
                findings.add(MISSING, &node.at, message, "name at least one column");
            }
        }
        Some((_, node)) => crate::json::wrong_type(node, "select_columns", "an object", findings),
        None => inner.missing("select_columns", findings),
    }
    inner.finish(findings);
    Some(JoinDecl::Construction(Box::new(ConstructionDecl {
        at,
        target: target?,
        condition: condition?,
        is_array,
        limit,
        order_by,
        select,
    })))
}
