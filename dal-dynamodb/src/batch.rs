//! The batch loops: whatever comes back unprocessed is asked for again, with backoff.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::types::{KeysAndAttributes, WriteRequest};
use dal_traits::call::attempt;
use dal_traits::{Class, Classify, Effect, Error, ErrorKind, Idempotency, OpCx, Result, retry};

use crate::call::{Boxed, boxed, into_error, named};
use crate::client::DynamoDb;
use crate::{Item, error};

/// Keys in one request (API reference, "`BatchGetItem`").
const GET_KEYS: usize = 100;
/// Requests in one request (API reference, "`BatchWriteItem`").
const WRITE_REQUESTS: usize = 25;

/// A batch of writes that was not finished: which writes were not applied, and which may have been.
/// All others were applied.
pub struct BatchWriteError {
    /// Why the batch ended.
    pub error: Error,
    /// Writes that were certainly not applied.
    pub unprocessed: Vec<WriteRequest>,
    /// Writes that were sent and whose reply was lost.
    pub uncertain: Vec<WriteRequest>,
}

impl fmt::Display for BatchWriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} unprocessed={} uncertain={}",
            self.error,
            self.unprocessed.len(),
            self.uncertain.len()
        )
    }
}

impl fmt::Debug for BatchWriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchWriteError")
            .field("error", &self.error)
            .field("unprocessed", &self.unprocessed.len())
            .field("uncertain", &self.uncertain.len())
            .finish()
    }
}

impl std::error::Error for BatchWriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl Classify for BatchWriteError {
    fn classify(&self) -> Class {
        self.error.classify()
    }
}

impl From<BatchWriteError> for Error {
    fn from(batch: BatchWriteError) -> Self {
        batch
            .error
            .with("unprocessed", batch.unprocessed.len())
            .with("uncertain", batch.uncertain.len())
    }
}

impl DynamoDb {
    /// Gets the items of `keys` (all different, any number), in no particular order; a key without
    /// an item gives none.
    ///
    /// # Errors
    /// As [`DynamoDb::call`]; [`ErrorKind::Throttled`] when keys stay unprocessed for as many rounds
    /// in a row as the retry policy has attempts.
    pub async fn batch_get(
        &self,
        table: &str,
        keys: Vec<Item>,
        consistent_read: bool,
    ) -> Result<Vec<Item>> {
        let cx = OpCx::current();
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(GET_KEYS) {
            let mut left = chunk.to_vec();
            while !left.is_empty() {
                let (items, next) = retry(&self.policy, &cx, Idempotency::Read, || {
                    self.get_round(&cx, table, &left, consistent_read)
                })
                .await?;
                found.extend(items);
                left = next;
                if !self.pause(&cx, left.len()).await {
                    return Err(unprocessed("BatchGetItem", table, left.len(), Effect::None));
                }
            }
        }
        Ok(found)
    }

    /// Writes any number of puts and deletes (each of another key), in chunks, one after the other.
    /// Both are idempotent, so a chunk whose reply was lost is sent again; what another writer put
    /// to the same keys in between is overwritten.
    ///
    /// # Errors
    /// [`BatchWriteError`], which says what was not written.
    pub async fn batch_write(
        &self,
        table: &str,
        writes: Vec<WriteRequest>,
    ) -> Result<(), BatchWriteError> {
        let cx = OpCx::current();
        let mut waiting = writes;
        while !waiting.is_empty() {
            let rest = waiting.split_off(waiting.len().min(WRITE_REQUESTS));
            if let Err(mut stopped) = self.write_chunk(&cx, table, waiting).await {
                stopped.unprocessed.extend(rest);
                return Err(stopped);
            }
            waiting = rest;
        }
        Ok(())
    }

    async fn write_chunk(
        &self,
        cx: &OpCx,
        table: &str,
        chunk: Vec<WriteRequest>,
    ) -> Result<(), BatchWriteError> {
        let state = Left::new((chunk, false));
        loop {
            let round = retry(&self.policy, cx, Idempotency::ByToken, || {
                self.write_round(cx, table, &state)
            })
            .await;
            let pause = match round {
                Ok(0) => return Ok(()),
                Ok(left) if self.pause(cx, left).await => Ok(()),
                Ok(left) => Err(unprocessed("BatchWriteItem", table, left, doubt(&state))),
                Err(error) => Err(error),
            };
            if let Err(error) = pause {
                let (left, uncertain) = state.into_inner().unwrap_or_else(PoisonError::into_inner);
                let (unprocessed, uncertain) = if uncertain {
                    (Vec::new(), left)
                } else {
                    (left, Vec::new())
                };
                return Err(BatchWriteError {
                    error,
                    unprocessed,
                    uncertain,
                });
            }
        }
    }

    /// One request; progress is a success, no progress is throttling.
    async fn get_round(
        &self,
        cx: &OpCx,
        table: &str,
        keys: &[Item],
        consistent_read: bool,
    ) -> Result<(Vec<Item>, Vec<Item>)> {
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys.to_vec()))
            .consistent_read(consistent_read)
            .build()
            .map_err(|native| {
                Error::new(ErrorKind::InvalidValue, "the keys cannot be sent").source(native)
            })?;
        let call = self.client.batch_get_item().request_items(table, request);
        let read = |native: &Boxed<_>| error::read(native, &[]);
        let name = named("BatchGetItem", table);
        let mut answer =
            attempt(name, cx, read, boxed(call.send()))
                .await
                .map_err(|mut failed| {
                    failed.reading.class.effect = Effect::None;
                    into_error(failed, "BatchGetItem", table)
                })?;
        let items = answer
            .responses
            .as_mut()
            .and_then(|tables| tables.remove(table))
            .unwrap_or_default();
        let left = answer
            .unprocessed_keys
            .and_then(|mut tables| tables.remove(table))
            .map(|left| left.keys)
            .unwrap_or_default();
        if left.len() >= keys.len() {
            return Err(unprocessed("BatchGetItem", table, left.len(), Effect::None));
        }
        Ok((items, left))
    }

    /// One request; gives how many writes are left.
    async fn write_round(&self, cx: &OpCx, table: &str, state: &Left) -> Result<usize> {
        let writes = state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .clone();
        let sent = writes.len();
        let call = self.client.batch_write_item().request_items(table, writes);
        let read = |native: &Boxed<_>| error::read(native, &[]);
        let name = named("BatchWriteItem", table);
        let answer = attempt(name, cx, read, boxed(call.send())).await;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answer.map_err(|mut failed| {
            let class = &mut failed.reading.class;
            state.1 |= class.effect == Effect::Unknown;
            if state.1 {
                class.effect = Effect::Unknown;
            }
            into_error(failed, "BatchWriteItem", table)
        })?;
        let left = answer
            .unprocessed_items
            .and_then(|mut tables| tables.remove(table))
            .unwrap_or_default();
        let count = left.len();
        // An unprocessed write may have been applied by an earlier attempt whose reply was lost, so
        // that doubt stays; without such an attempt the answer is certain.
        state.0 = left;
        if count >= sent {
            let effect = if state.1 {
                Effect::Unknown
            } else {
                Effect::None
            };
            return Err(unprocessed("BatchWriteItem", table, count, effect));
        }
        Ok(count)
    }

    /// The pause before what was unprocessed is asked for again; `false` when the deadline comes
    /// first.
    async fn pause(&self, cx: &OpCx, left: usize) -> bool {
        if left == 0 {
            return true;
        }
        let pause = self.policy.pause(1);
        let late = cx.ends_within(pause);
        if !late {
            tokio::time::sleep(pause).await;
        }
        !late
    }
}

/// What is left of a chunk, and whether an attempt whose reply was lost may have applied it.
type Left = Mutex<(Vec<WriteRequest>, bool)>;

fn doubt(left: &Left) -> Effect {
    if left.lock().unwrap_or_else(PoisonError::into_inner).1 {
        Effect::Unknown
    } else {
        Effect::None
    }
}

fn unprocessed(operation: &'static str, table: &str, count: usize, effect: Effect) -> Error {
    Error::of(
        Class::new(ErrorKind::Throttled).effect(effect),
        "the store left a part of the batch unprocessed",
    )
    .backend("dynamodb")
    .operation(operation)
    .entity(table)
    .with("left", count)
}
