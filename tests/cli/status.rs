//! `status` as people leave it open: wide, narrow, beside a daemon.

use amiwatch::store::sqlite::SqliteStore;
use amiwatch::store::{Batch, Op, Store as _};
use serde_json::json;

use super::harness::{Desk, Served};

#[test]
fn it_says_how_each_watch_stands_and_which_environments_are_behind() {
    let served = Served::start();
    served.guests_play();
    let desk = Desk::at(served.address).configured();
    let image = desk.run(&["bake", "shop"]).stdout.trim().to_owned();
    let status = desk.run(&["status"]);
    let row = status.stdout.lines().find(|line| line.starts_with("shop "));
    let row = row.unwrap_or_else(|| panic!("{status:?}"));
    assert!(row.contains(&image), "{row}");
    let json = desk.run(&["status", "--format", "json"]).json();
    let state = &json["watches"][0]["state"];
    // A bake's end is no look: the pass that follows sees who is behind.
    desk.run(&["run", "--once"]);
    let after = desk.run(&["status", "--format", "json"]).json();
    assert_ne!(&after["watches"][0]["state"], state);
    assert_eq!(after["watches"][0]["state"]["word"], "drifted");
    let behind = after["watches"][0]["state"]["behind"].as_array();
    assert!(behind.is_some_and(|names| !names.is_empty()), "{after}");
    let status = desk.run(&["status"]);
    assert!(status.stdout.contains("drifted for "), "{status:?}");
    assert!(status.stdout.contains("behind: shop-"), "{status:?}");
}

/// As a disk's fault or a later amiwatch may leave them: what is told beside them must not suffer.
#[test]
fn a_record_that_makes_no_sense_costs_itself_and_is_named() {
    let served = Served::start();
    served.guests_play();
    let desk = Desk::at(served.address).configured();
    let image = desk.run(&["bake", "shop"]).stdout.trim().to_owned();
    let strange = [
        "chronicle/000000000000/eu-west-1/shop/0000009999",
        "dead/ops/2026-11-02T08:00:00.000000Z/0",
        "hold/acme/shop",
        "left/000000000000/eu-west-1/key/0001",
        "outbox/0",
        "watch/000000000000/eu-west-1/other",
    ];
    let put = |key: &str| Op::PutIfAbsent {
        key: key.to_owned(),
        value: json!({ "later": true }),
    };
    let store = SqliteStore::open(&desk.path("amiwatch.db")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let puts = store.commit(Batch::of_ops(strange.map(put).to_vec()));
    runtime.unwrap().block_on(puts).unwrap();
    drop(store);

    let status = desk.run(&["status"]);
    assert_eq!(status.code, 4, "{status:?}");
    assert!(status.stdout.contains(&image), "{status:?}");
    let json = desk.run(&["status", "--format", "json"]).json();
    assert_eq!(json["watches"].as_array().map(Vec::len), Some(1), "{json}");
    assert_eq!(json["unreadable"], json!(strange), "{json}");
    for key in strange {
        let told = format!("cannot be read: {key};");
        assert!(
            status.stdout.replace("\n    ", " ").contains(&told),
            "{key}: {status:?}"
        );
    }
    // What was given up and cannot be read is named by whoever tries it again.
    let retried = desk.run(&["notify", "retry"]);
    assert_eq!(retried.code, 1, "{retried:?}");
    assert!(retried.stdout.contains(strange[1]), "{retried:?}");
}

#[test]
fn at_80_columns_no_line_is_longer_and_no_id_is_broken() {
    let served = Served::start();
    served.guests_play();
    let desk = Desk::at(served.address).configured().with("COLUMNS", "80");
    let image = desk.run(&["bake", "shop"]).stdout.trim().to_owned();
    desk.run(&["run", "--once"]);
    let held = ["hold", "shop", "--reason", "the shop freezes for Christmas"];
    assert_eq!(desk.run(&held).code, 0);
    for command in [
        &["status"][..],
        &["check"],
        &["survey"],
        &["history"],
        &["hold"],
        &["plan"],
        &["explain", "shop"],
    ] {
        let ran = desk.run(command);
        // A command is pasted, and stays whole.
        let pasted = |line: &&str| line.starts_with("  aws ");
        let mut lines = ran.stdout.lines().filter(|line| !pasted(line));
        let long = lines.find(|line| line.chars().count() > 80);
        assert_eq!(long, None, "{command:?}: {ran:?}");
    }
    for command in ["status", "check", "history"] {
        assert!(desk.run(&[command]).stdout.contains(&image), "{command}");
    }
    assert!(desk.run(&["status"]).stdout.contains("  image "));
}

#[test]
fn a_daemon_that_sees_nothing_says_so_and_is_well_all_the_same() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let desk = Desk::at(address).configured();
    let http = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let pages = http.local_addr().unwrap();
    drop(http);
    let config = std::fs::read_to_string(desk.path("amiwatch.toml")).unwrap();
    let listens = format!("{config}\n[http]\nlisten = \"{pages}\"\n");
    desk.file("amiwatch.toml", &listens);
    let none = desk.run(&["status"]);
    assert!(none.stdout.contains("daemon: none answers at"), "{none:?}");

    let mut daemon = desk.start(&["run"]);
    super::harness::wait_for_line(&mut daemon, "not everything can be read");
    let health = (0..50)
        .map(|_| desk.run(&["health"]))
        .find(|ran| ran.stdout.contains("blind"));
    let health = health.expect("it says that it is blind");
    assert_eq!(health.code, 0, "a restart would help nobody: {health:?}");
    assert!(health.stdout.contains("well as a process, and blind since"));
    let status = desk.run(&["status"]);
    assert!(status.stdout.contains("daemon: up since"), "{status:?}");
    assert!(
        status.stdout.contains("cannot read eu-west-1 since"),
        "{status:?}"
    );
    assert!(status.stdout.contains("(watches: shop)"), "{status:?}");
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

#[test]
fn with_watches_in_two_regions_every_line_says_in_which() {
    let served = Served::start();
    let desk = Desk::at(served.address).configured();
    let config = std::fs::read_to_string(desk.path("amiwatch.toml")).unwrap();
    let north = "[watch.north]\nregion = \"eu-north-1\"\nbase = { beanstalk = \"ECS running on 64bit Amazon \
                 Linux 2023\" }\n\n[recipe.logging]";
    desk.file("amiwatch.toml", &config.replace("[recipe.logging]", north));
    let there = served.account.at("eu-north-1");
    let branch = crate::common::world::BRANCH;
    there.branch(sim::Branch::new(branch)).unwrap();
    there
        .release(crate::common::world::release("4.5.0"))
        .unwrap();
    served.guests_play();
    desk.run(&["run", "--once"]);
    let line = |words: &[&str], begins: &str| {
        let ran = desk.run(words);
        let mut lines = ran.stdout.lines();
        let found = lines.find(|line| line.trim_start().contains(begins));
        found.unwrap_or_else(|| panic!("{ran:?}")).to_owned()
    };
    for (words, begins) in [
        (&["check"][..], "shop  "),
        (&["plan"], "shop  "),
        (&["status"], "shop "),
        (&["history"], "shop "),
    ] {
        assert!(line(words, begins).contains("eu-west-1"), "{words:?}");
    }
    for words in [&["check"][..], &["plan"], &["status"], &["history"]] {
        assert!(line(words, "north ").contains("eu-north-1"), "{words:?}");
    }
    // With one watch there is nothing to tell apart.
    assert!(!line(&["check", "shop"], "shop  ").contains("in eu-west-1"));
}
