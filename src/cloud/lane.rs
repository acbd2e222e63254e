//! The gate before the wire: every attempt of every request waits here for its turn, the SDK's own
//! retries included, since it stands below them as the client's HTTP client.
//!
//! A lane is one service's reads, or its changes, in one region of one account: what shares a bucket
//! at AWS waits in one line, first come first served, and what has another bucket is not held up by
//! it. Who asks makes no difference: AWS counts by account, not by role. So a look at a builder does
//! not wait behind a survey's thousand settings, and what waits in its own line is as long as callers
//! ask at once, which they bound. The time-out of an attempt begins when it is sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
use chrono::{DateTime, Utc};
use tokio::sync::{Mutex as Turn, Semaphore};

use super::entire;
use super::fence::{Fence, Fenced};
use super::meter::{Meter, says_too_often};
use super::pace::{Pace, PaceOutcome, Pacer};
use super::payer::{Payer, PayerKey};
use super::slow;
use crate::clock::Clock;
use crate::model::ids::Region;

/// How the line of calls is called that change something.
pub(super) const CHANGES: &str = "changes";

/// What all requests of a connection share.
#[derive(Debug, Clone)]
pub(super) struct Road {
    pub(super) lanes: Arc<Lanes>,
    /// Room for requests under way, of one identity in one region over all its lanes: a place that hangs fills
    /// its own.
    pub(super) room: Arc<Semaphore>,
    pub(super) in_flight_max: usize,
    pub(super) meter: Meter,
}

impl Road {
    /// The same with room of its own.
    pub(super) fn in_own_room(&self) -> Self {
        Self {
            room: Arc::new(Semaphore::new(self.in_flight_max)),
            ..self.clone()
        }
    }
}

/// What shares a bucket at AWS within one account: one service's reads, or its changes, in one region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CallLine {
    pub(super) service: &'static str,
    /// `reads` or `changes`.
    pub(super) what: &'static str,
    pub(super) region: Region,
}

impl std::fmt::Display for CallLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} in {}", self.service, self.what, self.region)
    }
}

/// The lanes by whose account is asked: one for each line of an account, whoever asks.
#[derive(Debug)]
pub(super) struct Lanes {
    clock: Clock,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    pace: Pace,
    /// Absent: whoever asks may change what he likes.
    fence: Option<Fence>,
    lanes: BTreeMap<(PayerKey, CallLine), Arc<Lane>>,
}

impl Lanes {
    pub(super) fn new(clock: &Clock, pace: Pace) -> Self {
        let lanes = BTreeMap::new();
        Self {
            clock: clock.clone(),
            kept: Mutex::new(Kept {
                pace,
                fence: None,
                lanes,
            }),
        }
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn pace(&self) -> Pace {
        self.kept().pace
    }

    /// From now on changes are sent only while this lets them pass.
    pub(super) fn set_fence(&self, fence: &Fence) {
        self.kept().fence = Some(fence.clone());
    }

    fn may_send(&self, line: &CallLine) -> bool {
        let kept = self.kept();
        let fence = kept.fence.as_ref().filter(|_| line.what == CHANGES);
        fence.is_none_or(Fence::may_change)
    }

    /// From now on this is asked; what was learnt by throttling stays.
    pub(super) fn set_pace(&self, pace: Pace) {
        let mut kept = self.kept();
        kept.pace = pace;
        kept.lanes
            .values()
            .for_each(|lane| lane.pacer().ask_at(pace));
    }

    /// Where a request waits now. Lines of an identity whose account has become known since they were
    /// last asked for become the account's, or join those that it has.
    fn lane(&self, payer: &Payer, line: &CallLine) -> Arc<Lane> {
        let mut kept = self.kept();
        let Kept { pace, lanes, .. } = &mut *kept;
        let key = (payer.key(), line.clone());
        let early = match key.0 {
            PayerKey::Account(_) => lanes.remove(&(payer.unknown_key(), line.clone())),
            PayerKey::Unknown(_) => None,
        };
        let lane = match (lanes.get(&key), early) {
            (Some(lane), None) => return Arc::clone(lane),
            (Some(lane), Some(early)) => {
                lane.pacer().join(&early.pacer());
                return Arc::clone(lane);
            }
            (None, Some(early)) => early,
            (None, None) => Arc::new(Lane::new(*pace, self.clock.now())),
        };
        lanes.insert(key, Arc::clone(&lane));
        lane
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Each change is complete in itself, so a panic elsewhere leaves it whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One line of requests.
#[derive(Debug)]
struct Lane {
    pacer: Mutex<Pacer>,
    /// Held by whoever is next; the others queue for it in the order in which they came.
    turn: Turn<()>,
}

impl Lane {
    fn new(pace: Pace, now: DateTime<Utc>) -> Self {
        Self {
            pacer: Mutex::new(Pacer::new(pace, now)),
            turn: Turn::new(()),
        }
    }

    /// Waits until the pace lets one request go.
    async fn admit(&self, clock: &Clock) {
        let _turn = self.turn.lock().await;
        loop {
            let taken = self.pacer().take(clock.now());
            match taken {
                Ok(()) => return,
                Err(wait) => clock.sleep(wait).await,
            }
        }
    }

    fn pacer(&self) -> MutexGuard<'_, Pacer> {
        // Each change of the pace is complete in itself, so a panic elsewhere leaves it whole.
        self.pacer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one client's requests pass before the wire.
#[derive(Debug)]
pub(super) struct Gate {
    line: CallLine,
    payer: Arc<Payer>,
    road: Road,
    /// From sending to the last byte of the answer.
    attempt_max: Duration,
}

impl Gate {
    pub(super) fn new(
        line: CallLine,
        payer: Arc<Payer>,
        road: &Road,
        attempt_max: Duration,
    ) -> Self {
        Self {
            line,
            payer,
            road: road.clone(),
            attempt_max,
        }
    }

    /// The HTTP client whose requests all pass this gate.
    pub(super) fn before(self, wire: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(GatedClient {
            gate: Arc::new(self),
            wire,
        })
    }

    /// Sends one request in its turn and gives its whole answer; a change only while it may, which is looked
    /// at last of all.
    async fn pass(
        &self,
        wire: &SharedHttpConnector,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        self.admit().await;
        let _room = self.road.room.acquire().await;
        let _counted = self.road.meter.enter();
        let form = request.body().bytes().unwrap_or_default();
        let attempt_max = slow::attempt_max(form, self.attempt_max);
        let clock = self.road.lanes.clock();
        if !self.road.lanes.may_send(&self.line) {
            return Err(ConnectorError::user(Fenced.into()));
        }
        let sent = clock.now();
        let answer = clock
            .timeout(attempt_max, async {
                whole(wire.call(request).await?).await
            })
            .await
            .unwrap_or_else(|late| Err(ConnectorError::timeout(late.into())));
        let cut = self
            .lane()
            .pacer()
            .answered(sent, outcome(&answer), clock.now());
        if let Some(rate) = cut {
            let lane = self.line.to_string();
            tracing::info!(lane, calls_per_second = rate, "throttled; asking less");
        }
        answer
    }

    async fn admit(&self) {
        loop {
            let lane = self.lane();
            lane.admit(self.road.lanes.clock()).await;
            // The account may have become known meanwhile, and with it a line that others wait in.
            if Arc::ptr_eq(&lane, &self.lane()) {
                return;
            }
        }
    }

    fn lane(&self) -> Arc<Lane> {
        self.road.lanes.lane(&self.payer, &self.line)
    }
}

/// The answer with its body in memory: whether it is a throttle stands there, and an answer that
/// stops in the middle is one that did not come in time.
async fn whole(mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let read = ByteStream::new(body).collect().await;
    let bytes = read.map_err(|broken| ConnectorError::io(broken.into()))?;
    let bytes = bytes.into_bytes();
    if entire::ends_midway(&answer, &bytes) {
        return Err(ConnectorError::io("the answer ends in the middle".into()));
    }
    *answer.body_mut() = SdkBody::from(bytes);
    Ok(answer)
}

fn outcome(answer: &Result<HttpResponse, ConnectorError>) -> PaceOutcome {
    let Ok(answer) = answer else {
        return PaceOutcome::Unknown;
    };
    let (status, body) = (answer.status(), answer.body().bytes().unwrap_or_default());
    if status.is_success() {
        PaceOutcome::Accepted
    } else if says_too_often(status.as_u16(), body) {
        PaceOutcome::Throttled
    } else if status.is_server_error() {
        PaceOutcome::Unknown
    } else {
        PaceOutcome::Accepted
    }
}

/// A gate in the shape that the SDK takes.
#[derive(Debug)]
struct GatedClient {
    gate: Arc<Gate>,
    wire: SharedHttpClient,
}

impl HttpClient for GatedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(GatedConnector {
            gate: Arc::clone(&self.gate),
            wire: self.wire.http_connector(settings, components),
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.wire.connector_metadata()
    }
}

#[derive(Debug)]
struct GatedConnector {
    gate: Arc<Gate>,
    wire: SharedHttpConnector,
}

impl HttpConnector for GatedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (gate, wire) = (Arc::clone(&self.gate), self.wire.clone());
        HttpConnectorFuture::new(async move { gate.pass(&wire, request).await })
    }
}
