//! A receiver on loopback: reads one request for each connection, keeps it, answers as it is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;

use crate::common::slack::HOOK_WORD;

/// Listens until it is dropped.
pub(crate) struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: Option<JoinHandle<()>>,
}

struct State {
    heard: Vec<(String, Value)>,
    answer: (u16, &'static str),
    stops: bool,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback can be listened on");
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            heard: Vec::new(),
            answer: (200, "ok"),
            stops: false,
        }));
        let of_server = Arc::clone(&state);
        let server = std::thread::Builder::new();
        let server = server.spawn(move || {
            for connection in listener.incoming() {
                if of_server.lock().unwrap().stops {
                    return;
                }
                // A client that goes away is not this test's matter.
                let _ = serve(&connection.unwrap(), &of_server);
            }
        });
        Self {
            address,
            state,
            server: Some(server.expect("a thread starts")),
        }
    }

    /// Its webhook's address, a secret.
    pub(crate) fn hook(&self) -> String {
        format!("http://{}/services/T0000/B0000/{HOOK_WORD}", self.address)
    }

    pub(crate) fn answers(&self, status: u16, word: &'static str) {
        self.state.lock().unwrap().answer = (status, word);
    }

    /// What came: the request's first line and its body.
    pub(crate) fn heard(&self) -> Vec<(String, Value)> {
        self.state.lock().unwrap().heard.clone()
    }
}

fn serve(connection: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(given) = header.strip_prefix("content-length:") {
            length = given.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).expect("the body is JSON");
    let (status, word) = {
        let mut state = state.lock().unwrap();
        state.heard.push((first.trim().to_owned(), body));
        state.answer
    };
    let mut connection = connection;
    write!(
        connection,
        "HTTP/1.1 {status} Said\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{word}",
        word.len()
    )
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.state.lock().unwrap().stops = true;
        let _ = TcpStream::connect(self.address);
        if let Some(server) = self.server.take() {
            let ended = server.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "the receiver failed"
            );
        }
    }
}
