//! From the command line to the two stores.

use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use dal_dynamodb::DynamoDb;
use dal_mysql::MySql;
use dal_traits::{Error, ErrorKind, Result};

use crate::config::{DynamoDbArgs, MySqlArgs};

/// One attempt at an emulator ends after this time.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Connects to MySQL.
///
/// # Errors
/// [`ErrorKind::Config`] when no URL is given; else as [`dal_mysql::connect`].
pub async fn mysql(args: &MySqlArgs) -> Result<MySql> {
    let url = args.url.as_deref().ok_or_else(|| {
        Error::new(
            ErrorKind::Config,
            "no MySQL is named: give --mysql URL or set SHOP_MYSQL_URL",
        )
    })?;
    dal_mysql::connect(url).await
}

/// A client for DynamoDB; nothing is sent yet.
pub async fn dynamodb(args: &DynamoDbArgs) -> DynamoDb {
    let Some(emulator) = &args.emulator else {
        return dal_dynamodb::connect(None).await;
    };
    // Emulators want credentials and take any.
    let credentials = Credentials::new("local", "local", None, None, "emulator");
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT)
        .build();
    dal_dynamodb::from_config(
        Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(emulator)
            .region(Region::from_static("us-east-1"))
            .credentials_provider(credentials)
            .timeout_config(timeouts),
    )
}
