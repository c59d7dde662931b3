//! Reading requests: what axum refuses becomes a [`Problem`].

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;

use super::Problem;

/// An extractor of axum whose refusals are JSON like every other error.
pub struct Input<E>(pub E);

impl<S, E> FromRequestParts<S> for Input<E>
where
    S: Send + Sync,
    E: FromRequestParts<S>,
    E::Rejection: Into<Problem>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = E::from_request_parts(parts, state).await;
        read.map(Self).map_err(Into::into)
    }
}

impl<S, E> FromRequest<S> for Input<E>
where
    S: Send + Sync,
    E: FromRequest<S>,
    E::Rejection: Into<Problem>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read = E::from_request(request, state).await;
        read.map(Self).map_err(Into::into)
    }
}
