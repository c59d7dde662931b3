#![doc = include_str!("../README.md")]

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
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        match (op.entity().cloned(), op) {
            (Some(entity), op) => op::call(self.prepared(&entity)?, rows.of(&entity), op),
            (None, Op::Transact(transact)) => {
                op::transact(|entity| self.prepared(entity), &mut rows, transact)
            }
            (None, _) => Err(op::unsupported()),
        }
    }
}

/// The example of the guide is compiled and run with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/store.md")]
pub struct Guide;
