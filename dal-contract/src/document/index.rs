//! Global secondary indexes.

use dal_traits::model::Projection;

use super::IndexDecl;
use crate::diagnostic::{DUPLICATE, Findings, MEMBER_VALUE, PROJECTION};
use crate::json::{Members, Node, Text, nearest, text};

pub(super) fn read(node: &Node, findings: &mut Findings) -> Option<IndexDecl> {
    let mut members = Members::of(node, "an index", findings)?;
    let name = members.required("index_name", findings);
    let partition_key = members.required("pk", findings);
    let sort_key = members.name("sk", findings);
    let stated = members.text("projection", findings);
    let nodes = members.list("projected_attributes", findings);
    let projected: Vec<Text> = nodes
        .iter()
        .filter_map(|node| text(node, "a projected attribute", findings))
        .collect();
    let at = members.at();
    members.finish(findings);
    for (i, attribute) in projected.iter().enumerate() {
        if projected.iter().take(i).any(|p| p.value == attribute.value) {
            let message = format!("`{}` is projected twice", attribute.value);
            findings.add(DUPLICATE, &attribute.at, message, "remove one of them");
        }
    }
    let projection = match stated.as_ref().map(|text| text.value.as_str()) {
        None | Some("ALL") => Projection::All,
        Some("KEYS_ONLY") => Projection::KeysOnly,
        Some("INCLUDE") => {
            Projection::Include(projected.iter().map(|name| name.value.clone()).collect())
        }
        Some(other) => {
            let known = ["ALL", "KEYS_ONLY", "INCLUDE"];
            let message = format!("`{other}` is not a projection");
            let help = match nearest(other, known.into_iter()) {
                Some(near) => format!("write `{near}`"),
                None => format!("write one of {}", known.join(", ")),
            };
            let at = stated.as_ref().map_or(at, |text| &text.at);
            findings.add(MEMBER_VALUE, at, message, help);
            return None;
        }
    };
    let includes = matches!(projection, Projection::Include(_));
    if includes == projected.is_empty() {
        let (message, help) = if includes {
            (
                "INCLUDE names no attribute",
                "add `projected_attributes`, or project KEYS_ONLY",
            )
        } else {
            (
                "`projected_attributes` counts only with the projection INCLUDE",
                "write `\"projection\": \"INCLUDE\"`, or remove `projected_attributes`",
            )
        };
        let at = nodes.first().map_or(at, |node| &node.at);
        findings.add(PROJECTION, at, message, help);
    }
    Some(IndexDecl {
        name: name?,
        partition_key: partition_key?,
        sort_key,
        projection,
        projected,
    })
}
