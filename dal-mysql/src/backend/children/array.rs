//! What is known of an array of owned children once the backend is open.

use std::sync::Arc;

use dal_traits::model::{Children, Entity, Model};
use dal_traits::store::unsupported;

use crate::backend::sql::children::{Child, delete_children, select_children};
use crate::backend::sql::{self, Column};

/// The children of one field.
pub(in crate::backend) struct Array {
    /// The place of the field.
    pub(in crate::backend) field: usize,
    /// The order of its elements.
    pub(super) children: Children,
    /// The name of their table, for spans and messages.
    pub(super) source: String,
    /// `` `table` ``
    table: String,
    /// The columns that hold the key of the record, in the order of the identity.
    parent: Vec<Column>,
    /// One for each member.
    pub(super) members: Vec<Column>,
    /// The id that orders them as they were written, where no member orders them.
    pub(super) written: Option<Column>,
    /// The members that tell the children of a record apart; none when they are replaced as a whole.
    pub(super) key: Option<Vec<usize>>,
    /// Whether no other unique key can be in the way of a row that is replaced.
    pub(super) is_only_key: bool,
    pub(super) texts: Texts,
}

pub(super) struct Texts {
    pub(super) select: Arc<str>,
    pub(super) select_locked: Arc<str>,
    pub(super) delete: String,
}

/// The arrays of an entity.
///
/// # Errors
/// What is not carried, by its name.
pub(in crate::backend) fn of(model: &Model, entity: &Entity) -> Result<Vec<Array>, String> {
    if entity.arrays().next().is_none() {
        return Ok(Vec::new());
    }
    if let Some(why) = unsupported(model, entity) {
        return Err(why);
    }
    let arrays = entity.arrays().map(|(field, array)| {
        let why = || format!("the catalog does not hold the rows of `{}`", array.name);
        Array::new(model, entity, field).ok_or_else(why)
    });
    arrays.collect()
}

impl Array {
    fn new(model: &Model, entity: &Entity, field: usize) -> Option<Self> {
        let (children, _) = entity.children(field)?;
        let (source, child) = (model.source(entity)?, model.child_table(children)?);
        let column = |place: usize| child.columns.get(place).map(Column::of);
        let parent = entity.identity.iter().map(|place| {
            let own = source.position(&entity.fields.get(*place)?.name)?;
            let (_, of_child) = children.on.iter().find(|(of, _)| *of == own)?;
            column(*of_child)
        });
        let parent: Vec<Column> = parent.collect::<Option<_>>()?;
        let members = children.members.iter().map(|(_, place)| column(*place));
        let members: Vec<Column> = members.collect::<Option<_>>()?;
        let written = children.ordered_by().is_none();
        let mut given = child.columns.iter().filter(|column| column.auto_increment);
        let written = given.next().filter(|_| written);
        let written = written.map(Column::of);
        let keys = children.keys(child);
        let is_only_key = keys.len() == 1;
        let key = keys.into_iter().map(|key| key.members).find(|key| {
            let mut columns = key.iter().map(|member| members.get(*member));
            columns.all(|column| column.is_some_and(|column| !column.nullable))
        });
        let table = sql::quoted(&child.name);
        let statements = Child {
            table: &table,
            parent: &parent,
            members: &members,
            written: written.as_ref(),
        };
        let texts = Texts {
            select: select_children(&statements, ""),
            select_locked: select_children(&statements, " FOR UPDATE"),
            delete: delete_children(&statements),
        };
        Some(Self {
            field,
            children: children.clone(),
            source: child.name.clone(),
            table,
            parent,
            members,
            written,
            key,
            is_only_key,
            texts,
        })
    }

    /// What statements are about.
    pub(in crate::backend) fn child(&self) -> Child<'_> {
        Child {
            table: &self.table,
            parent: &self.parent,
            members: &self.members,
            written: self.written.as_ref(),
        }
    }
}
