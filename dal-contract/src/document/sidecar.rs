//! `CONTRACT.dal.json`: the `x-dal` members beside a contract that a workflow writes anew.
//!
//! It has the shape of the contract, with names in place of lists:
//! `{"x-dal": {..}, "tables": {"Users": {"x-dal": {..}, "attributes": {"email": {"x-dal": {..}}}}}}`,
//! and `"entities"` by name in a table of several.

use super::extension::{self, Level};
use super::{AttributeDecl, Document, EntityDecl};
use crate::diagnostic::{Findings, SIDECAR, Scope};
use crate::json::{Members, Node, Text, Value, nearest, wrong_type};

pub(super) fn add(root: &Node, document: &mut Document, findings: &mut Findings) {
    let Some(mut members) = Members::of(root, "the sidecar", findings) else {
        return;
    };
    let of_root = extension::of(&mut members, Level::Several, findings);
    for entity in document.tables.iter_mut().flat_map(|t| &mut t.entities) {
        entity.extension = of_root.clone().and(std::mem::take(&mut entity.extension));
    }
    for (name, node) in named(members.take("tables"), findings) {
        let known = document
            .tables
            .iter()
            .position(|t| t.name.value == name.value);
        let Some(place) = known else {
            let known = document.tables.iter().map(|t| t.name.value.as_str());
            unknown(name, "table", known, findings);
            continue;
        };
        findings.scope = Scope::Table(place);
        if let Some(table) = document.tables.get_mut(place) {
            add_table(node, place, &mut table.entities, findings);
        }
        findings.scope = Scope::Contract;
    }
    members.finish(findings);
}

fn add_table(node: &Node, place: usize, entities: &mut [EntityDecl], findings: &mut Findings) {
    let Some(mut members) = Members::of(node, "a table of the sidecar", findings) else {
        return;
    };
    let is_one = entities.iter().all(|entity| entity.kind.is_none());
    let level = if is_one {
        Level::Entity
    } else {
        Level::Several
    };
    let of_table = extension::of(&mut members, level, findings);
    for entity in &mut *entities {
        let outer = std::mem::take(&mut entity.extension);
        entity.extension = outer.and(of_table.clone());
    }
    if let [entity] = entities
        && entity.kind.is_none()
    {
        findings.scope = Scope::Entity(place, 0);
        let attributes = named(members.take("attributes"), findings);
        add_attributes(attributes, &mut entity.attributes, findings);
    } else {
        for (name, node) in named(members.take("entities"), findings) {
            let kind = |e: &EntityDecl| e.kind.as_ref().is_some_and(|k| k.value == name.value);
            let Some(found) = entities.iter().position(kind) else {
                let known = entities.iter().filter_map(|e| e.kind.as_ref());
                unknown(name, "entity", known.map(|k| k.value.as_str()), findings);
                continue;
            };
            findings.scope = Scope::Entity(place, found);
            if let Some(entity) = entities.get_mut(found) {
                add_entity(node, entity, findings);
            }
        }
    }
    members.finish(findings);
}

fn add_entity(node: &Node, entity: &mut EntityDecl, findings: &mut Findings) {
    let Some(mut members) = Members::of(node, "an entity of the sidecar", findings) else {
        return;
    };
    let own = extension::of(&mut members, Level::Entity, findings);
    let outer = std::mem::take(&mut entity.extension);
    entity.extension = outer.and(own);
    let attributes = named(members.take("attributes"), findings);
    add_attributes(attributes, &mut entity.attributes, findings);
    members.finish(findings);
}

fn add_attributes(
    nodes: &[(Text, Node)],
    attributes: &mut [AttributeDecl],
    findings: &mut Findings,
) {
    for (name, node) in nodes {
        let found = attributes.iter().position(|a| a.name.value == name.value);
        let Some(found) = found else {
            let known = attributes.iter().map(|a| a.name.value.as_str());
            unknown(name, "attribute", known, findings);
            continue;
        };
        let Some(mut members) = Members::of(node, "an attribute of the sidecar", findings) else {
            continue;
        };
        let (compare, sensitive) = extension::of_attribute(&mut members, findings);
        members.finish(findings);
        if let Some(attribute) = attributes.get_mut(found) {
            attribute.compare = compare.or(attribute.compare);
            attribute.sensitive |= sensitive;
        }
    }
}

fn named<'a>(node: Option<&'a Node>, findings: &mut Findings) -> &'a [(Text, Node)] {
    match node.map(|node| (&node.value, node)) {
        None => &[],
        Some((Value::Object(members), _)) => members,
        Some((_, node)) => {
            wrong_type(
                node,
                "this",
                "an object with a member for each name",
                findings,
            );
            &[]
        }
    }
}

fn unknown<'a>(
    name: &Text,
    what: &str,
    known: impl Iterator<Item = &'a str>,
    findings: &mut Findings,
) {
    let message = format!(
        "the contract has no {what} `{}`; this is not read",
        name.value
    );
    let help = match nearest(&name.value, known) {
        Some(near) => format!("is `{near}` meant?"),
        None => "remove it from the sidecar".to_owned(),
    };
    findings.add(SIDECAR, &name.at, message, help);
}
