//! Who is connected, and for how long. One connection is one question and one answer, under a
//! deadline; when all seats are taken, the one that came first goes. So nobody who stays, trickles or
//! does not read can keep a health check out, which is what a supervisor kills the daemon by.
//!
//! Owns every connection that it serves: nothing is detached, and all of them end with the future.
//! Knows no pages.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, abortable};
use futures_util::stream::FuturesUnordered;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::clock::Clock;

/// Connections at once. A scraper and a health check need two.
const CONNECTIONS_MAX: usize = 32;
/// How long a caller may take to say what it wants.
const HEADERS_MAX: Duration = Duration::from_secs(5);
/// How long one connection may stay: to ask, and to read its answer.
const CONNECTION_MAX: Duration = Duration::from_secs(10);
/// What a caller may say of itself; hyper's own bound would be 400 kB each.
const HEAD_MAX_BYTES: usize = 16 * 1024;

/// One connection's place in the row; the first came first.
struct Seat {
    number: u64,
    leave: AbortHandle,
}

/// One whole answer.
pub(super) type PageAnswer = Response<Full<Bytes>>;

/// Serves until the future is dropped; each question is answered by `answer`.
pub(super) async fn serve_connections<F, A>(listener: TcpListener, clock: &Clock, answer: F)
where
    F: Fn(Request<Incoming>) -> A + Copy,
    A: Future<Output = PageAnswer>,
{
    let mut connections = FuturesUnordered::new();
    let mut seats: VecDeque<Seat> = VecDeque::new();
    let mut number: u64 = 0;
    loop {
        tokio::select! {
            biased;
            Some(left) = connections.next() => seats.retain(|seat| seat.number != left),
            // A failed accept (too many open files) concerns one caller; the next may come through.
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                number += 1;
                if let Some(longest) = make_room(&mut seats) {
                    longest.abort();
                    // Whoever has something to say is heard before the next one takes its seat.
                    tokio::task::yield_now().await;
                }
                connections.push(converse(number, answer, stream, clock, &mut seats));
            },
        }
    }
}

/// The one that has to go when every seat is taken.
fn make_room(seats: &mut VecDeque<Seat>) -> Option<AbortHandle> {
    let full = seats.len() >= CONNECTIONS_MAX;
    full.then(|| seats.pop_front())?.map(|seat| seat.leave)
}

/// The conversation under a number, which it ends with.
fn converse<'a, F, A>(
    number: u64,
    answer: F,
    stream: TcpStream,
    clock: &'a Clock,
    seats: &mut VecDeque<Seat>,
) -> impl Future<Output = u64> + use<'a, F, A>
where
    F: Fn(Request<Incoming>) -> A + Copy,
    A: Future<Output = PageAnswer>,
{
    let answers = service_fn(move |question| {
        let answered = answer(question);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_MAX)
        .max_buf_size(HEAD_MAX_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), answers);
    let (talk, leave) = abortable(clock.timeout(CONNECTION_MAX, connection));
    seats.push_back(Seat { number, leave });
    async move {
        // A caller that breaks off or stays for ever is its own trouble.
        let _ = talk.await;
        number
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const ASK: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

    /// Runs the body beside a server, whose address it is given.
    async fn beside_a_server(body: impl AsyncFnOnce(std::net::SocketAddr)) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let well = |_: Request<Incoming>| async { Response::new(Full::from("well")) };
        let clock = Clock::real();
        tokio::select! {
            () = serve_connections(listener, &clock, well) => {}
            () = body(address) => {}
        }
    }

    async fn all_of(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text).await;
        text
    }

    async fn ask(address: std::net::SocketAddr) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        all_of(&mut stream).await
    }

    #[tokio::test]
    async fn nobody_who_stays_keeps_a_health_check_out() {
        beside_a_server(async |address| {
            for begins in [&b""[..], b"GET /healthz HT", ASK] {
                let mut stay = Vec::new();
                for _ in 0..3 * CONNECTIONS_MAX {
                    let mut stream = TcpStream::connect(address).await.unwrap();
                    stream.write_all(begins).await.unwrap();
                    stay.push(stream);
                }
                // Less than any of them may stay.
                let answer = Clock::real()
                    .timeout(Duration::from_secs(3), ask(address))
                    .await;
                assert!(answer.unwrap().ends_with("well"), "{begins:?}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_connection_is_one_question() {
        beside_a_server(async |address| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(&ASK.repeat(200)).await.unwrap();
            let mut answers = Vec::new();
            let _ = stream.read_to_end(&mut answers).await;
            let answers = String::from_utf8_lossy(&answers);
            assert_eq!(answers.matches("HTTP/1.1 200").count(), 1, "{answers}");
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_or_not_enough_is_left_at_its_deadline() {
        beside_a_server(async |address| {
            for begins in [&b""[..], b"GET /healthz HT"] {
                let clock = Clock::virtual_from(chrono::DateTime::UNIX_EPOCH);
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(begins).await.unwrap();
                all_of(&mut stream).await;
                let stayed = clock.now() - chrono::DateTime::UNIX_EPOCH;
                assert!(stayed.num_seconds() <= 10, "{begins:?}: {stayed}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_head_of_any_length_is_not_read_to_its_end() {
        beside_a_server(async |address| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let long = format!("GET /healthz HTTP/1.1\r\nX: {}", "x".repeat(64 * 1024));
            let _ = stream.write_all(long.as_bytes()).await;
            let answer = all_of(&mut stream).await;
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
                "{answer}"
            );
        })
        .await;
    }
}
