//! The structs of each entity.

use std::collections::BTreeSet;
use std::fmt::Write;

use dal_traits::model::{AccessPath, Entity, Field, FieldSource, Model};
use dal_traits::store::{Needs, needs, unsupported};

use super::names::{element as element_name, identifier, path as path_name, snake, unique};
use super::types::{self, Types};

const HEAD: &str = "\
//! Records of the migration contract, for dal's `Store`.
//!
//! Written by `dal generate rust`: change the contract, not this file.

#![allow(dead_code, missing_docs, reason = \"a program need not use every path\")]
";

/// A field of a struct: the column's name, the field's, and its type.
struct Member {
    column: String,
    ident: String,
    ty: String,
    is_range: bool,
}

/// The code of all loaded entities.
pub fn code(model: &Model) -> String {
    let mut code = HEAD.to_owned();
    let mut taken = BTreeSet::new();
    for entity in &model.entities {
        let Entity { name, .. } = &**entity;
        if let Some(reason) = unsupported(model, entity) {
            let _ = write!(code, "\n// `{name}` has no code: {reason}.\n");
            continue;
        }
        let source = model.source(entity).map_or("", |source| &source.name);
        let module = identifier(&unique(&mut taken, snake(name)));
        let _ = write!(
            code,
            "\n/// `{name}`: the rows of `{source}`.\npub mod {module} {{\n"
        );
        code.push_str(&indented(&structs(entity, &needs(model, entity))));
        code.push_str("}\n");
    }
    code
}

fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("    {line}\n"),
    });
    lines.collect()
}

fn structs(entity: &Entity, needs: &Needs) -> String {
    let mut taken = BTreeSet::new();
    let elements = entity.arrays().map(|(place, array)| {
        let name = unique(&mut taken, element_name(&array.name));
        (place, name)
    });
    let of = Of {
        entity,
        elements: elements.collect(),
        names: idents(entity.fields.iter().map(|field| &field.name)),
    };
    let mut paths = Vec::new();
    for (place, path) in entity.paths.iter().enumerate() {
        let name = unique(&mut taken, path_name(&path.name));
        let ranges = needs.ranges.get(place).map_or(&[][..], Vec::as_slice);
        paths.push((name, path, of.key(path, ranges)));
    }
    let is_written = entity.read_only.is_empty();

    let mut code = String::new();
    let mut keys = paths.iter().flat_map(|(.., key)| key);
    if keys.any(|member| member.is_range) {
        code.push_str("use std::ops::Bound;\n\n");
    }
    let derives = [
        ("Child", !of.elements.is_empty()),
        ("Entity", true),
        ("Insert", is_written),
        ("Path", !paths.is_empty()),
    ];
    let derives = derives.iter().filter(|(_, is_used)| *is_used);
    let derives: Vec<_> = derives.map(|(name, _)| *name).collect();
    let _ = match derives.as_slice() {
        [one] => writeln!(code, "use dal_traits::store::{one};"),
        several => writeln!(code, "use dal_traits::store::{{{}}};", several.join(", ")),
    };

    for (place, name) in &of.elements {
        let array = entity.fields.get(*place).map_or("", |array| &array.name);
        let doc = format!("An element of `{array}`.");
        add(&mut code, &doc, "Child", "", name, &of.element(*place));
    }
    let about = format!("#[dal({:?})]\n", entity.name);
    let read: Vec<_> = (0..entity.fields.len())
        .filter_map(|place| of.member(place, |types| types.owned))
        .collect();
    add(&mut code, "A record.", "Entity", &about, "Row", &read);
    if is_written {
        let (given, left) = of.given_and_left(needs);
        let doc = match left.as_slice() {
            [] => "A new record.".to_owned(),
            left => format!("A new record. The store fills in {}.", left.join(", ")),
        };
        let of_row = "#[dal(Row)]\n";
        add(&mut code, &doc, "Insert", of_row, "New", &of.written(given));
        let (doc, whole) = ("A whole record, for `put`.", of.written(of.stored()));
        add(&mut code, doc, "Insert", of_row, "Whole", &whole);
    }
    for (name, path, key) in &paths {
        let doc = about_path(entity, path);
        let about = format!("#[dal(Row, {:?})]\n", path.name);
        add(&mut code, &doc, "Path", &about, name, key);
    }
    code
}

/// The identifier of each field.
fn idents<'a>(fields: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    fields
        .map(|name| identifier(&unique(&mut taken, snake(name))))
        .collect()
}

/// One entity, and the identifier of each of its fields.
struct Of<'a> {
    entity: &'a Entity,
    names: Vec<String>,
    /// The place of each array, and the name of the struct of its elements.
    elements: Vec<(usize, String)>,
}

impl Of<'_> {
    fn member(&self, place: usize, ty: fn(Types) -> String) -> Option<Member> {
        let field = self.entity.fields.get(place)?;
        let mut elements = self.elements.iter();
        let element = elements.find(|(array, _)| *array == place);
        let ty = ty(types::of(field, element.map(|(_, name)| name.as_str()))?);
        Some(Member {
            column: field.name.clone(),
            ident: self.names.get(place)?.clone(),
            ty: if field.nullable {
                format!("Option<{ty}>")
            } else {
                ty
            },
            is_range: false,
        })
    }

    /// The members of the elements of an array.
    fn element(&self, array: usize) -> Vec<Member> {
        let members = self.entity.children(array).map_or(&[][..], |of| of.1);
        let names = idents(members.iter().map(|member| &member.name));
        let members = members.iter().zip(names);
        let member = |(member, ident): (&dal_traits::model::Member, String)| {
            Some(Member {
                column: member.name.clone(),
                ident,
                ty: types::of_member(member)?,
                is_range: false,
            })
        };
        members.filter_map(member).collect()
    }

    /// The places of the fields that are written.
    fn stored(&self) -> Vec<usize> {
        let fields = self.entity.fields.iter().enumerate();
        let stored = fields.filter(|(_, field)| field.source != FieldSource::Derived);
        stored.map(|(place, _)| place).collect()
    }

    fn written(&self, places: Vec<usize>) -> Vec<Member> {
        let members = places.into_iter();
        members
            .filter_map(|place| self.member(place, |types| types.given))
            .collect()
    }

    /// The places of what a new record gives, and the names of what the store fills in.
    fn given_and_left(&self, needs: &Needs) -> (Vec<usize>, Vec<String>) {
        let field = |place: &usize| self.entity.fields.get(*place);
        let (given, left): (Vec<_>, Vec<_>) = self.stored().into_iter().partition(|place| {
            let is_empty_without = |field: &Field| {
                field.source == FieldSource::Children || (field.nullable && field.default.is_none())
            };
            field(place).is_some_and(is_empty_without) || needs.insert.get(*place) == Some(&true)
        });
        let left = left.iter().filter_map(field);
        (
            given,
            left.map(|field| format!("`{}`", field.name)).collect(),
        )
    }

    /// What must be given, and a range of the first field that orders the records, where one can be.
    fn key(&self, path: &AccessPath, ranges: &[bool]) -> Vec<Member> {
        let member = |place: usize, is_range: bool| -> Option<Member> {
            let field: &Field = self.entity.fields.get(place)?;
            let ty = types::of(field, None)?.given;
            Some(Member {
                column: field.name.clone(),
                ident: self.names.get(place)?.clone(),
                ty: if is_range { range_of(&ty) } else { ty },
                is_range,
            })
        };
        let equal = path.equal.iter().map(|place| member(*place, false));
        let first = path.sort.first().filter(|_| ranges.first() == Some(&true));
        let range = first.map(|place| member(*place, true));
        equal.chain(range).flatten().collect()
    }
}

/// The most columns of what is between the brackets of a tuple in one line.
const TUPLE: usize = 60;

fn range_of(ty: &str) -> String {
    let both = format!("Bound<{ty}>, Bound<{ty}>");
    if both.len() <= TUPLE {
        format!("({both})")
    } else {
        format!("(\n        Bound<{ty}>,\n        Bound<{ty}>,\n    )")
    }
}

fn about_path(entity: &Entity, path: &AccessPath) -> String {
    let of = |places: &[usize]| -> String {
        let fields = places.iter().filter_map(|place| entity.fields.get(*place));
        let names: Vec<_> = fields.map(|field| format!("`{}`", field.name)).collect();
        names.join(", ")
    };
    let mut doc = match (path.unique, path.equal.as_slice()) {
        (true, _) => "Finds one record.".to_owned(),
        (false, []) => format!("Finds all records, ordered by {}.", of(&path.sort)),
        (false, _) if path.sort.is_empty() => "Finds records, in no order.".to_owned(),
        (false, _) => format!("Finds records, ordered by {}.", of(&path.sort)),
    };
    if !path.is_strong() {
        doc.push_str(" On DynamoDB an index, which may lag.");
    }
    if !path.aliases.is_empty() {
        let _ = write!(doc, " Access patterns: {}.", path.aliases.join(", "));
    }
    doc
}

fn add(code: &mut String, doc: &str, derive: &str, about: &str, name: &str, members: &[Member]) {
    let borrows = members.iter().any(|member| member.ty.contains("&'a"));
    let lifetime = if borrows { "<'a>" } else { "" };
    let doc = documented(doc);
    let _ = write!(code, "\n{doc}#[derive(Clone, Debug, {derive})]\n{about}");
    if members.is_empty() {
        let _ = writeln!(code, "pub struct {name}{lifetime} {{}}");
        return;
    }
    let _ = writeln!(code, "pub struct {name}{lifetime} {{");
    for member in members {
        if member.ident.trim_start_matches("r#") != member.column {
            let _ = writeln!(code, "    #[dal({:?})]", member.column);
        }
        if member.is_range {
            code.push_str("    #[dal(range)]\n");
        }
        let _ = writeln!(code, "    pub {}: {},", member.ident, member.ty);
    }
    code.push_str("}\n");
}

/// The most columns of a line; a module takes four more.
const COLUMNS: usize = 96;

/// A comment for documentation.
fn documented(doc: &str) -> String {
    let mut lines = vec!["///".to_owned()];
    for word in doc.split_whitespace() {
        let fits = |line: &&mut String| line.len() + 1 + word.len() <= COLUMNS;
        match lines.last_mut().filter(fits) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(format!("/// {word}")),
        }
    }
    lines.join("\n") + "\n"
}
