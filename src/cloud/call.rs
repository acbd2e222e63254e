//! The one call point: every request to AWS passes [`Cloud::call`].
//!
//! It turns whatever went wrong into a [`CloudError`]. Questions are retried by the SDK; a change is
//! sent exactly once, since only its caller can find out whether it happened. Below it, at the wire,
//! each attempt waits for its turn and for room ([`super::lane`]).

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_types::request_id::RequestId;
use tokio::sync::Semaphore;

use super::clients::Clients;
use super::codes::{self, CallEffect};
use super::error::{CallFailure, CloudError, ErrorKind, one_line};
use super::fence::Fenced;
use super::identity::{AssumedRole, Identity, Principal};
use super::lane::{Lanes, Road};
use super::meter::{Calls, Meter};
use super::trust;
use crate::clock::{Clock, Elapsed};
use crate::model::ids::Region;

/// What a call is, as IAM names it, and whether it changes something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) action: &'static str,
    pub(super) effect: CallEffect,
}

impl Operation {
    pub(super) const fn read(action: &'static str) -> Self {
        Self {
            action,
            effect: CallEffect::Read,
        }
    }

    pub(super) const fn change(action: &'static str) -> Self {
        Self {
            action,
            effect: CallEffect::Change,
        }
    }
}

/// By the SDK, before the first request of a role and again before its session ends.
const ASSUME_ROLE: Operation = Operation::change("sts:AssumeRole");

/// What the doors of one connection share.
#[derive(Debug)]
pub(super) struct Shared {
    in_flight_max: usize,
    road: Road,
    own: Arc<Principal>,
    roles: Mutex<BTreeMap<AssumedRole, Arc<Principal>>>,
}

impl Shared {
    pub(super) fn new(own: Principal, in_flight_max: usize, lanes: Arc<Lanes>) -> Self {
        let road = Road {
            lanes,
            room: Arc::new(Semaphore::new(in_flight_max)),
            in_flight_max,
            meter: Meter::default(),
        };
        Self {
            in_flight_max,
            road,
            own: Arc::new(own),
            roles: Mutex::default(),
        }
    }

    /// The same credentials and wire on these lanes, with everything else begun anew.
    pub(super) fn anew(&self, lanes: Arc<Lanes>) -> Self {
        Self::new(self.own.anew(), self.in_flight_max, lanes)
    }

    pub(super) fn clock(&self) -> &Clock {
        self.road.lanes.clock()
    }

    pub(super) fn lanes(&self) -> &Arc<Lanes> {
        &self.road.lanes
    }

    /// What was sent so far.
    pub(super) fn calls(&self) -> Calls {
        self.road.meter.snapshot()
    }

    pub(super) fn read_calls(&self, into: &mut Calls) {
        self.road.meter.read(into);
    }

    fn principal(&self, identity: &Identity, region: &Region) -> Arc<Principal> {
        let role = match identity {
            Identity::Own => return Arc::clone(&self.own),
            Identity::Role(role) => role,
        };
        // A principal is complete when it is inserted, so a panic elsewhere leaves the map whole.
        let mut roles = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
        let made = roles
            .entry(role.clone())
            .or_insert_with(|| Arc::new(Principal::of_role(role, &self.own, region, &self.road)));
        Arc::clone(made)
    }
}

/// The door to one region as one identity. Cheap to clone; clones, other identities and other
/// regions of the same [`super::Connection`] share its HTTP client, its limit on calls under way and
/// its counters.
#[derive(Debug, Clone)]
pub struct Cloud {
    region: Region,
    shared: Arc<Shared>,
    pub(super) principal: Arc<Principal>,
    pub(super) clients: Arc<Clients>,
}

impl Cloud {
    pub(super) fn new(shared: &Arc<Shared>, identity: &Identity, region: &Region) -> Self {
        Self::of(shared, shared.principal(identity, region), region)
    }

    fn of(shared: &Arc<Shared>, principal: Arc<Principal>, region: &Region) -> Self {
        Self {
            region: region.clone(),
            clients: principal.clients(region, &shared.road),
            principal,
            shared: Arc::clone(shared),
        }
    }

    /// The region that this door leads to.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The same connection and identity, another region.
    pub fn in_region(&self, region: &Region) -> Self {
        Self::of(&self.shared, Arc::clone(&self.principal), region)
    }

    /// The connection's clock.
    pub fn clock(&self) -> &Clock {
        self.shared.clock()
    }

    /// What was sent so far over this connection, all regions and clones together.
    pub fn calls(&self) -> Calls {
        self.shared.calls()
    }

    /// Sends one request and says how it ended.
    pub(super) async fn call<T, E>(
        &self,
        operation: Operation,
        resource: impl fmt::Display,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, CloudError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let started = self.clock().now();
        // Boxed: an SDK future is kilobytes large and would be copied into every caller's.
        let answer = Box::pin(request).await;
        let duration_ms = (self.clock().now() - started).num_milliseconds();
        let (action, region) = (operation.action, &self.region);
        match answer {
            Ok(answer) => {
                tracing::debug!(action, %region, %resource, duration_ms, "AWS answered");
                Ok(answer)
            }
            Err(error) => {
                let error = self.failed(operation, &resource, error);
                let kind = error.kind.as_str();
                tracing::debug!(action, %region, %resource, duration_ms, kind, "AWS call failed");
                Err(error)
            }
        }
    }

    /// An error of our own making about an answer that AWS gave.
    pub(super) fn fault(
        &self,
        operation: Operation,
        resource: impl fmt::Display,
        kind: ErrorKind,
        message: impl Into<String>,
    ) -> CloudError {
        self.failure(operation, resource, kind, message.into())
            .into()
    }

    fn failure(
        &self,
        operation: Operation,
        resource: impl fmt::Display,
        kind: ErrorKind,
        message: String,
    ) -> CallFailure {
        CallFailure {
            kind,
            region: self.region.clone(),
            operation: operation.action,
            resource: resource.to_string(),
            code: None,
            request_id: None,
            message,
            remedy: None,
            source: None,
        }
    }

    /// The call for which there were no credentials is not to blame, and what helps is at the role.
    fn role_refused(&self, error: &(dyn Error + 'static)) -> Option<CallFailure> {
        let (refusal, role) = (refusal_of_role(error)?, self.principal.role.as_ref()?);
        let message = refusal.message().unwrap_or("AWS gave no message");
        Some(CallFailure {
            code: refusal.code().map(str::to_owned),
            request_id: refusal.request_id().map(str::to_owned),
            remedy: trust::remedy(role, refusal.code(), message),
            ..self.failure(
                ASSUME_ROLE,
                &role.arn,
                ErrorKind::NoCredentials,
                one_line(message),
            )
        })
    }

    /// What is the same whatever operation failed is in functions of their own: this one is compiled for each of them.
    fn failed<E>(
        &self,
        operation: Operation,
        resource: &dyn fmt::Display,
        error: SdkError<E, HttpResponse>,
    ) -> CloudError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let request_id = error.request_id().map(str::to_owned);
        match &error {
            SdkError::ServiceError(answer) => {
                let (meta, raw) = (answer.err().meta(), answer.raw());
                self.refused(operation, resource, meta, raw, request_id)
            }
            _ => {
                let how = NoAnswer::of(&error);
                self.role_refused(&error)
                    .unwrap_or_else(|| {
                        let (kind, message) = without_answer(&error, how, operation.effect);
                        CallFailure {
                            request_id,
                            source: error.into_source().ok(),
                            ..self.failure(operation, resource, kind, message.to_owned())
                        }
                    })
                    .into()
            }
        }
    }

    /// AWS answered with an error.
    fn refused(
        &self,
        operation: Operation,
        resource: &dyn fmt::Display,
        meta: &ErrorMetadata,
        raw: &HttpResponse,
        in_answer: Option<String>,
    ) -> CloudError {
        let status = raw.status().as_u16();
        let message = meta.message().unwrap_or("AWS gave no message");
        let kind = codes::kind_of_answer(meta.code(), message, status, operation.effect);
        let body = raw.body().bytes().unwrap_or_default();
        let request_id = meta.request_id().map(str::to_owned).or(in_answer);
        let failure = CallFailure {
            code: Some(meta.code().map_or(format!("HTTP {status}"), str::to_owned)),
            request_id: request_id.or_else(|| request_id_in(body).map(str::to_owned)),
            ..self.failure(operation, resource, kind, one_line(message))
        };
        failure.into()
    }
}

/// How a request ended without an answer that could be read, as the SDK tells it.
#[derive(Debug, Clone, Copy)]
enum NoAnswer {
    NotBuilt,
    TimedOut,
    Unreadable,
    NoConnection,
}

impl NoAnswer {
    fn of<E>(error: &SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::ConstructionFailure(_) => Self::NotBuilt,
            SdkError::TimeoutError(_) => Self::TimedOut,
            SdkError::ResponseError(_) => Self::Unreadable,
            _ => Self::NoConnection,
        }
    }
}

/// What STS said about assuming a role, where a request failed for that.
fn refusal_of_role<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a ErrorMetadata> {
    first_in_chain::<AssumeRoleError>(error).map(ProvideErrorMetadata::meta)
}

/// The request's id where only an XML body has it (`RequestID` in EC2, `RequestId` elsewhere).
pub(super) fn request_id_in(body: &[u8]) -> Option<&str> {
    let body = std::str::from_utf8(body).ok()?;
    let mut rest = ["<RequestID>", "<RequestId>"]
        .iter()
        .filter_map(|mark| body.split_once(mark));
    let (id, _) = rest.next()?.1.split_once('<')?;
    Some(id)
}

/// What it means that AWS did not answer, or not readably.
fn without_answer(
    error: &(dyn Error + 'static),
    how: NoAnswer,
    effect: CallEffect,
) -> (ErrorKind, &'static str) {
    if in_chain::<CredentialsError>(error, |_| true) {
        return (ErrorKind::NoCredentials, "no credentials could be had");
    }
    let refused = |io: &std::io::Error| io.kind() == std::io::ErrorKind::ConnectionRefused;
    if in_chain::<std::io::Error>(error, refused) {
        return (ErrorKind::Transient, "the connection was refused");
    }
    if in_chain::<Fenced>(error, |_| true) {
        return (
            ErrorKind::Transient,
            "not sent: this process does not lead any more",
        );
    }
    if in_chain::<Elapsed>(error, |_| true) {
        return (codes::kind_of_silence(effect), "no answer in time");
    }
    match how {
        NoAnswer::NotBuilt => (ErrorKind::Invalid, "the request could not be put together"),
        NoAnswer::TimedOut => (codes::kind_of_silence(effect), "no answer in time"),
        NoAnswer::Unreadable => (
            codes::kind_of_silence(effect),
            "the answer could not be read",
        ),
        NoAnswer::NoConnection => (codes::kind_of_silence(effect), "no connection, or it broke"),
    }
}

/// Whether some error in the chain is a `T` that fits.
fn in_chain<T: Error + 'static>(error: &(dyn Error + 'static), fits: impl Fn(&T) -> bool) -> bool {
    chain(error)
        .filter_map(|error| error.downcast_ref())
        .any(fits)
}

/// The outermost `T` in the chain.
fn first_in_chain<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error = *error;
        error.source()
    })
}
