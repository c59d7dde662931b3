//! Which of the three forms a contract has.

use super::Extension;
use super::extension::{self, Level};
use crate::diagnostic::{Findings, SHAPE, SHAPE_B, SHAPE_C};
use crate::json::{Members, Node, Value};

/// The entries of the tables, and the `x-dal` of the root.
pub(super) fn tables<'a>(root: &'a Node, findings: &mut Findings) -> (Vec<&'a Node>, Extension) {
    let none = (Vec::new(), Extension::default());
    match &root.value {
        // A bare list of entries; each is read by its own form.
        Value::Array(entries) => (entries.iter().collect(), Extension::default()),
        Value::Object(_) => {
            if has(root, "table_definitions") || has(root, "contract_version") {
                findings.add(
                    SHAPE_C,
                    &root.at,
                    "this contract has shape C (`table_definitions`): shape C is not read yet",
                    "let the workflow write `{\"tables\": [..]}`, or wait for a later release",
                );
                return none;
            }
            if has(root, "tables") {
                let Some(mut members) = Members::of(root, "the contract", findings) else {
                    return none;
                };
                let entries = members.list("tables", findings);
                let extension = extension::of(&mut members, Level::Several, findings);
                members.finish(findings);
                return (entries.iter().collect(), extension);
            }
            if has(root, "table") || has(root, "table_name") {
                return (vec![root], Extension::default());
            }
            not_a_contract(root, findings);
            none
        }
        _ => {
            not_a_contract(root, findings);
            none
        }
    }
}

fn not_a_contract(root: &Node, findings: &mut Findings) {
    findings.add(
        SHAPE,
        &root.at,
        "this is not a migration contract: it has no `tables`",
        "a contract is `{\"tables\": [{\"table\": .., \"source_table\": .., \"pk\": .., \
         \"attributes\": [..]}]}`",
    );
}

/// Whether an entry has the form that is read; another one is a finding.
pub(super) fn is_read(entry: &Node, findings: &mut Findings) -> bool {
    if has(entry, "table_name") || has(entry, "partition_key") {
        findings.add(
            SHAPE_C,
            &entry.at,
            "this table has shape C (`table_name`, `partition_key`): shape C is not read yet",
            "let the workflow write `table`, `pk` and `sk`, or wait for a later release",
        );
        return false;
    }
    let attributes = member(entry, "attributes");
    if attributes.is_some_and(|found| matches!(found.value, Value::Object(_))) {
        findings.add(
            SHAPE_B,
            &entry.at,
            "this table has shape B (`attributes` is an object): shape B is not read yet",
            "write `attributes` as an array of `{\"name\": .., \"type\": .., ..}`; the \
             `source_table` and `source_column` of a joined attribute then name its own row",
        );
        return false;
    }
    true
}

fn has(node: &Node, name: &str) -> bool {
    member(node, name).is_some()
}

fn member<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let Value::Object(members) = &node.value else {
        return None;
    };
    let found = members.iter().find(|(found, _)| found.value == name);
    found
        .map(|(_, node)| node)
        .filter(|node| !matches!(node.value, Value::Null))
}
