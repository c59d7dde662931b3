use aws_sdk_dynamodb::Client;
use dal_testkit::clean::{CleanDatabases, CleanTables};
use dal_testkit::servers::DynamoDbKind;
use shop::dynamodb::DynamoUsers;
use shop::mysql::MySqlUsers;
use shop::schema;

static DATABASES: CleanDatabases = CleanDatabases::new(schema::MYSQL).first_id(8);
static TABLES: CleanTables = CleanTables::new(DynamoDbKind::Embedded); // or Local

async fn mysql() -> Arc<dyn UserRepository> {
    let database = DATABASES.take().await.unwrap(); // given back when the pool is dropped
    let db = dal_mysql::connect(database.url()).await.unwrap();
    database.until_closed(db.pool());
    Arc::new(MySqlUsers::new(db))
}

async fn dynamodb_from(first_id: u64) -> Arc<dyn UserRepository> {
    let tables = TABLES.take(create_table).await.unwrap(); // given back with the client
    let db = dal_dynamodb::from_client(&tables.client());
    let users = DynamoUsers::new(db, tables.prefix() + "shop");
    users.begin_ids(first_id).await.unwrap(); // one write
    Arc::new(users)
}

async fn create_table(client: Client, prefix: String) {
    let db = dal_dynamodb::from_client(&client);
    schema::create_dynamodb(&db, &(prefix + "shop")).await.unwrap();
}
