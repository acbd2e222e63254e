//! The pages of the running daemon, over HTTP, on loopback: `/healthz`, `/metrics`, `/api/status`. They
//! are read only, and have no way to AWS: what they show is the daemon's vitals and the desk's documents,
//! borrowed on the daemon's own thread. Who may be connected, and for how long, is `connections`'; whose
//! questions are answered, `callers`'.

mod callers;

mod connections;

mod health;

mod metrics;

use std::io;
use std::net::SocketAddr;

use http_body_util::Full;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;
use tokio::net::TcpListener;

use super::daemon::SettingsInUse;
use super::desk::Desk;
use super::desk::status::status;
use super::telemetry::source_chain;
use super::vitals::Vitals;
use crate::clock::Clock;
use crate::model::plain_text::clean_json;
use crate::store::Store;
use connections::PageAnswer;

/// What the pages are made from.
#[derive(Clone, Copy)]
pub struct Pages<'a> {
    pub vitals: &'a Vitals,
    pub settings: &'a SettingsInUse,
    pub store: &'a dyn Store,
    pub clock: &'a Clock,
}

/// Listens; refuses an address that others can reach.
///
/// # Errors
/// When the address is taken, not permitted, or not loopback.
pub async fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    if !address.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "not a loopback address",
        ));
    }
    TcpListener::bind(address).await
}

/// Serves until the future is dropped.
pub async fn serve_pages(listener: TcpListener, pages: Pages<'_>) {
    let answer = move |question: Request<_>| async move { pages.answer(&question).await };
    connections::serve_connections(listener, pages.clock, answer).await;
}

impl Pages<'_> {
    async fn answer<B>(self, question: &Request<B>) -> PageAnswer {
        if callers::is_foreign(question.uri(), question.headers()) {
            return text(StatusCode::FORBIDDEN, callers::REFUSED.to_owned());
        }
        let path = question.uri().path();
        match (path, question.method()) {
            ("/healthz" | "/metrics" | "/api/status", &(Method::GET | Method::HEAD)) => {}
            ("/healthz" | "/metrics" | "/api/status", _) => return read_only(),
            _ => return text(StatusCode::NOT_FOUND, String::new()),
        }
        match path {
            "/healthz" => self.healthz(),
            "/metrics" => self.metrics(),
            _ => self.status().await,
        }
    }

    fn healthz(self) -> PageAnswer {
        let health = health::health(&self.vitals.pulse(), self.clock.now(), self.clock.steady());
        let status = match health.ok {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        };
        json(status, &health)
    }

    fn metrics(self) -> PageAnswer {
        let shown = metrics::render_metrics(&self.vitals.pulse(), self.clock.now());
        page(StatusCode::OK, metrics::MEDIA_TYPE, shown)
    }

    /// The document of `status --format json`, by the config that the daemon uses.
    async fn status(self) -> PageAnswer {
        let settings = self.settings.now();
        let desk = Desk {
            settings: &settings,
            store: self.store,
            clock: self.clock,
        };
        let health = health::health(&self.vitals.pulse(), self.clock.now(), self.clock.steady());
        match status(&desk).await {
            Ok(status) => json(StatusCode::OK, &status.beside(&health)),
            Err(error) => text(StatusCode::SERVICE_UNAVAILABLE, source_chain(&error)),
        }
    }
}

fn json(status: StatusCode, document: &impl Serialize) -> PageAnswer {
    match serde_json::to_string(document) {
        // It may be read on a terminal.
        Ok(shown) => page(status, "application/json", clean_json(&shown)),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

fn text(status: StatusCode, shown: String) -> PageAnswer {
    page(status, "text/plain; charset=utf-8", shown)
}

fn read_only() -> PageAnswer {
    let mut page = text(StatusCode::METHOD_NOT_ALLOWED, String::new());
    let headers = page.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    page
}

fn page(status: StatusCode, media_type: &'static str, shown: String) -> PageAnswer {
    let mut page = Response::new(Full::from(shown));
    *page.status_mut() = status;
    let headers = page.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page
}

/// A base or a place that cannot be read, for the tests of the pages.
#[cfg(test)]
fn blind_sample(base: Option<&str>) -> crate::model::blind::BlindSpot {
    let of = crate::model::blind::BlindOf {
        account_name: None,
        region: Some("eu-west-1".into()),
        account: Some("000000000000".into()),
        base: base.map(str::to_owned),
    };
    crate::model::blind::BlindSpot {
        of,
        since: chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(70),
        passes: 1,
        causes: ["DENIED ".to_owned()].into(),
        why: "refused".to_owned(),
        denied: true,
        watches: ["shop".into()].into(),
        notice: None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::rc::Rc;

    use chrono::{DateTime, TimeDelta};
    use hyper::header::HOST;

    use super::*;
    use crate::settings::parse_config;
    use crate::store::sqlite::SqliteStore;

    #[tokio::test]
    async fn only_loopback_is_listened_on() {
        let refused = listen_on("0.0.0.0:0".parse().unwrap()).await;
        assert_eq!(
            refused.map(drop).unwrap_err().kind(),
            io::ErrorKind::PermissionDenied
        );
        assert!(listen_on("127.0.0.1:0".parse().unwrap()).await.is_ok());
    }

    /// What the pages answer to this question under these hosts.
    async fn status_for(method: Method, path: &str, hosts: &[&str]) -> u16 {
        let none = |_: &Path| Err(io::Error::from(io::ErrorKind::NotFound));
        let settings = parse_config("installation = \"acme\"", Path::new("test"), &none).unwrap();
        let clock = Clock::virtual_from(DateTime::from_timestamp(1_790_000_000, 0).unwrap());
        let pages = Pages {
            vitals: &Vitals::new(clock.now(), clock.steady(), TimeDelta::MAX),
            settings: &SettingsInUse::new(&Rc::new(settings)),
            store: &SqliteStore::in_memory().unwrap(),
            clock: &clock,
        };
        let mut question = Request::builder().method(method).uri(path);
        for host in hosts {
            question = question.header(HOST, *host);
        }
        pages
            .answer(&question.body(()).unwrap())
            .await
            .status()
            .as_u16()
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
            for path in ["/healthz", "/metrics", "/api/status"] {
                let answered = status_for(Method::GET, path, hosts).await;
                assert_eq!(answered, status, "{path} {hosts:?}");
            }
        }
    }

    #[tokio::test]
    async fn the_pages_are_read_only_and_there_are_no_others() {
        for (method, path, status) in [
            (Method::HEAD, "/api/status", 200),
            (Method::POST, "/api/status", 405),
            (Method::DELETE, "/healthz", 405),
            (Method::GET, "/", 404),
            (Method::GET, "/api/status/", 404),
        ] {
            let answered = status_for(method, path, &["localhost"]).await;
            assert_eq!(answered, status, "{path}");
        }
    }
}
