//! Imports point one way: this test reads every file under `src/` and fails on a breach.

use std::fs;
use std::path::Path;

use super::imports::Source;

/// Who may name whom, by the first module. Whatever is not listed may name everything.
const ARROWS: [(&str, &[&str]); 16] = [
    ("model", &["model"]),
    ("clock", &["clock"]),
    ("cloud_init", &["cloud_init"]),
    // How much a template may take; it knows no recipe.
    ("template", &["template"]),
    // A table of DynamoDB is reached through the one door to AWS, and its leases go by the clock.
    ("store", &["store", "model", "cloud", "clock"]),
    ("cloud", &["cloud", "model", "clock"]),
    // Files that people name: bounded, and never waited for.
    ("file_read", &["file_read"]),
    (
        "settings",
        &["settings", "file_read", "model", "cloud_init", "template"],
    ),
    ("workflow", &["workflow", "store", "clock"]),
    // What leaves and is not AWS: it knows addresses and time, and nothing of what is sent.
    ("http_send", &["http_send", "model", "clock"]),
    // A secret may be kept in SSM, behind the one door to AWS.
    (
        "secrets",
        &["secrets", "file_read", "cloud", "model", "clock"],
    ),
    (
        "outbox",
        &[
            "outbox",
            "store",
            "cloud",
            "http_send",
            "secrets",
            "model",
            "clock",
            // What makes a message of a person's own.
            "template",
        ],
    ),
    // A rehearsal sends what a bake sends and judges as a bake judges; it never meets AWS or a store.
    (
        "rehearse",
        &["rehearse", "flow", "model", "clock", "cloud_init"],
    ),
    (
        "flow",
        &[
            "flow",
            "model",
            "workflow",
            "cloud",
            "store",
            // A move asks the page that must answer.
            "http_send",
            "clock",
            "cloud_init",
            "template",
        ],
    ),
    (
        "service",
        &[
            "service",
            "flow",
            "workflow",
            "cloud",
            "store",
            "outbox",
            "http_send",
            "secrets",
            "settings",
            "model",
            "clock",
            "cloud_init",
            "file_read",
        ],
    ),
    // What people read and do is the service's desk; the command line asks and draws. So it names
    // neither the store nor a workflow, nor what delivers.
    (
        "cli",
        &[
            "cli",
            "service",
            "flow",
            "rehearse",
            "settings",
            "secrets",
            "http_send",
            "cloud",
            "model",
            "clock",
            "cloud_init",
            "file_read",
        ],
    ),
];

/// Plain functions of values: they name the model and each other, and nothing in them waits.
const PLAIN: &[&str] = &[
    "cloud_init",
    "template",
    "flow::compare",
    "flow::plan",
    "flow::survey",
    "flow::dockerrun",
    "flow::notify",
    "flow::adopt",
    "flow::history",
    "flow::watch_state",
    "flow::outcome",
    "flow::explain",
    "flow::draft",
    "flow::timetable",
    "flow::sweep::decide",
    "flow::retire::ladder",
    "flow::retire::line",
    "flow::retire::standing",
    "flow::retire::words",
    "flow::exit_code",
    "flow::verify",
    "flow::bake::ended_by",
    "flow::bake::order",
    "flow::bake::render",
    "flow::bake::user_data",
    "flow::bake::limits",
    "flow::bake::conversation",
    "flow::rollout::applied",
    "flow::rollout::approval",
    "flow::rollout::attribution",
    "flow::rollout::before",
    "flow::rollout::blame",
    "flow::rollout::by_hand",
    "flow::rollout::case",
    "flow::rollout::decide",
    "flow::rollout::deciding",
    "flow::rollout::key_policy",
    "flow::rollout::known_gates",
    "flow::rollout::managed",
    "flow::rollout::managed_window",
    "flow::rollout::gates",
    "flow::rollout::order",
    "flow::rollout::past",
    "flow::rollout::progress",
    "flow::rollout::proofs_due",
    "flow::rollout::remembering",
    "flow::rollout::replacement",
    "flow::rollout::said",
    "flow::rollout::seen",
    "flow::rollout::settling",
    "flow::rollout::slots",
    "flow::rollout::suspended",
    "flow::rollout::target_sort",
    "flow::rollout::untold",
    "flow::rollout::waves",
    "flow::rollout::windows",
    "flow::move_commands",
    "flow::rollout::document",
    "flow::rollout::notes",
    "flow::rollout::proving",
    "flow::rollout::image_choice",
    "flow::rollout::platform",
    "flow::rollout::print",
    "outbox::render",
    "outbox::receivers::slack::blocks",
    "outbox::receivers::sns::amazon_q",
    "outbox::receivers::teams::card",
    "service::pass::learn",
];

/// What a plain file may name besides: values that EC2 was read into, and never the door itself.
const VALUES: [(&str, &str); 4] = [
    ("flow::bake::order", "cloud::InstanceTypeFacts"),
    ("flow::bake::order", "cloud::Offering"),
    ("flow::bake::order", "cloud::Subnet"),
    ("flow::bake::conversation", "cloud::CommandId"),
];

/// What a decision has no use for.
const WAITING: [&str; 6] = ["async", "await", "Clock", "Cloud", "Connection", "Store"];

/// Crates that only one module may name.
const DOORS: [(&str, &str); 4] = [
    ("aws_sdk_", "cloud"),
    ("aws_config", "cloud"),
    ("rusqlite", "store"),
    ("sim", "cli"),
];

/// What only the command line does.
const PRINTING: [&str; 4] = ["println", "eprintln", "print", "eprint"];

/// Every breach of one file.
fn breaches(path: &str, text: &str) -> Vec<String> {
    if Source::is_test(path) {
        return Vec::new();
    }
    let source = Source::new(path, text);
    let area = source.module.first().map_or("", String::as_str);
    let mut found = Vec::new();
    for named in source.named() {
        let named = named.join("::");
        if let Some(why) = wrong_way(&source, area, &named) {
            found.push(format!("{path} names {named}: {why}"));
        }
    }
    for (name, home) in DOORS {
        if area != home && source.names_crate(name) {
            found.push(format!("{path} names the crate {name}: only {home} may"));
        }
    }
    if plain(&source.module.join("::")) {
        let waits = WAITING.into_iter().filter(|word| source.says(word));
        found.extend(waits.map(|word| format!("{path} is plain and says `{word}`")));
    }
    if area != "cli" {
        let prints = PRINTING
            .into_iter()
            .filter(|word| source.code.contains(&format!("{word}!")) && source.says(word));
        found.extend(prints.map(|word| format!("{path} says `{word}!`: only cli prints")));
    }
    found
}

fn wrong_way(source: &Source, area: &str, named: &str) -> Option<&'static str> {
    let module = source.module.join("::");
    let (_, allowed) = ARROWS.iter().find(|(from, _)| *from == area)?;
    let target = named.split("::").next().unwrap_or(named);
    // Ids are words that everybody shares.
    if area == "workflow" && named.starts_with("model::ids") {
        return None;
    }
    if plain(&module) {
        let value = VALUES.contains(&(module.as_str(), named));
        let fits = target == "model" || plain(named) || value;
        return (!fits).then_some("a plain function of values");
    }
    let outwards = area == "store" && ["cloud", "clock"].contains(&target);
    if outwards && !module.starts_with("store::dynamodb") {
        return Some("what a store is has nothing to do with where it is");
    }
    if !allowed.contains(&target) {
        return Some("the arrows point the other way");
    }
    let stage = |path: &str| path.split("::").nth(1).map(str::to_owned);
    let sibling = area == "flow" && target == "flow" && stage(&module) != stage(named);
    (sibling && !module.is_empty() && stage(&module).is_some() && !plain(named))
        .then_some("a sibling stage that is not plain")
}

fn plain(module: &str) -> bool {
    PLAIN.iter().any(|stage| {
        let rest = module.strip_prefix(stage);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    })
}

/// Every `.rs` file below a folder, with its path relative to `src/`.
pub(super) fn files(folder: &Path, prefix: &str, into: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the sources are here") {
        let path = entry.expect("a readable entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let below = format!("{prefix}{name}");
        if path.is_dir() {
            files(&path, &format!("{below}/"), into);
        } else if name.ends_with(".rs") {
            into.push((below, fs::read_to_string(&path).expect("sources are text")));
        }
    }
}

#[test]
fn imports_point_one_way() {
    let mut all = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        "",
        &mut all,
    );
    assert!(all.len() > 100, "only {} files were read", all.len());
    let mut found: Vec<String> = all
        .iter()
        .flat_map(|(path, text)| breaches(path, text))
        .collect();
    found.sort();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_sort_of_breach_is_seen() {
    let samples = [
        ("model/ids.rs", "use crate::clock::Clock;"),
        ("model/ids.rs", "fn f() { super::super::store::x() }"),
        ("clock.rs", "use crate::model::ids::Region;"),
        ("store/records.rs", "use crate::cloud::Cloud;"),
        ("cloud/images.rs", "use crate::{clock::Clock, flow::plan};"),
        ("settings/values.rs", "use crate::service::Service;"),
        ("workflow/runner.rs", "use crate::model::bake::BakeOrder;"),
        ("workflow/runner.rs", "use crate::cloud::Cloud;"),
        ("outbox.rs", "use crate::flow::notify;"),
        (
            "outbox/receivers/slack.rs",
            "use crate::settings::NotifierKind;",
        ),
        (
            "outbox/receivers/slack/blocks.rs",
            "use crate::http_send::HttpSend;",
        ),
        ("http_send.rs", "use crate::cloud::Cloud;"),
        ("secrets.rs", "use crate::store::Store;"),
        ("cloud/call.rs", "use crate::http_send::HttpSend;"),
        ("flow/detect.rs", "use crate::flow::bake::site::site;"),
        ("flow/detect/images.rs", "use crate::service::Service;"),
        ("flow/compare/watch.rs", "use crate::cloud::Subnet;"),
        ("flow/compare/watch.rs", "use super::super::detect::sight;"),
        ("flow/plan.rs", "async fn plan() {}"),
        ("flow/notify.rs", "fn f(clock: &Clock) {}"),
        ("flow/bake/order.rs", "use crate::cloud::Cloud;"),
        ("flow/bake/launch.rs", "use aws_sdk_ec2::Client;"),
        ("service/pass.rs", "fn f() { sim::serve() }"),
        ("service/pass.rs", "fn f() { println!(\"x\") }"),
        ("outbox.rs", "fn f() { eprint!(\"x\") }"),
        ("service/pass/learn.rs", "use crate::store::records;"),
        ("service/desk.rs", "use crate::cli::draw;"),
        ("cli/status.rs", "use crate::store::records::Waiting;"),
        ("cli/progress.rs", "use crate::workflow::Event;"),
        ("cli/bake.rs", "fn f() { crate::outbox::drain() }"),
    ];
    for (path, text) in samples {
        assert!(!breaches(path, text).is_empty(), "{path}: {text}");
    }
}

#[test]
fn what_is_allowed_is_no_breach() {
    let samples = [
        (
            "flow/detect.rs",
            "use crate::flow::compare;\nuse crate::cloud::Cloud;",
        ),
        (
            "flow/bake/launch.rs",
            "use super::hands::Bake;\nuse crate::flow::verify::GuestRole;",
        ),
        (
            "flow/bake/order.rs",
            "use crate::cloud::{Offering, Subnet};",
        ),
        (
            "cli/demo.rs",
            "use sim::Account;\nfn f() { println!(\"x\") }",
        ),
        ("cloud/clients.rs", "use aws_sdk_ec2::Client;"),
        (
            "model/bake.rs",
            "//! See crate::flow::bake.\nuse super::ids::ImageId;",
        ),
        ("flow/compare/tests.rs", "use crate::cloud::Cloud;"),
    ];
    for (path, text) in samples {
        assert_eq!(breaches(path, text), [""; 0], "{path}: {text}");
    }
}
