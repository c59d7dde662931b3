//! Both stores with the shop in them, equal at the start.

use std::time::Instant;

use dal_dynamodb::DynamoDb;
use dal_mysql::MySql;
use dal_testkit::servers::{DynamoDbKind, DynamoDbServer, MySqlServer, try_dynamodb, try_mysql};
use serde::Serialize;
use sqlx::AssertSqlSafe;

use super::progress::say;
use crate::defect::Defect;
use crate::error::RepoError;
use crate::seed::Size;
use crate::{Repositories, copy, schema, seed};

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
    dynamodb: DynamoDb,
    table: String,
}

impl Stores {
    /// Starts both, fills MySQL, and copies everything to DynamoDB, whose code has the defect from
    /// the beginning.
    pub(super) async fn fill(size: Size, planted: Option<Defect>) -> Result<Self, String> {
        say("starting MySQL and DynamoDB");
        let (mysql, dynamodb) = tokio::task::spawn_blocking(servers)
            .await
            .map_err(|error| error.to_string())??;
        let engines = Engines {
            mysql: Engine {
                name: "MySQL".to_owned(),
                version: mysql.version().to_owned(),
            },
            dynamodb: Engine {
                name: dynamodb.kind().to_string(),
                version: dynamodb.version().to_owned(),
            },
        };
        let table = format!("{}shop", dynamodb.fresh_prefix());
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
        let dynamodb = planted.map_or(dynamodb.clone(), |defect| defect.plant(&dynamodb));
        let mut stores = Self {
            engines,
            size,
            copied: 0,
            mysql,
            database,
            dynamodb,
            table,
        };
        if let Err(why) = stores.fill_both().await {
            stores.clear().await;
            return Err(format!("cannot fill the stores: {why}"));
        }
        Ok(stores)
    }

    async fn fill_both(&mut self) -> Result<(), RepoError> {
        let began = Instant::now();
        schema::create_mysql(&self.mysql).await?;
        schema::create_dynamodb(&self.dynamodb, &self.table).await?;
        seed::fill_mysql(&self.mysql, self.size).await?;
        let copied = copy::mysql_to_dynamodb(&self.mysql, &self.dynamodb, &self.table).await?;
        self.copied = copied.put;
        say(&format!(
            "filled MySQL and copied {} records to DynamoDB in {:.1} s",
            copied.put,
            began.elapsed().as_secs_f32()
        ));
        Ok(())
    }

    /// The shop on MySQL alone.
    pub(super) fn mysql(&self) -> Repositories {
        Repositories::mysql(&self.mysql)
    }

    /// The shop on DynamoDB alone.
    pub(super) fn dynamodb(&self) -> Repositories {
        Repositories::dynamodb(&self.dynamodb, &self.table)
    }

    /// Removes the database, for a server that goes on.
    pub(super) async fn clear(self) {
        let drop = format!("DROP DATABASE {}", self.database);
        let _ = sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(self.mysql.pool())
            .await;
    }
}

/// Blocks for seconds; for minutes when MySQL must be fetched.
fn servers() -> Result<(&'static MySqlServer, &'static DynamoDbServer), String> {
    Ok((
        try_mysql().map_err(ToString::to_string)?,
        try_dynamodb(DynamoDbKind::Embedded).map_err(ToString::to_string)?,
    ))
}
