//! The in-process door: the account as the HTTP client of an AWS SDK for Rust.
//!
//! The SDK's own serialisation, signing, paging and error reading run as they do against AWS; only
//! the network is missing.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use crate::account::Account;
use crate::door::{Answer, Delivery};

/// How latency passes: a future that ends after this long.
pub type Sleep = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The account as an HTTP client.
#[derive(Clone)]
pub struct SimConnector {
    account: Account,
    sleep: Sleep,
}

impl fmt::Debug for SimConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimConnector").finish_non_exhaustive()
    }
}

impl Account {
    /// This account as the SDK's HTTP client; latency passes through `sleep`.
    pub fn connector(&self, sleep: Sleep) -> SharedHttpClient {
        SharedHttpClient::new(SimConnector {
            account: self.clone(),
            sleep,
        })
    }

    /// As [`Account::connector`], with the runtime's own timer.
    #[expect(
        clippy::disallowed_methods,
        reason = "the default for callers without a clock"
    )]
    pub fn connector_on_tokio(&self) -> SharedHttpClient {
        self.connector(Arc::new(|by| Box::pin(tokio::time::sleep(by))))
    }
}

impl HttpClient for SimConnector {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for SimConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move { this.carry(request).await })
    }
}

impl SimConnector {
    async fn carry(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let open = self.account.begin_call();
        let request = plain(request)?;
        let answer = self.account.handle(&request);
        let Answer {
            response,
            latency,
            delivery,
        } = answer;
        if !latency.is_zero() {
            (self.sleep)(latency).await;
        }
        match delivery {
            Delivery::Never => std::future::pending().await,
            Delivery::Drops => Err(ConnectorError::io(
                "the simulated connection was dropped".into(),
            )),
            Delivery::Arrives => {
                drop(open);
                let response = response.map(SdkBody::from);
                HttpResponse::try_from(response).map_err(|e| ConnectorError::user(e.into()))
            }
        }
    }
}

/// The SDK's request with its body in memory; every operation simulated here sends such a body.
fn plain(request: HttpRequest) -> Result<http::Request<Bytes>, ConnectorError> {
    let request = request
        .try_into_http1x()
        .map_err(|e| ConnectorError::user(e.into()))?;
    let (parts, body) = request.into_parts();
    let Some(bytes) = body.bytes() else {
        let why = "a streaming request body cannot enter the simulated account";
        return Err(ConnectorError::user(why.into()));
    };
    Ok(http::Request::from_parts(
        parts,
        Bytes::copy_from_slice(bytes),
    ))
}
