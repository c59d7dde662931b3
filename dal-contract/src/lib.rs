#![doc = include_str!("../README.md")]

mod compile;
mod describe;
mod diagnostic;
mod document;
mod json;
mod lint;
mod resolve;
mod sql;

use std::sync::Arc;

use dal_traits::catalog::Catalog;
use dal_traits::model::Model;
use serde::Serialize;

pub use describe::describe;
pub use diagnostic::{CODES, Code, Diagnostic, File, Severity, Sources, render};

use compile::Compiled;
use diagnostic::{Findings, Scope};

/// What is done with warnings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// A warning refuses nothing: contracts that exist load.
    #[default]
    Lenient,
    /// A warning refuses as an error does.
    Strict,
}

/// A contract after reading.
#[derive(Debug)]
pub struct Contract {
    /// Everything that was found, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// Every entity of the contract, loaded or not.
    pub entities: Vec<EntityOutcome>,
    /// What was loaded. Without a catalog, its types and keys are not those of MySQL, and it is only
    /// good to look at.
    pub model: Model,
}

/// What became of an entity.
#[derive(Clone, Debug, Serialize)]
pub struct EntityOutcome {
    /// `Users`, or `UserData.USER` in a table of several entities.
    pub name: String,
    /// The table of DynamoDB.
    pub table: String,
    /// The table of MySQL.
    pub source_table: Option<String>,
    /// Whether it is part of the model.
    pub loaded: bool,
    /// The places of the diagnostics that concern it, those of its table and of the contract included.
    #[serde(skip)]
    pub diagnostics: Vec<usize>,
}

/// Reads a contract, against MySQL's schema if there is one.
///
/// Whatever is wrong is a diagnostic, and refuses the entity that it stands in; the others load.
pub fn load(sources: Sources<'_>, catalog: Option<&Catalog>, mode: Mode) -> Contract {
    let mut findings = Findings::new();
    let contract = json::parse(sources.contract, File::Contract, &mut findings);
    let sidecar = sources.sidecar;
    let sidecar = sidecar.and_then(|text| json::parse(text, File::Sidecar, &mut findings));
    let document = match &contract {
        Some(root) => document::read(root, sidecar.as_ref(), &mut findings),
        None => document::Document { tables: Vec::new() },
    };
    let resolved = resolve::resolve(&document, catalog, &mut findings);
    let mut compiled = Vec::new();
    for (t, table) in document.tables.iter().enumerate() {
        let indexes: Vec<&str> = table
            .indexes
            .iter()
            .map(|i| i.name.value.as_str())
            .collect();
        for (e, decl) in table.entities.iter().enumerate() {
            findings.scope = Scope::Entity(t, e);
            let found = resolved
                .entities
                .get(t)
                .and_then(|entities| entities.get(e));
            let Some(found) = found.and_then(Option::as_ref) else {
                continue;
            };
            let shares = shares(&document, decl);
            let entity = compile::compile(
                decl,
                found,
                &indexes,
                &table.name.value,
                shares,
                &resolved.rows,
                &mut findings,
            );
            compiled.extend(entity.map(|entity| ((t, e), entity)));
        }
    }
    let all: Vec<&Compiled<'_>> = compiled.iter().map(|(_, entity)| entity).collect();
    for ((t, e), entity) in &compiled {
        findings.scope = Scope::Entity(*t, *e);
        lint::entity(entity, &all, &resolved.rows, &mut findings);
    }
    findings.scope = Scope::Contract;
    lint::orders(&all, &mut findings);
    finish(
        &document,
        &compiled,
        resolved.rows.catalog.clone(),
        sources,
        mode,
        findings,
    )
}

/// Another entity that is made of rows of the same table.
fn shares<'a>(document: &'a document::Document, decl: &document::EntityDecl) -> Option<&'a str> {
    let source = decl.source.as_ref()?;
    let entities = document.tables.iter().flat_map(|table| &table.entities);
    let mut others = entities.filter(|other| !std::ptr::eq(*other, decl));
    let other = others.find(|other| {
        let of_other = other.source.as_ref();
        of_other.is_some_and(|other| other.value == source.value)
    });
    other.map(|other| other.name.as_str())
}

/// Takes what no error refuses.
fn finish(
    document: &document::Document,
    compiled: &[((usize, usize), Compiled<'_>)],
    catalog: Catalog,
    sources: Sources<'_>,
    mode: Mode,
    findings: Findings,
) -> Contract {
    let strict = mode == Mode::Strict;
    let is_loaded = |t, e| {
        let mut found = compiled.iter();
        found.any(|(place, _)| *place == (t, e)) && !findings.refuses(t, e, strict)
    };
    let mut outcomes = Vec::new();
    for (t, table) in document.tables.iter().enumerate() {
        for (e, entity) in table.entities.iter().enumerate() {
            outcomes.push((
                (t, e),
                EntityOutcome {
                    name: entity.name.clone(),
                    table: table.name.value.clone(),
                    source_table: entity.source.as_ref().map(|source| source.value.clone()),
                    loaded: is_loaded(t, e),
                    diagnostics: Vec::new(),
                },
            ));
        }
    }
    let mut model = Model {
        catalog: Arc::new(catalog),
        tables: Vec::new(),
        entities: Vec::new(),
    };
    for (t, table) in document.tables.iter().enumerate() {
        let loaded: Vec<_> = compiled
            .iter()
            .filter(|((of, e), _)| *of == t && is_loaded(*of, *e))
            .map(|(_, compiled)| &compiled.entity)
            .collect();
        let Some(item_table) = compile::table(table, &loaded) else {
            continue;
        };
        let place = model.tables.len();
        model.tables.push(item_table);
        for entity in loaded {
            let mut entity = entity.clone();
            entity.table = place;
            entity.place = model.entities.len();
            model.entities.push(Arc::new(entity));
        }
    }
    let diagnostics = findings.finish(sources, strict);
    for ((t, e), outcome) in &mut outcomes {
        let all = diagnostics.iter().enumerate();
        let own = all.filter(|(_, found)| found.scope.covers(*t, *e));
        outcome.diagnostics = own.map(|(place, _)| place).collect();
    }
    Contract {
        diagnostics,
        entities: outcomes.into_iter().map(|(_, outcome)| outcome).collect(),
        model,
    }
}
