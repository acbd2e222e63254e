//! `/healthz` and `/metrics` over HTTP, on loopback, while the daemon runs. Reads the vitals alone: it
//! asks neither AWS nor the store, and changes nothing. Who may be connected, and for how long, is
//! `connections`'.

mod callers;

mod connections;

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::net::TcpListener;

use super::metrics;
use super::vitals::{Pulse, Vitals};
use crate::clock::Clock;

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
    connections::serve(listener, pages(vitals, clock.clone()), &clock).await;
}

fn pages(vitals: Vitals, clock: Clock) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(show_metrics))
        .layer(middleware::from_fn(callers::refuse_foreign_hosts))
        .with_state(Shown { vitals, clock })
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
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

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

    /// What the pages answer to a request under these hosts.
    async fn status_for(hosts: &[&str]) -> u16 {
        let (mut caller, served) = tokio::io::duplex(4096);
        let vitals = Vitals::new(DateTime::UNIX_EPOCH, TimeDelta::MAX);
        let router = pages(vitals, Clock::virtual_from(DateTime::UNIX_EPOCH));
        let hosts: String = hosts
            .iter()
            .map(|host| format!("Host: {host}\r\n"))
            .collect();
        let request = format!("GET /healthz HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        caller.write_all(request.as_bytes()).await.unwrap();
        let connection = hyper::server::conn::http1::Builder::new().serve_connection(
            hyper_util::rt::TokioIo::new(served),
            hyper_util::service::TowerToHyperService::new(router),
        );
        let mut answer = String::new();
        let (_, read) = tokio::join!(connection, caller.read_to_string(&mut answer));
        read.unwrap();
        answer[9..12].parse().unwrap()
    }

    #[tokio::test]
    async fn who_asks_under_a_foreign_name_is_told_nothing() {
        for (hosts, status) in [
            (&["127.0.0.1:9464"][..], 200),
            (&["localhost"], 200),
            (&["[::1]:9464"], 200),
            (&["rebound.example:9464"], 403),
            (&["127.0.0.1", "rebound.example"], 403),
        ] {
            assert_eq!(status_for(hosts).await, status, "{hosts:?}");
        }
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
