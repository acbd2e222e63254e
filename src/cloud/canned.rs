//! A canned account for tests of the door itself: fixed answers under the real SDK.
//!
//! It has no state and knows no AWS; stories belong to the simulated account, to which the way is here too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use chrono::{TimeZone, Utc};

use super::sdk_clock::SdkClock;
use super::{ByHand, Cloud, Connection, Identity, LaunchRequest, OnShutdown, Pace};
use crate::clock::Clock;
use crate::model::bake::RootVolume;

/// A way to a simulated account: what tests of stories have instead of canned answers.
pub(crate) fn connection_to(account: &sim::Account, region: &str, clock: &Clock) -> Connection {
    let parts = ByHand {
        http: account.connector_on_tokio(),
        region: region.into(),
        access_key_id: "AKIDSIM".to_owned(),
        secret_access_key: "secret".to_owned(),
        endpoint: None,
        in_flight_max: None,
    };
    Connection::by_hand(parts, clock)
}

/// What the account does with one request.
#[derive(Clone)]
pub(crate) enum Reply {
    Answer(u16, String),
    /// The name does not resolve, the network is down.
    NoConnection,
    /// Nothing listens there.
    Refused,
    /// The answer never comes.
    Silence,
}

/// An XML error as EC2 sends it.
pub(crate) fn ec2_error(status: u16, code: &str, message: &str) -> Reply {
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
         <RequestID>req-ec2</RequestID></Response>"
    );
    Reply::Answer(status, body)
}

/// An XML error as the query services (Beanstalk, SNS, STS) send it.
pub(crate) fn query_error(status: u16, code: &str, message: &str) -> Reply {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>req-query</RequestId></ErrorResponse>"
    );
    Reply::Answer(status, body)
}

/// An answer of a query service.
pub(crate) fn query_answer(operation: &str, result: &str) -> Reply {
    let body = format!(
        "<{operation}Response><{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></{operation}Response>"
    );
    Reply::Answer(200, body)
}

/// What was asked: the body as sent (a form, or JSON), with the address before it.
pub(crate) type AskedBodies = Arc<Mutex<Vec<String>>>;

/// An account that answers each request by `reply(nth, request)` after `latency`.
pub(super) fn account(
    latency: Duration,
    in_flight_max: usize,
    reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static,
) -> (Cloud, AskedBodies) {
    let (connection, asked) = connection(latency, in_flight_max, reply);
    (connection.cloud(&Identity::Own, None).unwrap(), asked)
}

/// [`answering_cloud`] to a door that sends at most this many calls a second.
pub(super) fn steadily(
    calls_per_second: u32,
    reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static,
) -> (Cloud, AskedBodies) {
    let (connection, asked) = connection(Duration::ZERO, 16, reply);
    let steady = connection.at_pace(Pace::Steady { calls_per_second });
    (steady.cloud(&Identity::Own, None).unwrap(), asked)
}

fn connection(
    latency: Duration,
    in_flight_max: usize,
    reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static,
) -> (Connection, AskedBodies) {
    let clock = Clock::virtual_from(Utc.with_ymd_and_hms(2026, 11, 1, 12, 0, 0).unwrap());
    let asked = AskedBodies::default();
    let connector = SharedHttpConnector::new(Canned {
        clock: clock.clone(),
        latency,
        reply: Arc::new(reply),
        asked: Arc::clone(&asked),
    });
    let parts = ByHand {
        http: http_client_fn(move |_, _| connector.clone()),
        region: "eu-west-1".into(),
        access_key_id: "AKIDCANNED".into(),
        secret_access_key: "canned-secret".into(),
        endpoint: None,
        in_flight_max: Some(in_flight_max),
    };
    (Connection::by_hand(parts, &clock), asked)
}

/// [`account`] without latency and with room for all.
pub(crate) fn answering_cloud(
    reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static,
) -> (Cloud, AskedBodies) {
    account(Duration::ZERO, 16, reply)
}

/// A door whose credential provider has none to give.
pub(super) fn without_credentials() -> Cloud {
    let clock = Clock::virtual_from(Utc.with_ymd_and_hms(2026, 11, 1, 12, 0, 0).unwrap());
    let none = provide_credentials_fn(|| async {
        Err::<Credentials, _>(CredentialsError::not_loaded("nothing in the chain"))
    });
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(aws_types::region::Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(none))
        .time_source(SdkClock(clock.clone()))
        .sleep_impl(SdkClock(clock.clone()))
        .build();
    Connection::new(sdk, None, &clock, None)
        .cloud(&Identity::Own, None)
        .unwrap()
}

type ReplyFn = dyn Fn(usize, &str) -> Reply + Send + Sync;

struct Canned {
    clock: Clock,
    latency: Duration,
    reply: Arc<ReplyFn>,
    asked: AskedBodies,
}

impl std::fmt::Debug for Canned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Canned")
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        let line = format!("{} {body}", request.uri());
        let nth = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(line.clone());
            asked.len()
        };
        let reply = (self.reply)(nth, &line);
        let (clock, latency) = (self.clock.clone(), self.latency);
        HttpConnectorFuture::new(async move {
            if !latency.is_zero() {
                clock.sleep(latency).await;
            }
            send(reply).await
        })
    }
}

async fn send(reply: Reply) -> Result<HttpResponse, ConnectorError> {
    let io = |kind, text: &str| ConnectorError::io(std::io::Error::new(kind, text).into());
    match reply {
        Reply::Answer(status, body) => {
            let status = StatusCode::try_from(status).unwrap();
            Ok(HttpResponse::new(status, SdkBody::from(body)))
        }
        Reply::NoConnection => Err(io(std::io::ErrorKind::Other, "failed to lookup address")),
        Reply::Refused => Err(io(std::io::ErrorKind::ConnectionRefused, "refused")),
        Reply::Silence => std::future::pending().await,
    }
}

/// EC2's answer to an operation.
pub(super) fn ec2_answer(operation: &str, inner: &str) -> Reply {
    let body = format!("<{operation}Response>{inner}</{operation}Response>");
    Reply::Answer(200, body)
}

/// A builder's launch.
pub(super) fn launch_request() -> LaunchRequest {
    LaunchRequest {
        image: "ami-1".into(),
        instance_type: "t3.small".into(),
        subnet: "subnet-1".into(),
        groups: vec!["sg-1".into()],
        user_data: b"#!/bin/sh\n".to_vec(),
        client_token: "token-1".into(),
        instance_profile: None,
        public_ip: None,
        root_volume: RootVolume {
            device: None,
            size_gib: None,
            encrypted: None,
            kms_key: None,
        },
        on_shutdown: OnShutdown::Stop,
        tags: BTreeMap::from([("amiwatch:role".to_owned(), "builder".to_owned())]),
    }
}
