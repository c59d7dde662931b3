//! Which entity an access pattern of `x-dal` is about.

use super::{Document, EntityDecl, PatternDecl};
use crate::diagnostic::{Findings, PATTERN_ENTITY};
use crate::json::nearest;

/// Leaves each pattern to the entity that it names, or that it stands in alone. One that names none
/// is a finding.
pub(super) fn assign(document: &mut Document, findings: &mut Findings) {
    let entities = || document.tables.iter().flat_map(|table| &table.entities);
    let mut all: Vec<&PatternDecl> = Vec::new();
    for pattern in entities().flat_map(|entity| &entity.extension.access_patterns) {
        if !all.iter().any(|known| known.id.at == pattern.id.at) {
            all.push(pattern);
        }
    }
    let mut kept = Vec::new();
    for pattern in all {
        let holds = |entity: &&EntityDecl| {
            let mut patterns = entity.extension.access_patterns.iter();
            patterns.any(|held| held.id.at == pattern.id.at)
        };
        let here: Vec<&EntityDecl> = entities().filter(holds).collect();
        let (is_found, message, help) = match &pattern.entity {
            None => (
                here.len() == 1,
                format!("the access pattern `{}` names no entity", pattern.id.value),
                "add `entity`, or write it at the entity".to_owned(),
            ),
            Some(name) => {
                let names: Vec<&str> = here.iter().map(|entity| entity.name.as_str()).collect();
                let help = nearest(&name.value, names.iter().copied()).map_or_else(
                    || format!("known here: {}", names.join(", ")),
                    |near| format!("is `{near}` meant?"),
                );
                let message = format!("there is no entity `{}` here", name.value);
                (
                    here.iter().any(|entity| is_about(pattern, entity)),
                    message,
                    help,
                )
            }
        };
        if is_found {
            kept.push(pattern.id.at.clone());
        } else {
            let at = pattern
                .entity
                .as_ref()
                .map_or(&pattern.id.at, |name| &name.at);
            findings.add(PATTERN_ENTITY, at, message, help);
        }
    }
    for entity in document
        .tables
        .iter_mut()
        .flat_map(|table| &mut table.entities)
    {
        let mut patterns = std::mem::take(&mut entity.extension.access_patterns);
        patterns.retain(|pattern| kept.contains(&pattern.id.at) && is_about(pattern, entity));
        entity.extension.access_patterns = patterns;
    }
}

/// Whether the pattern names the entity, or none.
fn is_about(pattern: &PatternDecl, entity: &EntityDecl) -> bool {
    let kind = entity.kind.as_ref();
    pattern.entity.as_ref().is_none_or(|name| {
        name.value == entity.name || kind.is_some_and(|kind| kind.value == name.value)
    })
}
