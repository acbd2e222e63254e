//! The door for everything that leaves and is not the AWS SDK: one request, one answer or one error.
//!
//! An address is often the secret itself (a Slack webhook), so it never stands in an error, a log
//! line or a Debug. Only https leaves the machine; plain http goes to loopback and nowhere else,
//! not even through a proxy. Redirects are not followed: they would carry the body to whoever the
//! answer names. A request is sent once; trying again is its caller's.
//!
//! The connectors are the AWS SDK's own hyper stack. In tests one of theirs stands in for both.

mod address;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_http_client::{ConnectorBuilder, proxy, tls};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::clock::Clock;
use crate::model::plain_text;
use crate::model::secret::Secret;

pub use address::{Address, BadAddress};

/// From the first byte sent to the last one read. Slack answers in well under a second; who has not
/// answered by then is tried again later.
const TIME_MAX: Duration = Duration::from_secs(10);
/// Of an answer's body; what is wanted of it is a word, and a stranger must not fill the memory.
const BODY_MAX_BYTES: usize = 16 * 1024;
/// The longest wait that a receiver may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);

/// Sends requests. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct HttpSend {
    ways: Arc<Ways>,
    clock: Clock,
}

/// Made when they are first used: reading the trusted roots takes a while that most commands do not
/// need.
#[derive(Default)]
struct Ways {
    away: OnceLock<SharedHttpConnector>,
    loopback: OnceLock<SharedHttpConnector>,
}

/// What was answered to a request that was accepted (2xx).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    pub status: u16,
    pub body: String,
}

/// Why a request was not accepted, as far as its caller must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendErrorKind {
    /// The receiver said no (3xx, 4xx): the same request will be refused again.
    Refused,
    /// Too many requests; not before this long, where the receiver said so.
    Throttled { after: Option<Duration> },
    /// It certainly was not accepted, and may be later: no connection, or an error of the receiver.
    Transient,
    /// It may have been accepted: no answer, or not a whole one.
    Unknown,
}

/// A request that was not accepted. Display is one line without the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct SendError {
    pub kind: SendErrorKind,
    /// Absent when no answer came.
    pub status: Option<u16>,
    /// The answer's body, cut; empty when no answer came.
    pub body: String,
    pub what: String,
}

/// What is posted: a body of some type, with headers.
#[derive(Debug, Clone)]
pub struct Posted {
    content_type: &'static str,
    body: String,
    headers: Vec<(&'static str, Secret)>,
    /// What no answer may show, should it be given back.
    secrets: Vec<Secret>,
    /// Of the answer's body.
    answer_max_bytes: usize,
}

impl Posted {
    /// A text of this type.
    pub fn of_text(content_type: &'static str, body: String) -> Self {
        Self {
            content_type,
            body,
            headers: Vec::new(),
            secrets: Vec::new(),
            answer_max_bytes: BODY_MAX_BYTES,
        }
    }

    /// JSON.
    pub fn of_json(body: &Value) -> Self {
        Self::of_text("application/json; charset=utf-8", body.to_string())
    }

    /// With a header, which is taken for a secret.
    pub fn with_header(mut self, name: &'static str, value: Secret) -> Self {
        self.headers.push((name, value));
        self
    }

    /// What is answered is more than a word: so many bytes of it are read.
    pub fn answered_by(mut self, bytes: usize) -> Self {
        self.answer_max_bytes = bytes;
        self
    }

    /// With a secret somewhere in it.
    pub fn hiding(mut self, secret: &Secret) -> Self {
        self.secrets.push(secret.clone());
        self
    }

    /// The body as it is sent.
    pub fn body(&self) -> &str {
        &self.body
    }

    fn without_secrets(&self, text: String) -> String {
        let headers = self.headers.iter().map(|(_, value)| value);
        let secrets = headers.chain(&self.secrets).map(Secret::expose);
        let secrets = secrets.filter(|secret| !secret.is_empty());
        secrets.fold(text, |text, secret| text.replace(secret, "[secret]"))
    }
}

impl HttpSend {
    /// The real one. Nothing is read or connected before it is needed.
    pub fn new(clock: &Clock) -> Self {
        Self {
            ways: Arc::default(),
            clock: clock.clone(),
        }
    }

    /// One that hands every request to this connector, as tests do.
    pub fn in_process(connector: SharedHttpConnector, clock: &Clock) -> Self {
        let ways = Ways {
            away: OnceLock::from(connector.clone()),
            loopback: OnceLock::from(connector),
        };
        Self {
            ways: Arc::new(ways),
            clock: clock.clone(),
        }
    }

    /// Posts once.
    ///
    /// # Errors
    /// By kind; `Unknown` when it may have been accepted.
    pub async fn post_once(&self, to: &Address, what: &Posted) -> Result<HttpAnswer, SendError> {
        let (mut answer, retry_after) = self
            .exchange(to, post(to, what), what.answer_max_bytes)
            .await?;
        answer.body = what.without_secrets(answer.body);
        judged(answer, retry_after.as_deref(), to, self.clock.now())
    }

    /// Gets a page and gives the status of whatever is answered, an error's too.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn get_status(&self, to: &Address) -> Result<u16, SendError> {
        let (answer, _) = self
            .exchange(to, bare(to, "GET", SdkBody::empty()), BODY_MAX_BYTES)
            .await?;
        Ok(answer.status)
    }

    async fn exchange(
        &self,
        to: &Address,
        request: Result<HttpRequest, SendError>,
        max_bytes: usize,
    ) -> Result<Read, SendError> {
        let connector = self.ways.to(to);
        let exchange = async {
            let response = connector.call(request?).await;
            read(response.map_err(|error| unanswered(&error, to))?, max_bytes).await
        };
        let answered = self.clock.timeout(TIME_MAX, exchange).await;
        answered.unwrap_or_else(|_| {
            let what = format!(
                "{} did not answer within {} s",
                to.host(),
                TIME_MAX.as_secs()
            );
            Err(SendError::without_answer(SendErrorKind::Unknown, what))
        })
    }
}

impl Ways {
    fn to(&self, address: &Address) -> &SharedHttpConnector {
        match address.is_loopback() {
            true => self
                .loopback
                .get_or_init(|| connector(proxy::ProxyConfig::disabled())),
            false => self
                .away
                .get_or_init(|| connector(proxy::ProxyConfig::from_env())),
        }
    }
}

impl fmt::Debug for HttpSend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpSend")
    }
}

impl SendError {
    fn without_answer(kind: SendErrorKind, what: String) -> Self {
        Self {
            kind,
            status: None,
            body: String::new(),
            what,
        }
    }
}

fn connector(proxy: proxy::ProxyConfig) -> SharedHttpConnector {
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    let mut builder = ConnectorBuilder::default().tls_provider(provider);
    builder.set_proxy_config(Some(proxy));
    SharedHttpConnector::new(builder.build())
}

fn post(to: &Address, what: &Posted) -> Result<HttpRequest, SendError> {
    let mut request = bare(to, "POST", SdkBody::from(what.body.as_str()))?;
    let headers = request.headers_mut();
    headers.insert("content-type", what.content_type);
    for (name, value) in &what.headers {
        let put = headers.try_insert(*name, value.expose().to_owned());
        put.map_err(|_| {
            let what = format!("the header {name} to {} cannot be sent", to.host());
            SendError::without_answer(SendErrorKind::Refused, what)
        })?;
    }
    Ok(request)
}

fn bare(to: &Address, method: &str, body: SdkBody) -> Result<HttpRequest, SendError> {
    let mut request = HttpRequest::new(body);
    let unusable = || {
        let what = format!("the address at {} cannot be used in a request", to.host());
        SendError::without_answer(SendErrorKind::Refused, what)
    };
    request.set_method(method).map_err(|_| unusable())?;
    request.set_uri(to.expose()).map_err(|_| unusable())?;
    request.headers_mut().insert(
        "user-agent",
        concat!("amiwatch/", env!("CARGO_PKG_VERSION")),
    );
    Ok(request)
}

/// What it means that no answer came. A refused connection carried nothing; whatever else broke may
/// have broken after the request had arrived.
fn unanswered(error: &ConnectorError, to: &Address) -> SendError {
    let host = to.host();
    if error.is_user() {
        let what = format!("the request to {host} could not be put together");
        return SendError::without_answer(SendErrorKind::Refused, what);
    }
    let (kind, why) = match never_connected(error) {
        Some(why) => (SendErrorKind::Transient, why),
        None => (SendErrorKind::Unknown, "the connection broke"),
    };
    let what = format!("{host} cannot be reached: {why}; check the network and the proxy");
    SendError::without_answer(kind, what)
}

/// Why there was not even a connection, in our own words: theirs may hold the address. `None`: there
/// may have been one.
fn never_connected(error: &ConnectorError) -> Option<&'static str> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut connecting = false;
    while let Some(cause) = next {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            match io.kind() {
                std::io::ErrorKind::ConnectionRefused => return Some("the connection is refused"),
                std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable => {
                    return Some("there is no way to it");
                }
                _ => {}
            }
        }
        let said = cause.to_string();
        if said.starts_with("dns error") {
            return Some("its name cannot be resolved");
        }
        connecting |= said.contains("(Connect)");
        next = cause.source();
    }
    connecting.then_some("no connection could be made")
}

type Read = (HttpAnswer, Option<String>);

/// Reads an answer's beginning; what is longer than is wanted is left unread.
async fn read(response: HttpResponse, max_bytes: usize) -> Result<Read, SendError> {
    let status = response.status().as_u16();
    let retry_after = response.headers().get("retry-after").map(str::to_owned);
    let mut stream = ByteStream::new(response.into_body());
    let mut bytes = Vec::new();
    while bytes.len() < max_bytes {
        match stream.next().await {
            Some(Ok(chunk)) => bytes.extend_from_slice(&chunk),
            // The status has said it all: a body that breaks off changes nothing.
            Some(Err(_)) | None => break,
        }
    }
    bytes.truncate(max_bytes);
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Ok((HttpAnswer { status, body }, retry_after))
}

fn judged(
    answer: HttpAnswer,
    retry_after: Option<&str>,
    to: &Address,
    now: DateTime<Utc>,
) -> Result<HttpAnswer, SendError> {
    let kind = match answer.status {
        200..=299 => return Ok(answer),
        429 => SendErrorKind::Throttled {
            after: retry_after.and_then(|text| wait(text, now)),
        },
        // An answer in the middle of things (1xx) is none; 408 asks for the same again.
        100..=199 | 408 | 500.. => SendErrorKind::Transient,
        _ => SendErrorKind::Refused,
    };
    // Redacted before it is cut: half of a secret is one that nobody would recognise.
    let body = one_line(&to.without_secret(&answer.body));
    let said = match body.is_empty() {
        true => String::new(),
        false => format!(" ({body})"),
    };
    let redirect = match answer.status {
        300..=399 => ", a redirect, which is not followed",
        _ => "",
    };
    Err(SendError {
        kind,
        status: Some(answer.status),
        what: format!("{} answered {}{redirect}{said}", to.host(), answer.status),
        body,
    })
}

/// `Retry-After`: seconds, or a date.
fn wait(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = DateTime::parse_from_rfc2822(text).ok()?;
            (at.with_timezone(&Utc) - now).to_std().unwrap_or_default()
        }
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// A stranger's words on one line: visible characters only, cut.
fn one_line(words: &str) -> String {
    const CHARS: usize = 120;
    let line = plain_text::one_line(words);
    match line.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests;
