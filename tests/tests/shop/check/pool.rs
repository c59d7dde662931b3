//! Empty shops for thousands of sequences, from the test kit's clean databases and tables.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use dal_dynamodb::{DynamoDb, DynamoDbBackend};
use dal_mysql::{MySql, MySqlBackend};
use dal_shadow::Harness;
use dal_testkit::clean::{CleanDatabases, CleanTables};
use dal_testkit::servers::{DynamoDbKind, Engine};
use dal_tests::stores::connect;
use dal_traits::store::Store as ContractStore;
use shop::defect::Defect;
use shop::repos::{CartRepository, OrderRepository, ProductRepository, UserRepository};
use shop::{Repositories, copy, schema};

/// Where MySQL's ids begin: just below a power of ten, so that ordering numbers as text shows.
pub const FIRST_ID: u64 = 8;

/// Where DynamoDB's ids begin, when they must not be MySQL's.
pub const FIRST_ID_APART: u64 = 998;

static DATABASES: CleanDatabases = CleanDatabases::new(schema::MYSQL).first_id(FIRST_ID);
static EMBEDDED: CleanTables = CleanTables::new(DynamoDbKind::Embedded);
static VERDICT: CleanTables = CleanTables::verdict();
static STORE_EMBEDDED: CleanTables = CleanTables::new(DynamoDbKind::Embedded);
static STORE_VERDICT: CleanTables = CleanTables::verdict();

/// A shop on one store, or on both. Its tables are given back when it is gone.
pub struct Shop {
    pub users: Arc<dyn UserRepository>,
    pub products: Arc<dyn ProductRepository>,
    pub carts: Arc<dyn CartRepository>,
    pub orders: Arc<dyn OrderRepository>,
    store: Store,
}

enum Store {
    MySql(MySql),
    DynamoDb(DynamoDb, String),
    Both,
}

impl Shop {
    fn of(repositories: Repositories, store: Store) -> Self {
        Self {
            users: repositories.users,
            products: repositories.products,
            carts: repositories.carts,
            orders: repositories.orders,
            store,
        }
    }

    /// An empty shop on MySQL.
    pub async fn mysql() -> Arc<Self> {
        let database = DATABASES.take().await.unwrap();
        let db = connect(database.url()).await;
        database.until_closed(db.pool());
        Arc::new(Self::of(Repositories::mysql(&db), Store::MySql(db)))
    }

    /// An empty shop on a DynamoDB whose ids begin with `first`, with a defect or without.
    pub async fn dynamodb(engine: Engine, defect: Option<Defect>, first: u64) -> Arc<Self> {
        let tables = match engine {
            Engine::Embedded => &EMBEDDED,
            Engine::Local => &VERDICT,
            other => panic!("{other:?} is not a DynamoDB"),
        };
        let tables = tables.take(create).await.unwrap();
        let db = dal_dynamodb::from_client(&tables.client());
        let table = tables.prefix() + "shop";
        begin_ids(&db, &table, first).await;
        let used = defect.map_or_else(|| db.clone(), |defect| defect.plant(&db));
        let repositories = Repositories::dynamodb(&used, &table);
        Arc::new(Self::of(repositories, Store::DynamoDb(db, table)))
    }

    /// An empty shop on `Store`, as the contract says. On a DynamoDB ids begin with
    /// [`FIRST_ID_APART`].
    pub async fn on_store(engine: Engine) -> Arc<Self> {
        let model = Arc::new(shop::store::model().unwrap());
        let (store, kept) = if engine == Engine::MySql {
            let database = DATABASES.take().await.unwrap();
            let db = connect(database.url()).await;
            database.until_closed(db.pool());
            let store = ContractStore::open(MySqlBackend::new(&db, model));
            (store, Store::MySql(db))
        } else {
            let tables = match engine {
                Engine::Embedded => &STORE_EMBEDDED,
                _ => &STORE_VERDICT,
            };
            let tables = tables.take(provision).await.unwrap();
            let db = dal_dynamodb::from_client(&tables.client());
            let backend = DynamoDbBackend::new(db.clone(), model).table_prefix(tables.prefix());
            let table = tables.prefix() + "shop";
            let kept = Store::DynamoDb(db, table);
            (ContractStore::open(backend), kept)
        };
        Arc::new(Self::of(Repositories::on_store(&store).unwrap(), kept))
    }

    /// Both, behind the wrappers.
    pub fn shadowed(mysql: &Self, dynamodb: &Self, harness: &Harness) -> Self {
        let repositories =
            Repositories::shadowed(&mysql.repositories(), &dynamodb.repositories(), harness);
        Self::of(repositories, Store::Both)
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
        if let (Store::MySql(from), Store::DynamoDb(to, table)) = (&mysql.store, &dynamodb.store) {
            copy::mysql_to_dynamodb(from, to, table).await.unwrap();
        }
    }
}

async fn create(client: Client, prefix: String) {
    let db = dal_dynamodb::from_client(&client);
    schema::create_dynamodb(&db, &(prefix + "shop"))
        .await
        .unwrap();
}

/// The tables of the shop's contract, and the counters of an empty shop.
async fn provision(client: Client, prefix: String) {
    let db = dal_dynamodb::from_client(&client);
    let model = Arc::new(shop::store::model().unwrap());
    let backend = DynamoDbBackend::new(db, model).table_prefix(&prefix);
    backend.provision().await.unwrap();
    let store = ContractStore::open(backend);
    for entity in ["Users", "Products", "Orders"] {
        let entity = store.entity(entity).unwrap();
        entity
            .pass_id(i128::from(FIRST_ID_APART) - 1)
            .await
            .unwrap();
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
