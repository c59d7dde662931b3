//! Both stores with the shop in them, equal at the start.

use std::sync::Arc;
use std::time::Instant;

use dal_dynamodb::{DynamoDb, DynamoDbBackend};
use dal_mysql::MySql;
use dal_testkit::servers::{DynamoDbKind, DynamoDbServer, MySqlServer, try_dynamodb, try_mysql};
use dal_traits::store::Store;
use serde::Serialize;
use sqlx::AssertSqlSafe;

use super::Pair;
use super::progress::say;
use crate::defect::Defect;
use crate::error::RepoError;
use crate::seed::Size;
use crate::{Repositories, copy, schema, seed, store};

/// What ran.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Engines {
    pub(super) mysql: Engine,
    pub(super) dynamodb: Engine,
}

/// A database and its version.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Engine {
    pub(super) name: String,
    pub(super) version: String,
}

/// The shop on both stores.
pub(super) struct Stores {
    pub(super) engines: Engines,
    pub(super) size: Size,
    /// Records that were copied.
    pub(super) copied: usize,
    mysql: MySql,
    database: String,
    dynamodb: Repositories,
}

impl Stores {
    /// Starts both, fills MySQL, and copies everything to DynamoDB, whose code has the defect from
    /// the beginning.
    pub(super) async fn fill(
        size: Size,
        pair: Pair,
        planted: Option<Defect>,
    ) -> Result<Self, String> {
        say("starting MySQL and DynamoDB");
        let (mysql, dynamodb) = tokio::task::spawn_blocking(servers)
            .await
            .map_err(|error| error.to_string())??;
        let name = dynamodb.kind().to_string();
        let engines = Engines {
            mysql: Engine {
                name: "MySQL".to_owned(),
                version: mysql.version().to_owned(),
            },
            dynamodb: Engine {
                name: match pair {
                    Pair::Sdk => name,
                    Pair::Store => format!("Store on {name}"),
                },
                version: dynamodb.version().to_owned(),
            },
        };
        let prefix = dynamodb.fresh_prefix();
        let dynamodb = dal_dynamodb::from_client(&dynamodb.client());
        let url = mysql
            .fresh_database()
            .await
            .map_err(|error| format!("cannot create a database on {}: {error}", mysql.url()))?;
        let address = url.split('?').next().unwrap_or_default();
        let database = address.rsplit('/').next().unwrap_or_default().to_owned();
        let mysql = dal_mysql::connect(&url)
            .await
            .map_err(|error| format!("cannot connect to MySQL: {error}"))?;
        let filled = fill_both(&mysql, &dynamodb, &prefix, size, pair, planted).await;
        match filled {
            Ok((dynamodb, copied)) => Ok(Self {
                engines,
                size,
                copied,
                mysql,
                database,
                dynamodb,
            }),
            Err(why) => {
                drop_database(&mysql, &database).await;
                Err(format!("cannot fill the stores: {why}"))
            }
        }
    }

    /// The shop on MySQL alone.
    pub(super) fn mysql(&self) -> Repositories {
        Repositories::mysql(&self.mysql)
    }

    /// The shop on DynamoDB alone.
    pub(super) const fn dynamodb(&self) -> &Repositories {
        &self.dynamodb
    }

    /// Removes the database, for a server that goes on.
    pub(super) async fn clear(self) {
        drop_database(&self.mysql, &self.database).await;
    }
}

/// The shop on DynamoDB, and how many records it was given.
async fn fill_both(
    mysql: &MySql,
    dynamodb: &DynamoDb,
    prefix: &str,
    size: Size,
    pair: Pair,
    planted: Option<Defect>,
) -> Result<(Repositories, usize), RepoError> {
    let began = Instant::now();
    let used = planted.map_or_else(|| dynamodb.clone(), |defect| defect.plant(dynamodb));
    schema::create_mysql(mysql).await?;
    seed::fill_mysql(mysql, size).await?;
    let (repositories, copied) = match pair {
        Pair::Sdk => {
            let table = format!("{prefix}shop");
            schema::create_dynamodb(dynamodb, &table).await?;
            let copied = copy::mysql_to_dynamodb(mysql, &used, &table).await?;
            (Repositories::dynamodb(&used, &table), copied)
        }
        Pair::Store => {
            let backend = DynamoDbBackend::new(used, Arc::new(store::model()?));
            let backend = backend.table_prefix(prefix);
            backend.provision().await?;
            let repositories = Repositories::on_store(&Store::open(backend))?;
            let copied = copy::mysql_to_empty(mysql, &repositories).await?;
            (repositories, copied)
        }
    };
    say(&format!(
        "filled MySQL and copied {} records to DynamoDB in {:.1} s",
        copied.put,
        began.elapsed().as_secs_f32()
    ));
    Ok((repositories, copied.put))
}

async fn drop_database(mysql: &MySql, database: &str) {
    let drop = format!("DROP DATABASE {database}");
    let _ = sqlx::raw_sql(AssertSqlSafe(drop))
        .execute(mysql.pool())
        .await;
}

/// Blocks for seconds; for minutes when MySQL must be fetched.
fn servers() -> Result<(&'static MySqlServer, &'static DynamoDbServer), String> {
    Ok((
        try_mysql().map_err(ToString::to_string)?,
        try_dynamodb(DynamoDbKind::Embedded).map_err(ToString::to_string)?,
    ))
}
