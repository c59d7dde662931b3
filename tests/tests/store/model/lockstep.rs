//! One sequence on three stores.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dal_dynamodb::DynamoDbBackend;
use dal_memory::MemoryBackend;
use dal_mysql::{MySql, MySqlBackend};
use dal_traits::model::Entity;
use dal_traits::store::Store;
use dal_traits::value::Value;
use dal_traits::{Clock, OpCx};
use tokio::task::JoinSet;

use super::Pair;
use super::carry_out::{Outcome, carry_out, everything};
use super::choices::Choices;
use super::operation::{Known, Operation, operation};
use super::seam::Seam;
use super::statistics::Statistics;

/// Ids that MySQL never gets to.
const FRESH: i128 = 1 << 40;

/// The three stores of a sequence, empty at first.
pub struct Lockstep {
    /// MySQL is the first: it gives the ids.
    mysql: Store,
    others: [(&'static str, Store); 2],
    entities: Vec<Arc<Entity>>,
    /// Holds the database.
    _database: MySql,
    _links: JoinSet<()>,
}

impl Lockstep {
    pub async fn new(pair: &Pair, seam: &impl Seam) -> Self {
        let model = pair.contract.model.clone();
        let database = pair.databases.take().await.unwrap();
        let (url, links) = seam.mysql(database.url());
        let mysql = dal_mysql::connect(&url).await.unwrap();
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
        let db = seam.dynamodb(dal_dynamodb::from_client(&client));
        let dynamodb = DynamoDbBackend::new(db, model.clone());
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
            _links: links,
        }
    }

    /// Runs the operations; the text of a difference says what was done before.
    pub async fn run(
        self,
        sequence: &[[u16; 32]],
        statistics: &Statistics,
    ) -> std::result::Result<(), String> {
        let mut done = String::new();
        let found = self.compare(sequence, statistics, &mut done).await;
        found.map_err(|difference| format!("{done}{difference}"))
    }

    async fn compare(
        &self,
        sequence: &[[u16; 32]],
        statistics: &Statistics,
        done: &mut String,
    ) -> std::result::Result<(), String> {
        let mut used: Vec<Vec<Vec<Value>>> = vec![Vec::new(); self.entities.len()];
        let mut fresh = FRESH;
        // Most sequences are about one entity, so that there is something to find.
        let about = sequence
            .first()
            .map_or(0, |numbers| usize::from(numbers[31]));
        let about = about % (self.entities.len() + 1);
        for (step, numbers) in sequence.iter().enumerate() {
            let cx = OpCx::new().with_clock(Arc::new(At(step)));
            let mut choices = Choices::new(numbers);
            let place = match choices.below(self.entities.len()) {
                _ if about < self.entities.len() => about,
                any => any,
            };
            let known = self.entities.iter().zip(&used);
            let known: Vec<_> = known.map(|(entity, used)| Known { entity, used }).collect();
            let operation = operation(&known, place, &mut choices);
            let expected = self.on(&cx, &self.mysql, place, &operation).await;
            let pinned = self.pinned(place, &operation, Some(&expected), &mut fresh);
            let name = self.entities[place].name.as_str();
            let _ = writeln!(done, "{name} {pinned:?}\n  mysql: {expected:?}");
            for (store, other) in &self.others {
                let found = self.on(&cx, other, place, &pinned).await;
                if !same(&operation, &found, &expected) {
                    return Err(format!("  {store}: {found:?}"));
                }
            }
            statistics.add(operation.name(), expected.label(&operation));
            for _ in 0..expected.arrays(&operation) {
                statistics.add(operation.name(), "array".to_owned());
            }
            match &expected {
                Outcome::Refused(_, Some(2..)) => {
                    statistics.add(operation.name(), "behind the first step".to_owned());
                }
                Outcome::Refused(..) => {}
                _ => self.remember(place, &pinned, &mut used),
            }
        }
        self.same_in_the_end().await
    }

    async fn on(&self, cx: &OpCx, store: &Store, place: usize, operation: &Operation) -> Outcome {
        carry_out(cx, store, &self.entities, place, operation).await
    }

    /// The operation for the other stores: with the ids that MySQL gave, or with some that nobody has.
    fn pinned(
        &self,
        place: usize,
        operation: &Operation,
        expected: Option<&Outcome>,
        fresh: &mut i128,
    ) -> Operation {
        let values = match operation {
            Operation::Insert(values) => values,
            Operation::Transact(steps) => {
                let pinned = steps.iter().enumerate().map(|(at, (place, step))| {
                    let expected = match expected {
                        Some(Outcome::Transacted(outcomes)) => outcomes.get(at),
                        _ => None,
                    };
                    (*place, self.pinned(*place, step, expected, fresh))
                });
                return Operation::Transact(pinned.collect());
            }
            _ => return operation.clone(),
        };
        let entity = &self.entities[place];
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
        let id = if let Some(Outcome::Record(Some(record))) = expected {
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

    /// Remembers the identities that an operation names.
    fn remember(&self, place: usize, operation: &Operation, used: &mut [Vec<Vec<Value>>]) {
        if let Operation::Transact(steps) = operation {
            for (place, step) in steps {
                self.remember(*place, step, used);
            }
        }
        let known = Known {
            entity: &self.entities[place],
            used: &used[place],
        };
        if let (Operation::Insert(_) | Operation::Put(_), Some(identity)) =
            (operation, operation.identity(&known))
            && !used[place].contains(&identity)
        {
            used[place].push(identity);
        }
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

/// A clock that stands still during a step, so that all stores fill in the same time.
struct At(usize);

impl Clock for At {
    fn now(&self) -> SystemTime {
        let seconds = 1_750_000_000 + u64::try_from(self.0).unwrap();
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }
}
