//! What can happen to a request.

use std::time::Duration;

use serde_json::{Value, json};

/// What happens to one request.
#[derive(Clone, Debug, PartialEq)]
pub enum HttpFault {
    /// The store answers with this status and JSON body and does nothing.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: Value,
    },
    /// The store answers 200 with bytes that are not JSON, after it has applied the request.
    Garbage,
    /// The store applies the request; the link breaks in place of its reply.
    ReplyLost,
    /// The link breaks before the request is sent.
    RequestLost,
    /// The request is not sent, and no answer ever comes.
    Hang,
    /// The store applies the request and its reply never comes.
    HangAfterApply,
    /// The request is sent late.
    Delay(Duration),
    /// Of a batch only the first `kept` requests reach the store; the others come back unprocessed.
    Unprocessed {
        /// How many requests of the batch are carried out.
        kept: usize,
    },
}

impl HttpFault {
    /// An exception of DynamoDB by its name, with status 400.
    pub fn exception(name: &str) -> Self {
        Self::exception_with(name, "planted")
    }

    /// An exception of DynamoDB by its name and text, with status 400.
    pub fn exception_with(name: &str, message: &str) -> Self {
        Self::Answer {
            status: 400,
            body: json!({
                "__type": format!("com.amazonaws.dynamodb.v20120810#{name}"),
                "message": message,
            }),
        }
    }

    /// The table's throughput is used up.
    pub fn throttled() -> Self {
        Self::exception("ProvisionedThroughputExceededException")
    }

    /// A transaction has the item.
    pub fn conflict() -> Self {
        Self::exception("TransactionConflictException")
    }

    /// An error of the service itself, such as 500 or 503.
    pub fn server_error(status: u16) -> Self {
        Self::Answer {
            status,
            body: json!({
                "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError",
                "message": "planted",
            }),
        }
    }

    /// A transaction cancelled for these reasons, by position (`None`, `ConditionalCheckFailed`,
    /// `TransactionConflict`, `ThrottlingError`, `ValidationError`, …).
    pub fn cancelled(reasons: &[&str]) -> Self {
        let listed: Vec<Value> = reasons
            .iter()
            .map(|code| json!({"Code": code, "Message": "planted"}))
            .collect();
        Self::Answer {
            status: 400,
            body: json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "Message": format!("Transaction cancelled, reasons [{}]", reasons.join(", ")),
                "CancellationReasons": listed,
            }),
        }
    }
}
