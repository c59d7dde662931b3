//! `x-dal`: what dal adds to the format.

use dal_traits::model::{Compare, References};

use super::{Extension, OrderDecl, PatternDecl, UniqueDecl};
use crate::diagnostic::{Findings, MEMBER_VALUE, NOT_BUILT};
use crate::json::{Members, Node, Text, Value, text, wrong_type};

impl Extension {
    /// What both say; the inner one is stronger.
    pub(super) fn and(mut self, inner: Self) -> Self {
        self.references = inner.references.or(self.references);
        self.orders.extend(inner.orders);
        self.access_patterns.extend(inner.access_patterns);
        self.unique_constraints.extend(inner.unique_constraints);
        self
    }
}

/// What an `x-dal` stands in.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Level {
    /// Several entities: a contract, or a table of several.
    Several,
    /// One entity.
    Entity,
}

/// The `x-dal` of a contract, a table or an entity.
pub(super) fn of(members: &mut Members<'_>, level: Level, findings: &mut Findings) -> Extension {
    let node = members.take("x-dal");
    node.map_or_else(Extension::default, |node| read(node, level, findings))
}

fn read(node: &Node, level: Level, findings: &mut Findings) -> Extension {
    let mut extension = Extension::default();
    let Some(mut members) = Members::of(node, "`x-dal`", findings) else {
        return extension;
    };
    not_built(&mut members, &["ttl", "maintain"], findings);
    if let Some(stated) = members.text("references", findings) {
        extension.references = match stated.value.as_str() {
            "enforce" => Some(References::Enforce),
            "declare" => Some(References::Declare),
            other => {
                let message = format!("`references` cannot be `{other}`");
                findings.add(
                    MEMBER_VALUE,
                    &stated.at,
                    message,
                    "write `enforce` or `declare`",
                );
                None
            }
        };
    }
    if let Some(node) = members.take("order") {
        orders(node, &mut extension.orders, findings);
    }
    for node in members.list("access_patterns", findings) {
        extension.access_patterns.extend(pattern(node, findings));
    }
    if level == Level::Entity {
        for node in members.list("unique_constraints", findings) {
            extension.unique_constraints.extend(unique(node, findings));
        }
    }
    members.finish(findings);
    extension
}

/// The `x-dal` of an attribute: how it compares, and whether it is sensitive.
pub(super) fn of_attribute(
    members: &mut Members<'_>,
    findings: &mut Findings,
) -> (Option<Compare>, bool) {
    let node = members.take("x-dal");
    node.map_or((None, false), |node| read_attribute(node, findings))
}

pub(super) fn read_attribute(node: &Node, findings: &mut Findings) -> (Option<Compare>, bool) {
    let Some(mut members) = Members::of(node, "`x-dal` of an attribute", findings) else {
        return (None, false);
    };
    not_built(&mut members, &["field", "maintain", "ttl"], findings);
    let compare =
        members
            .text("compare", findings)
            .and_then(|stated| match stated.value.as_str() {
                "column" => Some(Compare::Column),
                "exact" => Some(Compare::Exact),
                "folded" => {
                    let message = "`compare: folded` is not carried out yet";
                    let help = "write `exact` (both stores compare bytes), or `column`";
                    findings.add(NOT_BUILT, &stated.at, message, help);
                    None
                }
                other => {
                    let message = format!("`compare` cannot be `{other}`");
                    findings.add(
                        MEMBER_VALUE,
                        &stated.at,
                        message,
                        "write `column` or `exact`",
                    );
                    None
                }
            });
    let sensitive = members.flag("sensitive", findings);
    members.finish(findings);
    (compare, sensitive)
}

fn not_built(members: &mut Members<'_>, names: &[&'static str], findings: &mut Findings) {
    for name in names {
        if let Some(node) = members.take(name) {
            let message = format!("`{name}` of `x-dal` is not carried out yet");
            findings.add(
                NOT_BUILT,
                &node.at,
                message,
                "remove it, or wait for a later release",
            );
        }
    }
}

fn orders(node: &Node, orders: &mut Vec<OrderDecl>, findings: &mut Findings) {
    let mut one = |path: Option<&Text>, node: &Node| {
        let Some(stated) = text(node, "order", findings) else {
            return;
        };
        match stated.value.as_str() {
            "encoded" | "column" => orders.push(OrderDecl {
                path: path.cloned(),
                by_column: stated.value == "column",
            }),
            other => {
                let message = format!("`order` cannot be `{other}`");
                findings.add(
                    MEMBER_VALUE,
                    &stated.at,
                    message,
                    "write `encoded` or `column`",
                );
            }
        }
    };
    match &node.value {
        Value::Object(paths) => {
            for (path, node) in paths {
                one(Some(path), node);
            }
        }
        _ => one(None, node),
    }
}

fn pattern(node: &Node, findings: &mut Findings) -> Option<PatternDecl> {
    let mut members = Members::of(node, "an access pattern", findings)?;
    let id = members.required("id", findings);
    let entity = members.text("entity", findings);
    // An empty list is a list of every record, in the order of an index with a constant key.
    if members.take("given").is_none() {
        members.missing("given", findings);
    }
    let given = texts(&mut members, "given", findings);
    let order = texts(&mut members, "order", findings);
    members.number("limit", findings);
    members.finish(findings);
    Some(PatternDecl {
        id: id?,
        entity,
        given,
        order,
    })
}

fn unique(node: &Node, findings: &mut Findings) -> Option<UniqueDecl> {
    let mut members = Members::of(node, "a unique constraint", findings)?;
    let name = members.required("name", findings);
    let columns = texts(&mut members, "columns", findings);
    if columns.is_empty() {
        members.missing("columns", findings);
    }
    let at = members.at().clone();
    members.finish(findings);
    Some(UniqueDecl {
        at,
        name: name?,
        columns,
    })
}

/// One name, or a list of them.
fn texts(members: &mut Members<'_>, name: &'static str, findings: &mut Findings) -> Vec<Text> {
    let Some(node) = members.take(name) else {
        return Vec::new();
    };
    match &node.value {
        Value::Text(found) => vec![found.clone()],
        Value::Array(nodes) => {
            let texts = nodes.iter().filter_map(|node| text(node, name, findings));
            texts.collect()
        }
        _ => {
            wrong_type(node, name, "an array of texts", findings);
            Vec::new()
        }
    }
}
