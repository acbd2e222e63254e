//! `--format json`: what any command prints on stdout is one JSON document, and nothing beside it.

use std::collections::BTreeSet;
use std::net::TcpListener;

use amiwatch::cli::args::Arguments;
use clap::CommandFactory as _;
use sim::EnvironmentSpec;

use super::adopt::lived_in;
use super::approval::ask_about;
use super::harness::{Desk, Ran, wait_for_line};
use crate::common::world::{BRANCH, CONFIG, REGION};

/// What prints for shells and manuals, or serves until it is stopped.
const NO_DOCUMENT: [&str; 4] = ["completions", "man", "sim", "help"];

/// Every command, with how it ends here. Those that make something stand where what they need is there.
const RUNS: [(&[&str], i32); 43] = [
    (&["survey"], 0),
    (&["init", "--yes", "--output", "other.toml"], 0),
    (&["check"], 3),
    (&["plan"], 3),
    (&["adopt", "shop", "BY-HAND"], 0),
    (&["bake", "shop"], 0),
    (&["rollout", "shop", "--yes"], 1),
    (&["rollout", "shop", "--environment", "shop/shop-live"], 2),
    (
        &[
            "rollout",
            "shop",
            "--environment",
            "shop/shop-blue",
            "--yes",
        ],
        1,
    ),
    (
        &[
            "rollout",
            "shop",
            "--environment",
            "shop/shop-legacy",
            "--yes",
        ],
        0,
    ),
    (
        &["rollout", "shop", "--environment", "shop/none", "--yes"],
        1,
    ),
    (&["rollback", "shop/shop-live", "--yes"], 1),
    (&["rollback", "shop", "--all", "--yes"], 0),
    (&["publish", "shop", "--yes"], 2),
    (&["approve", "shop-1", "--yes"], 0),
    (&["deny", "shop-1", "--yes"], 1),
    (&["run", "--once"], 0),
    (&["look"], 1),
    (&["reload"], 1),
    (&["health"], 2),
    (&["status"], 0),
    (
        &["hold", "shop", "--image", "ami-1", "--reason", "a test"],
        0,
    ),
    (&["hold"], 0),
    (&["unhold", "shop", "--image", "ami-1"], 0),
    (&["notify", "test"], 0),
    (&["notify", "list"], 0),
    (&["notify", "retry"], 0),
    (&["history"], 0),
    (&["logs", "shop"], 0),
    (&["images"], 0),
    (&["image", "ami-1"], 1),
    (&["restore", "ami-1", "--yes"], 1),
    (&["explain", "shop"], 0),
    (&["explain", "shop", "--stored"], 0),
    (&["sweep"], 0),
    (&["rehearse", "logging.yaml"], 2),
    (&["recipe", "check"], 1),
    (&["store", "init"], 0),
    (&["store", "check"], 0),
    (&["store", "backup", "copy.db"], 0),
    (&["store", "move", "sqlite://moved.db"], 0),
    (&["config", "check"], 0),
    (&["demo"], 0),
];

/// One document with a schema; or nothing, where the command could not begin and says so on stderr.
#[track_caller]
fn is_one_document(words: &[&str], ran: &Ran) {
    if ran.stdout.is_empty() {
        assert!(
            ran.code != 0 && !ran.stderr.is_empty(),
            "{words:?}: {ran:?}"
        );
        return;
    }
    let json: serde_json::Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{words:?}: {error}: {ran:?}"));
    let schema = json["schema"].as_str().unwrap_or_default();
    assert!(schema.starts_with("amiwatch."), "{words:?}: {ran:?}");
}

fn in_json(desk: &Desk, words: &[&str]) -> Ran {
    let words: Vec<&str> = words.iter().copied().chain(["--format", "json"]).collect();
    desk.run(&words)
}

#[test]
fn every_command_is_in_the_table() {
    let named: BTreeSet<&str> = RUNS.iter().map(|(words, _)| words[0]).collect();
    let command = Arguments::command();
    let all = command.get_subcommands().map(clap::Command::get_name);
    let missing: Vec<&str> = all
        .filter(|name| !named.contains(name) && !NO_DOCUMENT.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_a_command_prints_is_one_document() {
    let (served, by_hand) = lived_in();
    served.guests_play();
    let live = EnvironmentSpec::new("shop", "shop-live", BRANCH).version("4.5.0");
    let live = live.instances(2).immutable();
    served.account.at(REGION).environment(live).unwrap();
    let desk = Desk::at(served.address).configured().with("USER", "jo");
    for (words, code) in RUNS {
        if words[0] == "approve" {
            ask_about(&desk, "shop-1", 72, &by_hand);
        }
        let words: Vec<&str> = words
            .iter()
            .map(|word| match *word {
                "BY-HAND" => by_hand.as_str(),
                word => word,
            })
            .collect();
        let ran = in_json(&desk, &words);
        is_one_document(&words, &ran);
        assert_eq!(ran.code, code, "{words:?}: {ran:?}");
    }
}

/// What only a daemon answers.
#[test]
fn beside_a_daemon_it_is_one_document_too() {
    let (served, by_hand) = lived_in();
    served.guests_play();
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let desk = Desk::at(served.address).configured();
    let more = format!("[store]\nurl = \"sqlite://amiwatch.db\"\n[http]\nlisten = \"{address}\"\n");
    desk.file("amiwatch.toml", &format!("{CONFIG}\n{more}"));
    assert_eq!(desk.run(&["adopt", "shop", &by_hand]).code, 0);
    let mut daemon = desk.start(&["run"]);
    wait_for_line(&mut daemon, "a pass ended");
    for words in [
        &["look"][..],
        &["reload"],
        &["health"],
        &["status"],
        &["bake", "shop"],
    ] {
        let ran = in_json(&desk, words);
        is_one_document(words, &ran);
        assert_eq!(ran.code, 0, "{words:?}: {ran:?}");
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}
