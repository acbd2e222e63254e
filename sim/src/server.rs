//! The door over TCP: HTTP/1.1 with keep-alive, for any AWS client by its endpoint setting.
//!
//! It owns every connection it serves (a join set; nothing is detached) and binds nothing itself:
//! it is given a listener and refuses one that strangers can reach.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::account::Account;
use crate::control;
use crate::door::Delivery;

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Serve on an address that is not loopback. Anyone who reaches it can do everything.
    pub allow_remote: bool,
    /// How many times as fast as real time the account's clock runs: latencies shrink by it.
    pub speed: f64,
    /// How often events that are due are applied while nobody calls.
    pub tick: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            allow_remote: false,
            speed: 1.0,
            tick: Duration::from_millis(100),
        }
    }
}

/// Why serving ended or did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener can be reached from other machines.
    #[error(
        "{0} is not a loopback address, and whoever reaches the simulated account controls it; \
         bind 127.0.0.1, or allow remote callers on purpose"
    )]
    NotLoopback(SocketAddr),
    /// The socket failed.
    #[error("the listening socket failed; check that the address is free and permitted")]
    Io(#[from] io::Error),
}

/// Serves the account until the future is dropped. Connections end with it.
///
/// # Errors
/// When the listener is not on loopback and that is not allowed, or cannot be asked for its address.
pub async fn serve(
    account: Account,
    listener: TcpListener,
    options: ServeOptions,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() && !options.allow_remote {
        return Err(ServeError::NotLoopback(address));
    }
    let mut connections = JoinSet::new();
    let mut tick = tokio::time::interval(options.tick);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            Some(_) = connections.join_next() => {}
            // A failed accept (too many open files) concerns one caller; the next may come through.
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(converse(account.clone(), stream, options.speed));
            },
            _ = tick.tick() => account.tick(),
        }
    }
}

async fn converse(account: Account, stream: TcpStream, speed: f64) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| respond(account.clone(), request, speed));
    let io = TokioIo::new(stream);
    // A connection that breaks is the caller's matter, and sometimes the point of a fault.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(io, service)
        .await;
}

/// A broken connection, as the server's error that makes hyper close it.
#[derive(Debug, thiserror::Error)]
#[error("the simulated connection is dropped")]
struct Dropped;

async fn respond(
    account: Account,
    request: Request<Incoming>,
    speed: f64,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    let request = Request::from_parts(parts, body);
    if request.uri().path().starts_with("/_sim/") {
        return Ok(control::respond(&account, &request).map(Full::new));
    }
    let _open = account.begin_call();
    let answer = account.handle(&request);
    pass(answer.latency, speed).await;
    match answer.delivery {
        Delivery::Arrives => Ok(answer.response.map(Full::new)),
        Delivery::Drops => Err(Dropped),
        Delivery::Never => std::future::pending::<Result<_, Infallible>>()
            .await
            .or(Err(Dropped)),
    }
}

#[expect(clippy::disallowed_methods, reason = "the server lives in real time")]
async fn pass(latency: Duration, speed: f64) {
    if !latency.is_zero() && speed > 0.0 {
        tokio::time::sleep(latency.div_f64(speed)).await;
    }
}
