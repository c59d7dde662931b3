//! The client: the SDK's own defaults, but our retry.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{Builder, Config};
use dal_traits::RetryPolicy;

/// How long one attempt may take unless the environment or profile says otherwise. The SDK itself
/// has no such limit, and a hung attempt would never be repeated.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// A DynamoDB client whose calls are traced, measured and repeated by the retry rules. Cheap to
/// clone; clones share connections and retry budget.
#[derive(Clone)]
pub struct DynamoDb {
    pub(crate) client: Client,
    pub(crate) policy: RetryPolicy,
}

impl std::fmt::Debug for DynamoDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DynamoDb").finish_non_exhaustive()
    }
}

/// A client from the SDK's default chain (credentials, region, profile, environment), with the SDK's
/// retries off and ours on.
///
/// `endpoint` is a URL such as `http://127.0.0.1:8000` and is for emulators; with `None` the SDK
/// finds the service of the region.
pub async fn connect(endpoint: Option<&str>) -> DynamoDb {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(
        TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build(),
    );
    if let Some(endpoint) = endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    from_config(Builder::from(&loader.load().await))
}

/// A client from a configuration of one's own. The SDK's retries are switched off: they would repeat
/// a write whose first attempt may have been applied.
pub fn from_config(config: Builder) -> DynamoDb {
    let config: Config = config.retry_config(RetryConfig::disabled()).build();
    DynamoDb {
        client: Client::from_conf(config),
        policy: RetryPolicy::default(),
    }
}

/// Takes the client that the application has; a copy with the SDK's retries switched off is used.
pub fn from_client(client: &Client) -> DynamoDb {
    from_config(client.config().to_builder())
}

impl DynamoDb {
    /// Sets the retry policy.
    #[must_use]
    pub fn with_policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The client, for the SDK's own calls. It does not repeat anything by itself.
    pub fn client(&self) -> &Client {
        &self.client
    }
}
