//! `health`: what a container's health check runs.

use std::net::{SocketAddr, TcpListener};

use super::harness::{Desk, Served, wait_for_line};
use crate::common::world::CONFIG;

/// A port that nobody listens on now.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

fn listening_at(desk: Desk, address: SocketAddr) -> Desk {
    let desk = desk.configured();
    let more = format!("[store]\nurl = \"sqlite://amiwatch.db\"\n[http]\nlisten = \"{address}\"\n");
    desk.file("amiwatch.toml", &format!("{CONFIG}\n{more}"));
    desk
}

#[test]
fn it_tells_a_daemon_that_is_well_from_one_that_is_not_there() {
    let served = Served::start();
    served.guests_play();
    let desk = listening_at(Desk::at(served.address), free_address());
    let nobody = desk.run(&["health"]);
    assert_eq!(nobody.code, 1, "{nobody:?}");
    nobody.says_in_one_line("no daemon answers at 127.0.0.1:");

    let mut daemon = desk.start(&["run"]);
    wait_for_line(&mut daemon, "a pass ended");
    let well = desk.run(&["health"]);
    assert_eq!(well.code, 0, "{well:?}");
    assert!(
        well.stdout.starts_with("well: last good pass 2"),
        "{well:?}"
    );
    let json = desk.run(&["health", "--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.health/1");
    assert_eq!(json["ok"], true);

    // An edit that went wrong: the daemon goes on with what it has, and must not be restarted into it.
    let config = std::fs::read_to_string(desk.path("amiwatch.toml")).unwrap();
    desk.file("amiwatch.toml", &format!("corn = \"* * * * *\"\n{config}"));
    assert_eq!(desk.run(&["config", "check"]).code, 2);
    assert_eq!(desk.run(&["health"]).code, 0);

    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert_eq!(desk.run(&["health"]).code, 1);
}

#[test]
fn without_an_address_there_is_nobody_to_ask() {
    let desk = Desk::bare().configured();
    let ran = desk.run(&["health"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    ran.says_in_one_line("add `[http]` with `listen = \"127.0.0.1:9464\"`");
}
