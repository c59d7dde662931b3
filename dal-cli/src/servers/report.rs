//! What is running, as data and as text.

use dal_testkit::servers::{DynamoDbKind, DynamoDbServer, MySqlServer};
use serde::{Deserialize, Serialize};

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

    pub(super) fn has(&self, kind: DynamoDbKind) -> bool {
        self.dynamodb.kind == word(kind)
    }

    pub(super) fn kind(&self) -> &str {
        &self.dynamodb.kind
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

fn word(kind: DynamoDbKind) -> &'static str {
    match kind {
        DynamoDbKind::Embedded => "embedded",
        DynamoDbKind::Aws => "aws",
        _ => "local",
    }
}
