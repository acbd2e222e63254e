//! The in-process door under a real AWS SDK for Rust, and the server over TCP.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sts::error::SdkError;
use sim::{Account, FaultKind, FaultRule, ServeError, ServeOptions, Timing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{REGION, account};

fn client(account: &Account, slept: Arc<AtomicU64>) -> aws_sdk_sts::Client {
    let connector = account.connector(Arc::new(move |by| {
        slept.fetch_add(by.as_millis() as u64, Ordering::Relaxed);
        Box::pin(std::future::ready(()))
    }));
    let timeouts = TimeoutConfig::builder()
        .operation_timeout(Duration::from_millis(200))
        .build();
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(
            "simulated",
            "simulated",
            None,
            None,
            "test",
        ))
        .sleep_impl(aws_sdk_sts::config::SharedAsyncSleep::new(
            aws_smithy_sleep(),
        ))
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .http_client(connector)
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

fn aws_smithy_sleep() -> impl aws_sdk_sts::config::AsyncSleep {
    #[derive(Debug)]
    struct OnTokio;
    impl aws_sdk_sts::config::AsyncSleep for OnTokio {
        #[expect(
            clippy::disallowed_methods,
            reason = "the SDK needs a timer of its own"
        )]
        fn sleep(&self, by: Duration) -> aws_sdk_sts::config::Sleep {
            aws_sdk_sts::config::Sleep::new(tokio::time::sleep(by))
        }
    }
    OnTokio
}

#[tokio::test]
async fn the_sdk_talks_to_the_account_in_process() {
    let (account, _hand) = account();
    account.set_timing(Timing {
        latency: Duration::from_millis(20),
        ..Timing::default()
    });
    let slept = Arc::new(AtomicU64::new(0));
    let caller = client(&account, slept.clone())
        .get_caller_identity()
        .send()
        .await
        .unwrap();
    assert_eq!(caller.account(), Some(sim::ACCOUNT_ID));
    assert_eq!(
        slept.load(Ordering::Relaxed),
        20,
        "latency goes through the sleep that was given"
    );
    assert_eq!(account.counters().max_in_flight, 1);
}

#[tokio::test]
async fn the_sdk_retries_what_broke_and_gives_up_on_silence() {
    let (account, _hand) = account();
    let sts = client(&account, Arc::default());
    account.fault(FaultRule::new(FaultKind::DropBeforeEffect).times(1));
    account.fault(FaultRule::new(FaultKind::Http5xx).times(1));
    assert!(
        sts.get_caller_identity().send().await.is_ok(),
        "the third attempt gets through"
    );
    assert_eq!(account.counters().calls, 3);
    account.fault(FaultRule::new(FaultKind::TimeoutAfterEffect));
    let error = sts.get_caller_identity().send().await.unwrap_err();
    assert!(matches!(error, SdkError::TimeoutError(_)), "{error}");
    assert_eq!(
        account.counters().in_flight,
        0,
        "a call that was given up is no longer open"
    );
}

#[tokio::test]
async fn the_server_answers_over_tcp_and_has_a_control_door() {
    let (account, _hand) = account();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let talk = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let ask = "GET /_sim/counters HTTP/1.1\r\nhost: sim\r\nconnection: close\r\n\r\n";
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let answer = tokio::select! {
        ended = sim::serve(account, listener, ServeOptions::default()) => panic!("{ended:?}"),
        answer = talk => answer,
    };
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\"calls\":0"),
        "{answer}"
    );
}

#[tokio::test]
async fn the_server_refuses_to_be_reached_by_strangers() {
    let (account, _hand) = account();
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = sim::serve(account, listener, ServeOptions::default()).await;
    assert!(
        matches!(refused, Err(ServeError::NotLoopback(_))),
        "{refused:?}"
    );
}
