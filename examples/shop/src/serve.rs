//! `shop serve`: opens the stores, answers requests, and leaves in order.

use std::time::Duration;

use dal_mysql::MySql;
use dal_shadow::source::{OpenFeaturePhases, WatchedFile};
use dal_traits::{Error, ErrorKind, Result};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::config::{OneStore, Serve};
use crate::http::App;
use crate::shadow::{Policy, Shadow};
use crate::{Repositories, connect, flags, service, telemetry};

/// Serves until the process is asked to stop.
///
/// # Errors
/// When a store, the phases or the address cannot be had, and when the stop was not in order.
pub async fn serve(options: &Serve) -> Result<()> {
    let metrics = telemetry::metrics()?;
    let opened = open(options).await?;
    let app = App {
        shop: opened.shop,
        shadow: opened.shadow,
        metrics,
        timeout: options.timeout,
    };
    let listener = TcpListener::bind(options.listen).await.map_err(|native| {
        Error::new(ErrorKind::Config, "the address cannot be listened on")
            .with("address", options.listen)
            .source(native)
    })?;
    let address = listener.local_addr().unwrap_or(options.listen);
    tracing::info!(%address, "the shop is open");
    let ended = service::run(listener, app, options.grace, service::asked_to_stop())
        .await
        .map_err(|native| {
            Error::new(ErrorKind::Unavailable, "the listener failed").source(native)
        })?;
    if let Some(mysql) = opened.mysql {
        close(&mysql, options.grace).await;
    }
    if !ended.answered || !ended.drained {
        let late = "the time to stop was over before every request and secondary write had ended; copy before the next step";
        return Err(Error::new(ErrorKind::Timeout, late)
            .with("answered", ended.answered)
            .with("drained", ended.drained));
    }
    tracing::info!("the shop is closed");
    Ok(())
}

struct Opened {
    shop: Repositories,
    shadow: Option<Shadow>,
    mysql: Option<MySql>,
}

async fn open(options: &Serve) -> Result<Opened> {
    let (mysql, dynamodb) = (&options.stores.mysql, &options.stores.dynamodb);
    match options.source.only {
        Some(OneStore::MySql) => {
            let mysql = connect::mysql(mysql).await?;
            Ok(Opened {
                shop: Repositories::mysql(&mysql),
                shadow: None,
                mysql: Some(mysql),
            })
        }
        Some(OneStore::DynamoDb) => Ok(Opened {
            shop: Repositories::dynamodb(&connect::dynamodb(dynamodb).await, &dynamodb.table),
            shadow: None,
            mysql: None,
        }),
        None => {
            let shadow = shadow(options).await?;
            let mysql = connect::mysql(mysql).await?;
            let on_mysql = Repositories::mysql(&mysql);
            let (table, dynamodb) = (&dynamodb.table, connect::dynamodb(dynamodb).await);
            let on_dynamodb = Repositories::dynamodb(&dynamodb, table);
            let shadow = shadow.between(&mysql, &dynamodb, table);
            Ok(Opened {
                shop: Repositories::shadowed(&on_mysql, &on_dynamodb, &shadow.harness),
                shadow: Some(shadow),
                mysql: Some(mysql),
            })
        }
    }
}

async fn shadow(options: &Serve) -> Result<Shadow> {
    let policy = Policy {
        remember: options.remember.clone(),
        differences: options.differences.clone(),
        await_secondary_writes: options.await_secondary_writes,
        start_timeout: options.start_timeout,
    };
    match (&options.source.phases, &options.source.flags) {
        (Some(file), None) => Shadow::start(WatchedFile::new(file), policy).await,
        (None, Some(file)) => {
            let client = flags::client(file).await;
            Shadow::start(OpenFeaturePhases::new(client, flags::PHASES), policy).await
        }
        _ => Err(Error::new(
            ErrorKind::Config,
            "no phases are given: use --phases, --flags or --only",
        )),
    }
}

/// Gives the connections back to MySQL; one that is stuck is left to the operating system.
async fn close(mysql: &MySql, grace: Duration) {
    if timeout(grace, mysql.pool().close()).await.is_err() {
        tracing::warn!("some connections to MySQL did not close in time");
    }
}
