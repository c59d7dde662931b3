//! Signatures that were refused because a clock is wrong, or stood still.
//!
//! The SDK measures the difference to the service's clock on every response and signs the next call
//! of the same client with it. So such a call is to be repeated: the repetition is the correction.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use dal_traits::{Clock, SystemClock};

/// Codes that a wrong clock can have as well as a wrong key (those that the SDK takes for it).
const CODES: [&str; 4] = [
    "AccessDeniedException",
    "AuthFailure",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
];

/// Clocks that differ by less did not cause the refusal (the SDK's own limit).
const TOLERANCE: Duration = Duration::from_mins(4);

/// Whether a refusal with this code and text, in this response, comes from a clock and not from a
/// key.
pub(crate) fn refused(code: &str, message: &str, response: Option<&HttpResponse>) -> bool {
    if !CODES.contains(&code) {
        return false;
    }
    let message = message.to_lowercase();
    message.contains("signature expired")
        || message.contains("signature not yet current")
        || response.is_some_and(|response| is_skewed(response, SystemClock.now()))
}

/// Whether the response's date is far from `now`.
fn is_skewed(response: &HttpResponse, now: SystemTime) -> bool {
    let date = response
        .headers()
        .get("date")
        .and_then(|date| DateTime::from_str(date, DateTimeFormat::HttpDate).ok())
        .and_then(|date| SystemTime::try_from(date).ok());
    date.is_some_and(|date| {
        let ahead = date.duration_since(now).unwrap_or_default();
        let behind = now.duration_since(date).unwrap_or_default();
        ahead.max(behind) > TOLERANCE
    })
}
