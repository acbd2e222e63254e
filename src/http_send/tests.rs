//! What a receiver can do to a request, and what is said about it.

use std::sync::Mutex;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::http::StatusCode;
use chrono::TimeZone as _;
use serde_json::json;

use super::*;

/// Answers every request alike and keeps it.
#[derive(Clone)]
struct Peer {
    answer: Arc<dyn Fn() -> HttpConnectorFuture + Send + Sync>,
    heard: Arc<Mutex<Vec<(String, String)>>>,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Peer")
    }
}

impl HttpConnector for Peer {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let said = format!("{} {}", request.method(), request.uri());
        self.heard.lock().unwrap().push((said, body));
        (self.answer)()
    }
}

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 8, 0, 0).unwrap()
}

fn address() -> Address {
    Address::parse(&Secret::new(
        "https://hooks.example.com/services/hush-token",
    ))
    .unwrap()
}

/// Posts once under paused time.
fn post(
    answer: impl Fn() -> HttpConnectorFuture + Send + Sync + 'static,
) -> Result<HttpAnswer, SendError> {
    let peer = Peer {
        answer: Arc::new(answer),
        heard: Arc::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let clock = Clock::virtual_from(now());
        let send = HttpSend::in_process(SharedHttpConnector::new(peer.clone()), &clock);
        let answer = send
            .post_once(&address(), &Posted::of_json(&json!({ "text": "hello" })))
            .await;
        let heard = peer.heard.lock().unwrap().clone();
        let wanted = "POST https://hooks.example.com/services/hush-token";
        assert_eq!(
            heard,
            [(wanted.to_owned(), "{\"text\":\"hello\"}".to_owned())]
        );
        answer
    })
}

fn answers(
    status: u16,
    header: Option<(&'static str, &'static str)>,
    body: &'static str,
) -> impl Fn() -> HttpConnectorFuture + Send + Sync + 'static {
    move || {
        let status = StatusCode::try_from(status).unwrap();
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

#[test]
fn an_answer_is_judged_by_its_status() {
    assert_eq!(post(answers(200, None, "ok")).unwrap().body, "ok");
    let throttled = |after: Option<u64>| SendErrorKind::Throttled {
        after: after.map(Duration::from_secs),
    };
    let date = "Mon, 02 Nov 2026 08:01:00 GMT";
    for (status, header, kind) in [
        (
            301,
            Some(("location", "https://evil.example")),
            SendErrorKind::Refused,
        ),
        (404, None, SendErrorKind::Refused),
        (408, None, SendErrorKind::Transient),
        (429, None, throttled(None)),
        (429, Some(("retry-after", "7")), throttled(Some(7))),
        (429, Some(("retry-after", date)), throttled(Some(60))),
        (429, Some(("retry-after", "999999")), throttled(Some(3600))),
        (429, Some(("retry-after", "soon")), throttled(None)),
        (500, None, SendErrorKind::Transient),
        (503, None, SendErrorKind::Transient),
    ] {
        let error = post(answers(status, header, "why\n not")).unwrap_err();
        assert_eq!((error.kind, error.status), (kind, Some(status)));
        assert_eq!(error.body, "why not");
    }
}

#[test]
fn silence_and_a_broken_connection_may_have_been_accepted() {
    let silent = post(|| HttpConnectorFuture::new(std::future::pending())).unwrap_err();
    assert_eq!(silent.kind, SendErrorKind::Unknown);
    assert_eq!(silent.what, "hooks.example.com did not answer within 10 s");
    let broken = post(|| {
        let error = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        HttpConnectorFuture::ready(Err(ConnectorError::io(error.into())))
    });
    assert_eq!(broken.unwrap_err().kind, SendErrorKind::Unknown);
    let refused = post(|| {
        let error = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        HttpConnectorFuture::ready(Err(ConnectorError::io(error.into())))
    });
    assert_eq!(refused.unwrap_err().kind, SendErrorKind::Transient);
}

#[test]
fn no_error_shows_the_address() {
    let echo = "no such hook: https://hooks.example.com/services/hush-token";
    let leaky = || {
        let error = "failed to reach https://hooks.example.com/services/hush-token";
        HttpConnectorFuture::ready(Err(ConnectorError::io(error.into())))
    };
    for error in [
        post(answers(404, None, echo)).unwrap_err(),
        post(leaky).unwrap_err(),
    ] {
        let said = format!("{error} {error:?}");
        assert!(!said.contains("hush-token"), "{said}");
        assert!(said.contains("hooks.example.com"), "{said}");
    }
}

#[test]
fn a_body_without_end_is_cut() {
    let long: &'static str = Box::leak("x".repeat(1 << 20).into_boxed_str());
    let answer = post(answers(200, None, long)).unwrap();
    assert_eq!(answer.body.len(), BODY_MAX_BYTES);
}

/// A receiver that echoes where it was asked: the whole path, a part of it, more than is shown, more
/// than is read; and blanks between, which are not counted.
#[test]
fn a_secret_that_is_echoed_is_gone_before_anything_is_cut() {
    let token = "hush-token";
    for before in 0..140 {
        let echo = format!("{} /services/{token} unknown", "x ".repeat(before / 2));
        let echo: &'static str = Box::leak(echo.into_boxed_str());
        let error = post(answers(404, None, echo)).unwrap_err();
        let said = format!("{error} {} {error:?}", error.body);
        assert!(!said.contains("hush-to"), "{before}: {said}");
    }
    let far = format!("{}/services/{token}", " ".repeat(BODY_MAX_BYTES - 18));
    let far: &'static str = Box::leak(far.into_boxed_str());
    for echo in [far, "HUSH-TOKEN", "cut: /services/hush-toke"] {
        let error = post(answers(404, None, echo)).unwrap_err();
        let said = format!("{error:?}").to_lowercase();
        assert!(!said.contains("hush-tok"), "{said}");
    }
}

#[test]
fn what_misleads_a_reader_is_not_said() {
    let error = post(answers(500, None, "a\u{61c}b\u{ad}c\u{e0041}d\u{9b}e\nf")).unwrap_err();
    assert_eq!(error.body, "a\u{fffd}b\u{fffd}c\u{fffd}d e f");
}
