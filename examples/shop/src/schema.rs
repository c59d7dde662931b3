//! The shop's tables on both stores.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use dal_dynamodb::DynamoDb;
use dal_mysql::MySql;
use dal_traits::{Error, ErrorKind, Idempotency, Result};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::dynamodb::{BY_PK1, BY_PK2};

/// The definition of the tables on MySQL, statements separated by `;`.
pub const MYSQL: &str = include_str!("../schema/mysql.sql");

/// Creates the database that `url` names, unless it is there.
///
/// # Errors
/// [`ErrorKind::Config`] when the URL names none; else as MySQL gave it.
pub async fn create_database(url: &str) -> Result<()> {
    let options = dal_mysql::connect_options(url)?;
    let name = options.get_database().unwrap_or_default().to_owned();
    if name.is_empty() {
        let message =
            "the URL names no database: end it with one, as in mysql://root@host:3306/shop";
        return Err(Error::new(ErrorKind::Config, message).backend("mysql"));
    }
    let failed = |native| dal_mysql::error("CREATE DATABASE", "", native);
    // Every account that may log in sees this one.
    let mut connection = options
        .database("information_schema")
        .connect()
        .await
        .map_err(failed)?;
    let there: Option<(String,)> =
        sqlx::query_as("SELECT SCHEMA_NAME FROM SCHEMATA WHERE SCHEMA_NAME = ?")
            .bind(&name)
            .fetch_optional(&mut connection)
            .await
            .map_err(failed)?;
    if there.is_none() {
        let create = format!(
            "CREATE DATABASE IF NOT EXISTS `{}`",
            name.replace('`', "``")
        );
        connection
            .execute(AssertSqlSafe(create))
            .await
            .map_err(failed)?;
    }
    connection.close().await.map_err(failed)
}

/// Creates the shop's tables in the database of `db`; those that exist stay as they are.
///
/// # Errors
/// As MySQL gave it.
pub async fn create_mysql(db: &MySql) -> Result<()> {
    db.statement("CREATE TABLE", "shop", Idempotency::ByToken, || async {
        db.pool().execute(MYSQL).await
    })
    .await?;
    Ok(())
}

/// Creates the shop's one table on DynamoDB, paid by request, and waits until it can be used; one
/// that exists stays as it is.
///
/// # Errors
/// As DynamoDB gave it; [`ErrorKind::Timeout`] when the table does not become active.
pub async fn create_dynamodb(db: &DynamoDb, table: &str) -> Result<()> {
    let mut request = db
        .client()
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest);
    for name in ["pk", "sk", "pk1", "sk1", "pk2", "sk2"] {
        request = request.attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .map_err(incomplete)?,
        );
    }
    for element in keys("pk", "sk")? {
        request = request.key_schema(element);
    }
    for (index, pk, sk) in [(BY_PK1, "pk1", "sk1"), (BY_PK2, "pk2", "sk2")] {
        request = request.global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(index)
                .set_key_schema(Some(keys(pk, sk)?))
                .projection(
                    Projection::builder()
                        .projection_type(ProjectionType::All)
                        .build(),
                )
                .build()
                .map_err(incomplete)?,
        );
    }
    db.create_table_and_wait(table, request).await
}

fn keys(pk: &str, sk: &str) -> Result<Vec<KeySchemaElement>> {
    [(pk, KeyType::Hash), (sk, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| {
            KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind)
                .build()
                .map_err(incomplete)
        })
        .collect()
}

fn incomplete(native: BuildError) -> Error {
    Error::new(
        ErrorKind::Config,
        "the definition of the table is incomplete",
    )
    .backend("dynamodb")
    .source(native)
}
