//! `/healthz` and `/metrics` over HTTP, on loopback, while the daemon runs. Reads the vitals alone: it
//! asks neither AWS nor the store, and changes nothing.
//!
//! It owns every connection that it serves: nothing is detached, and all of them end with the future.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};

use super::metrics;
use super::vitals::{Pulse, Vitals};
use crate::clock::Clock;

/// Connections at once. A scraper and a health check need two.
const CONNECTIONS_MAX: usize = 32;
/// How long a caller may take to say what it wants.
const HEADERS_MAX: Duration = Duration::from_secs(5);
/// How long one connection may stay, whatever it asks.
const CONNECTION_MAX: Duration = Duration::from_secs(60);

/// What the pages are made from.
#[derive(Clone)]
struct Shown {
    vitals: Vitals,
    clock: Clock,
}

/// `/healthz`. Its `schema` is contract.
#[derive(Debug, Serialize)]
struct Health {
    schema: &'static str,
    ok: bool,
    /// Absent when it is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    version: &'static str,
    started_at: DateTime<Utc>,
    last_pass_at: Option<DateTime<Utc>>,
    last_good_pass_at: Option<DateTime<Utc>>,
    next_pass_at: Option<DateTime<Utc>>,
    bakes_under_way: u64,
    notices_waiting: u64,
    notices_dead: u64,
}

/// Listens; refuses an address that others can reach.
///
/// # Errors
/// When the address is taken, not permitted, or not loopback.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    if !address.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "not a loopback address",
        ));
    }
    TcpListener::bind(address).await
}

/// Serves until the future is dropped.
pub async fn serve(listener: TcpListener, vitals: Vitals, clock: Clock) {
    let router = Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(show_metrics))
        .with_state(Shown {
            vitals,
            clock: clock.clone(),
        });
    let mut connections = FuturesUnordered::new();
    loop {
        let room = connections.len() < CONNECTIONS_MAX;
        tokio::select! {
            biased;
            Some(()) = connections.next() => {}
            // A failed accept (too many open files) concerns one caller; the next may come through.
            accepted = listener.accept(), if room => if let Ok((stream, _)) = accepted {
                connections.push(converse(router.clone(), stream, &clock));
            },
        }
    }
}

async fn converse(router: Router, stream: TcpStream, clock: &Clock) {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // A caller that breaks off or stays for ever is its own trouble.
    let _ = clock.timeout(CONNECTION_MAX, connection).await;
}

async fn healthz(State(shown): State<Shown>) -> Response {
    let now = shown.clock.now();
    let health = health(&shown.vitals.pulse(), now);
    let status = match health.ok {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let body = serde_json::to_string(&health).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn health(pulse: &Pulse, now: DateTime<Utc>) -> Health {
    let why = pulse.ailment(now);
    Health {
        schema: "amiwatch.health/1",
        ok: why.is_none(),
        why,
        version: env!("CARGO_PKG_VERSION"),
        started_at: pulse.started_at,
        last_pass_at: pulse.last_pass_at,
        last_good_pass_at: pulse.last_good_pass_at,
        next_pass_at: pulse.next_pass_at,
        bakes_under_way: pulse.bakes_under_way,
        notices_waiting: pulse.notices.waiting,
        notices_dead: pulse.notices.dead,
    }
}

async fn show_metrics(State(shown): State<Shown>) -> Response {
    let text = metrics::render(&shown.vitals.pulse(), shown.clock.now());
    ([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], text).into_response()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[tokio::test]
    async fn only_loopback_is_listened_on() {
        let refused = listen("0.0.0.0:0".parse().unwrap()).await;
        assert_eq!(
            refused.map(drop).unwrap_err().kind(),
            io::ErrorKind::PermissionDenied
        );
        assert!(listen("127.0.0.1:0".parse().unwrap()).await.is_ok());
    }

    #[test]
    fn health_says_what_is_wrong() {
        let at = |seconds| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let vitals = Vitals::new(at(0), TimeDelta::seconds(10));
        let well = serde_json::to_value(health(&vitals.pulse(), at(10))).unwrap();
        assert_eq!(well["ok"], true);
        assert_eq!(well.get("why"), None);
        let ill = serde_json::to_value(health(&vitals.pulse(), at(11))).unwrap();
        assert_eq!(ill["ok"], false);
        assert!(ill["why"].as_str().unwrap().contains("no pass has ended"));
    }
}
