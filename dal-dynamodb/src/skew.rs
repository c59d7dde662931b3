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

#[cfg(test)]
mod tests {
    use super::*;

    /// A refusal that the service dated so.
    fn dated(at: SystemTime) -> HttpResponse {
        let mut response = HttpResponse::new(400_u16.try_into().unwrap(), "".into());
        let date = DateTime::from(at).fmt(DateTimeFormat::HttpDate).unwrap();
        response.headers_mut().insert("date", date);
        response
    }

    #[test]
    fn a_signature_that_does_not_match_is_the_clocks_fault_when_the_response_is_dated_far_off() {
        let text = "The request signature we calculated does not match the signature you provided.";
        let now = SystemClock.now();
        let minutes = |count| Duration::from_mins(count);
        for (at, skewed) in [
            (now, false),
            (now + minutes(3), false),
            (now - minutes(3), false),
            (now + minutes(10), true),
            (now - minutes(10), true),
        ] {
            let response = dated(at);
            let found = refused("SignatureDoesNotMatch", text, Some(&response));
            assert_eq!(found, skewed, "{at:?}");
            // Another refusal is not the clock's fault, whatever the date.
            assert!(!refused("ValidationException", text, Some(&response)));
        }
    }
}
