//! The DynamoDB backend of `Store`, on the embedded DynamoDB and on DynamoDB Local.

mod budget;
mod complete;
mod composite;
mod conditions;
mod guards;
mod ids;
mod limits;
mod lost;
mod moves;
mod provision;
mod query;
mod transactions;
mod writes;

use std::error::Error as _;
use std::ops::Bound;
use std::sync::{Arc, LazyLock};

use aws_sdk_dynamodb::Client;
use dal_contract::{Mode, Sources};
use dal_dynamodb::{DynamoDbBackend, ItemKey};
use dal_testkit::faults::HttpFaults;
use dal_testkit::servers::{self, DynamoDbKind, Engine, announce, runtime, verdict_dynamodb};
use dal_traits::catalog::Catalog;
use dal_traits::condition::Condition;
use dal_traits::model::{Entity, Model};
use dal_traits::op::{
    Change, Delete, Get, Insert, NextId, Op, Page, PassId, Put, Query, Reply, Update,
};
use dal_traits::value::{Value, read_text};
use dal_traits::{Cursor, Error, ErrorKind, OpCx, Record, Result, Service};

static SHOP: LazyLock<Arc<Model>> = LazyLock::new(|| {
    model(
        include_str!("../../../../dal-contract/tests/fixtures/shop.json"),
        include_str!("../../../../dal-contract/tests/fixtures/shop.catalog.json"),
    )
});
static PLACES: LazyLock<Arc<Model>> = LazyLock::new(|| {
    model(
        include_str!("places.json"),
        include_str!("places.catalog.json"),
    )
});

fn model(contract: &str, catalog: &str) -> Arc<Model> {
    let catalog: Catalog = serde_json::from_str(catalog).unwrap();
    let sources = Sources {
        contract,
        sidecar: None,
    };
    let read = dal_contract::load(sources, Some(&catalog), Mode::Lenient);
    assert!(
        read.entities.iter().all(|entity| entity.loaded),
        "{:#?}",
        read.diagnostics
    );
    Arc::new(read.model)
}

/// Runs a test on each DynamoDB, with tables of its own.
fn on_each(model: &LazyLock<Arc<Model>>, test: impl AsyncFn(Stage)) {
    for engine in announce("store_dynamodb", &[Engine::Embedded, Engine::Local]) {
        eprintln!("on {engine:?}");
        let server = match engine {
            Engine::Embedded => servers::dynamodb(DynamoDbKind::Embedded),
            _ => verdict_dynamodb(),
        };
        runtime().block_on(async {
            let stage = Stage {
                client: server.client(),
                faults: HttpFaults::new(),
                prefix: server.fresh_prefix(),
                model: (*model).clone(),
            };
            stage.backend().provision().await.unwrap();
            test(stage).await;
        });
    }
}

/// A DynamoDB with the tables of a model.
struct Stage {
    client: Client,
    faults: HttpFaults,
    prefix: String,
    model: Arc<Model>,
}

impl Stage {
    /// A backend without faults.
    fn backend(&self) -> Backend {
        self.with(&self.client)
    }

    /// A backend whose requests pass the faults.
    fn faulty(&self) -> Backend {
        self.with(&self.faults.client(&self.client))
    }

    fn with(&self, client: &Client) -> Backend {
        let db = dal_dynamodb::from_client(client);
        Backend(DynamoDbBackend::new(db, self.model.clone()).table_prefix(&self.prefix))
    }

    fn table(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Waits until the faults have seen this many requests of an operation.
    async fn reached(&self, operation: &str, count: usize) {
        while self.faults.count(operation) < count {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }

    /// How many items dal's own table has whose key begins so.
    async fn own_items(&self, prefix: &str) -> usize {
        let reply = self.client.scan().table_name(self.table("dal"));
        let items = reply.send().await.unwrap().items.unwrap_or_default();
        let begins = |item: &&dal_dynamodb::Item| item["pk"].as_s().unwrap().starts_with(prefix);
        items.iter().filter(begins).count()
    }
}

struct Backend(DynamoDbBackend);

impl std::ops::Deref for Backend {
    type Target = DynamoDbBackend;

    fn deref(&self) -> &DynamoDbBackend {
        &self.0
    }
}

impl Backend {
    fn entity(&self, name: &str) -> Arc<Entity> {
        self.model().entity(name).unwrap().clone()
    }

    async fn send(&self, op: Op) -> Result<Reply> {
        self.call(&OpCx::new(), op).await
    }

    async fn insert(&self, record: &Record) -> Result<Record> {
        let record = record.clone();
        match self.send(Op::Insert(Insert { record })).await? {
            Reply::Inserted(record) => Ok(record),
            other => panic!("{other:?}"),
        }
    }

    async fn put(&self, record: &Record) -> Result<()> {
        let record = record.clone();
        let reply = self.send(Op::Put(Put { record })).await?;
        assert_eq!(reply, Reply::Done);
        Ok(())
    }

    /// The record that a path finds; strong where the path is.
    async fn get(&self, entity: &str, path: &str, key: &[Value]) -> Result<Option<Record>> {
        let entity = self.entity(entity);
        let path = entity.path(path).unwrap();
        let eventual = !entity.paths[path].is_strong();
        let get = Get {
            entity,
            path,
            key: key.to_vec(),
            eventual,
        };
        match self.send(Op::Get(get)).await? {
            Reply::Record(record) => Ok(record),
            other => panic!("{other:?}"),
        }
    }

    async fn by_id(&self, entity: &str, id: i64) -> Option<Record> {
        self.get(entity, "id", &[id.into()]).await.unwrap()
    }

    async fn update(
        &self,
        entity: &str,
        id: i64,
        changes: Vec<Change>,
        when: Option<Condition>,
    ) -> Result<()> {
        let update = Update {
            entity: self.entity(entity),
            identity: vec![id.into()],
            changes,
            when,
        };
        let reply = self.send(Op::Update(update)).await?;
        assert_eq!(reply, Reply::Done);
        Ok(())
    }

    async fn delete(&self, entity: &str, id: i64, when: Option<Condition>) -> Result<bool> {
        let delete = Delete {
            entity: self.entity(entity),
            identity: vec![id.into()],
            when,
        };
        match self.send(Op::Delete(delete)).await? {
            Reply::Existed(existed) => Ok(existed),
            other => panic!("{other:?}"),
        }
    }

    async fn next_id(&self, entity: &str) -> Result<i128> {
        let entity = self.entity(entity);
        match self.send(Op::NextId(NextId { entity })).await? {
            Reply::Id(id) => Ok(id),
            other => panic!("{other:?}"),
        }
    }

    async fn pass_id(&self, entity: &str, id: i128) -> Result<()> {
        let entity = self.entity(entity);
        let reply = self.send(Op::PassId(PassId { entity, id })).await?;
        assert_eq!(reply, Reply::Done);
        Ok(())
    }

    async fn page(&self, query: &Query) -> Result<Page> {
        match self.send(Op::Query(query.clone())).await? {
            Reply::Page(page) => Ok(page),
            other => panic!("{other:?}"),
        }
    }

    /// The ids of all pages of a query, page by page.
    async fn ids(&self, query: &Query) -> Vec<Vec<i128>> {
        let mut query = query.clone();
        let mut pages = Vec::new();
        loop {
            let page = self.page(&query).await.unwrap();
            pages.push(page.records.iter().map(id_of).collect());
            match page.next {
                Some(next) => query.after = Some(next),
                None => return pages,
            }
        }
    }

    fn query(&self, entity: &str, path: &str, key: &[Value]) -> Query {
        let entity = self.entity(entity);
        let path = entity.path(path).unwrap();
        Query {
            eventual: !entity.paths[path].is_strong(),
            entity,
            path,
            key: key.to_vec(),
            range: (Bound::Unbounded, Bound::Unbounded),
            filter: None,
            backward: false,
            limit: 100,
            after: None::<Cursor>,
        }
    }

    /// A record with these fields, and NULL elsewhere.
    fn record(&self, entity: &str, fields: &[(&str, Value)]) -> Record {
        let entity = self.entity(entity);
        let mut record = Record::new(entity.clone(), Vec::new());
        for (name, value) in fields {
            record.set(entity.field(name).unwrap(), value.clone());
        }
        record
    }

    fn place(&self, entity: &str, field: &str) -> usize {
        self.entity(entity).field(field).unwrap()
    }

    fn user(&self, id: i64, email: &str) -> Record {
        let name = format!("name of {email}");
        self.record(
            "Users",
            &[
                ("id", id.into()),
                ("email", email.into()),
                ("name", name.as_str().into()),
                ("created_at", at("2025-01-02 03:04:05.000006")),
            ],
        )
    }

    fn visit(&self, id: i64, fields: &[(&str, Value)]) -> Record {
        let mut all = vec![
            ("id", id.into()),
            ("user_id", 1.into()),
            ("at", at("2025-01-02 03:04:05.000000")),
            ("score", 5.into()),
            ("level", 7.into()),
        ];
        all.extend_from_slice(fields);
        self.record("Visits", &all)
    }

    fn parcel(&self, id: i64, depot: &str, label: Option<&str>) -> Record {
        let label = label.map_or(Value::Null, Value::from);
        self.record(
            "Parcels",
            &[("id", id.into()), ("depot", depot.into()), ("label", label)],
        )
    }
}

fn id_of(record: &Record) -> i128 {
    match record.get("id") {
        Some(Value::Int(id)) => *id,
        other => panic!("{other:?}"),
    }
}

fn at(text: &str) -> Value {
    read_text(text, &"datetime(6)".parse().unwrap()).unwrap()
}

fn date(text: &str) -> Value {
    read_text(text, &"date".parse().unwrap()).unwrap()
}

fn decimal(text: &str) -> Value {
    read_text(text, &"decimal(10,2)".parse().unwrap()).unwrap()
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// The key of the item that could not be read.
fn item_key(error: &Error) -> &ItemKey {
    let source = error.source().expect("a source");
    source.downcast_ref().expect("the key of an item")
}

fn constraint<T: std::fmt::Debug>(result: Result<T>) -> (ErrorKind, String) {
    let error = result.unwrap_err();
    let constraint = error.class().constraint.clone();
    (error.kind(), constraint.unwrap_or_default().into_owned())
}
