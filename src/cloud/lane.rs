//! The gate before the wire: every attempt of every request waits here for its turn, the SDK's own
//! retries included, since it stands below them as the client's HTTP client.
//!
//! A lane is one service's reads, or its changes, in one region: what shares a bucket at AWS waits in
//! one line, first come first served, and what has another bucket is not held up by it. So a look at
//! a builder does not wait behind a survey's thousand settings, and what waits in its own line is as
//! long as callers ask at once, which they bound. The time-out of an attempt begins when it is sent.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use tokio::sync::{Mutex as Turn, Semaphore};

use super::meter::{Meter, says_too_often};
use super::pace::{Outcome, Pace, Pacer};
use crate::clock::Clock;
use crate::model::ids::Region;

/// What all lanes of a connection share.
#[derive(Debug, Clone)]
pub(super) struct Road {
    pub(super) clock: Clock,
    pub(super) pace: Pace,
    /// Room for requests under way, over all lanes.
    pub(super) room: Arc<Semaphore>,
    pub(super) meter: Meter,
}

/// One line of requests.
#[derive(Debug)]
pub(super) struct Lane {
    /// For the log: `ec2 reads in eu-west-1`.
    name: String,
    road: Road,
    /// From sending to the last byte of the answer.
    attempt_max: Duration,
    pacer: Mutex<Pacer>,
    /// Held by whoever is next; the others queue for it in the order in which they came.
    turn: Turn<()>,
}

impl Lane {
    pub(super) fn new(road: &Road, what: &str, region: &Region, attempt_max: Duration) -> Self {
        Self {
            name: format!("{what} in {region}"),
            pacer: Mutex::new(Pacer::new(road.pace, road.clock.now())),
            road: road.clone(),
            attempt_max,
            turn: Turn::new(()),
        }
    }

    /// The HTTP client whose requests all pass this lane.
    pub(super) fn before(self, wire: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Gate {
            lane: Arc::new(self),
            wire,
        })
    }

    /// Waits until the pace lets one request go.
    async fn admit(&self) {
        let _turn = self.turn.lock().await;
        loop {
            let taken = self.pacer().take(self.road.clock.now());
            match taken {
                Ok(()) => return,
                Err(wait) => self.road.clock.sleep(wait).await,
            }
        }
    }

    /// Sends one request in its turn and gives its whole answer.
    async fn pass(
        &self,
        wire: &SharedHttpConnector,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        self.admit().await;
        let _room = self.road.room.acquire().await;
        let _counted = self.road.meter.enter();
        let sent = self.road.clock.now();
        let answer = self
            .road
            .clock
            .timeout(self.attempt_max, async {
                whole(wire.call(request).await?).await
            })
            .await
            .unwrap_or_else(|late| Err(ConnectorError::timeout(late.into())));
        let now = self.road.clock.now();
        if let Some(rate) = self.pacer().answered(sent, outcome(&answer), now) {
            tracing::info!(
                lane = self.name,
                calls_per_second = rate,
                "throttled; asking less"
            );
        }
        answer
    }

    fn pacer(&self) -> std::sync::MutexGuard<'_, Pacer> {
        // Each change of the pace is complete in itself, so a panic elsewhere leaves it whole.
        self.pacer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer with its body in memory: whether it is a throttle stands there, and an answer that
/// stops in the middle is one that did not come in time.
async fn whole(mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let read = ByteStream::new(body).collect().await;
    let bytes = read.map_err(|broken| ConnectorError::io(broken.into()))?;
    *answer.body_mut() = SdkBody::from(bytes.into_bytes());
    Ok(answer)
}

fn outcome(answer: &Result<HttpResponse, ConnectorError>) -> Outcome {
    let Ok(answer) = answer else {
        return Outcome::Unknown;
    };
    let (status, body) = (answer.status(), answer.body().bytes().unwrap_or_default());
    if status.is_success() {
        Outcome::Accepted
    } else if says_too_often(status.as_u16(), body) {
        Outcome::Throttled
    } else if status.is_server_error() {
        Outcome::Unknown
    } else {
        Outcome::Accepted
    }
}

/// A lane in the shape that the SDK takes.
#[derive(Debug)]
struct Gate {
    lane: Arc<Lane>,
    wire: SharedHttpClient,
}

impl HttpClient for Gate {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(GatedConnector {
            lane: Arc::clone(&self.lane),
            wire: self.wire.http_connector(settings, components),
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.wire.connector_metadata()
    }
}

#[derive(Debug)]
struct GatedConnector {
    lane: Arc<Lane>,
    wire: SharedHttpConnector,
}

impl HttpConnector for GatedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (lane, wire) = (Arc::clone(&self.lane), self.wire.clone());
        HttpConnectorFuture::new(async move { lane.pass(&wire, request).await })
    }
}
