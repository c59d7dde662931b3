//! A backend on a database of its own.

use std::ops::Bound;
use std::sync::Arc;

use dal_contract::{Mode, Sources};
use dal_mysql::{MySql, MySqlBackend};
use dal_testkit::servers::{self, Engine, announce, runtime};
use dal_traits::condition::Condition;
use dal_traits::model::{Entity, Model};
use dal_traits::op::{
    Change, Delete, Get, GetMany, Insert, Op, Page, Put, Query, Reply, Scan, Update,
};
use dal_traits::value::Value;
use dal_traits::{Cursor, Error, ErrorKind, OpCx, Record, Result, Service};
use sqlx::{AssertSqlSafe, Executor};

const SHOP: &str = include_str!("../../../dal-contract/tests/fixtures/shop.json");
const SCHEMA: &str = include_str!("../../../examples/shop/schema/mysql.sql");

pub struct Db {
    pub backend: MySqlBackend,
    pub model: Arc<Model>,
    /// The application's own connections.
    pub mysql: MySql,
}

/// Runs a test on the shop's schema and contract, where there is a server.
pub fn on_shop(test: impl AsyncFnOnce(Db)) {
    on(SCHEMA, SHOP, test);
}

/// Runs a test on a schema (statements that end with `;`) and a contract.
pub fn on(schema: &str, contract: &str, test: impl AsyncFnOnce(Db)) {
    if announce("mysql_backend", &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let db = open(schema, contract).await;
        test(db).await;
    });
}

async fn open(schema: &str, contract: &str) -> Db {
    let server = servers::mysql();
    let url = server.fresh_database().await.unwrap();
    let pool = dal_mysql::pool(&url).await.unwrap();
    server.drop_with(&pool);
    for statement in schema.split(";\n").filter(|text| !text.trim().is_empty()) {
        pool.execute(AssertSqlSafe(statement.to_owned()))
            .await
            .unwrap();
    }
    let catalog = dal_mysql::catalog(&url).await.unwrap();
    let sources = Sources {
        contract,
        sidecar: None,
    };
    let read = dal_contract::load(sources, Some(&catalog), Mode::Lenient);
    let refused: Vec<_> = read.entities.iter().filter(|e| !e.loaded).collect();
    assert!(refused.is_empty(), "{:#?}", read.diagnostics);
    let model = Arc::new(read.model);
    let mysql = dal_mysql::from_pool(pool).await.unwrap();
    Db {
        backend: MySqlBackend::new(&mysql, model.clone()),
        model,
        mysql,
    }
}

impl Db {
    pub fn entity(&self, name: &str) -> Arc<Entity> {
        self.model.entity(name).unwrap().clone()
    }

    /// Runs a statement on the application's own connections.
    pub async fn sql(&self, statement: &str) {
        let statement = AssertSqlSafe(statement.to_owned());
        self.mysql.pool().execute(statement).await.unwrap();
    }

    /// The texts that a statement of the application selects.
    pub async fn texts(&self, statement: &str) -> Vec<Option<String>> {
        sqlx::query_scalar(AssertSqlSafe(statement.to_owned()))
            .fetch_all(self.mysql.pool())
            .await
            .unwrap()
    }

    pub async fn call(&self, op: Op) -> Result<Reply> {
        self.backend.call(&OpCx::new(), op).await
    }

    pub async fn get(&self, entity: &str, path: &str, key: &[Value]) -> Result<Option<Record>> {
        let entity = self.entity(entity);
        let get = Get {
            path: entity.path(path).unwrap(),
            key: key.to_vec(),
            eventual: false,
            entity,
        };
        match self.call(Op::Get(get)).await? {
            Reply::Record(record) => Ok(record),
            other => panic!("{other:?}"),
        }
    }

    pub async fn get_many(&self, entity: &str, keys: &[Vec<Value>]) -> Vec<Option<Record>> {
        let get = GetMany {
            entity: self.entity(entity),
            keys: keys.to_vec(),
        };
        match self.call(Op::GetMany(get)).await.unwrap() {
            Reply::Records(records) => records,
            other => panic!("{other:?}"),
        }
    }

    pub async fn insert(&self, record: Record) -> Result<Record> {
        match self.call(Op::Insert(Insert { record })).await? {
            Reply::Inserted(record) => Ok(record),
            other => panic!("{other:?}"),
        }
    }

    pub async fn put(&self, record: Record) -> Result<()> {
        let reply = self.call(Op::Put(Put { record })).await?;
        assert_eq!(reply, Reply::Done);
        Ok(())
    }

    pub async fn update(
        &self,
        entity: &str,
        identity: &[Value],
        changes: &[Change],
        when: Option<Condition>,
    ) -> Result<()> {
        let update = Update {
            entity: self.entity(entity),
            identity: identity.to_vec(),
            changes: changes.to_vec(),
            when,
        };
        let reply = self.call(Op::Update(update)).await?;
        assert_eq!(reply, Reply::Done);
        Ok(())
    }

    pub async fn delete(
        &self,
        entity: &str,
        identity: &[Value],
        when: Option<Condition>,
    ) -> Result<bool> {
        let delete = Delete {
            entity: self.entity(entity),
            identity: identity.to_vec(),
            when,
        };
        match self.call(Op::Delete(delete)).await? {
            Reply::Existed(existed) => Ok(existed),
            other => panic!("{other:?}"),
        }
    }

    /// A query of a path; every record in one page unless that is changed.
    pub fn query(&self, entity: &str, path: &str, key: &[Value]) -> Query {
        let entity = self.entity(entity);
        Query {
            path: entity.path(path).unwrap(),
            key: key.to_vec(),
            range: (Bound::Unbounded, Bound::Unbounded),
            filter: None,
            backward: false,
            limit: 1000,
            after: None,
            eventual: true,
            entity,
        }
    }

    pub async fn page(&self, query: Query) -> Result<Page> {
        match self.call(Op::Query(query)).await? {
            Reply::Page(page) => Ok(page),
            other => panic!("{other:?}"),
        }
    }

    /// The records of all pages.
    pub async fn drain(&self, mut query: Query) -> Vec<Record> {
        let mut records = Vec::new();
        loop {
            let page = self.page(query.clone()).await.unwrap();
            assert!(page.records.len() <= usize::try_from(query.limit).unwrap());
            records.extend(page.records);
            let Some(next) = page.next else {
                return records;
            };
            query.after = Some(next);
        }
    }

    pub async fn scan(&self, entity: &str, limit: u32, after: Option<Cursor>) -> Page {
        let scan = Scan {
            entity: self.entity(entity),
            filter: None,
            limit,
            after,
        };
        match self.call(Op::Scan(scan)).await.unwrap() {
            Reply::Page(page) => page,
            other => panic!("{other:?}"),
        }
    }
}

/// A record of the fields that are named; the others are NULL.
pub fn record(entity: &Arc<Entity>, values: &[(&str, Value)]) -> Record {
    let mut record = Record::new(entity.clone(), Vec::new());
    for (field, value) in values {
        record.set(entity.field(field).unwrap(), value.clone());
    }
    record
}

pub fn int(value: i128) -> Value {
    Value::Int(value)
}

pub fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

pub fn ints(records: &[Record], field: &str) -> Vec<i128> {
    let number = |record: &Record| match record.get(field) {
        Some(Value::Int(value)) => *value,
        other => panic!("{other:?}"),
    };
    records.iter().map(number).collect()
}

/// The error's kind, after a look at what every error of the backend says.
pub fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    let error: Error = result.unwrap_err();
    assert!(error.to_string().contains("backend=mysql"), "{error}");
    assert!(error.to_string().contains("entity="), "{error}");
    error.kind()
}
