//! The reference backend of [`Store`](dal_traits::store::Store): rows in memory, by the rules that
//! MySQL and DynamoDB must follow. The tests of the other backends compare with it, and the tests of
//! an application can use it in the place of a database.
//!
//! | question | rule |
//! |---|---|
//! | which violation comes first? | existence, the condition, overflow, then unique keys |
//! | what is a duplicate? | equal values in a unique key; NULL equals nothing |
//! | how is a path ordered? | by the encoded sort key, as DynamoDB orders it, then by the table's key |
//! | which records are on a path? | those whose item has the keys of its index |
//! | what is the next id? | one more than the greatest that was ever stored or given |
//! | how do texts compare? | in look-ups as [`Texts`] says, in conditions by bytes |
//!
//! ```
//! use dal_memory::MemoryBackend;
//! use dal_traits::store::Store;
//!
//! # let catalog = include_str!("../../dal-contract/tests/fixtures/shop.catalog.json");
//! # let catalog = serde_json::from_str(catalog).unwrap();
//! # let contract = include_str!("../../dal-contract/tests/fixtures/shop.json");
//! # let sources = dal_contract::Sources { contract, sidecar: None };
//! # let model = dal_contract::load(sources, Some(&catalog), dal_contract::Mode::Lenient).model;
//! # let model = std::sync::Arc::new(model);
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! let store = Store::open(MemoryBackend::new(model));
//! let users = store.entity("Users")?;
//! let ann = users.insert([("email", "ann@example.com".into()), ("name", "Ann".into())]).await?;
//! let found = users.get("users_email", [("email", "ann@example.com".into())]).await?;
//! assert_eq!(found, Some(ann));
//! # Ok::<(), dal_traits::Error>(())
//! # }).unwrap();
//! ```

mod key;
mod op;
mod place;
mod rows;
mod texts;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use dal_traits::model::{Entity, Model};
use dal_traits::op::{Op, Reply};
use dal_traits::store::{Allowed, unsupported};
use dal_traits::{Capability, Error, ErrorKind, OpCx, Result, Service};

pub use texts::Texts;

use rows::Rows;

/// The capability of every [`MemoryBackend`].
const CAPABILITY: Capability = Capability {
    backend: "memory",
    generates_ids: true,
    strong_indexes: true,
    max_record_bytes: None,
};

/// A backend whose rows are in memory.
#[derive(Debug)]
pub struct MemoryBackend {
    model: Arc<Model>,
    texts: Texts,
    entities: Vec<Prepared>,
    rows: Mutex<Rows>,
}

/// What is worked out once for an entity.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Why its operations are refused.
    refused: Option<String>,
    /// What the CHECK constraint of each field allows.
    allowed: Vec<Option<Allowed>>,
}

impl MemoryBackend {
    /// A backend without rows, whose texts compare as DynamoDB compares them: by bytes.
    pub fn new(model: Arc<Model>) -> Self {
        Self::with_texts(model, Texts::Bytes)
    }

    /// A backend without rows, whose look-ups and unique keys compare texts in this way.
    pub fn with_texts(model: Arc<Model>, texts: Texts) -> Self {
        let entities = model.entities.iter();
        Self {
            entities: entities
                .map(|of| Prepared::new(&model, of, texts))
                .collect(),
            model,
            texts,
            rows: Mutex::default(),
        }
    }

    /// How it compares texts.
    pub const fn texts(&self) -> Texts {
        self.texts
    }

    fn prepared(&self, entity: &Entity) -> Result<&Prepared> {
        let own = self.model.entities.get(entity.place);
        let prepared = self.entities.get(entity.place);
        let Some(prepared) = prepared.filter(|_| own.is_some_and(|own| own.name == entity.name))
        else {
            let message = "the entity is of another model than the backend's";
            return Err(Error::new(ErrorKind::Config, message));
        };
        match &prepared.refused {
            None => Ok(prepared),
            Some(reason) => {
                let message = format!("the entity is not supported yet: {reason}");
                Err(Error::new(ErrorKind::Unsupported, message))
            }
        }
    }
}

impl Prepared {
    fn new(model: &Model, entity: &Entity, texts: Texts) -> Self {
        let mut refused = unsupported(model, entity).or_else(|| texts.refuse(model, entity));
        let mut allowed = Vec::new();
        for field in &entity.fields {
            allowed.push(Allowed::of(field).unwrap_or_else(|_| {
                refused = Some(format!("the CHECK constraint of `{}`", field.name));
                None
            }));
        }
        Self { refused, allowed }
    }
}

#[async_trait]
impl Service for MemoryBackend {
    fn model(&self) -> &Arc<Model> {
        &self.model
    }

    fn capability(&self) -> &Capability {
        &CAPABILITY
    }

    async fn call(&self, _cx: &OpCx, op: Op) -> Result<Reply> {
        let prepared = self.prepared(op.entity())?;
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        op::call(prepared, rows.of(op.entity()), op)
    }
}

/// The example of the guide is compiled and run with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/store.md")]
pub struct Guide;
