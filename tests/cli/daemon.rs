//! `run` as a service manager and people meet it: signals, a second one, commands beside it, its pages.

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr};
use std::time::Duration;

use super::harness::{Desk, Ran, Served, let_play, wait_for_line};
use crate::common::world::CONFIG;

/// A daemon whose log is read as it comes.
struct Daemon {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Daemon {
    fn start(desk: &Desk) -> Self {
        let mut child = desk.start(&["run"]);
        let stderr = child.stderr.take().expect("stderr is piped");
        let log = BufReader::new(stderr).lines();
        Self { child, log }
    }

    /// Reads its log up to a line that contains this.
    #[track_caller]
    fn says(&mut self, what: &str) {
        let mut read = Vec::new();
        for line in self.log.by_ref().map_while(Result::ok) {
            let found = line.contains(what);
            read.push(line);
            if found {
                return;
            }
        }
        panic!("the daemon ended without `{what}`: {read:#?}");
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.child.id()).expect("a pid fits");
        let pid = rustix::process::Pid::from_raw(pid).expect("a child has a pid");
        rustix::process::kill_process(pid, signal).expect("it is still there");
    }

    /// Stops it as a service manager does; gives its exit code.
    fn stop(mut self) -> i32 {
        self.signal(rustix::process::Signal::TERM);
        let ended = self.child.wait().unwrap();
        let rest: Vec<String> = self.log.map_while(Result::ok).collect();
        assert!(
            !rest.iter().any(|line| line.contains("panicked")),
            "{rest:?}"
        );
        ended.code().unwrap_or(-1)
    }
}

/// A port that nobody listens on now.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

fn configured(served: &Served, more: &str) -> Desk {
    let desk = Desk::at(served.address).configured();
    desk.file("amiwatch.toml", &config(more));
    desk
}

fn config(more: &str) -> String {
    format!("{CONFIG}\n[store]\nurl = \"sqlite://amiwatch.db\"\n{more}")
}

fn get(address: SocketAddr, path: &str) -> String {
    ask(address, "GET", path)
}

fn ask(address: SocketAddr, method: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the pages are served");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_stops_cleanly_in_the_middle_of_a_bake_and_the_next_start_goes_on() {
    let served = Served::start();
    let desk = configured(&served, "");
    let daemon = Daemon::start(&desk);
    let builder = served.builder();
    assert_eq!(daemon.stop(), 0);
    let status = desk.run(&["status"]);
    assert!(status.stdout.contains("baking shop"), "{status:?}");
    let gone = "nobody works on the store: `amiwatch run` goes on with it";
    assert!(status.stdout.contains(gone), "{status:?}");

    let mut again = Daemon::start(&desk);
    again.says("left half-way");
    let_play(builder);
    again.says("verified");
    assert_eq!(again.stop(), 0);
    let launches = served.account.ledger().into_iter();
    let launches = launches.filter(|call| call.operation == "RunInstances");
    assert_eq!(launches.count(), 2, "one builder and one boot test");
}

#[test]
fn a_second_daemon_is_refused_with_a_word() {
    let served = Served::start();
    served.guests_play();
    let desk = configured(&served, "");
    let mut first = Daemon::start(&desk);
    first.says("amiwatch watches");
    let second = desk.run(&["run"]);
    assert_eq!(second.code, 1, "{second:?}");
    second.says_in_one_line("another amiwatch process works on");
    assert_eq!(first.stop(), 0);
}

#[test]
fn commands_work_beside_it() {
    let served = Served::start();
    let desk = configured(&served, "");
    let mut daemon = Daemon::start(&desk);
    let builder = served.builder();
    let mut joined = desk.start(&["bake", "shop"]);
    wait_for_line(&mut joined, "joining it");
    let_play(builder);
    let joined = Ran::from(joined.wait_with_output().unwrap());
    assert_eq!(joined.code, 0, "{joined:?}");
    daemon.says("verified");

    let nothing = desk.run(&["bake", "shop"]);
    assert_eq!(nothing.code, 0, "{nothing:?}");
    assert!(nothing.stdout.contains("in step"), "{nothing:?}");

    served.guests_play();
    let forced = desk.run(&["bake", "shop", "--force"]);
    assert_eq!(forced.code, 0, "{forced:?}");
    assert_ne!(forced.stdout, joined.stdout);
    for step in ["launch_builder", "boot_report", "clean_up"] {
        assert!(forced.stderr.contains(step), "{step} in {forced:?}");
    }
    let check = desk.run(&["check"]);
    assert_eq!(check.code, 3, "the environments are behind: {check:?}");
    assert_eq!(daemon.stop(), 0);
}

#[test]
fn a_bake_whose_daemon_dies_goes_on_without_it() {
    let served = Served::start();
    let desk = configured(&served, "");
    let mut daemon = Daemon::start(&desk);
    let builder = served.builder();
    let mut joined = desk.start(&["bake", "shop"]);
    wait_for_line(&mut joined, "joining it");
    daemon.child.kill().unwrap();
    daemon.child.wait().unwrap();
    let_play(builder);
    let joined = Ran::from(joined.wait_with_output().unwrap());
    assert_eq!(joined.code, 0, "{joined:?}");
    assert!(joined.stderr.contains("going on with it"), "{joined:?}");
}

#[test]
fn a_config_is_reloaded_by_signal_and_by_command_and_a_bad_one_is_refused() {
    let served = Served::start();
    served.guests_play();
    let desk = configured(&served, "");
    let mut daemon = Daemon::start(&desk);
    daemon.says("a bake ended");

    desk.file(
        "amiwatch.toml",
        &config("[schedule]\ncron = \"0 4 * * *\"\n"),
    );
    daemon.signal(rustix::process::Signal::HUP);
    daemon.says("the new config is in use");

    desk.file(
        "amiwatch.toml",
        &config("[schedule]\ncorn = \"0 4 * * *\"\n"),
    );
    daemon.signal(rustix::process::Signal::HUP);
    daemon.says("the old one still is");
    let good = desk.path("good.toml");
    std::fs::write(&good, config("")).unwrap();
    // The command reads a config of its own, to find the store; the daemon reads its own again.
    let reload = desk.run(&["reload", "--config", "good.toml"]);
    assert_eq!(reload.code, 2, "{reload:?}");
    assert!(reload.stderr.contains("did you mean `cron`?"), "{reload:?}");

    desk.file("amiwatch.toml", &config(""));
    let reload = desk.run(&["reload", "--format", "json"]);
    assert_eq!(reload.code, 0, "{reload:?}");
    assert_eq!(reload.json()["schema"], "amiwatch.reload/1");
    assert_eq!(reload.json()["reloaded"], true);
    assert_eq!(daemon.stop(), 0);
    says_that_nobody_drives(&desk);

    // Killed, it gives nothing back; its place is free all the same, and asking leaves it free.
    let mut daemon = Daemon::start(&desk);
    daemon.says("amiwatch watches");
    daemon.child.kill().unwrap();
    daemon.child.wait().unwrap();
    says_that_nobody_drives(&desk);
    let mut daemon = Daemon::start(&desk);
    daemon.says("amiwatch watches");
    assert_eq!(daemon.stop(), 0);
}

fn says_that_nobody_drives(desk: &Desk) {
    let nobody = desk.run(&["reload"]);
    assert_eq!(nobody.code, 1, "{nobody:?}");
    nobody.says_in_one_line("no daemon works on this store");
}

#[test]
fn a_pass_is_made_when_somebody_asks_for_it() {
    let served = Served::start();
    served.guests_play();
    let desk = configured(&served, "[schedule]\ncron = \"0 4 1 1 *\"\n");
    let nobody = desk.run(&["look"]);
    assert_eq!(nobody.code, 1, "{nobody:?}");
    nobody.says_in_one_line("no daemon works on this store");

    let mut daemon = Daemon::start(&desk);
    daemon.says("a bake ended");
    let looks = || {
        let calls = served.account.ledger().into_iter();
        let lists = calls.filter(|call| call.operation == "DescribeEnvironments");
        lists.count()
    };
    let before = looks();
    let look = desk.run(&["look", "--format", "json"]);
    assert_eq!(look.code, 0, "{look:?}");
    assert_eq!(look.json()["schema"], "amiwatch.look/1");
    assert_eq!(look.json()["result"], "good");
    assert!(looks() > before, "AWS was asked anew");
    let again = desk.run(&["look"]);
    assert!(
        again.stdout.contains("everything could be told"),
        "{again:?}"
    );
    assert_eq!(daemon.stop(), 0);
}

#[test]
fn its_pages_say_how_it_is() {
    let served = Served::start();
    served.guests_play();
    let address = free_address();
    let desk = configured(&served, &format!("[http]\nlisten = \"{address}\"\n"));
    let mut daemon = Daemon::start(&desk);
    daemon.says("a bake ended");
    let health = get(address, "/healthz");
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    assert!(
        health.contains("\"schema\":\"amiwatch.health/1\",\"ok\":true"),
        "{health}"
    );
    let metrics = get(address, "/metrics");
    assert!(
        metrics.contains("application/openmetrics-text"),
        "{metrics}"
    );
    for line in [
        "amiwatch_bakes_total{result=\"verified\"} 1",
        "amiwatch_passes_total{result=\"good\"} ",
        "amiwatch_api_calls_total{operation=\"ec2:RunInstances\"} 2",
        "amiwatch_drift_age_seconds{watch=\"000000000000/eu-west-1/shop\"} ",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert!(get(address, "/").starts_with("HTTP/1.1 404"));
    let posted = ask(address, "POST", "/api/status");
    assert!(posted.starts_with("HTTP/1.1 405"), "{posted}");
    assert_eq!(daemon.stop(), 0);

    let taken = TcpListener::bind(address).unwrap();
    let refused = desk.run(&["run"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.stderr.contains("cannot be listened on"),
        "{refused:?}"
    );
    drop(taken);
}

/// The page's document.
fn document(answer: &str) -> serde_json::Value {
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).expect("JSON")
}

#[test]
fn the_status_page_is_the_document_of_the_command_and_costs_no_call() {
    let served = Served::start();
    served.guests_play();
    let address = free_address();
    let http = format!("[http]\nlisten = \"{address}\"\n");
    let desk = configured(&served, &http);
    let mut daemon = Daemon::start(&desk);
    daemon.says("a bake ended");
    let held = desk.run(&["hold", "shop", "--reason", "freeze"]);
    assert_eq!(held.code, 0, "{held:?}");

    let asked = served.account.ledger().len();
    let page = document(&get(address, "/api/status"));
    assert_eq!(page, desk.run(&["status", "--format", "json"]).json());
    assert_eq!(served.account.ledger().len(), asked, "AWS was not asked");
    assert_eq!(page["schema"], "amiwatch.status/1");
    assert_eq!(page["holds"][0]["reason"], "freeze");
    assert!(page["watches"][0]["current"]["image"].is_string(), "{page}");

    // Whose holds they are is the config's word, and the page goes by the one that is in use.
    let without = config(&http).replace("[watch.shop", "[watch.other");
    desk.file("amiwatch.toml", &without);
    assert_eq!(desk.run(&["reload"]).code, 0);
    let page = document(&get(address, "/api/status"));
    assert_eq!(page["holds"], serde_json::json!([]));
    assert_eq!(daemon.stop(), 0);
}

/// systemd's side of the conversation: a datagram socket that is named by the environment.
#[test]
fn systemd_is_told() {
    use std::os::unix::net::UnixDatagram;
    let served = Served::start();
    served.guests_play();
    let desk = configured(&served, "");
    let path = desk.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let heard = || {
        let mut bytes = [0; 4096];
        let read = socket.recv(&mut bytes).expect("systemd is told in time");
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    };
    let until = |what: &str| {
        for _ in 0..100 {
            let told = heard();
            if told.contains(what) {
                return told;
            }
        }
        panic!("systemd was never told {what}");
    };
    let desk = desk
        .with("NOTIFY_SOCKET", &path.display().to_string())
        .with("WATCHDOG_USEC", "2000000");
    let mut daemon = Daemon::start(&desk);
    until("READY=1");
    until("WATCHDOG=1");
    until("STATUS=last pass");
    daemon.signal(rustix::process::Signal::HUP);
    let reloading = until("RELOADING=1");
    assert!(reloading.contains("MONOTONIC_USEC="), "{reloading}");
    until("READY=1");
    until("WATCHDOG=1");
    daemon.signal(rustix::process::Signal::TERM);
    until("STOPPING=1");
    daemon.child.wait().unwrap();
}
