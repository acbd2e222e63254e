//! `[watch.NAME.rollout]`: what it becomes, what is wrong with it, and what is warned of because the watch
//! lets nobody do it.

use std::time::Duration;

use crate::model::ids::WatchName;
use crate::model::rollout_rules::{
    HealthBar, OnFailure, PrintedFor, RolloutApproval, RolloutHands, RolloutRules,
};

use super::tests_faults::first_lines;
use super::tests_rules::{only_fault, right, with};

/// The good config with these keys in its watch's `rollout`.
fn rolling(keys: &str) -> String {
    with(
        "[recipe.r]",
        &format!("[watch.shop.rollout]\n{keys}\n[recipe.r]"),
    )
}

fn rules(keys: &str) -> RolloutRules {
    let watch = &right(&rolling(keys)).watches[&WatchName::new("shop")];
    watch.rollout.clone().expect("the table is there")
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

#[test]
fn a_watch_without_the_table_has_what_holds_without_a_word() {
    let watch = &right(&with("soak = \"1h30m\"\n", "")).watches[&WatchName::new("shop")];
    assert_eq!(watch.rollout, None);
    let rules = watch.rollout_rules();
    assert_eq!(rules, self::rules(""));
    assert_eq!(
        (rules.settle.first, rules.settle.later),
        (minutes(30), minutes(10))
    );
    assert_eq!(
        (rules.health, rules.on_failure),
        (HealthBar::Info, OnFailure::Rollback)
    );
    assert_eq!((rules.hands, rules.probe), (RolloutHands::Ours, None));
    assert_eq!(rules.order.approval, RolloutApproval::First);
}

#[test]
fn what_a_persons_rollout_is_bound_by_is_read_without_a_warning() {
    let keys = "settle = { first = \"1h\", later = \"5m\" }\nhealth = \"warning\"\n\
                allow_downtime = [\"shop-dev-*\"]\non_failure = \"stop\"\n\
                probe = { url = \"https://shop.example.com:8443/health?deep=1\", status = 204 }\n\
                hands = \"print\"\nfor = \"terraform\"";
    assert_eq!(right(&rolling(keys)).warnings, []);
    let rules = rules(keys);
    assert_eq!(
        (rules.settle.first, rules.settle.later),
        (minutes(60), minutes(5))
    );
    assert_eq!(
        (rules.health, rules.on_failure),
        (HealthBar::Warning, OnFailure::Stop)
    );
    assert_eq!(rules.allow_downtime, ["shop-dev-*"]);
    assert_eq!(rules.hands, RolloutHands::Print(PrintedFor::Terraform));
    let probe = rules.probe.expect("a probe");
    assert_eq!(
        (probe.url.as_str(), probe.status),
        ("https://shop.example.com:8443/health?deep=1", 204)
    );
}

#[test]
fn a_plain_settle_means_both_and_half_a_table_the_other_default() {
    let plain = rules("settle = \"2h\"").settle;
    assert_eq!((plain.first, plain.later), (minutes(120), minutes(120)));
    let half = rules("settle = { later = \"3m\" }").settle;
    assert_eq!((half.first, half.later), (minutes(30), minutes(3)));
}

#[test]
fn probes_and_prints_have_defaults_of_their_own() {
    let keys = "probe = { url = \"http://10.0.0.1/\" }\nhands = \"print\"";
    let rules = rules(keys);
    assert_eq!(rules.probe.expect("a probe").status, 200);
    assert_eq!(rules.hands, RolloutHands::Print(PrintedFor::Cli));
}

/// What only the daemon's rollout would do is kept, checked, and never taken for something that happens.
#[test]
fn what_binds_the_daemon_is_warned_of_where_it_rolls_out_nothing() {
    let keys = [
        ("waves", "[\"shop-canary\", \"shop-*\"]"),
        (
            "windows",
            "[{ cron = \"0 2 * * 2-4\", duration = \"3h\", timezone = \"Europe/Zurich\" }]",
        ),
        ("approval", "\"each\""),
        ("approval_deadline", "\"1d\""),
    ];
    for (key, value) in keys {
        let settings = right(&rolling(&format!("{key} = {value}")));
        let [warning] = settings.warnings.as_slice() else {
            panic!("{key}: {:?}", settings.warnings);
        };
        let said = warning.to_string();
        assert!(said.starts_with("dir/amiwatch.toml:12:"), "{said}");
        assert!(
            said.contains(&format!("`{key}` binds the daemon's rollout")),
            "{said}"
        );
    }
    let all: Vec<_> = keys
        .iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    let at_once = right(&rolling("at_once = 2"));
    assert_eq!(at_once.warnings, [], "it binds who takes all back as well");
    let order = rules(&format!("at_once = 2\n{}", all.join("\n"))).order;
    assert_eq!(order.waves, ["shop-canary", "shop-*"]);
    assert_eq!((order.at_once, order.approval), (2, RolloutApproval::Each));
    assert_eq!(order.windows[0].timezone, chrono_tz::Europe::Zurich);
    assert_eq!(
        (order.windows[0].duration, order.approval_deadline),
        (minutes(180), minutes(1440))
    );
}

#[test]
fn what_is_wrong_is_told_with_what_would_be_right() {
    for (keys, fault) in [
        ("settle = \"0s\"", "write a duration from 1m to 1day"),
        (
            "settle = { first = \"2d\" }",
            "write a duration from 1m to 1day",
        ),
        (
            "settle = 30",
            "write text or a table, such as `{ first = \"30m\"",
        ),
        ("settle = { frist = \"1m\" }", "did you mean `first`?"),
        ("health = \"oke\"", "did you mean \"ok\"?"),
        (
            "health = \"severe\"",
            "write one of \"ok\", \"info\", \"warning\"",
        ),
        (
            "on_failure = \"retry\"",
            "write one of \"rollback\", \"stop\"",
        ),
        (
            "allow_downtime = [\"shop_dev\"]",
            "no environment's name has `_`",
        ),
        ("probe = { status = 200 }", "`url` is missing"),
        (
            "probe = { url = \"ftp://h/\" }",
            "not an http or https address",
        ),
        (
            "probe = { url = \"https://u:secret@h/\" }",
            "holds a user's name or password",
        ),
        ("probe = { url = \"https:///x\" }", "names no page"),
        ("probe = { url = \"https://h/#x\" }", "that no server sees"),
        (
            "probe = { url = \"https://h/\", status = 99 }",
            "is not an HTTP status",
        ),
        (
            "probe = { url = \"https://h/\", status = 70000 }",
            "is not an HTTP status",
        ),
        (
            "hands = \"print\"\nfor = \"pulumi\"",
            "write one of \"cli\", \"terraform\", \"cloudformation\"",
        ),
        ("for = \"cli\"", "nothing is printed here"),
        ("waves = []", "`waves` names nobody"),
        ("at_once = 0", "write 1 to 32"),
        ("at_once = 33", "write 1 to 32"),
        ("windows = [{ duration = \"3h\" }]", "`cron` is missing"),
        (
            "windows = [{ cron = \"0 2 * * *\" }]",
            "`duration` is missing",
        ),
        (
            "windows = [{ cron = \"99 2 * * *\", duration = \"3h\" }]",
            "in the minute field is out of place",
        ),
        (
            "windows = [{ cron = \"0 2 * * *\", duration = \"8d\" }]",
            "write a duration from 1m to 7days",
        ),
        (
            "windows = [{ cron = \"0 2 * * *\", duration = \"3h\", timezone = \"Europe/Zürich\" }]",
            "did you mean \"Europe/Zurich\"?",
        ),
        (
            "approval = \"always\"",
            "write one of \"first\", \"each\", \"none\"",
        ),
        ("approval_deadline = \"5m\"", "write a duration from 1h to"),
    ] {
        let found = only_fault(&rolling(keys));
        assert!(found.contains(fault), "{keys}: {found}");
    }
}

#[test]
fn a_secret_in_a_probe_is_not_shown() {
    let faults = first_lines(&rolling("probe = { url = \"https://u:hunter2@h/\" }"));
    assert!(!faults.concat().contains("hunter2"), "{faults:?}");
    let whole = super::tests_faults::read(&rolling("probe = { url = \"https://u:hunter2@h/\" }"));
    assert!(!whole.expect_err("a fault").contains("hunter2"));
}

/// The good config, whose watch rolls out; these keys in its `rollout`, these targets beside its own.
fn rolling_out(keys: &str, more: &str) -> String {
    rolling(keys)
        .replacen("\"bake\"", "\"rollout\"", 1)
        .replacen(
            "[watch.shop.rollout]",
            &format!("{more}[watch.shop.rollout]"),
            1,
        )
}

fn target(environment: &str) -> String {
    format!(
        "[[watch.shop.target]]\nbeanstalk = {{ application = \"till\", environment = \"{environment}\" }}\n"
    )
}

#[test]
fn a_watch_that_rolls_out_is_warned_of_nothing() {
    let keys = "waves = [\"shop-canary\", \"*\"]\nat_once = 2\napproval = \"each\"\n\
                windows = [{ cron = \"0 2 * * 2-4\", duration = \"3h\" }]";
    let settings = right(&rolling_out(keys, ""));
    assert_eq!(settings.warnings, []);
    let watch = &settings.watches[&WatchName::new("shop")];
    assert_eq!(watch.on_drift, crate::model::watch::OnDrift::Rollout);
}

/// The order in which several environments get an image is never guessed.
#[test]
fn a_rollout_to_several_environments_must_say_its_order() {
    let no_order = |text: &str| {
        let fault = only_fault(text);
        assert!(fault.contains("nothing says in which order"), "{fault}");
    };
    // A pattern counts as several: nobody knows how many it stands for.
    no_order(&rolling_out("", ""));
    let one = rolling_out("", "").replacen("\"shop-*\" }", "\"shop-blue\" }", 1);
    right(&one);
    let two = one.replacen(
        "[watch.shop.rollout]",
        &format!("{}[watch.shop.rollout]", target("till-1")),
        1,
    );
    no_order(&two);
    let waves = |waves: &str| {
        two.replacen(
            "[watch.shop.rollout]\n",
            &format!("[watch.shop.rollout]\nwaves = {waves}\n"),
            1,
        )
    };
    right(&waves("[\"shop-*\", \"till-*\"]"));
    let fault = only_fault(&waves("[\"shop-*\"]"));
    assert!(
        fault.contains("till-1") && fault.contains("no wave takes it"),
        "{fault}"
    );
}

#[test]
fn two_watches_that_roll_out_to_one_environment_are_told_so() {
    let second = |environment: &str, on_drift: &str, region: &str| {
        let more = format!(
            "[watch.other]\n{region}recipe = \"r\"\non_drift = \"{on_drift}\"\n\
             base = {{ beanstalk = \"ECS running on 64bit Amazon Linux 2023\" }}\n\
             [watch.other.rollout]\nwaves = [\"*\"]\n\
             [[watch.other.target]]\n\
             beanstalk = {{ application = \"*\", environment = \"{environment}\" }}\n[recipe.r]"
        );
        rolling_out("waves = [\"*\"]", "").replacen("[recipe.r]", &more, 1)
    };
    let fault = only_fault(&second("shop-blue", "rollout", ""));
    assert!(fault.contains("and so does [watch.other]"), "{fault}");
    // Elsewhere, or by somebody who only bakes, it is nobody's business.
    right(&second("shop-blue", "rollout", "region = \"us-east-1\"\n"));
    let bakes = second("shop-blue", "bake", "");
    assert_eq!(right(&bakes).watches.len(), 2);
}

#[test]
fn moves_can_have_a_role_of_their_own() {
    let arn = "arn:aws:iam::111122223333:role/amiwatch-rollout";
    let text = with(
        "[watch.shop]",
        &format!("[aws.rollout]\nrole_arn = \"{arn}\"\n[watch.shop]"),
    );
    assert_eq!(right(&text).aws.rollout_role_arn.as_deref(), Some(arn));
    let wrong = text.replace("arn:aws:iam", "arn:aws:sts");
    assert!(only_fault(&wrong).contains("is not a role"));
}
