//! A contract as it is written: each part with its place, names not yet looked up.

mod attribute;
mod extension;
mod index;
mod join;
mod patterns;
mod shape;
mod sidecar;
mod table;
mod template;

use dal_traits::model::{AttributeType, Compare, Projection, References};

use crate::diagnostic::{At, DUPLICATE, Findings, Scope};
use crate::json::{Node, Text};

pub(crate) use template::{Part, Template};

/// All tables of a contract. A table that is not read keeps its place and its name.
#[derive(Debug)]
pub(crate) struct Document {
    pub tables: Vec<TableDecl>,
}

#[derive(Debug)]
pub(crate) struct TableDecl {
    pub name: Text,
    pub indexes: Vec<IndexDecl>,
    /// One for a table with `attributes`.
    pub entities: Vec<EntityDecl>,
    pub partition_key: Option<Text>,
    pub sort_key: Option<Text>,
}

#[derive(Debug)]
pub(crate) struct IndexDecl {
    pub name: Text,
    pub partition_key: Text,
    pub sort_key: Option<Text>,
    pub projection: Projection,
    pub projected: Vec<Text>,
}

#[derive(Debug)]
pub(crate) struct EntityDecl {
    /// Where it stands.
    pub at: At,
    /// The name of the table, or `TABLE.ENTITY`.
    pub name: String,
    /// Its `entity_type`, in a table of several entities.
    pub kind: Option<Text>,
    pub source: Option<Text>,
    /// The templates of the keys, in a table of several entities.
    pub templates: Option<KeyTemplates>,
    pub attributes: Vec<AttributeDecl>,
    pub extension: Extension,
}

#[derive(Debug)]
pub(crate) struct KeyTemplates {
    pub partition: Option<Template>,
    pub sort: Option<Template>,
}

#[derive(Debug)]
pub(crate) struct AttributeDecl {
    pub name: Text,
    pub attribute_type: Option<(AttributeType, At)>,
    pub source_table: Option<Text>,
    pub source_columns: Vec<Text>,
    pub join: Option<JoinDecl>,
    pub transformation: Option<Transformation>,
    pub compare: Option<Compare>,
    pub sensitive: bool,
    /// Whether a part of it is refused, so that nothing else can be said of it.
    pub is_broken: bool,
}

#[derive(Debug)]
pub(crate) enum JoinDecl {
    Lookup(LookupDecl),
    Construction(Box<ConstructionDecl>),
}

/// foreign-key, lookup-table, self-join, multi-column and chain: from row to row.
#[derive(Debug)]
pub(crate) struct LookupDecl {
    pub hops: Vec<HopDecl>,
    pub null_value: Option<Text>,
}

#[derive(Debug)]
pub(crate) struct HopDecl {
    /// None: the source table itself, by its alias.
    pub target: Option<Text>,
    pub alias: Option<Text>,
    pub conditions: Vec<Text>,
    pub select: Text,
}

#[derive(Debug)]
pub(crate) struct ConstructionDecl {
    pub at: At,
    pub target: Text,
    pub condition: Text,
    pub is_array: bool,
    pub limit: Option<At>,
    pub order_by: Option<Text>,
    /// The name of each member, and its column.
    pub select: Vec<(Text, Text)>,
}

#[derive(Debug)]
pub(crate) enum Transformation {
    Text(Template),
    Date(Text),
    Number(Text),
}

/// The `x-dal` members of an entity and what it is in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extension {
    pub references: Option<References>,
    pub orders: Vec<OrderDecl>,
    pub access_patterns: Vec<PatternDecl>,
    pub unique_constraints: Vec<UniqueDecl>,
}

/// How MySQL orders, for one path or for all.
#[derive(Clone, Debug)]
pub(crate) struct OrderDecl {
    pub path: Option<Text>,
    pub by_column: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct PatternDecl {
    pub id: Text,
    pub entity: Option<Text>,
    pub given: Vec<Text>,
    pub order: Vec<Text>,
}

#[derive(Clone, Debug)]
pub(crate) struct UniqueDecl {
    pub at: At,
    pub name: Text,
    pub columns: Vec<Text>,
}

/// Reads a contract, and what its sidecar adds to it.
pub(crate) fn read(contract: &Node, sidecar: Option<&Node>, findings: &mut Findings) -> Document {
    let (entries, extension) = shape::tables(contract, findings);
    let mut tables = Vec::new();
    for entry in entries {
        findings.scope = Scope::Table(tables.len());
        tables.push(table::read(
            entry,
            tables.len(),
            &extension,
            &tables,
            findings,
        ));
    }
    findings.scope = Scope::Contract;
    let mut document = Document { tables };
    if let Some(sidecar) = sidecar {
        sidecar::add(sidecar, &mut document, findings);
    }
    patterns::assign(&mut document, findings);
    names(&document, findings);
    document
}

/// `A.B` may be the entity B of the table A, or the table `A.B`.
fn names(document: &Document, findings: &mut Findings) {
    let mut known: Vec<&str> = Vec::new();
    for (t, table) in document.tables.iter().enumerate() {
        for (e, entity) in table.entities.iter().enumerate() {
            let is_in_table = table
                .entities
                .iter()
                .filter(|o| o.name == entity.name)
                .count()
                > 1;
            if known.contains(&entity.name.as_str()) && !is_in_table {
                findings.scope = Scope::Entity(t, e);
                let message = format!("two entities are named `{}`", entity.name);
                findings.add(DUPLICATE, &entity.at, message, "rename one of them");
            }
            known.push(&entity.name);
        }
    }
    findings.scope = Scope::Contract;
}
