//! Structs compared with the model: every mistake at once.

use std::any::TypeId;
use std::fmt::Display;
use std::sync::Arc;

use super::members::Members;
use super::names::unknown;
use super::shape::{EntityShape, InsertShape, PathShape, Shape, WriteField};
use super::verification::{Resolved, Verification};
use crate::Result;
use crate::catalog::ColumnType;
use crate::model::{AccessPath, Entity, Field, FieldSource, ValueType};
use crate::store::Store;
use crate::store::plan::{Plan, required};
use crate::value::ChildField;

/// A text that any column of text holds: what a composed value is.
const COMPOSED: ColumnType = ColumnType::Text(0xFFFF_FFFF);

impl Verification<'_> {
    /// Verifies a struct that derives `Entity`.
    pub fn entity<E: EntityShape>(&mut self) {
        if self.table.contains_key(&E::key()) {
            return;
        }
        let Some(plan) = self.plan::<E>(E::TYPE) else {
            return;
        };
        let (mut places, mut members) = (Vec::new(), Vec::new());
        for read in E::FIELDS {
            let Some(place) = self.place(E::TYPE, &plan.entity, read.name, &places) else {
                continue;
            };
            places.push(place);
            let Some(field) = plan.entity.fields.get(place) else {
                continue;
            };
            members.push(self.members(E::TYPE, read.name, read.child, field));
            let column_type = match &field.value_type {
                ValueType::Column(column_type) => column_type,
                ValueType::Composed => &COMPOSED,
                ValueType::Rows(_) => continue,
            };
            if !(read.holds)(column_type) {
                let own = (read.type_name)();
                self.mistake(
                    E::TYPE,
                    read.name,
                    format!("`{own}` cannot hold every value of a column of type {column_type}"),
                );
            }
            if field.nullable && !read.nullable {
                self.mistake(
                    E::TYPE,
                    read.name,
                    "the column takes NULL: write `Option<..>`",
                );
            }
        }
        self.resolve(E::key(), plan, 0, (places, members), E::FIELDS.len());
    }

    /// Verifies a struct that derives `Insert`, and its entity.
    pub fn insert<I: InsertShape>(&mut self) {
        I::Entity::verify(self);
        let Some(plan) = self.plan::<I::Entity>(I::TYPE) else {
            return;
        };
        let entity = &plan.entity;
        if !entity.read_only.is_empty() {
            let reasons = entity.read_only.join("; ");
            let message = format!("`{}` is read only: {reasons}", entity.name);
            self.mistakes.push(format!("`{}`: {message}", I::TYPE));
        }
        let (mut places, mut members) = (Vec::new(), Vec::new());
        for written in I::FIELDS {
            let Some(place) = self.place(I::TYPE, entity, written.name, &places) else {
                continue;
            };
            places.push(place);
            let Some(field) = entity.fields.get(place) else {
                continue;
            };
            if field.source == FieldSource::Derived {
                let message = "it is computed when the record is written: leave it out";
                self.mistake(I::TYPE, written.name, message);
                continue;
            }
            let found = self.members(I::TYPE, written.name, written.child, field);
            if found.as_ref().is_some_and(|found| !found.is_whole()) {
                let message = "its elements are written with every member: add the missing ones";
                self.mistake(I::TYPE, written.name, message);
            }
            members.push(found);
            self.check_type(I::TYPE, written, field);
            if written.nullable && !field.nullable && !field.auto_increment {
                let message = "the column takes no NULL: write the type without `Option`";
                self.mistake(I::TYPE, written.name, message);
            }
        }
        for (place, field) in entity.fields.iter().enumerate() {
            if let Some(reason) = required(&plan, place, field)
                && !places.contains(&place)
            {
                self.mistake(I::TYPE, &field.name, reason);
            }
        }
        self.resolve(I::key(), plan, 0, (places, members), I::FIELDS.len());
    }

    /// Verifies a struct that derives `Path`, and its entity.
    pub fn path<P: PathShape>(&mut self) {
        P::Entity::verify(self);
        let Some(plan) = self.plan::<P::Entity>(P::TYPE) else {
            return;
        };
        let entity = &plan.entity;
        let mut places = Vec::new();
        for given in P::FIELDS {
            let Some(place) = self.place(P::TYPE, entity, given.name, &places) else {
                continue;
            };
            places.push(place);
            if let Some(field) = entity.fields.get(place) {
                self.check_type(P::TYPE, given, field);
                if given.nullable {
                    self.mistake(
                        P::TYPE,
                        given.name,
                        "a key is never NULL: write it without `Option`",
                    );
                }
            }
        }
        let Some(path) = entity.path(P::PATH) else {
            let names = entity.paths.iter().map(|path| path.name.as_str());
            let message = unknown("path", P::PATH, names);
            self.mistakes.push(format!("`{}`: {message}", P::TYPE));
            return;
        };
        if places.len() == P::FIELDS.len() {
            if let Some(found) = entity.paths.get(path) {
                let ranges = plan.ranges.get(path).map_or(&[][..], Vec::as_slice);
                let key = places.iter().copied().zip(P::FIELDS);
                if let Err(message) = check_key(entity, found, ranges, &key.collect::<Vec<_>>()) {
                    self.mistakes.push(format!("`{}`: {message}", P::TYPE));
                }
            }
            self.resolve(P::key(), plan, path, (places, Vec::new()), P::FIELDS.len());
        }
    }

    fn resolve(
        &mut self,
        key: TypeId,
        plan: Arc<Plan>,
        path: usize,
        (places, members): (Vec<usize>, Vec<Option<Members>>),
        of: usize,
    ) {
        if places.len() == of {
            let resolved = Resolved {
                plan,
                path,
                places,
                members,
            };
            self.table.insert(key, Arc::new(resolved));
        }
    }

    fn mistake(&mut self, of: &str, field: &str, message: impl Display) {
        self.mistakes.push(format!("`{of}.{field}`: {message}"));
    }

    /// The entity of this name, or the only one whose rows are of the table of this name.
    fn plan<E: EntityShape>(&mut self, of: &str) -> Option<Arc<Plan>> {
        let model = self.store.service().model();
        let plans = &self.store.plans;
        let is_named = |plan: &&Arc<Plan>| plan.entity.name == E::ENTITY;
        let is_of_table = |plan: &&Arc<Plan>| {
            let source = model.source(&plan.entity);
            source.is_some_and(|source| source.name.eq_ignore_ascii_case(E::ENTITY))
        };
        let mut of_table = plans.iter().filter(is_of_table);
        let only = of_table.next().filter(|_| of_table.next().is_none());
        let Some(plan) = plans.iter().find(is_named).or(only) else {
            let names = plans.iter().map(|plan| plan.entity.name.as_str());
            let message = unknown("entity", E::ENTITY, names);
            // The entity itself says it, whichever struct is about it.
            self.mistakes.push(format!("`{}`: {message}", E::TYPE));
            return None;
        };
        if let Some(reason) = &plan.unsupported {
            let name = &plan.entity.name;
            let message = format!("the entity `{name}` is not supported yet: {reason}");
            self.mistakes.push(format!("`{of}`: {message}"));
            return None;
        }
        Some(plan.clone())
    }

    fn place(&mut self, of: &str, entity: &Entity, name: &str, known: &[usize]) -> Option<usize> {
        let Some(place) = entity.field(name) else {
            let names = entity.fields.iter().map(|field| field.name.as_str());
            let message = unknown("column", name, names);
            self.mistake(of, name, message);
            return None;
        };
        if known.contains(&place) {
            self.mistake(of, name, "another field is the same column");
        }
        Some(place)
    }

    /// Where the fields of the elements are, of a field that is an array.
    fn members(
        &mut self,
        of: &str,
        name: &str,
        child: Option<&'static [ChildField]>,
        field: &Field,
    ) -> Option<Members> {
        let ValueType::Rows(members) = &field.value_type else {
            return None;
        };
        let Some(child) = child else {
            let message =
                "it is an array of rows: write `Vec<..>` of a struct that derives `Child`";
            self.mistake(of, name, message);
            return None;
        };
        let found = Members::find(child, members);
        found
            .map_err(|mistakes| {
                for (member, message) in mistakes {
                    self.mistake(of, &format!("{name}.{member}"), message);
                }
            })
            .ok()
    }

    fn check_type(&mut self, of: &str, own: &WriteField, field: &Field) {
        if let ValueType::Column(column_type) = &field.value_type
            && !own.kind.suits(column_type)
        {
            let type_name = (own.type_name)();
            let message = format!("a column of type {column_type} does not store `{type_name}`");
            self.mistake(of, own.name, message);
        }
    }
}

/// A path takes each of its `equal` fields, then a beginning of its `sort` fields, and at most one
/// range, of the next one.
fn check_key(
    entity: &Entity,
    path: &AccessPath,
    ranges: &[bool],
    key: &[(usize, &WriteField)],
) -> Result<(), String> {
    let name = &path.name;
    let find = |place: usize| key.iter().find(|(of, _)| *of == place).map(|found| found.1);
    let field_name = |place: usize| entity.fields.get(place).map_or("", |field| &field.name);
    for place in &path.equal {
        match find(*place) {
            Some(found) if found.is_range => {
                let field = found.name;
                return Err(format!(
                    "the path `{name}` takes one value of `{field}`, no range"
                ));
            }
            Some(_) => {}
            None => {
                let missing = field_name(*place);
                return Err(format!("the path `{name}` needs `{missing}`"));
            }
        }
    }
    let mut used = path.equal.len();
    for (i, place) in path.sort.iter().enumerate() {
        let Some(found) = find(*place) else { break };
        used += 1;
        if !found.is_range {
            continue;
        }
        if ranges.get(i) != Some(&true) {
            let field = found.name;
            return Err(format!(
                "the path `{name}` does not order by `{field}` as MySQL does: give one value"
            ));
        }
        break;
    }
    if used < key.len() {
        let takes: Vec<_> = path.equal.iter().chain(&path.sort).collect();
        let names: Vec<_> = takes.iter().map(|place| field_name(**place)).collect();
        return Err(format!(
            "the path `{name}` takes {}, from the first on, and a range only at the end",
            names.join(", ")
        ));
    }
    Ok(())
}

impl Store {
    /// Compares structs with the model, and finds out once where their fields are: a tuple of the
    /// types that derive `Entity`, `Insert` and `Path`. The returned store takes their values.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config), with every mistake.
    pub fn verify<S: Shape>(self) -> Result<super::TypedStore> {
        let mut verification = Verification::new(&self);
        S::verify(&mut verification);
        let table = verification.finish()?;
        Ok(super::TypedStore::new(self, table))
    }
}
