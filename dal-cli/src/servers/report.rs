//! What is running, as data and as text.

use std::time::Duration;

use dal_testkit::servers::{DynamoDbKind, DynamoDbServer, MySqlServer};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;

/// A server on this machine takes a connection at once.
const PATIENCE: Duration = Duration::from_secs(3);

/// Both servers, in the shape that `--json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Servers {
    mysql: MySql,
    dynamodb: DynamoDb,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MySql {
    url: String,
    version: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DynamoDb {
    endpoint: String,
    kind: String,
    version: String,
}

impl Servers {
    pub(super) fn of(mysql: &MySqlServer, dynamodb: &DynamoDbServer) -> Self {
        Self {
            mysql: MySql {
                url: mysql.url().to_owned(),
                version: mysql.version().to_owned(),
            },
            dynamodb: DynamoDb {
                endpoint: dynamodb.endpoint().to_owned(),
                kind: word(dynamodb.kind()).to_owned(),
                version: dynamodb.version().to_owned(),
            },
        }
    }

    /// Where both are.
    pub(super) fn addresses(self) -> (Option<String>, Option<String>) {
        (Some(self.mysql.url), Some(self.dynamodb.endpoint))
    }

    pub(super) fn has(&self, kind: DynamoDbKind) -> bool {
        self.dynamodb.kind == word(kind)
    }

    pub(super) fn kind(&self) -> &str {
        &self.dynamodb.kind
    }

    /// Those that do not answer, as text: none when all is well.
    pub(super) async fn silent(&self) -> Vec<&str> {
        let mut silent = Vec::new();
        for address in [&self.mysql.url, &self.dynamodb.endpoint] {
            if !answers(address).await {
                silent.push(address.as_str());
            }
        }
        silent
    }

    /// Writes to standard output: one line of JSON, or text for a person.
    pub(super) fn print(&self, json: bool) {
        if json {
            println!("{}", serde_json::json!(self));
            return;
        }
        println!("MySQL     {}  ({})", self.mysql.url, self.mysql.version);
        println!(
            "DynamoDB  {}  ({} {})",
            self.dynamodb.endpoint, self.dynamodb.kind, self.dynamodb.version
        );
        println!("\nTests use them with:");
        println!("  export DAL_MYSQL_URL='{}'", self.mysql.url);
        if self.has(DynamoDbKind::Local) {
            println!("  export DAL_DYNAMODB_URL='{}'", self.dynamodb.endpoint);
        }
        println!("Stop them with: dal servers down");
    }
}

/// Whether something listens at a URL. One without a port is a server that was given: not ours to doubt.
async fn answers(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split_once('/').map_or(host, |(host, _)| host);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    if !host.contains(':') {
        return true;
    }
    let connected = tokio::time::timeout(PATIENCE, TcpStream::connect(host)).await;
    matches!(connected, Ok(Ok(_)))
}

fn word(kind: DynamoDbKind) -> &'static str {
    match kind {
        DynamoDbKind::Embedded => "embedded",
        DynamoDbKind::Aws => "aws",
        _ => "local",
    }
}
