//! `health`: asks the daemon beside it how it is, at the address that the config names. For container
//! health checks, which have neither a shell nor curl.
//!
//! Reads that address and nothing else of the config: a daemon that is well goes on with the config it
//! has when the file becomes wrong, and must not be restarted into the wrong one.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use tokio::net::TcpStream;

use super::args::{Common, Format};
use super::draw;
use super::session::{WrongUsage, config_path};
use crate::clock::Clock;
use crate::flow::exit_code::Exit;
use crate::settings::listen_of;

/// How long the daemon may take to accept and to answer. It is on this machine.
const PATIENCE: Duration = Duration::from_secs(3);
/// More than it ever says.
const ANSWER_MAX_BYTES: usize = 64 * 1024;

/// Something answered, and it was not amiwatch.
#[derive(Debug, thiserror::Error)]
#[error("what answers at {0} is not amiwatch; see that [http] listen names the daemon's own port")]
struct Stranger(SocketAddr);

/// What the daemon at this address says of itself; absent where none answers.
pub(super) async fn of_daemon(address: SocketAddr) -> Option<Value> {
    read(&ask(address).await.ok()?)
}

pub(super) async fn run_health(common: &Common) -> anyhow::Result<Exit> {
    let address = listen_of(&config_path(common)?).ok_or_else(|| {
        let told = "the config has no [http] listen, so that no daemon can be asked; add \
                    `[http]` with `listen = \"127.0.0.1:9464\"` and start the daemon again";
        WrongUsage(told.to_owned())
    })?;
    let answer = ask(address).await.with_context(|| {
        format!("no daemon answers at {address}; see that `amiwatch run` runs with this config")
    })?;
    let health = read(&answer).ok_or(Stranger(address))?;
    match common.format {
        Format::Json => draw::print_json(&health)?,
        Format::Table => println!("{}", sentence(&health)),
    }
    Ok(match health["ok"] {
        Value::Bool(true) => Exit::Done,
        _ => Exit::Failed,
    })
}

/// One question, one answer, and the connection is closed. All of it under one deadline: whoever answers
/// a byte at a time is no daemon that is well.
async fn ask(address: SocketAddr) -> io::Result<Vec<u8>> {
    let answered = Clock::real().timeout(PATIENCE, conversation(address)).await;
    answered.unwrap_or_else(|elapsed| Err(io::Error::new(io::ErrorKind::TimedOut, elapsed)))
}

async fn conversation(address: SocketAddr) -> io::Result<Vec<u8>> {
    let stream = TcpStream::connect(address).await?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut left = request.as_bytes();
    while !left.is_empty() {
        stream.writable().await?;
        left = &left[unless_not_yet(stream.try_write(left))?.unwrap_or(0)..];
    }
    let mut answer = vec![0; ANSWER_MAX_BYTES];
    let mut filled = 0;
    while filled < answer.len() {
        stream.readable().await?;
        match unless_not_yet(stream.try_read(&mut answer[filled..]))? {
            Some(0) => break,
            read => filled += read.unwrap_or(0),
        }
    }
    answer.truncate(filled);
    Ok(answer)
}

/// `None` when the socket was not ready after all.
fn unless_not_yet(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        done => done.map(Some),
    }
}

/// The body, when it is ours. Its `ok` says what the status says.
fn read(answer: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(answer).ok()?;
    let (_, body) = text.split_once("\r\n\r\n")?;
    let health: Value = serde_json::from_str(body).ok()?;
    let schema = health["schema"].as_str()?;
    schema.starts_with("amiwatch.health/").then_some(health)
}

fn sentence(health: &Value) -> String {
    let told = |key: &str| health[key].as_str().unwrap_or("none yet").to_owned();
    let blind = health["blind"].as_array().map_or(&[][..], Vec::as_slice);
    if let (true, Some(first)) = (health["ok"] == true, blind.first()) {
        let text = |key: &str| first[key].as_str().unwrap_or("-").to_owned();
        format!(
            "well as a process, and blind since {}: {}{}: {}{}",
            text("since"),
            first["base"]
                .as_str()
                .map_or(String::new(), |base| format!("{base} in ")),
            text("place"),
            text("why"),
            match blind.len() {
                1 => String::new(),
                more => format!(" (and {} more)", more - 1),
            }
        )
    } else if health["ok"] == true {
        format!(
            "well: last good pass {}, next pass {}",
            told("last_good_pass_at"),
            told("next_pass_at")
        )
    } else {
        format!(
            "not well: {}",
            health["why"].as_str().unwrap_or("no reason given")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Vec<u8> {
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{body}").into_bytes()
    }

    #[test]
    fn an_answer_is_read_into_a_sentence() {
        let well = read(&answer(
            r#"{"schema":"amiwatch.health/1","ok":true,"last_good_pass_at":null,"next_pass_at":"2026-01-01T00:00:00Z"}"#,
        ));
        assert_eq!(
            sentence(&well.unwrap()),
            "well: last good pass none yet, next pass 2026-01-01T00:00:00Z"
        );
        let blind = read(&answer(
            r#"{"schema":"amiwatch.health/1","ok":true,"blind":[{"place":"000000000000/eu-west-1","base":null,"since":"2026-01-01T00:00:00Z","why":"refused"}]}"#,
        ));
        assert_eq!(
            sentence(&blind.unwrap()),
            "well as a process, and blind since 2026-01-01T00:00:00Z: 000000000000/eu-west-1: refused"
        );
        let ill = read(&answer(
            r#"{"schema":"amiwatch.health/1","ok":false,"why":"the last pass failed"}"#,
        ));
        assert_eq!(sentence(&ill.unwrap()), "not well: the last pass failed");
    }

    #[test]
    fn a_stranger_is_not_believed() {
        for body in [
            "",
            "<html>",
            r#"{"ok":true}"#,
            r#"{"schema":"other/1","ok":true}"#,
        ] {
            assert_eq!(read(&answer(body)), None, "{body}");
        }
        assert_eq!(read(b"SSH-2.0-OpenSSH"), None);
        assert_eq!(read(b"\xff\r\n\r\n"), None);
    }

    /// Somebody who takes the connection and answers a byte every second.
    #[tokio::test(start_paused = true)]
    async fn an_answer_that_trickles_is_not_waited_for() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let clock = Clock::virtual_from(chrono::DateTime::UNIX_EPOCH);
        let trickle = async {
            let (stream, _) = listener.accept().await.unwrap();
            loop {
                let _ = stream.try_write(b" ");
                clock.sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            () = trickle => {}
            answer = ask(address) => assert_eq!(answer.unwrap_err().kind(), io::ErrorKind::TimedOut),
        }
        assert!(clock.now() - chrono::DateTime::UNIX_EPOCH < chrono::TimeDelta::seconds(5));
    }
}
