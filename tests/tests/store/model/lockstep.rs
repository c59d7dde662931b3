//! One sequence on three stores.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dal_dynamodb::DynamoDbBackend;
use dal_memory::MemoryBackend;
use dal_mysql::{MySql, MySqlBackend};
use dal_traits::model::Entity;
use dal_traits::store::{EntityStore, Store};
use dal_traits::value::Value;
use dal_traits::{Clock, OpCx, Record, Result};

use super::Pair;
use super::choices::Choices;
use super::operation::{Change, Known, Operation, Query, operation};
use super::statistics::Statistics;

/// Ids that MySQL never gets to.
const FRESH: i128 = 1 << 40;

/// The most records of a store when it is read to its end.
const EVERYTHING: u32 = 1000;

/// The three stores of a sequence, empty at first.
pub struct Lockstep {
    /// MySQL is the first: it gives the ids.
    mysql: Store,
    others: [(&'static str, Store); 2],
    entities: Vec<Arc<Entity>>,
    /// Holds the database.
    _database: MySql,
}

/// What one store replied, so that replies can be compared.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    Record(Option<Record>),
    Records(Vec<Option<Record>>),
    /// All pages, and the sizes of each.
    Pages(Vec<Record>, Vec<usize>),
    Existed(bool),
    Done,
    Refused(String),
}

impl Lockstep {
    pub async fn new(pair: &Pair) -> Self {
        let model = pair.contract.model.clone();
        let database = pair.databases.take().await.unwrap();
        let mysql = dal_mysql::connect(database.url()).await.unwrap();
        database.until_closed(mysql.pool());
        let provisioned = model.clone();
        let tables = pair.tables.take(async move |client, prefix: String| {
            let db = dal_dynamodb::from_client(&client);
            let backend = DynamoDbBackend::new(db, provisioned).table_prefix(&prefix);
            backend
                .dal_table(format!("{prefix}dal"))
                .provision()
                .await
                .unwrap();
        });
        let tables = tables.await.unwrap();
        let (client, prefix) = (tables.client(), tables.prefix());
        let dynamodb = DynamoDbBackend::new(dal_dynamodb::from_client(&client), model.clone());
        let dynamodb = dynamodb
            .table_prefix(&prefix)
            .dal_table(format!("{prefix}dal"));
        Self {
            mysql: Store::open(MySqlBackend::new(&mysql, model.clone())).allow_scans(),
            others: [
                (
                    "memory",
                    Store::open(MemoryBackend::new(model.clone())).allow_scans(),
                ),
                ("dynamodb", Store::open(dynamodb).allow_scans()),
            ],
            entities: model.entities.clone(),
            _database: mysql,
        }
    }

    /// Runs the operations; the text of a difference says what was done before.
    pub async fn run(
        self,
        sequence: &[[u16; 24]],
        statistics: &Statistics,
    ) -> std::result::Result<(), String> {
        let mut done = String::new();
        let found = self.compare(sequence, statistics, &mut done).await;
        found.map_err(|difference| format!("{done}{difference}"))
    }

    async fn compare(
        &self,
        sequence: &[[u16; 24]],
        statistics: &Statistics,
        done: &mut String,
    ) -> std::result::Result<(), String> {
        let mut used: Vec<Vec<Vec<Value>>> = vec![Vec::new(); self.entities.len()];
        let mut fresh = FRESH;
        // Most sequences are about one entity, so that there is something to find.
        let about = sequence
            .first()
            .map_or(0, |numbers| usize::from(numbers[23]));
        let about = about % (self.entities.len() + 1);
        for (step, numbers) in sequence.iter().enumerate() {
            let cx = OpCx::new().with_clock(Arc::new(At(step)));
            let mut choices = Choices::new(numbers);
            let place = match choices.below(self.entities.len()) {
                _ if about < self.entities.len() => about,
                any => any,
            };
            let entity = &self.entities[place];
            let known = Known {
                entity,
                used: &used[place],
            };
            let operation = operation(&known, &mut choices);
            let name = entity.name.as_str();
            let expected = carry_out(&cx, &self.mysql, name, &operation).await;
            let pinned = pinned(entity, &operation, &expected, &mut fresh);
            let _ = writeln!(done, "{name} {pinned:?}\n  mysql: {expected:?}");
            for (store, other) in &self.others {
                let found = carry_out(&cx, other, name, &pinned).await;
                if !same(&operation, &found, &expected) {
                    return Err(format!("  {store}: {found:?}"));
                }
            }
            statistics.add(operation.name(), expected.label(&operation));
            if let Some(identity) = identity(entity, &pinned)
                && !matches!(expected, Outcome::Refused(_))
                && !used[place].contains(&identity)
            {
                used[place].push(identity);
            }
        }
        self.same_in_the_end().await
    }

    /// Every record of every entity.
    async fn same_in_the_end(&self) -> std::result::Result<(), String> {
        for entity in &self.entities {
            let expected = everything(&self.mysql, &entity.name).await;
            for (store, other) in &self.others {
                let found = everything(other, &entity.name).await;
                if found != expected {
                    return Err(format!(
                        "in the end, {}\n  mysql: {expected:?}\n  {store}: {found:?}",
                        entity.name
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Outcome {
    /// What statistics call it.
    fn label(&self, operation: &Operation) -> String {
        match self {
            Self::Record(_) if matches!(operation, Operation::Insert(_)) => "ok".to_owned(),
            Self::Record(Some(_)) => "found".to_owned(),
            Self::Record(None) => "none".to_owned(),
            Self::Records(_) | Self::Done => "ok".to_owned(),
            Self::Pages(_, sizes) if sizes.len() > 1 => "continued".to_owned(),
            Self::Pages(records, _) if records.is_empty() => "empty".to_owned(),
            Self::Pages(..) => "records".to_owned(),
            Self::Existed(true) => "existed".to_owned(),
            Self::Existed(false) => "missing".to_owned(),
            Self::Refused(kind) => kind.clone(),
        }
    }
}

/// MySQL's own order of a unique violation among several differs: any one of them is equal.
fn same(operation: &Operation, found: &Outcome, expected: &Outcome) -> bool {
    match (found, expected) {
        (Outcome::Pages(records, sizes), Outcome::Pages(others, other_sizes)) => {
            let Operation::Query(_) = operation else {
                return false;
            };
            records == others && sizes == other_sizes
        }
        _ => found == expected,
    }
}

/// The operation for the other stores: with the id that MySQL gave, or one that nobody has.
fn pinned(
    entity: &Entity,
    operation: &Operation,
    expected: &Outcome,
    fresh: &mut i128,
) -> Operation {
    let Operation::Insert(values) = operation else {
        return operation.clone();
    };
    let generated = entity
        .identity
        .iter()
        .map(|field| &entity.fields[*field])
        .find(|field| field.auto_increment);
    let Some(field) = generated else {
        return operation.clone();
    };
    let is_given = |(name, value): &(String, Value)| *name == field.name && !value.is_null();
    if values.iter().any(is_given) {
        return operation.clone();
    }
    let id = if let Outcome::Record(Some(record)) = expected {
        record.get(&field.name).unwrap().clone()
    } else {
        *fresh += 1;
        Value::Int(*fresh)
    };
    let mut values = values.clone();
    values.retain(|(name, _)| *name != field.name);
    values.push((field.name.clone(), id));
    Operation::Insert(values)
}

/// The identity that an operation names.
fn identity(entity: &Entity, operation: &Operation) -> Option<Vec<Value>> {
    let (Operation::Insert(values) | Operation::Put(values)) = operation else {
        return None;
    };
    let value = |field: &usize| {
        let name = &entity.fields[*field].name;
        let mut values = values.iter();
        values
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.clone())
    };
    entity.identity.iter().map(value).collect()
}

/// A clock that stands still during a step, so that all stores fill in the same time.
struct At(usize);

impl Clock for At {
    fn now(&self) -> SystemTime {
        let seconds = 1_750_000_000 + u64::try_from(self.0).unwrap();
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }
}

async fn carry_out(cx: &OpCx, store: &Store, entity: &str, operation: &Operation) -> Outcome {
    let entity = store.entity(entity).unwrap();
    let result = cx.clone().scope(attempt(&entity, operation)).await;
    result.unwrap_or_else(|error| Outcome::Refused(error.kind().to_string()))
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
    }
    Ok(Outcome::Pages(records, sizes))
}

/// Every record, ordered by identity.
async fn everything(store: &Store, entity: &str) -> Vec<Record> {
    let scan = store.entity(entity).unwrap().scan().limit(EVERYTHING);
    let mut page = scan.await.unwrap();
    assert!(page.next.is_none(), "more than {EVERYTHING} records");
    page.records
        .sort_by_cached_key(|record| format!("{:?}", record.identity()));
    page.records
}
