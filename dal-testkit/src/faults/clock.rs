//! A service whose clock differs from this machine's.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::error::ConnectorError;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use dal_traits::{Clock, SystemClock};

use super::fault::HttpFault;
use super::response::response;

/// How far a signature may be from the service's time ("Signature Version 4", "Troubleshooting").
const TOLERANCE: Duration = Duration::from_mins(5);

/// Carries `request` out if it was signed at the service's time, which is `ahead` of ours.
pub(super) async fn timed(
    ahead: Duration,
    inner: SharedHttpConnector,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let now = SystemClock.now() + ahead;
    let signed = request.headers().get("x-amz-date").and_then(signing_time);
    let mut answer = if signed.is_some_and(|signed| distance(signed, now) <= TOLERANCE) {
        inner.call(request).await?
    } else {
        let text = "Signature expired: it is earlier than the service's time less 5 min.";
        match HttpFault::exception_with("InvalidSignatureException", text) {
            HttpFault::Answer { status, body } => response(status, body.to_string())?,
            _ => response(400, String::new())?,
        }
    };
    if let Ok(date) = DateTime::from(now).fmt(Format::HttpDate) {
        answer.headers_mut().insert("date", date);
    }
    Ok(answer)
}

/// `20261127T180800Z` as a time.
fn signing_time(text: &str) -> Option<SystemTime> {
    let part = |from: usize, to: usize| text.get(from..to);
    let iso = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(9, 11)?,
        part(11, 13)?,
        part(13, 15)?
    );
    let time = DateTime::from_str(&iso, Format::DateTime).ok()?;
    SystemTime::try_from(time).ok()
}

fn distance(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other)
        .unwrap_or_else(|earlier| earlier.duration())
}
