//! The result of a check for people.

use std::fmt::Write as _;

use dal_contract::{Diagnostic, Severity, Sources, render};

use super::Checked;
use super::report::{EntityReport, Key, Loaded, NOT_CHECKED, Path, entities};

pub fn text(checked: &Checked, sources: Sources<'_>, contract: &str, sidecar: &str) -> String {
    let found: Vec<Diagnostic> = checked.found().cloned().collect();
    let mut text = render(&found, sources, contract, sidecar);
    let entities = entities(checked);
    for entity in &entities {
        one(entity, &mut text);
    }
    let loaded = entities
        .iter()
        .filter(|entity| entity.outcome.loaded)
        .count();
    let count = |severity| {
        found
            .iter()
            .filter(|found| found.severity == severity)
            .count()
    };
    let _ = writeln!(
        text,
        "{loaded} of {} entities are loaded; {} errors, {} warnings, {} notes",
        entities.len(),
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Info),
    );
    if !checked.has_catalog {
        let _ = writeln!(
            text,
            "Not checked, because there is no catalog (--catalog FILE or --mysql URL): {}",
            NOT_CHECKED.join("; ")
        );
    }
    text
}

fn one(entity: &EntityReport<'_>, text: &mut String) {
    let outcome = entity.outcome;
    let source = outcome.source_table.as_deref().unwrap_or("?");
    let way = format!("{source} -> {}", outcome.table);
    let Some(model) = &entity.model else {
        let mut codes = entity.refused_by.clone();
        codes.dedup();
        let _ = writeln!(
            text,
            "{}: NOT LOADED ({way}): {}\n",
            outcome.name,
            codes.join(", ")
        );
        return;
    };
    let only = if model.read_only.is_empty() {
        ""
    } else {
        ", read-only"
    };
    let _ = writeln!(text, "{}: loaded{only} ({way})", outcome.name);
    for reason in &model.read_only {
        let _ = writeln!(text, "  read-only  {reason}");
    }
    loaded(model, text);
    text.push('\n');
}

fn loaded(model: &Loaded, text: &mut String) {
    let key = |key: &Key| {
        format!(
            "{} {} = {}",
            key.attribute, key.attribute_type, key.expression
        )
    };
    let _ = writeln!(text, "  key        {}", key(&model.partition_key));
    if let Some(sort) = &model.sort_key {
        let _ = writeln!(text, "  sort key   {}", key(sort));
    }
    for path in &model.paths {
        let _ = writeln!(text, "  path       {}", path_line(path));
    }
}

fn path_line(path: &Path) -> String {
    let mut line = format!("{} ({})", path.name, path.given.join(", "));
    if !path.order.is_empty() {
        let _ = write!(line, " by {}", path.order.join(", "));
    }
    let _ = write!(line, ": {}", path.consistency);
    if path.served_by == "guard" {
        line.push_str(", through a guard item");
    }
    if path.unique {
        line.push_str(", one record");
    }
    if !path.access_patterns.is_empty() {
        let _ = write!(line, " [{}]", path.access_patterns.join(", "));
    }
    line
}
