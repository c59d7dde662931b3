//! Tables and entities.

use super::extension::{self, Level};
use super::{EntityDecl, Extension, IndexDecl, KeyTemplates, TableDecl, Template};
use super::{attribute, index, shape};
use crate::diagnostic::{
    BODY, DUPLICATE, Findings, ITEM_SIZE, LIMIT, MEMBER_VALUE, Scope, TABLE_NAME, TABLE_TYPE,
};
use crate::json::{Members, Node, Text, Value, nearest};

/// "Quotas: Global secondary indexes" of DynamoDB.
const INDEXES: usize = 20;
/// "Quotas: Items" of DynamoDB: 400 KB.
const ITEM_BYTES: u64 = 400_000;

/// The entry of a table. One that cannot be read has at least a name, by which to say so.
pub(super) fn read(
    entry: &Node,
    place: usize,
    root: &Extension,
    before: &[TableDecl],
    findings: &mut Findings,
) -> TableDecl {
    if !shape::is_read(entry, findings) {
        return not_read(entry);
    }
    table(entry, place, root, before, findings).unwrap_or_else(|| not_read(entry))
}

fn table(
    entry: &Node,
    place: usize,
    root: &Extension,
    before: &[TableDecl],
    findings: &mut Findings,
) -> Option<TableDecl> {
    let mut members = Members::of(entry, "a table", findings)?;
    let name = members.required("table", findings)?;
    check_name(&name, 255, findings);
    if before.iter().any(|table| table.name.value == name.value) {
        let message = format!("two tables are named `{}`", name.value);
        findings.add(
            DUPLICATE,
            &name.at,
            message,
            "give one of them another name",
        );
    }
    let stated = members.text("type", findings);
    let source = members.name("source_table", findings);
    let partition_key = members.name("pk", findings);
    let sort_key = members.name("sk", findings);
    let indexes = indexes(&mut members, findings);
    let attributes = members.take("attributes");
    let entities = members.take("entities");
    let level = if entities.is_some() {
        Level::Several
    } else {
        Level::Entity
    };
    let extension = root
        .clone()
        .and(extension::of(&mut members, level, findings));
    members.list("satisfies", findings);
    if let Some((bytes, at)) = members.number("estimated_item_size_bytes", findings)
        && bytes > ITEM_BYTES
    {
        let message = format!("an item of {bytes} bytes is more than DynamoDB holds");
        let help = "keep large values elsewhere, or in tables of their own";
        findings.add(ITEM_SIZE, &at, message, help);
    }
    let is_multi = entities.is_some();
    if attributes.is_some() == is_multi {
        let message = format!(
            "the table `{}` has {} `attributes` {} `entities`",
            name.value,
            if is_multi { "both" } else { "neither" },
            if is_multi { "and" } else { "nor" },
        );
        let help = "give it `attributes` for one entity, or `entities` for several";
        findings.add(BODY, members.at(), message, help);
    }
    if let Some(stated) = &stated {
        check_type(stated, is_multi, findings);
    }
    let entities = if is_multi {
        let nodes = members.list("entities", findings);
        several(nodes, place, &name, &extension, findings)
    } else {
        if partition_key.is_none() && attributes.is_some() {
            members.missing("pk", findings);
        }
        if source.is_none() && attributes.is_some() {
            members.missing("source_table", findings);
        }
        findings.scope = Scope::Entity(place, 0);
        vec![EntityDecl {
            at: name.at.clone(),
            name: name.value.clone(),
            kind: None,
            source,
            templates: None,
            attributes: attribute::list(members.list("attributes", findings), findings),
            extension,
        }]
    };
    findings.scope = Scope::Table(place);
    members.finish(findings);
    Some(TableDecl {
        name,
        indexes,
        entities,
        partition_key,
        sort_key,
    })
}

/// What is left of a table that is not read.
fn not_read(entry: &Node) -> TableDecl {
    let name = match &entry.value {
        Value::Object(members) => members.iter().find_map(|(name, node)| match &node.value {
            Value::Text(text) if ["table", "table_name"].contains(&name.value.as_str()) => {
                Some(text.clone())
            }
            _ => None,
        }),
        _ => None,
    };
    let name = name.unwrap_or_else(|| Text::new("(without a name)", &entry.at));
    let entity = EntityDecl {
        at: name.at.clone(),
        name: name.value.clone(),
        kind: None,
        source: None,
        templates: None,
        attributes: Vec::new(),
        extension: Extension::default(),
    };
    TableDecl {
        name,
        indexes: Vec::new(),
        entities: vec![entity],
        partition_key: None,
        sort_key: None,
    }
}

fn indexes(members: &mut Members<'_>, findings: &mut Findings) -> Vec<IndexDecl> {
    let nodes = members.list("gsis", findings);
    if let Some(beyond) = nodes.get(INDEXES) {
        let message = format!("a table has at most {INDEXES} global secondary indexes");
        findings.add(LIMIT, &beyond.at, message, "remove some of them");
    }
    let mut indexes: Vec<IndexDecl> = Vec::new();
    for node in nodes {
        if let Some(found) = index::read(node, findings) {
            check_name(&found.name, 255, findings);
            if indexes.iter().any(|i| i.name.value == found.name.value) {
                let message = format!("two indexes are named `{}`", found.name.value);
                findings.add(DUPLICATE, &found.name.at, message, "rename one of them");
            }
            indexes.push(found);
        }
    }
    indexes
}

fn several(
    nodes: &[Node],
    place: usize,
    table: &Text,
    extension: &Extension,
    findings: &mut Findings,
) -> Vec<EntityDecl> {
    let mut entities: Vec<EntityDecl> = Vec::new();
    for node in nodes {
        // Without a name it refuses the whole table: its keys may be those of others.
        findings.scope = Scope::Table(place);
        let own = Scope::Entity(place, entities.len());
        let Some(entity) = entity(node, own, table, extension, findings) else {
            continue;
        };
        let kind = entity.kind.as_ref();
        if let Some(kind) = kind
            && entities.iter().any(|other| other.name == entity.name)
        {
            let message = format!("two entities of this table are named `{}`", kind.value);
            findings.add(DUPLICATE, &kind.at, message, "rename one of them");
        }
        entities.push(entity);
    }
    entities
}

fn entity(
    node: &Node,
    own: Scope,
    table: &Text,
    extension: &Extension,
    findings: &mut Findings,
) -> Option<EntityDecl> {
    let mut members = Members::of(node, "an entity", findings)?;
    let kind = members.required("entity_type", findings)?;
    findings.scope = own;
    let source = members.required("source_table", findings);
    let mut template = |name, findings: &mut Findings| {
        let text = members.required(name, findings)?;
        Template::read(&text, findings)
    };
    let partition = template("pk_template", findings);
    let sort = template("sk_template", findings);
    if members.take("attributes").is_none() {
        members.missing("attributes", findings);
    }
    let attributes = attribute::list(members.list("attributes", findings), findings);
    let own = extension::of(&mut members, Level::Entity, findings);
    let extension = extension.clone().and(own);
    members.finish(findings);
    Some(EntityDecl {
        at: kind.at.clone(),
        name: format!("{}.{}", table.value, kind.value),
        kind: Some(kind),
        source,
        templates: Some(KeyTemplates { partition, sort }),
        attributes,
        extension,
    })
}

/// "Naming rules" of DynamoDB.
fn check_name(name: &Text, most: usize, findings: &mut Findings) {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let length = name.value.chars().count();
    if !(3..=most).contains(&length) || !name.value.chars().all(legal) {
        let message = format!(
            "DynamoDB accepts no table or index with the name `{}`",
            name.value
        );
        let help = format!("use 3 to {most} of the characters a-z, A-Z, 0-9, `_`, `.` and `-`");
        findings.add(TABLE_NAME, &name.at, message, help);
    }
}

fn check_type(stated: &Text, is_multi: bool, findings: &mut Findings) {
    let known = ["single-entity", "multi-entity"];
    let found = if is_multi { known[1] } else { known[0] };
    match stated.value.as_str() {
        // The word of older contracts, which says nothing.
        "Table" => {}
        same if same == found => {}
        other if known.contains(&other) => findings.understood(
            TABLE_TYPE,
            &stated.at,
            format!("`type` says `{other}`, but the table is `{found}` by its members"),
            format!("`{found}`"),
            "correct `type`",
        ),
        other => {
            let near = nearest(other, known.into_iter()).unwrap_or(found);
            let message = format!("`{other}` is not a type of a table");
            findings.add(MEMBER_VALUE, &stated.at, message, format!("write `{near}`"));
        }
    }
}
