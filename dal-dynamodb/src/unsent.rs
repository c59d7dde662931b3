//! What failed on the way to the service: read from the sources of an error, which every form of
//! the SDK's errors keeps.

use std::error::Error as StdError;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::{BuildError, ConnectorError};
use aws_smithy_http::endpoint::error::{InvalidEndpointError, ResolveEndpointError};
use aws_smithy_runtime_api::client::endpoint::error::ResolveEndpointError as EndpointError;
use aws_smithy_runtime_api::client::interceptors::InterceptorError;
use dal_traits::{Class, Effect, ErrorKind, Retry};
use hyper_util::client::legacy::Error as HttpError;

/// Where a call failed that has no answer of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The request could not be built.
    Construction,
    /// No answer in time.
    Timeout,
    /// The request could not be sent, or its answer did not arrive.
    Dispatch,
    /// The answer cannot be read.
    Response,
}

/// The class of a call that failed in `phase`, refined by the error's sources.
pub(crate) fn class(phase: Phase, error: &(dyn StdError + 'static)) -> Class {
    if let Some(class) = chain(error).find_map(cause) {
        return class;
    }
    let connector = chain(error).find_map(<dyn StdError>::downcast_ref::<ConnectorError>);
    match phase {
        Phase::Construction => Class::new(ErrorKind::InvalidValue),
        // An interceptor of the application refused it before it was sent.
        Phase::Dispatch if chain(error).any(<dyn StdError>::is::<InterceptorError>) => {
            Class::new(ErrorKind::InvalidValue)
        }
        Phase::Timeout => Class::new(ErrorKind::Timeout),
        Phase::Dispatch if connector.is_some_and(ConnectorError::is_timeout) => {
            Class::new(ErrorKind::Timeout)
        }
        Phase::Dispatch if connector.is_some_and(ConnectorError::is_user) => {
            Class::new(ErrorKind::Config)
        }
        // An answer that cannot be read says nothing about the effect.
        Phase::Dispatch | Phase::Response => Class::new(ErrorKind::Unavailable),
    }
}

/// The phase of an error whose type is lost, as in `aws_sdk_dynamodb::Error`: the text of the SDK's
/// `SdkError` is among its sources, and says the phase and nothing else.
pub(crate) fn phase(error: &(dyn StdError + 'static)) -> Option<Phase> {
    chain(error).find_map(|cause| {
        if cause.is::<ConnectorError>() {
            return Some(Phase::Dispatch);
        }
        match cause.to_string().as_str() {
            "failed to construct request" => Some(Phase::Construction),
            "request has timed out" => Some(Phase::Timeout),
            "dispatch failure" => Some(Phase::Dispatch),
            "response error" => Some(Phase::Response),
            _ => None,
        }
    })
}

/// What one source says by itself.
fn cause(source: &(dyn StdError + 'static)) -> Option<Class> {
    let none = |kind| Some(Class::new(kind).effect(Effect::None));
    if let Some(error) = source.downcast_ref::<CredentialsError>() {
        return Some(credentials(error));
    }
    // No region, no endpoint for it, or one that is not a URL.
    if source.is::<ResolveEndpointError>()
        || source.is::<EndpointError>()
        || source.is::<InvalidEndpointError>()
    {
        return none(ErrorKind::Config);
    }
    // A field of the request is missing or wrong.
    if source.is::<BuildError>() {
        return none(ErrorKind::InvalidValue);
    }
    // Name look-up, connection, TLS handshake, tunnel through a proxy.
    if source
        .downcast_ref::<HttpError>()
        .is_some_and(HttpError::is_connect)
    {
        return none(ErrorKind::Unavailable);
    }
    let io = source.downcast_ref::<io::Error>()?;
    match io.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::AddrNotAvailable => {
            none(ErrorKind::Unavailable)
        }
        _ => None,
    }
}

/// Missing or malformed credentials stay so; a provider that failed or was late may do better.
fn credentials(error: &CredentialsError) -> Class {
    let class = Class::new(ErrorKind::Credentials);
    match error {
        CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_) => {
            class
        }
        _ => class.retry(Retry::Backoff),
    }
}

/// An error and its sources. Inside an [`io::Error`] the error that it wraps comes next, which its
/// own `source` skips.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error: &&'a (dyn StdError + 'static)| {
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        match wrapped {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}
