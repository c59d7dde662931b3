//! Empty shops for thousands of sequences: each database and table is used again once it is clean.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use dal_dynamodb::{DynamoDb, Item};
use dal_mysql::MySql;
use dal_shadow::Harness;
use dal_testkit::servers::Engine;
use dal_tests::stores::{fresh_dynamodb, fresh_mysql};
use shop::Repositories;
use shop::copy;
use shop::defect::Defect;
use shop::repos::{CartRepository, OrderRepository, ProductRepository, UserRepository};
use sqlx::{AssertSqlSafe, Executor};

/// Where MySQL's ids begin: just below a power of ten, so that ordering numbers as text shows.
pub const FIRST_ID: u64 = 8;

/// Where DynamoDB's ids begin, when they must not be MySQL's.
pub const FIRST_ID_APART: u64 = 998;

/// A shop on one store, or on both. Its tables are given back when it is gone.
pub struct Shop {
    pub users: Arc<dyn UserRepository>,
    pub products: Arc<dyn ProductRepository>,
    pub carts: Arc<dyn CartRepository>,
    pub orders: Arc<dyn OrderRepository>,
    place: Option<Place>,
    /// What a shop on both stores stands on.
    _below: Vec<Arc<Shop>>,
}

#[derive(Clone)]
enum Place {
    MySql(MySql),
    DynamoDb(Engine, DynamoDb, String),
}

static GIVEN_BACK: Mutex<Vec<Place>> = Mutex::new(Vec::new());

impl Drop for Shop {
    fn drop(&mut self) {
        GIVEN_BACK.lock().unwrap().extend(self.place.take());
    }
}

fn given_back(is: impl Fn(&Place) -> bool) -> Option<Place> {
    let mut all = GIVEN_BACK.lock().unwrap();
    let at = all.iter().position(is)?;
    Some(all.swap_remove(at))
}

impl Shop {
    fn of(repositories: Repositories, place: Option<Place>, below: Vec<Arc<Shop>>) -> Self {
        Self {
            users: repositories.users,
            products: repositories.products,
            carts: repositories.carts,
            orders: repositories.orders,
            place,
            _below: below,
        }
    }

    /// An empty shop on MySQL.
    pub async fn mysql() -> Arc<Self> {
        let used = given_back(|place| matches!(place, Place::MySql(_)));
        let db = if let Some(Place::MySql(used)) = used {
            let clean = "DELETE FROM order_lines; DELETE FROM orders; DELETE FROM cart_lines; \
                         DELETE FROM products; DELETE FROM users";
            used.pool().execute(clean).await.unwrap();
            used
        } else {
            fresh_mysql().await
        };
        for table in ["users", "products", "orders"] {
            let begin = format!("ALTER TABLE {table} AUTO_INCREMENT = {FIRST_ID}");
            db.pool().execute(AssertSqlSafe(begin)).await.unwrap();
        }
        let repositories = Repositories::mysql(&db);
        Arc::new(Self::of(repositories, Some(Place::MySql(db)), Vec::new()))
    }

    /// An empty shop on a DynamoDB whose ids begin with `first`, with a defect or without.
    pub async fn dynamodb(engine: Engine, defect: Option<Defect>, first: u64) -> Arc<Self> {
        let is = |place: &Place| matches!(place, Place::DynamoDb(on, ..) if *on == engine);
        let (db, table) = if let Some(Place::DynamoDb(_, db, table)) = given_back(is) {
            clean(&db, &table).await;
            (db, table)
        } else {
            fresh_dynamodb(engine).await
        };
        begin_ids(&db, &table, first).await;
        let used = defect.map_or_else(|| db.clone(), |defect| defect.plant(&db));
        let place = Place::DynamoDb(engine, db, table.clone());
        let repositories = Repositories::dynamodb(&used, &table);
        Arc::new(Self::of(repositories, Some(place), Vec::new()))
    }

    /// Both, behind the wrappers.
    pub fn shadowed(mysql: Arc<Self>, dynamodb: Arc<Self>, harness: &Harness) -> Self {
        let repositories =
            Repositories::shadowed(&mysql.repositories(), &dynamodb.repositories(), harness);
        Self::of(repositories, None, vec![mysql, dynamodb])
    }

    fn repositories(&self) -> Repositories {
        Repositories {
            users: Arc::clone(&self.users),
            products: Arc::clone(&self.products),
            carts: Arc::clone(&self.carts),
            orders: Arc::clone(&self.orders),
        }
    }

    /// Makes the second shop, on DynamoDB, equal to the first one, on MySQL.
    pub async fn copy(mysql: Arc<Self>, dynamodb: Arc<Self>) {
        if let (Some(Place::MySql(from)), Some(Place::DynamoDb(_, to, table))) =
            (&mysql.place, &dynamodb.place)
        {
            copy::mysql_to_dynamodb(from, to, table).await.unwrap();
        }
    }
}

/// Sets the counters of an empty shop, back as well as on.
async fn begin_ids(db: &DynamoDb, table: &str, first: u64) {
    let counters = ["users", "products", "orders"].map(|entity| {
        let text = |text: String| AttributeValue::S(text);
        let put = PutRequest::builder()
            .item("pk", text(format!("COUNTER#{entity}")))
            .item("sk", text("#".to_owned()))
            .item("newest", AttributeValue::N((first - 1).to_string()));
        WriteRequest::builder()
            .put_request(put.build().unwrap())
            .build()
    });
    db.batch_write(table, counters.into()).await.unwrap();
}

/// Deletes every item but the counters.
async fn clean(db: &DynamoDb, table: &str) {
    let mut start: Option<Item> = None;
    loop {
        let page = db
            .client()
            .scan()
            .table_name(table)
            .projection_expression("pk, sk")
            .set_exclusive_start_key(start.take())
            .send()
            .await
            .unwrap();
        let deletes = page
            .items()
            .iter()
            .filter(|key| !is_counter(key))
            .map(|key| {
                let delete = DeleteRequest::builder().set_key(Some(key.clone())).build();
                WriteRequest::builder()
                    .delete_request(delete.unwrap())
                    .build()
            });
        db.batch_write(table, deletes.collect()).await.unwrap();
        match page.last_evaluated_key {
            Some(next) => start = Some(next),
            None => return,
        }
    }
}

fn is_counter(key: &Item) -> bool {
    matches!(key.get("pk"), Some(AttributeValue::S(pk)) if pk.starts_with("COUNTER#"))
}
