//! The process that holds the servers between `up` and `down`.

use dal_testkit::servers::{DynamoDbServer, MySqlServer};

use super::control::Control;
use super::report::Servers;
use super::{Kind, state_folder};

/// Starts both servers, and holds them until `down`. However this process ends, they end with it.
pub(super) async fn hold(kind: Kind) -> Result<(), String> {
    let folder = state_folder()?;
    // In turn: the second is not started when the first cannot be used.
    let (mysql, dynamodb) = tokio::task::spawn_blocking(move || {
        let mysql = MySqlServer::start().map_err(|e| e.to_string())?;
        let dynamodb = DynamoDbServer::start(kind.into()).map_err(|e| e.to_string())?;
        Ok::<_, String>((mysql, dynamodb))
    })
    .await
    .map_err(|e| e.to_string())??;
    let control = Control::publish(&folder).await?;
    let asker = control.serve(&Servers::of(&mysql, &dynamodb)).await?;
    tokio::task::spawn_blocking(move || drop((mysql, dynamodb)))
        .await
        .map_err(|e| e.to_string())?;
    drop(control);
    asker.stopped().await;
    Ok(())
}
