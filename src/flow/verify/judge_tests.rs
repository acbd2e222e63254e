//! The judge: what passes, and each way to fail.

use super::*;

fn check(name: &str, exit: i32) -> CheckResult {
    CheckResult {
        name: name.to_owned(),
        exit,
        ..CheckResult::default()
    }
}

fn report(before: &[i32], after: &[i32]) -> Report {
    let checks = |exits: &[i32]| -> Vec<CheckResult> {
        exits
            .iter()
            .zip(["a", "b"])
            .map(|(exit, name)| check(name, *exit))
            .collect()
    };
    Report {
        before: Some(checks(before)),
        after: checks(after),
        cloud_init: "done".to_owned(),
        boots: 1,
        ..Report::default()
    }
}

fn names() -> Vec<String> {
    vec!["a".to_owned(), "b".to_owned()]
}

fn builder<'a>(checks: &'a [String]) -> Expected<'a> {
    Expected {
        role: GuestRole::Builder,
        checks,
        builder: None,
    }
}

fn why(verdict: GuestVerdict) -> String {
    match verdict {
        GuestVerdict::Failed { why, .. } => why,
        GuestVerdict::Passed { .. } => "passed".to_owned(),
    }
}

#[test]
fn passes_and_tells_a_redundant_recipe() {
    let passed = |redundant| GuestVerdict::Passed {
        redundant,
        warnings: Vec::new(),
    };
    let judged = |before: &[i32]| judge_report(&report(before, &[0, 0]), true, &builder(&names()));
    assert_eq!(judged(&[1, 0]), passed(false));
    assert_eq!(judged(&[0, 0]), passed(true));
    assert_eq!(judged(&[0]), passed(false), "half a run is no evidence");
}

#[test]
fn a_recipe_without_checks_is_never_redundant() {
    let verdict = judge_report(&report(&[], &[]), true, &builder(&[]));
    assert_eq!(
        verdict,
        GuestVerdict::Passed {
            redundant: false,
            warnings: Vec::new()
        }
    );
}

#[test]
fn a_failing_check_is_named_and_kept() {
    let verdict = judge_report(&report(&[1, 1], &[0, 3]), true, &builder(&names()));
    let GuestVerdict::Failed { why, failing } = verdict else {
        panic!("passed");
    };
    assert_eq!(
        why,
        "checks failed in the finished builder: \"b\" (exit 3); fix the recipe or the check"
    );
    assert_eq!(failing, [check("b", 3)]);
}

#[test]
fn a_report_about_other_checks_proves_nothing() {
    for after in [
        vec![],
        vec![check("a", 0)],
        vec![check("b", 0), check("a", 0)],
    ] {
        let report = Report {
            after,
            ..report(&[], &[])
        };
        let why = why(judge_report(&report, true, &builder(&names())));
        assert!(why.contains("2 were asked for"), "{why}");
    }
}

#[test]
fn a_missing_closing_frame_and_a_passed_deadline_fail() {
    let whole = report(&[], &[0, 0]);
    assert!(why(judge_report(&whole, false, &builder(&names()))).contains("closing frame"));
    let late = Report {
        ended: RecipeEnded::Deadline,
        ..whole
    };
    assert!(why(judge_report(&late, true, &builder(&names()))).contains("deadline"));
}

#[test]
fn only_errors_of_the_recipes_own_modules_fail() {
    let judged = |result: &str, checks: &[String], exits: &[i32]| {
        let mut report = Report {
            cloud_init: "error".to_owned(),
            ..report(&[], exits)
        };
        report.facts.insert(RESULT.to_owned(), result.to_owned());
        why(judge_report(&report, true, &builder(checks)))
    };
    let base = r#"{"v1": {"errors": ["('locale', ProcessExecutionError())"]}}"#;
    let recipe =
        r#"{"v1": {"errors": ["('locale', X())", "('scripts-user', RuntimeError('1'))"]}}"#;
    assert_eq!(judged(base, &names(), &[0, 0]), "passed");
    assert!(judged(recipe, &names(), &[0, 0]).contains("scripts_user"));
    assert!(judged(recipe, &names(), &[0, 0]).ends_with("`('scripts-user', RuntimeError('1'))`"));
    // canonical/cloud-init#2573: the module's own words are what there is to mend.
    let owner = r#"{"v1": {"errors": ["('write-files', OSError('Unknown user or group: \"x\"'))", "('locale', X())"]}}"#;
    let said = judged(owner, &names(), &[0, 0]);
    assert!(
        said.ends_with("`('write-files', OSError('Unknown user or group: \"x\"'))`"),
        "{said}"
    );
    assert!(judged(base, &[], &[]).contains("nothing else shows"));
    let cut = base.trim_end_matches('}');
    assert!(
        judged(cut, &names(), &[0, 0]).contains("errors"),
        "a cut list may hide anything"
    );
    assert!(judged("", &names(), &[0, 0]).contains("errors"));
}

#[test]
fn a_cloud_init_that_never_ended_fails() {
    let judged = |word: &str| {
        let report = Report {
            cloud_init: word.to_owned(),
            ..report(&[], &[0, 0])
        };
        why(judge_report(&report, true, &builder(&names())))
    };
    assert!(judged("running").contains("never came to its end"));
    // Graylog2/graylog2-images#106: it ended, and its state is gone.
    for gone in ["not run", "not started"] {
        assert!(
            judged(gone).contains("`cloud-init clean`"),
            "{}",
            judged(gone)
        );
    }
    assert_eq!(
        judged("unknown"),
        "passed",
        "the oldest cloud-init has no status"
    );
}

#[test]
fn a_boot_test_must_have_its_own_identity() {
    let with = |id: Option<&str>| {
        let mut report = report(&[], &[0, 0]);
        if let Some(id) = id {
            report.facts.insert("id.machine".to_owned(), id.to_owned());
        }
        report
    };
    let (names, before) = (names(), with(Some("one")));
    let judged = |id| {
        let expected = Expected {
            role: GuestRole::BootTest,
            checks: &names,
            builder: Some(&before),
        };
        why(judge_report(&with(id), true, &expected))
    };
    assert_eq!(judged(Some("two")), "passed");
    assert!(judged(Some("one")).contains("still carries"));
    assert!(judged(None).contains("first boot"));
}
