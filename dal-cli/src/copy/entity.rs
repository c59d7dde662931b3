//! The copy of one entity: page by page in the order of MySQL's primary key.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dal_mysql::MySqlBackend;
use dal_traits::model::{Entity, FieldSource};
use dal_traits::op::{GetMany, Op, Reply};
use dal_traits::store::{EntityStore, Identity};
use dal_traits::value::Value;
use dal_traits::{Effect, Error, ErrorKind, OpCx, Record, Service};
use futures::stream::{self, StreamExt, TryStreamExt};

use super::found::{Counts, Found, Sink};
use super::progress::Progress;
use super::state::State;

/// So many rows are read at once, and are under way when the state is kept.
const PAGE: u32 = 200;
/// How often a write is made again whose reply was lost.
const ATTEMPTS: u32 = 5;

pub struct Copy<'a> {
    pub entity: Arc<Entity>,
    pub mysql: Arc<MySqlBackend>,
    pub dynamodb: EntityStore,
    pub parallel: usize,
    pub sink: &'a Sink,
    pub stop: &'a AtomicBool,
}

impl Copy<'_> {
    /// Copies what the state does not say is done.
    pub async fn run(&self, state: &mut State) -> Result<Counts, String> {
        let name = self.entity.name.as_str();
        let mut at = state.of(name)?;
        if at.done {
            return Ok(at.counts);
        }
        let failed = |error: Error| self.failed(&error);
        // First, so that no row has an id that the counter has yet to pass.
        if let Some(newest) = self.mysql.newest_id(&self.entity).await.map_err(failed)? {
            self.dynamodb.pass_id(newest.into()).await.map_err(failed)?;
        }
        let mut progress = Progress::new(name);
        loop {
            let page = self
                .mysql
                .identities(&self.entity, at.after.as_deref(), PAGE)
                .await
                .map_err(failed)?;
            let Some(last) = page.last().cloned() else {
                break;
            };
            let counts = self.page(page).await.map_err(failed)?;
            at.counts.add(&counts);
            at.after = Some(last);
            state.keep(name, &at)?;
            progress.at(at.counts.rows());
            if self.stop.load(Ordering::Relaxed) {
                return Err(format!(
                    "stopped in `{name}` behind {} rows; {}",
                    at.counts.rows(),
                    state.how_to_go_on()
                ));
            }
        }
        at.done = true;
        state.keep(name, &at)?;
        Ok(at.counts)
    }

    async fn page(&self, identities: Vec<Vec<Value>>) -> Result<Counts, Error> {
        let records = match self.read(identities.clone()).await {
            Ok(records) => records.into_iter().map(Ok).collect(),
            // One of them is no record, or MySQL takes two keys for the same: one by one.
            Err(error) if is_of_a_row(&error) || error.kind() == ErrorKind::Unsupported => {
                let mut records = Vec::with_capacity(identities.len());
                for identity in &identities {
                    let read = self.read(vec![identity.clone()]).await;
                    records.push(match read {
                        Ok(found) => Ok(found.into_iter().next().flatten()),
                        Err(error) if is_of_a_row(&error) => Err(error),
                        Err(error) => return Err(error),
                    });
                }
                records
            }
            Err(error) => return Err(error),
        };
        let rows = identities.into_iter().zip(records);
        stream::iter(rows)
            .map(|(identity, record)| async move {
                let found = match record {
                    Ok(record) => self.row(record).await?,
                    Err(error) => Found::Rejected(reason(&error)),
                };
                self.sink.row(&self.entity, &identity, &found);
                Ok(found)
            })
            .buffer_unordered(self.parallel)
            .try_fold(Counts::default(), |mut counts, found| async move {
                counts.count(&found);
                Ok(counts)
            })
            .await
    }

    /// As the rows hold them: also what no item could hold.
    async fn read(&self, keys: Vec<Vec<Value>>) -> Result<Vec<Option<Record>>, Error> {
        let entity = self.entity.clone();
        let op = Op::GetMany(GetMany { entity, keys });
        match self.mysql.call(&OpCx::current(), op).await? {
            Reply::Records(records) => Ok(records),
            _ => Err(Error::new(ErrorKind::Unexpected, "no reply to `get_many`")),
        }
    }

    /// Puts the item if there is none. One that is there is compared.
    async fn row(&self, record: Option<Record>) -> Result<Found, Error> {
        let Some(record) = record else {
            return Ok(Found::Gone);
        };
        let mut attempts = 0;
        loop {
            attempts += 1;
            let stored = self.entity.fields.iter().enumerate();
            let stored = stored.filter(|(_, field)| field.source != FieldSource::Derived);
            let values =
                stored.map(|(place, field)| (field.name.as_str(), record.value(place).clone()));
            let Err(error) = self.dynamodb.insert(values).send().await else {
                return Ok(Found::Copied);
            };
            match error.kind() {
                ErrorKind::AlreadyExists => return self.compared(&record).await,
                _ if is_of_a_row(&error) => return Ok(Found::Rejected(reason(&error))),
                // What was made is found when it is made again.
                _ if error.class().effect == Effect::Unknown && attempts < ATTEMPTS => {}
                _ => return Err(error),
            }
        }
    }

    async fn compared(&self, record: &Record) -> Result<Found, Error> {
        let identity = Identity::from(record.identity());
        let held = match self.dynamodb.get_many([identity]).await {
            Ok(held) => held.into_iter().next().flatten(),
            Err(error) if is_of_a_row(&error) => {
                return Ok(Found::Different(reason(&error)));
            }
            Err(error) => return Err(error),
        };
        Ok(match held {
            Some(held) if held.values() == record.values() => Found::Present,
            Some(held) => {
                let fields = self.entity.fields.iter().enumerate();
                let differ = fields.filter(|(place, _)| held.value(*place) != record.value(*place));
                let names: Vec<_> = differ.map(|(_, field)| field.name.as_str()).collect();
                Found::Different(format!("the item differs in {}", names.join(", ")))
            }
            None => Found::Different("the item is of another record".to_owned()),
        })
    }

    fn failed(&self, error: &Error) -> String {
        let next_step = match error.kind() {
            ErrorKind::NoSuchTable => "; `--create-tables` makes the tables that are missing",
            _ => "",
        };
        format!("`{}`: {error}{next_step}", self.entity.name)
    }
}

/// Whether the error is about what the row or the item holds, and not about a store.
fn is_of_a_row(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Decode
            | ErrorKind::InvalidValue
            | ErrorKind::TooLarge
            | ErrorKind::UniqueViolation
            | ErrorKind::ConstraintViolation
    )
}

fn reason(error: &Error) -> String {
    error.to_string()
}
