//! DynamoDB as a backend of `Store`.

mod action;
mod add;
mod attribute;
mod complete;
mod condition;
mod dal_table;
mod expression;
mod fill;
mod form;
mod guards;
mod ids;
mod keys;
mod op;
mod owner;
mod page;
mod provision;
mod read;
mod reading;
mod send;
mod shape;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dal_traits::model::{Entity, Model};
use dal_traits::op::{Op, Reply, Step};
use dal_traits::{Capability, Error, ErrorKind, OpCx, Result, Service};

use crate::{DynamoDb, MAX_ITEM_BYTES};
use shape::Shape;

pub use fill::{DuplicateValue, FilledGuards};

/// The records of a [`Model`] as items of DynamoDB.
///
/// Beside the tables of the contract it has one of its own, for the guards that keep unique keys
/// unique and for the counters that give ids; [`provision`](Self::provision) makes all of them.
///
/// * Reads by the table's key and by a unique key see each write that ended before; reads of an index
///   may lag.
/// * An insert, and an update of what is unique, takes or moves the guards in the transaction that
///   writes the item.
/// * A unique key is used when its guards are known to be complete, and is
///   [`Config`](ErrorKind::Config) otherwise: see [`fill_guards`](Self::fill_guards).
/// * [`Op::PassId`] makes the counter of an entity, [`Op::NextId`] counts on. A record with an id of
///   its own moves a counter that exists.
/// * An entity that this version does not carry out (values of other rows, a unique key that folds
///   case) is [`Unsupported`](ErrorKind::Unsupported), with the reason.
#[derive(Debug)]
pub struct DynamoDbBackend {
    db: DynamoDb,
    model: Arc<Model>,
    prefix: String,
    dal_table_name: String,
    /// The name of dal's own table, prefix included.
    dal_table: String,
    /// For each entity how its records lie, or why they are not carried out.
    shapes: Vec<Result<Shape, String>>,
    /// For each source table the greatest id that its counter is known to have passed.
    known_ids: Mutex<HashMap<String, i128>>,
    /// How many items a query or scan may read and not return.
    read_budget: usize,
}

const CAPABILITY: Capability = Capability {
    backend: "dynamodb",
    generates_ids: false,
    strong_indexes: false,
    max_record_bytes: Some(MAX_ITEM_BYTES),
};

impl DynamoDbBackend {
    /// The records of `model` in the tables that its contract names, with dal's own table `dal`.
    pub fn new(db: DynamoDb, model: Arc<Model>) -> Self {
        let mut backend = Self {
            db,
            model,
            prefix: String::new(),
            dal_table_name: "dal".to_owned(),
            dal_table: String::new(),
            shapes: Vec::new(),
            known_ids: Mutex::default(),
            read_budget: reading::READ_BUDGET,
        };
        backend.name_tables();
        backend
    }

    /// Puts `prefix` before the name of each table, dal's own included.
    #[must_use]
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self.name_tables();
        self
    }

    /// Names dal's own table, without the prefix.
    #[must_use]
    pub fn dal_table(mut self, name: impl Into<String>) -> Self {
        self.dal_table_name = name.into();
        self.name_tables();
        self
    }

    /// How many items one query or scan may pass over, because its filter drops them or they are of
    /// other entities, before it ends as [`BudgetExceeded`](ErrorKind::BudgetExceeded) with an
    /// [`Unfinished`](dal_traits::Unfinished); 10,000 otherwise.
    #[must_use]
    pub const fn read_budget(mut self, items: usize) -> Self {
        self.read_budget = items;
        self
    }

    fn name_tables(&mut self) {
        self.dal_table = format!("{}{}", self.prefix, self.dal_table_name);
        let shape = |entity: &Arc<Entity>| {
            let table = self.model.tables.get(entity.table);
            let table = table.ok_or("its table is unknown")?;
            let name = format!("{}{}", self.prefix, table.name);
            Shape::new(entity, &self.model, name)
        };
        self.shapes = self.model.entities.iter().map(shape).collect();
    }

    /// The entities that it cannot carry, each with the reason.
    pub fn refused(&self) -> impl Iterator<Item = (&Entity, &str)> {
        let both = self.model.entities.iter().zip(&self.shapes);
        both.filter_map(|(entity, shape)| Some((&**entity, shape.as_ref().err()?.as_str())))
    }

    fn shape(&self, entity: &Entity) -> Result<&Shape> {
        match self.shapes.get(entity.place) {
            Some(Ok(shape)) if shape.entity.name == entity.name => Ok(shape),
            Some(Err(reason)) => Err(Error::new(
                ErrorKind::Unsupported,
                format!("the entity cannot be used on DynamoDB yet: {reason}"),
            )),
            _ => Err(Error::new(
                ErrorKind::Config,
                "the entity is of another model than the backend",
            )),
        }
    }

    async fn carry_out(&self, op: Op) -> Result<Reply> {
        match op {
            Op::Get(get) => self.get(&get).await,
            Op::GetMany(get) => self.get_many(&get).await,
            Op::Query(query) => self.query(&query).await,
            Op::Scan(scan) => self.scan(&scan).await,
            Op::Insert(insert) => self.write(Step::Insert(insert)).await,
            Op::Put(put) => self.write(Step::Put(put)).await,
            Op::Update(update) => self.write(Step::Update(update)).await,
            Op::Delete(delete) => self.write(Step::Delete(delete)).await,
            Op::Transact(transact) => self.transact(&transact.steps).await,
            Op::NextId(next) => {
                let shape = self.shape(&next.entity)?;
                Ok(Reply::Id(self.take_id(shape).await?))
            }
            Op::PassId(pass) => {
                let shape = self.shape(&pass.entity)?;
                self.pass_id(shape, pass.id).await?;
                Ok(Reply::Done)
            }
            _ => {
                let message = "this version of the backend does not know the operation";
                Err(Error::new(ErrorKind::Unsupported, message))
            }
        }
    }
}

#[async_trait]
impl Service for DynamoDbBackend {
    fn model(&self) -> &Arc<Model> {
        &self.model
    }

    fn capability(&self) -> &Capability {
        &CAPABILITY
    }

    async fn call(&self, cx: &OpCx, op: Op) -> Result<Reply> {
        cx.clone().scope(self.carry_out(op)).await
    }
}
