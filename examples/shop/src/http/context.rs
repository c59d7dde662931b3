//! What surrounds every request: a correlation id, a time limit, a span and metrics.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dal_traits::OpCx;
use tokio::time::{Instant, timeout};
use tracing::{Instrument, info_span};

use super::{App, Problem};

/// The header that carries the correlation id, in and out.
pub const CORRELATION_ID: &str = "x-correlation-id";
/// A longer one is not taken over.
const LONGEST_ID: usize = 64;

/// Runs a request inside its [`OpCx`], so that the calls on both stores share its correlation id
/// and end at its deadline.
pub async fn enter(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = method(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let cx = context(request.headers()).with_deadline(begun + app.timeout);
    let id = cx.correlation_id().to_owned();
    let span = info_span!("request", method, route, correlation_id = id);

    let answer = async {
        let answered = timeout(app.timeout, next.run(request)).await;
        answered.unwrap_or_else(|_| Problem::too_slow().into_response())
    };
    let mut response = cx.scope(answer).instrument(span.clone()).await;

    let status = response.status().as_u16();
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(CORRELATION_ID, id);
    }
    span.in_scope(|| tracing::debug!(status, elapsed = ?begun.elapsed(), "answered"));
    let labels = [
        ("http.request.method", method.to_owned()),
        ("http.route", route),
        ("http.response.status_code", status.to_string()),
    ];
    metrics::histogram!("http.server.request.duration", &labels)
        .record(begun.elapsed().as_secs_f64());
    response
}

/// The context that the client names, or a new one. An id that could forge a line of a log is not
/// taken over.
fn context(headers: &HeaderMap) -> OpCx {
    let plain = |id: &&str| {
        (1..=LONGEST_ID).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let given = headers
        .get(CORRELATION_ID)
        .and_then(|id| id.to_str().ok())
        .filter(plain);
    match given {
        Some(id) => OpCx::new().with_correlation_id(id),
        None => OpCx::new(),
    }
}

/// The method as a label: a client can invent methods, and each label is kept for ever.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_correlation_id_is_taken_over_and_others_are_not() {
        let id = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CORRELATION_ID, HeaderValue::from_static(text));
            context(&headers).correlation_id().to_owned()
        };
        assert_eq!(id("abc-1.2_3"), "abc-1.2_3");
        for wrong in ["", "a b", "a\tb", "a\"b", "{}"] {
            assert_ne!(id(wrong), wrong);
        }
    }
}
