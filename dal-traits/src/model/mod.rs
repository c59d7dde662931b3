//! What a migration contract means, compiled: which rows of MySQL become which items of DynamoDB.
//!
//! Plain immutable data. Everything is resolved to a place in a list, so that nothing is looked up
//! by name or parsed while a request is served. `dal-contract` makes a [`Model`] from a contract and
//! a [`Catalog`].

mod children;
mod entity;
mod expr;
mod inputs;
mod item_table;
mod order;

use std::sync::Arc;

use crate::catalog::{Catalog, SourceTable};

pub use children::ChildKey;
pub use entity::{
    AccessPath, Compare, Entity, Field, FieldSource, IndexKey, Member, PathKind, PathOrder,
    References, UniqueConstraint, ValueRange, ValueType,
};
pub use expr::{Children, DatePart, Expr, Hop, Lookup, NumberFormat, OrderColumn};
pub use item_table::{Attribute, AttributeType, Index, ItemTable, KeyAttribute, Projection};

/// A compiled contract.
#[derive(Clone, Debug)]
pub struct Model {
    /// The tables of MySQL that it was compiled against.
    pub catalog: Arc<Catalog>,
    /// The tables of DynamoDB that hold at least one loaded entity.
    pub tables: Vec<ItemTable>,
    /// The loaded entities.
    pub entities: Vec<Arc<Entity>>,
}

impl Model {
    /// The entity of this name: `Users` of a table with one entity, `UserData.USER` of one with more.
    pub fn entity(&self, name: &str) -> Option<&Arc<Entity>> {
        self.entities.iter().find(|entity| entity.name == name)
    }

    /// The table of MySQL whose rows an entity is.
    pub fn source(&self, entity: &Entity) -> Option<&SourceTable> {
        self.catalog.tables.get(entity.source)
    }
}
