//! Serves a simulated account for any AWS client.
//!
//! `serve [--listen ADDRESS] [--world FILE] [--speed N] [--start RFC3339] [--guest-exec COMMAND
//! --disks DIR]`; prints `listening on http://ADDRESS` when it can be called. Point a client at it
//! with `AWS_ENDPOINT_URL`, any region, and any credentials.

use std::collections::BTreeMap;
use std::error::Error;

use chrono::{DateTime, Utc};
use sim::{Account, ExecGuest, ServeOptions, SimClock, World};
use tokio::net::TcpListener;

type Failed = Box<dyn Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    let options = options()?;
    let get = |name: &str| options.get(name).map(String::as_str);
    let speed: f64 = get("speed").unwrap_or("1").parse()?;
    let account = Account::new(clock(get("start"), speed)?);
    if let Some(path) = get("world") {
        account.load(World::parse(&std::fs::read_to_string(path)?)?)?;
    }
    if let Some(command) = get("guest-exec") {
        account.set_guest(ExecGuest::new(
            command,
            get("disks").ok_or("give --disks DIR too")?,
        ));
    }
    let listener = TcpListener::bind(get("listen").unwrap_or("127.0.0.1:4599")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    sim::serve(
        account,
        listener,
        ServeOptions {
            speed,
            ..ServeOptions::default()
        },
    )
    .await?;
    Ok(())
}

/// Real time; or time from a start, or at another speed.
fn clock(start: Option<&str>, speed: f64) -> Result<SimClock, Failed> {
    let real = SimClock::system();
    let start: Option<DateTime<Utc>> = start.map(str::parse).transpose()?;
    Ok(match start {
        None if speed == 1.0 => real,
        start => SimClock::running(start.unwrap_or_else(|| real.now()), speed),
    })
}

fn options() -> Result<BTreeMap<String, String>, Failed> {
    let mut options = BTreeMap::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let name = name
            .strip_prefix("--")
            .ok_or("options begin with --")?
            .to_owned();
        options.insert(name, arguments.next().ok_or("every option takes a value")?);
    }
    Ok(options)
}
