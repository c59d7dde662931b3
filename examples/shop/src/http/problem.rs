//! Errors as the client sees them.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dal_traits::{Classify, ErrorKind, OpCx};
use serde_json::json;

use crate::error::RepoError;

/// An error with its status: `{"error": {"kind", "code", "message", "correlation_id"}}`.
///
/// The text of a store's error is logged, not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    kind: &'static str,
    code: String,
    message: String,
}

impl Problem {
    fn new(status: StatusCode, kind: ErrorKind, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: kind.as_str(),
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// Nothing is at this path.
    pub fn no_such_page() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            ErrorKind::NotFound,
            "NoSuchPage",
            "nothing is at this path",
        )
    }

    /// The path does not take this method.
    pub fn no_such_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorKind::Unsupported,
            "NoSuchMethod",
            "the path does not take this method",
        )
    }

    /// The record that the path names is not there.
    pub fn nothing_here(code: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            ErrorKind::NotFound,
            code,
            "there is no such record",
        )
    }

    /// The query does not say what is looked for.
    pub fn unclear(message: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            ErrorKind::InvalidValue,
            "Unclear",
            message,
        )
    }

    /// The request took longer than the service allows.
    pub fn too_slow() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            ErrorKind::Timeout,
            "TooSlow",
            "no answer in time; a write may have been done all the same",
        )
    }

    fn unreadable(status: StatusCode, text: String) -> Self {
        Self::new(status, ErrorKind::InvalidValue, "Unreadable", text)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({"error": {
            "kind": self.kind,
            "code": self.code,
            "message": self.message,
            "correlation_id": OpCx::current().correlation_id(),
        }});
        (self.status, Json(body)).into_response()
    }
}

impl From<RepoError> for Problem {
    fn from(error: RepoError) -> Self {
        let class = error.classify();
        let status = status(class.kind);
        let message = match &error {
            RepoError::Store(store) => {
                let source = std::error::Error::source(store).map(ToString::to_string);
                tracing::error!(error = %store, source, "the store failed");
                "the store could not do this".to_owned()
            }
            refusal => refusal.to_string(),
        };
        let code = class.code.as_deref().unwrap_or("Store");
        Self::new(status, class.kind, code, message)
    }
}

/// The status for a kind of error.
const fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::AlreadyExists
        | ErrorKind::UniqueViolation
        | ErrorKind::ReferenceViolation
        | ErrorKind::ConditionFailed
        | ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::InvalidCursor => StatusCode::BAD_REQUEST,
        ErrorKind::InvalidValue | ErrorKind::ConstraintViolation | ErrorKind::Limit => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Throttled | ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::unreadable(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::unreadable(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::unreadable(rejection.status(), rejection.body_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dal_traits::Error;

    #[test]
    fn a_refusal_says_why_and_a_failure_does_not_repeat_the_store() {
        let taken = Problem::from(RepoError::EmailTaken);
        assert_eq!(taken.status, StatusCode::CONFLICT);
        assert_eq!(
            (taken.kind, taken.code.as_str(), taken.message.as_str()),
            ("unique_violation", "EmailTaken", "the e-mail is taken")
        );
        let secret = Error::new(ErrorKind::Unavailable, "host 10.0.0.7 is gone");
        let failed = Problem::from(RepoError::Store(secret));
        assert_eq!(failed.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(!failed.message.contains("10.0.0.7"), "{failed:?}");
    }
}
