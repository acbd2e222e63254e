//! The parser against what real shells and a real cloud-init printed, and against everything else.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::flow::verify::{Expected, GuestRole, GuestVerdict, judge_report, tail};
use crate::model::report::{CheckResult, RecipeEnded};

const NONCE: &str = "0123456789abcdef0123456789abcdef";

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/console");
    std::fs::read(path.join(name)).unwrap()
}

fn whole(name: &str) -> (Report, bool) {
    match read_console(&fixture(name), NONCE) {
        ConsoleReading::Whole { report, clean } => (report, clean),
        other => panic!("{name}: {other:?}"),
    }
}

/// The exit codes of a fixture's checks before and after the recipe.
fn exits(report: &Report) -> (Vec<i32>, Vec<i32>) {
    let exits = |checks: &[CheckResult]| checks.iter().map(|check| check.exit).collect();
    (
        report.before.as_deref().map(exits).unwrap_or_default(),
        exits(&report.after),
    )
}

fn sample() -> Report {
    Report {
        before: Some(vec![CheckResult {
            name: "it is \"there\"".to_owned(),
            exit: 1,
            seconds: 2,
            tail: "no such file\n".to_owned(),
        }]),
        after: vec![CheckResult::default()],
        boots: 1,
        cloud_init: "done".to_owned(),
        kernel: "6.1.140".to_owned(),
        packages: (0..200)
            .map(|n| format!("package-{n} {}", n * 7919))
            .collect(),
        facts: [("id.machine".to_owned(), "12ab".to_owned())].into(),
        ..Report::default()
    }
}

#[test]
fn reads_what_three_shells_print() {
    for shell in ["dash", "bash", "busybox"] {
        let (good, clean) = whole(&format!("{shell}-good.txt"));
        assert_eq!(exits(&good), (vec![2, 1], vec![0, 0]));
        assert!(clean);
        assert_eq!(
            good.after[1].name,
            "nothing was there before; \"quotes\" $(no) `no`"
        );
        assert_eq!(good.after[1].tail, "it's /root\n");
        assert_eq!(
            (good.cloud_init.as_str(), good.ended),
            ("done", RecipeEnded::Finished)
        );
        // A busybox that prefers its own uname names the kernel that it ran on.
        if shell != "busybox" {
            assert_eq!(good.kernel, "6.1.140-154.222.amzn2023.x86_64");
        }
        assert_eq!((good.packages.len(), good.packages_omitted), (300, 0));
        assert!(good.packages.is_sorted());

        let (failing, clean) = whole(&format!("{shell}-failing.txt"));
        assert_eq!(exits(&failing), (vec![1, 3], vec![0, 3]));
        assert_eq!(
            failing.after[1].tail,
            "red\\u{7} \u{fffd} AMIWATCH1 nonsense\nno\n"
        );
        assert!(clean, "a failed builder is cleaned as well");

        let (deadline, clean) = whole(&format!("{shell}-deadline.txt"));
        assert_eq!((deadline.ended, clean), (RecipeEnded::Deadline, true));

        let (boot_test, clean) = whole(&format!("{shell}-boot-test.txt"));
        assert_eq!((boot_test.before, clean), (None, true));
    }
}

#[test]
fn judges_real_boots_of_a_real_cloud_init() {
    let verdicts = [
        ("good", "passed"),
        ("failing-middle", "\"fluentd is allowed\" (exit 2)"),
        ("invalid-yaml", "\"fluentd is allowed\" (exit 2)"),
        ("misspelt-key", "\"fluentd is allowed\" (exit 2)"),
        ("exits-early", "\"fluentd is allowed\" (exit 2)"),
        ("hangs", "when the guest's deadline passed"),
        ("hanging-check", "\"fluentd is allowed\" (exit 124)"),
        ("reboots", "passed"),
        ("reboots-first", "passed"),
        ("forges", "\"fluentd is allowed\" (exit 2)"),
        (
            "fills-disk",
            "cloud-init ended with errors and could not say",
        ),
    ];
    let checks = ["fluentd is allowed".to_owned()];
    for (recipe, expected) in verdicts {
        let (report, clean) = whole(&format!("nspawn-{recipe}.txt"));
        let verdict = judge_report(
            &report,
            clean,
            &Expected {
                role: GuestRole::Builder,
                checks: &checks,
                builder: None,
            },
        );
        let said = match &verdict {
            GuestVerdict::Passed { .. } => "passed",
            GuestVerdict::Failed { why, .. } => why,
        };
        assert!(said.contains(expected), "{recipe}: {said}");
        assert!(report.packages.len() > 150, "{recipe}");
        assert_eq!(
            report.boots,
            if recipe.starts_with("reboots") { 2 } else { 1 },
            "{recipe}"
        );
    }
}

#[test]
fn a_real_image_boots_as_a_machine_of_its_own() {
    let (builder, _) = whole("nspawn-good.txt");
    let (boot_test, clean) = whole("nspawn-boot-test.txt");
    let checks = ["fluentd is allowed".to_owned()];
    let expected = Expected {
        role: GuestRole::BootTest,
        checks: &checks,
        builder: Some(&builder),
    };
    let verdict = judge_report(&boot_test, clean, &expected);
    assert!(
        matches!(
            verdict,
            GuestVerdict::Passed {
                redundant: false,
                ..
            }
        ),
        "{verdict:?}"
    );
    assert!(builder.facts.contains_key("id.machine") && builder.facts.contains_key("id.ssh"));
}

#[test]
fn reads_what_it_writes() {
    for clean in [true, false] {
        let console = encode_report(&sample(), NONCE, clean);
        let report = sample();
        assert_eq!(
            read_console(console.as_bytes(), NONCE),
            ConsoleReading::Whole { report, clean }
        );
        assert!(console.lines().all(|line| line.len() < 200));
    }
}

#[test]
fn another_bakes_report_is_nothing() {
    let console = encode_report(&sample(), "ffffffffffffffffffffffffffffffff", true);
    assert_eq!(
        read_console(console.as_bytes(), NONCE),
        ConsoleReading::Nothing
    );
}

#[test]
fn a_report_that_is_cut_off_is_partial() {
    let console = encode_report(&sample(), NONCE, false);
    let first: String = console.split_inclusive('\n').take(2).collect();
    let ConsoleReading::Partial { have: 1, total } = read_console(first.as_bytes(), NONCE) else {
        panic!("not partial");
    };
    assert!(total > 5);
}

#[test]
fn a_torn_line_is_healed_by_its_second_copy() {
    let console = encode_report(&sample(), NONCE, true);
    let torn = console.replacen("0123456789abcdef 3/", "0123[  12.3] audit: noise\r\n 3/", 1);
    let expected = ConsoleReading::Whole {
        report: sample(),
        clean: true,
    };
    assert_eq!(read_console(torn.as_bytes(), NONCE), expected);
}

#[test]
fn two_reports_under_one_nonce_are_none() {
    let other = Report {
        boots: 2,
        ..sample()
    };
    let both = encode_report(&sample(), NONCE, true) + &encode_report(&other, NONCE, true);
    assert!(matches!(
        read_console(both.as_bytes(), NONCE),
        ConsoleReading::Invalid { .. }
    ));
}

#[test]
fn a_closing_frame_of_another_report_does_not_close_this_one() {
    let other = Report::default();
    let closing: String = encode_report(&other, NONCE, true)
        .lines()
        .filter(|line| line.contains(" clean "))
        .collect();
    let console = encode_report(&sample(), NONCE, false) + "\n" + &closing;
    let report = sample();
    assert_eq!(
        read_console(console.as_bytes(), NONCE),
        ConsoleReading::Whole {
            report,
            clean: false
        }
    );
}

#[test]
fn a_tail_is_printable_and_short() {
    let console = b"old\n\x1b[32m  OK  \x1b[0m Started \x1b]0;title\x07x\r\nbell \x07 \xff\n\nAMIWATCH1 n 1/1 s d\n";
    assert_eq!(
        tail(console, 1000),
        "old\n  OK   Started x\nbell \\u{7} \u{fffd}"
    );
    assert_eq!(tail(console, 20), "bell \\u{7} \u{fffd}");
    assert_eq!(tail(b"a very long line", 4), "line");
    let real = tail(&fixture("nspawn-good.txt"), 2000);
    assert!(!real.is_empty() && real.len() <= 2000);
    assert!(!real.chars().any(|c| c.is_control() && c != '\n'));
}

proptest! {
    #[test]
    fn byte_soup_is_never_a_report(soup in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let reading = read_console(&soup, NONCE);
        prop_assert!(reading == ConsoleReading::Nothing, "read {:?}", reading);
        tail(&soup, 100);
    }

    #[test]
    fn a_damaged_console_never_gives_another_report(
        lost in proptest::collection::vec(any::<prop::sample::Index>(), 0..40),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let console = encode_report(&sample(), NONCE, true);
        let mut lines: Vec<&str> = console.split_inclusive('\n').collect();
        for index in &lost {
            let at = index.index(lines.len());
            lines.remove(at);
        }
        let mut bytes = lines.concat().into_bytes();
        for (index, byte) in &flips {
            let at = index.index(bytes.len());
            bytes[at] = *byte;
        }
        let start = cut.index(bytes.len()) / 4;
        match read_console(&bytes[start..], NONCE) {
            ConsoleReading::Whole { report, .. } => prop_assert_eq!(report, sample()),
            ConsoleReading::Invalid { why } => prop_assert!(false, "damage taken for a lie: {}", why),
            ConsoleReading::Nothing | ConsoleReading::Partial { .. } => {}
        }
    }

    #[test]
    fn foreign_lines_between_ours_change_nothing(noise in proptest::collection::vec("[ -~]{0,80}", 1..60)) {
        let console = encode_report(&sample(), NONCE, true);
        let mixed: String = console
            .lines()
            .zip(noise.iter().cycle())
            .map(|(line, noise)| format!("{noise}\r\n{line}\r\n"))
            .collect();
        prop_assert_eq!(read_console(mixed.as_bytes(), NONCE), ConsoleReading::Whole { report: sample(), clean: true });
    }
}

#[test]
fn frames_of_several_looks_are_put_together() {
    let said = encode_report(&sample(), NONCE, true);
    let said = said.as_bytes();
    // What a reader of the last 1,200 bytes sees, again and again while it grows.
    let looks = (1..=said.len()).step_by(400).chain([said.len()]);
    let mut seen = std::collections::BTreeSet::new();
    for end in looks {
        let look = &said[end.saturating_sub(1_200)..end];
        seen.extend(frames(look, NONCE));
    }
    let together: Vec<u8> = seen
        .into_iter()
        .flat_map(|f| (f + "\n").into_bytes())
        .collect();
    let expected = ConsoleReading::Whole {
        report: sample(),
        clean: true,
    };
    assert_eq!(read_console(&together, NONCE), expected);
    let last = &said[said.len() - 1_200..];
    assert_ne!(
        read_console(last, NONCE),
        expected,
        "one look has not all of it"
    );
    assert_eq!(frames(b"noise\nAMIWATCH1 x", NONCE), [""; 0]);
    assert!(frames(said, &"f".repeat(32)).is_empty());
}

#[test]
fn a_closing_frame_names_the_report_that_it_closes_though_that_is_gone() {
    let said = encode_report(&sample(), NONCE, true);
    let open = encode_report(&sample(), NONCE, false);
    let sum = report_sum(open.as_bytes(), NONCE);
    assert!(sum.is_some());
    let (_, last) = said.split_at(open.len());
    assert_eq!(closed_sum(last.as_bytes(), NONCE), sum);
    assert_eq!(report_sum(last.as_bytes(), NONCE), None);
    assert_eq!(closed_sum(open.as_bytes(), NONCE), None);
    // Two that differ close nothing.
    let other = encode_report(&Report::default(), NONCE, true);
    let both = format!("{said}{other}");
    assert_eq!(closed_sum(both.as_bytes(), NONCE), None);
}
