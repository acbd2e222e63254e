//! `[watch.NAME.retire]`: what it becomes, and what is wrong with it.

use std::time::Duration;

use crate::model::ids::WatchName;
use crate::model::retire_rules::{RetireMode, RetireRules};

use super::tests_rules::{only_fault, right, with};

/// The good config with these keys in its watch's `retire`.
fn retiring(keys: &str) -> String {
    with(
        "[recipe.r]",
        &format!("[watch.shop.retire]\n{keys}\n[recipe.r]"),
    )
}

fn rules(text: &str) -> Option<RetireRules> {
    let watch = &right(text).watches[&WatchName::new("shop")];
    watch.retire.clone()
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 60 * 60)
}

#[test]
fn a_watch_without_the_section_retires_nothing() {
    assert_eq!(rules(&with("soak = \"1h30m\"\n", "")), None);
    assert_eq!(rules(&retiring("")), Some(RetireRules::default()));
    assert_eq!(
        rules(&retiring("mode = \"tell\"")),
        Some(RetireRules::default())
    );
}

#[test]
fn every_key_is_read() {
    let keys = "keep_newest = 5\nyounger_than = \"10d\"\ndisable_after = \"20d\"\n\
                deregister_after = \"21d\"\nrollback_horizon = \"1d\"";
    let read = RetireRules {
        keep_newest: 5,
        younger_than: days(10),
        disable_after: days(20),
        deregister_after: days(21),
        rollback_horizon: days(1),
        mode: RetireMode::Tell,
    };
    assert_eq!(rules(&retiring(keys)), Some(read));
}

#[test]
fn the_newest_is_always_kept() {
    let fault = only_fault(&retiring("keep_newest = 0"));
    assert!(fault.contains("0 newest images"), "{fault}");
    assert!(fault.contains("1 to 1000"), "{fault}");
}

#[test]
fn nothing_is_deregistered_before_it_has_been_disabled() {
    for keys in [
        "disable_after = \"90d\"",
        "deregister_after = \"45d\"",
        "disable_after = \"20d\"\nderegister_after = \"10d\"",
    ] {
        let fault = only_fault(&retiring(keys));
        assert!(fault.contains("before it has been disabled"), "{fault}");
        assert!(
            fault.contains("let `deregister_after` be longer"),
            "{fault}"
        );
    }
}

#[test]
fn a_duration_is_a_day_at_least() {
    let fault = only_fault(&retiring("rollback_horizon = \"1h\""));
    assert!(fault.contains("out of bounds"), "{fault}");
}

#[test]
fn images_are_told_of_unless_the_config_wants_more() {
    let mode = |keys: &str| rules(&retiring(keys)).unwrap().mode;
    assert_eq!(mode("mode = \"apply\""), RetireMode::Apply);
    assert_eq!(mode("keep_newest = 1"), RetireMode::Tell);
    let fault = only_fault(&retiring("mode = \"do\""));
    assert!(fault.contains("`mode` cannot be `do`"), "{fault}");
    assert!(fault.contains("\"apply\", which does it"), "{fault}");
}
