//! Stand-in for the engine, replaced when it lands.
#![allow(missing_docs, clippy::pedantic)]

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use dal_traits::{Class, Classify};
use serde::Serialize;

use crate::answer::Answer;
use crate::tree::Tree;
use crate::{Harness, Store};

pub use futures::future::BoxFuture;

pub type Repeatable = Box<dyn Fn() -> BoxFuture<'static, Answer> + Send + Sync>;

pub enum Verb {
    Read,
    Write,
}

pub struct MethodSpec {
    pub entity: &'static str,
    pub method: &'static str,
    pub verb: Verb,
    pub mirror: bool,
    pub ignore: &'static [&'static str],
    pub unordered: &'static [&'static str],
    pub normalize: &'static [(&'static str, fn(&mut Tree))],
    pub generated: &'static [&'static str],
}

#[derive(Clone)]
pub struct Engine(Arc<()>);

impl Engine {
    pub fn new(_: &Harness, _: &'static str, _: &'static [MethodSpec]) -> Self {
        Self(Arc::new(()))
    }

    pub async fn begin(_: &Self, _: &'static MethodSpec, _: Option<u64>) -> Ticket {
        Ticket
    }
}

pub struct Ticket;

impl Ticket {
    pub fn first(&self) -> Store {
        Store::MySql
    }

    pub fn is_single(&self) -> bool {
        true
    }

    pub async fn read<T>(
        self,
        first: impl Future<Output = T>,
        _: impl Fn(&T) -> Answer,
        _: impl Fn(Store) -> BoxFuture<'static, Answer>,
    ) -> T {
        first.await
    }

    pub async fn write<T>(
        self,
        first: impl Future<Output = T>,
        _: impl Fn(&T) -> Answer,
        _: impl FnOnce(&T) -> Option<Repeatable>,
    ) -> T {
        first.await
    }
}

pub trait Outcome {
    type Value;
    type Error;
    fn as_result(&self) -> Result<&Self::Value, &Self::Error>;
}

impl<T, E> Outcome for Result<T, E> {
    type Value = T;
    type Error = E;
    fn as_result(&self) -> Result<&T, &E> {
        self.as_ref()
    }
}

pub fn key_hash<T: Hash + ?Sized>(key: &T) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

pub fn answer<T: Serialize, E: Classify + std::fmt::Display>(answer: &Result<T, E>) -> Answer {
    answer_with(answer, Classify::classify)
}

pub fn answer_with<T: Serialize, E: std::fmt::Display>(
    answer: &Result<T, E>,
    classify: impl FnOnce(&E) -> Class,
) -> Answer {
    match answer {
        Ok(value) => Answer::value(value),
        Err(error) => Answer::error(classify(error), error),
    }
}
