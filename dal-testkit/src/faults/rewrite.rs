//! Batches of which the store gets only a part.

use aws_sdk_dynamodb::error::ConnectorError;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Map, Value, json};

use super::response::{broken, response};

/// Reads a response to its end: by then the store has applied the request.
pub(super) async fn whole(mut answer: HttpResponse) -> Result<(u16, Vec<u8>), ConnectorError> {
    let status = answer.status().as_u16();
    let body = ByteStream::new(answer.take_body())
        .collect()
        .await
        .map_err(|_| broken("the reply broke off"))?;
    Ok((status, body.to_vec()))
}

/// Sends the first `kept` requests of a batch and returns the others as unprocessed.
pub(super) async fn partly(
    inner: &SharedHttpConnector,
    operation: &str,
    mut request: HttpRequest,
    kept: usize,
) -> Result<HttpResponse, ConnectorError> {
    let left_name = match operation {
        "BatchWriteItem" => "UnprocessedItems",
        "BatchGetItem" => "UnprocessedKeys",
        _ => return inner.call(request).await,
    };
    let mut body: Value = json_of(request.body().bytes().unwrap_or_default())?;
    let left = split(&mut body, kept);
    let mut answer = if is_empty(&body) {
        json!({"Responses": {}})
    } else {
        let text = body.to_string();
        request
            .headers_mut()
            .insert("content-length", text.len().to_string());
        *request.body_mut() = SdkBody::from(text);
        let (status, bytes) = whole(inner.call(request).await?).await?;
        if status != 200 {
            return response(status, String::from_utf8_lossy(&bytes).into_owned());
        }
        json_of(&bytes)?
    };
    if let Some(answer) = answer.as_object_mut() {
        answer.insert(left_name.to_owned(), left);
    }
    response(200, answer.to_string())
}

/// Takes all but the first `kept` requests out of a batch, in the shape of the answer.
fn split(body: &mut Value, kept: usize) -> Value {
    let mut left = Map::new();
    let mut room = kept;
    let tables = body.get_mut("RequestItems").and_then(Value::as_object_mut);
    for (table, requests) in tables.into_iter().flatten() {
        let original = requests.clone();
        // Keys of a get are one level deeper than requests of a write.
        let list = match requests {
            Value::Array(list) => Some(list),
            Value::Object(get) => get.get_mut("Keys").and_then(Value::as_array_mut),
            _ => None,
        };
        let Some(list) = list else { continue };
        let rest = list.split_off(room.min(list.len()));
        room -= list.len();
        if rest.is_empty() {
            continue;
        }
        let mut unprocessed = original;
        if let Value::Object(get) = &mut unprocessed {
            get.insert("Keys".to_owned(), Value::Array(rest));
        } else {
            unprocessed = Value::Array(rest);
        }
        left.insert(table.clone(), unprocessed);
    }
    if let Some(tables) = body.get_mut("RequestItems").and_then(Value::as_object_mut) {
        tables.retain(|_, requests| !is_nothing(requests));
    }
    Value::Object(left)
}

fn is_nothing(requests: &Value) -> bool {
    let list = requests.get("Keys").unwrap_or(requests);
    list.as_array().is_none_or(Vec::is_empty)
}

fn is_empty(body: &Value) -> bool {
    body.get("RequestItems")
        .and_then(Value::as_object)
        .is_none_or(Map::is_empty)
}

fn json_of(bytes: &[u8]) -> Result<Value, ConnectorError> {
    serde_json::from_slice(bytes).map_err(|wrong| ConnectorError::user(Box::new(wrong)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_split_in_the_shape_of_its_answer() {
        let mut write = json!({"RequestItems": {"t": [1, 2, 3]}});
        assert_eq!(split(&mut write, 1), json!({"t": [2, 3]}));
        assert_eq!(write, json!({"RequestItems": {"t": [1]}}));

        let mut get = json!({"RequestItems": {"t": {"Keys": [1, 2], "ConsistentRead": true}}});
        assert_eq!(
            split(&mut get, 0),
            json!({"t": {"Keys": [1, 2], "ConsistentRead": true}})
        );
        assert!(is_empty(&get));
    }
}
