//! A rehearsal's verdicts are a bake's, and a guest that says nothing gets a reason as well.

use std::time::Duration;

use super::*;
use crate::flow::verify::encode::encode_report;
use crate::model::report::CheckResult;

const NONCE: &str = "0123456789abcdef0123456789abcdef";

fn sent(role: GuestRole) -> SentGuest {
    SentGuest {
        role,
        nonce: NONCE.to_owned(),
        instance_id: "i-1".to_owned(),
        uuid: NONCE.to_owned(),
        user_data: Vec::new(),
        checks: vec!["it is there".to_owned()],
        allowance: Duration::from_secs(1),
    }
}

fn report(exit: i32, machine: &str) -> Report {
    Report {
        after: vec![CheckResult {
            name: "it is there".to_owned(),
            exit,
            ..CheckResult::default()
        }],
        cloud_init: "done".to_owned(),
        boots: 1,
        facts: [("id.machine".to_owned(), machine.to_owned())].into(),
        ..Report::default()
    }
}

fn booted(console: String, over: Over) -> Booted {
    Booted {
        console: console.into_bytes(),
        over,
        seconds: 3,
    }
}

fn why(outcome: &GuestOutcome) -> &str {
    match &outcome.verdict {
        GuestVerdict::Failed { why, .. } => why,
        GuestVerdict::Passed { .. } => "",
    }
}

#[test]
fn a_whole_report_is_judged_as_a_bake_judges_it() {
    let builder = sent(GuestRole::Builder);
    let good = booted(
        encode_report(&report(0, "a"), NONCE, true),
        Over::PoweredOff,
    );
    assert!(conclude(&good, &builder, None).passed());
    let bad = booted(
        encode_report(&report(1, "a"), NONCE, true),
        Over::PoweredOff,
    );
    let outcome = conclude(&bad, &builder, None);
    assert!(why(&outcome).contains("\"it is there\" (exit 1)"));
    assert!(outcome.report.is_some() && outcome.seconds == 3);
    let noisy = format!(
        "cp: no such file\n{}Powering off.\n",
        encode_report(&report(1, "a"), NONCE, true)
    );
    let noisy = conclude(&booted(noisy, Over::PoweredOff), &builder, None);
    assert_eq!(noisy.console, "cp: no such file");
    let unclean = booted(
        encode_report(&report(0, "a"), NONCE, false),
        Over::PoweredOff,
    );
    assert!(why(&conclude(&unclean, &builder, None)).contains("closing frame"));
}

#[test]
fn a_fresh_boot_must_be_another_machine() {
    let fresh = sent(GuestRole::BootTest);
    let console = booted(
        encode_report(&report(0, "a"), NONCE, true),
        Over::PoweredOff,
    );
    let same = conclude(&console, &fresh, Some(&report(0, "a")));
    assert!(why(&same).contains("still carries its builder's identity"));
    assert!(conclude(&console, &fresh, Some(&report(0, "b"))).passed());
}

#[test]
fn a_guest_without_a_report_gets_a_reason() {
    let builder = sent(GuestRole::Builder);
    let whole = encode_report(&report(0, "a"), NONCE, true);
    let cases = [
        (String::new(), Over::PoweredOff, "without a report"),
        ("Kernel panic".to_owned(), Over::Overdue, "neither reported"),
        ("y\n".repeat(9), Over::Flooding, "without end"),
        (whole, Over::Overdue, "never powered off"),
    ];
    for (console, over, words) in cases {
        let outcome = conclude(&booted(console, over), &builder, None);
        assert!(why(&outcome).contains(words), "{over:?}: {outcome:?}");
    }
    let ignored = conclude(
        &booted("login:".to_owned(), Over::Overdue),
        &sent(GuestRole::BootTest),
        None,
    );
    assert!(why(&ignored).contains("ignored its user data"));
    assert_eq!(ignored.console, "login:");
}
