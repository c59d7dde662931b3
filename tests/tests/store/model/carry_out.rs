//! Operations on one store, and what it replies.

use std::sync::Arc;

use dal_traits::model::Entity;
use dal_traits::store::{EntityStore, Store};
use dal_traits::value::Value;
use dal_traits::{OpCx, Record, Result};

use super::operation::{Change, Operation, Query};

/// The most records of a store when it is read to its end.
const EVERYTHING: u32 = 1000;

/// More pages than a sequence has records.
const MOST_PAGES: usize = 150;

/// What one store replied, so that replies can be compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Record(Option<Record>),
    Records(Vec<Option<Record>>),
    /// All pages, and the sizes of each.
    Pages(Vec<Record>, Vec<usize>),
    Existed(bool),
    Done,
    /// Of each step of a transaction.
    Transacted(Vec<Outcome>),
    /// The kind, and the number of the step of a transaction.
    Refused(String, Option<usize>),
}

impl Outcome {
    /// How many arrays of several elements were compared: in the records of a reply, or in what was
    /// written.
    pub fn arrays(&self, operation: &Operation) -> usize {
        let several = |value: &Value| matches!(value, Value::Rows(rows) if rows.len() > 1);
        let count = |record: &Record| record.values().iter().filter(|v| several(v)).count();
        match (self, operation) {
            (Self::Record(record), _) => record.iter().map(count).sum(),
            (Self::Records(records), _) => records.iter().flatten().map(count).sum(),
            (Self::Pages(records, _), _) => records.iter().map(count).sum(),
            (Self::Done, Operation::Put(values)) => {
                values.iter().filter(|(_, value)| several(value)).count()
            }
            (Self::Done, Operation::Update(_, changes, _)) => {
                let set =
                    |change: &&Change| matches!(change, Change::Set(_, value) if several(value));
                changes.iter().filter(set).count()
            }
            (Self::Transacted(outcomes), Operation::Transact(steps)) => {
                let both = outcomes.iter().zip(steps);
                both.map(|(outcome, (_, step))| outcome.arrays(step)).sum()
            }
            _ => 0,
        }
    }

    /// What statistics call it.
    pub fn label(&self, operation: &Operation) -> String {
        match self {
            Self::Record(_) if matches!(operation, Operation::Insert(_)) => "ok".to_owned(),
            Self::Record(Some(_)) => "found".to_owned(),
            Self::Record(None) => "none".to_owned(),
            Self::Records(_) | Self::Done | Self::Transacted(_) => "ok".to_owned(),
            Self::Pages(_, sizes) if sizes.len() > 1 => "continued".to_owned(),
            Self::Pages(records, _) if records.is_empty() => "empty".to_owned(),
            Self::Pages(..) => "records".to_owned(),
            Self::Existed(true) => "existed".to_owned(),
            Self::Existed(false) => "missing".to_owned(),
            Self::Refused(kind, _) => kind.clone(),
        }
    }
}

/// What a store replies to an operation about the entity at a place.
pub async fn carry_out(
    cx: &OpCx,
    store: &Store,
    entities: &[Arc<Entity>],
    place: usize,
    operation: &Operation,
) -> Outcome {
    let cx = cx.clone();
    let result = if let Operation::Transact(steps) = operation {
        cx.scope(transact(store, entities, steps)).await
    } else {
        let entity = store.entity(&entities[place].name).unwrap();
        cx.scope(attempt(&entity, operation)).await
    };
    result.unwrap_or_else(|error| Outcome::Refused(error.kind().to_string(), error.step()))
}

async fn transact(
    store: &Store,
    entities: &[Arc<Entity>],
    steps: &[(usize, Operation)],
) -> Result<Outcome> {
    let mut tx = store.transact();
    let mut inserts = Vec::new();
    for (place, step) in steps {
        let entity = entities[*place].name.as_str();
        match step {
            Operation::Insert(values) => inserts.push(tx.insert(entity, named(values))),
            Operation::Put(values) => {
                tx.put(entity, named(values));
            }
            Operation::Update(identity, changes, when) => {
                let mut update = tx.update(entity, identity.clone());
                for change in changes {
                    update = match change {
                        Change::Set(field, value) => update.set(field, value.clone()),
                        Change::Add(field, value) => update.add(field, value.clone()),
                    };
                }
                if let Some(when) = when {
                    update.when(when.clone());
                }
            }
            Operation::Delete(identity, when) => {
                let delete = tx.delete(entity, identity.clone());
                if let Some(when) = when {
                    delete.when(when.clone());
                }
            }
            Operation::Check(identity, when) => {
                let check = tx.check(entity, identity.clone());
                if let Some(when) = when {
                    check.when(when.clone());
                }
            }
            other => panic!("{other:?} is no step"),
        }
    }
    let done = tx.commit().await?;
    let mut outcomes: Vec<Outcome> = (1..=steps.len())
        .map(|number| done.existed(number).map_or(Outcome::Done, Outcome::Existed))
        .collect();
    for insert in inserts {
        let record = done.record(insert)?.clone();
        outcomes[insert.number() - 1] = Outcome::Record(Some(record));
    }
    Ok(Outcome::Transacted(outcomes))
}

fn named(values: &[(String, Value)]) -> Vec<(&str, Value)> {
    let named = values
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()));
    named.collect()
}

async fn attempt(entity: &EntityStore, operation: &Operation) -> Result<Outcome> {
    Ok(match operation {
        Operation::Insert(values) => Outcome::Record(Some(entity.insert(named(values)).await?)),
        Operation::Put(values) => {
            entity.put(named(values)).await?;
            Outcome::Done
        }
        Operation::Get(path, key) => Outcome::Record(entity.get(path, named(key)).await?),
        Operation::GetMany(identities) => {
            Outcome::Records(entity.get_many(identities.iter().cloned()).await?)
        }
        Operation::Query(query) => pages(entity, query).await?,
        Operation::Update(identity, changes, when) => {
            let mut update = entity.update(identity.clone());
            for change in changes {
                update = match change {
                    Change::Set(field, value) => update.set(field, value.clone()),
                    Change::Add(field, value) => update.add(field, value.clone()),
                };
            }
            if let Some(when) = when {
                update = update.when(when.clone());
            }
            update.await?;
            Outcome::Done
        }
        Operation::Delete(identity, when) => {
            let mut delete = entity.delete(identity.clone());
            if let Some(when) = when {
                delete = delete.when(when.clone());
            }
            Outcome::Existed(delete.await?)
        }
        Operation::Check(..) | Operation::Transact(_) => panic!("{operation:?} is no single one"),
    })
}

async fn pages(entity: &EntityStore, query: &Query) -> Result<Outcome> {
    let mut request = entity.query(&query.path).limit(query.limit);
    for (field, value) in &query.equal {
        request = request.equal(field, value.clone());
    }
    if let Some((field, range)) = &query.range {
        request = request.range(field, range.clone());
    }
    if let Some(filter) = &query.filter {
        request = request.filter(filter.clone());
    }
    if query.backward {
        request = request.backward();
    }
    let (mut records, mut sizes) = (Vec::new(), Vec::new());
    let mut pages = request.pages();
    while let Some(page) = pages.next().await? {
        sizes.push(page.records.len());
        records.extend(page.records);
        // A store that begins anew would not end.
        if sizes.len() > MOST_PAGES {
            break;
        }
    }
    Ok(Outcome::Pages(records, sizes))
}

/// Every record, ordered by identity.
pub async fn everything(store: &Store, entity: &str) -> Outcome {
    let scan = store.entity(entity).unwrap().scan().limit(EVERYTHING);
    let mut page = match scan.await {
        Ok(page) => page,
        Err(error) => return Outcome::Refused(error.kind().to_string(), None),
    };
    assert!(page.next.is_none(), "more than {EVERYTHING} records");
    page.records
        .sort_by_cached_key(|record| format!("{:?}", record.identity()));
    Outcome::Pages(page.records, Vec::new())
}
