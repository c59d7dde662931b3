//! An HTTP connector that fails on demand, in front of the connector of a real client.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::ConnectorError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::fault::HttpFault;
use super::response::{broken, response};
use super::{clock, rewrite};

/// Faults by operation, in front of a client. Cheap to clone; clones share the script.
#[derive(Clone, Default)]
pub struct HttpFaults(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    next: HashMap<String, VecDeque<HttpFault>>,
    always: HashMap<String, HttpFault>,
    seen: Vec<String>,
    /// How far the service's clock is ahead of this machine's.
    ahead: Option<Duration>,
}

impl fmt::Debug for HttpFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFaults").finish_non_exhaustive()
    }
}

impl HttpFaults {
    /// No faults yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of `client` whose requests pass here, without the SDK's retries. A client without a
    /// connector of its own gets a plain HTTP one, which is what local engines speak.
    pub fn client(&self, client: &Client) -> Client {
        let config = client.config();
        let inner = config
            .http_client()
            .unwrap_or_else(|| aws_smithy_http_client::Builder::new().build_http());
        let faulty = Faulty {
            inner,
            faults: self.clone(),
        };
        Client::from_conf(
            config
                .to_builder()
                .retry_config(RetryConfig::disabled())
                .http_client(faulty)
                .build(),
        )
    }

    /// Plans `fault` for the next request of `operation` (such as `PutItem`) that has none planned.
    pub fn next(&self, operation: &str, fault: HttpFault) {
        self.lock()
            .next
            .entry(operation.to_owned())
            .or_default()
            .push_back(fault);
    }

    /// Lets `fault` strike at every request of `operation` for which no other is planned.
    pub fn always(&self, operation: &str, fault: HttpFault) {
        self.lock().always.insert(operation.to_owned(), fault);
    }

    /// Lets `fault` strike at every request for which no other is planned.
    pub fn everywhere(&self, fault: HttpFault) {
        self.lock().always.insert(String::new(), fault);
    }

    /// Ends all faults. Requests that hang stay so.
    pub fn heal(&self) {
        let mut script = self.lock();
        script.next.clear();
        script.always.clear();
    }

    /// Lets the service's clock be `ahead` of this machine's: as the service does, requests that were
    /// signed more than five minutes away from it are refused, and responses tell its time.
    pub fn clock_ahead(&self, ahead: Duration) {
        self.lock().ahead = Some(ahead);
    }

    /// The operations of all requests so far, in order.
    pub fn seen(&self) -> Vec<String> {
        self.lock().seen.clone()
    }

    /// How many requests of `operation` there were.
    pub fn count(&self, operation: &str) -> usize {
        self.lock()
            .seen
            .iter()
            .filter(|seen| *seen == operation)
            .count()
    }

    fn take(&self, operation: &str) -> Option<HttpFault> {
        let mut script = self.lock();
        script.seen.push(operation.to_owned());
        let planned = script.next.get_mut(operation).and_then(VecDeque::pop_front);
        planned
            .or_else(|| script.always.get(operation).cloned())
            .or_else(|| script.always.get("").cloned())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Faulty {
    inner: SharedHttpClient,
    faults: HttpFaults,
}

impl HttpClient for Faulty {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(FaultyConnector {
            inner: self.inner.http_connector(settings, components),
            faults: self.faults.clone(),
        })
    }
}

#[derive(Debug)]
struct FaultyConnector {
    inner: SharedHttpConnector,
    faults: HttpFaults,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = request
            .headers()
            .get("x-amz-target")
            .and_then(|target| target.rsplit('.').next())
            .unwrap_or_default()
            .to_owned();
        let ahead = self.faults.lock().ahead;
        if let Some(ahead) = ahead {
            self.faults.take(&operation);
            let inner = self.inner.clone();
            return HttpConnectorFuture::new(clock::timed(ahead, inner, request));
        }
        match self.faults.take(&operation) {
            None => self.inner.call(request),
            Some(fault) => {
                HttpConnectorFuture::new(strike(fault, self.inner.clone(), operation, request))
            }
        }
    }
}

async fn strike(
    fault: HttpFault,
    inner: SharedHttpConnector,
    operation: String,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    match fault {
        HttpFault::Answer { status, body } => response(status, body.to_string()),
        HttpFault::Garbage => {
            rewrite::whole(inner.call(request).await?).await?;
            response(200, "<html>no such thing</html>".to_owned())
        }
        HttpFault::ReplyLost => {
            rewrite::whole(inner.call(request).await?).await?;
            Err(broken("the link broke before the reply"))
        }
        HttpFault::RequestLost => Err(broken("the link broke before the request")),
        HttpFault::Hang => std::future::pending().await,
        HttpFault::HangAfterApply => {
            rewrite::whole(inner.call(request).await?).await?;
            std::future::pending().await
        }
        HttpFault::Delay(time) => {
            tokio::time::sleep(time).await;
            inner.call(request).await
        }
        HttpFault::Unprocessed { kept } => rewrite::partly(&inner, &operation, request, kept).await,
    }
}
