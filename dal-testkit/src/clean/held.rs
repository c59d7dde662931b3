//! A DynamoDB client that holds a value until its last clone is dropped.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Intercept;

/// An interceptor that does nothing but live as long as its client.
#[derive(Debug)]
struct Held<T>(#[expect(dead_code, reason = "held: its drop gives it back")] Arc<T>);

impl<T: std::fmt::Debug + Send + Sync> Intercept for Held<T> {
    fn name(&self) -> &'static str {
        "dal test kit: held by the client"
    }
}

/// `client` again, in a copy that holds `value`, as do clients made from the copy's configuration.
pub(super) fn holding<T>(client: &Client, value: T) -> Client
where
    T: std::fmt::Debug + Send + Sync + 'static,
{
    let config = client
        .config()
        .to_builder()
        .interceptor(Held(Arc::new(value)));
    Client::from_conf(config.build())
}
