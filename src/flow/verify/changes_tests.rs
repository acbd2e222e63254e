//! What people read about two images, and what a cut list may not claim.

use super::*;
use crate::flow::verify::{ConsoleReading, read_console};

fn report(kernel: &str, packages: &[&str]) -> Report {
    Report {
        kernel: kernel.to_owned(),
        packages: packages.iter().map(|line| (*line).to_owned()).collect(),
        ..Report::default()
    }
}

fn told(before: &Report, after: &Report) -> Option<ChangesInShort> {
    in_short(&changes(before, after), &ImageId::from("ami-old"))
}

#[test]
fn what_people_ask_about_comes_first_and_the_rest_is_a_number() {
    let before = report(
        "6.1.140-154.222.amzn2023.x86_64",
        &[
            "a 1-1.amzn2023.x86_64",
            "b 1-1.amzn2023.x86_64",
            "c 1-1.amzn2023.noarch",
            "gone 2-1.amzn2023.x86_64",
            "openssl 1:3.2.2-1.amzn2023.0.1.x86_64",
            "same 1-1.amzn2023.x86_64",
        ],
    );
    let after = report(
        "6.1.141-155.223.amzn2023.x86_64",
        &[
            "a 1-2.amzn2023.x86_64",
            "b 1-2.amzn2023.x86_64",
            "c 1-2.amzn2023.noarch",
            "new 7-1.amzn2023.x86_64",
            "openssl 1:3.2.2-3.amzn2023.0.1.x86_64",
            "same 1-1.amzn2023.x86_64",
        ],
    );
    let short = told(&before, &after).unwrap();
    assert_eq!(
        short.line,
        "openssl 1:3.2.2-1.amzn2023.0.1 -> 1:3.2.2-3.amzn2023.0.1, a 1-1 -> 1-2, b 1-1 -> 1-2, \
         kernel 6.1.140-154.222 -> 6.1.141-155.223, 3 others"
    );
    assert_eq!((short.changed, short.added, short.removed), (4, 1, 1));
    assert!(!short.partial);
    let all = changes(&before, &after);
    let gone = all.packages.iter().find(|one| one.name == "gone").unwrap();
    assert_eq!(
        (gone.from.as_deref(), gone.to.as_deref()),
        (Some("2-1.amzn2023.x86_64"), None)
    );
}

#[test]
fn the_same_twice_is_nothing_to_tell() {
    let same = report("6.1", &["a 1"]);
    assert_eq!(told(&same, &same), None);
    let rebuilt = report("6.2", &["a 1"]);
    assert_eq!(told(&same, &rebuilt).unwrap().line, "kernel 6.1 -> 6.2");
}

#[test]
fn versions_side_by_side_are_one_change() {
    let before = report("6.1", &["kernel 6.1.1", "kernel 6.1.2"]);
    let after = report("6.1", &["kernel 6.1.2", "kernel 6.1.3"]);
    let all = changes(&before, &after);
    assert_eq!(all.packages.len(), 1);
    assert_eq!(all.packages[0].from.as_deref(), Some("6.1.1, 6.1.2"));
}

#[test]
fn a_version_that_only_ends_alike_is_not_cut() {
    assert_eq!(arrow("1.2.1", "1.3.1"), "1.2.1 -> 1.3.1");
    assert_eq!(arrow("1-1.noarch", "2-1.noarch"), "1-1 -> 2-1");
}

/// What two real Debian roots reported: one as its release came out, one with the updates since then.
#[test]
fn two_real_roots_differ_in_what_was_updated() {
    let real = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/console/");
        let console = std::fs::read(format!("{folder}{name}")).unwrap();
        match read_console(&console, "0123456789abcdef0123456789abcdef") {
            ConsoleReading::Whole { report, .. } => report,
            other => panic!("{name}: {other:?}"),
        }
    };
    let short = told(&real("nspawn-older.txt"), &real("nspawn-boot-test.txt")).unwrap();
    assert_eq!(
        short.line,
        "openssl 3.0.20-1~deb12u2 -> 3.0.22-1~deb12u2, libssl3 3.0.20-1~deb12u2 -> 3.0.22-1~deb12u2, \
         apt 2.6.1 -> 2.6.2, 14 others"
    );
    assert_eq!((short.changed, short.added, short.removed), (17, 0, 0));
}

/// A list that was cut ends early: what lies behind its end is not gone, and a guest without a package
/// manager has not lost everything.
#[test]
fn what_was_not_listed_is_not_said_to_be_gone() {
    let whole = report("6.1", &["a 1", "b 1", "z 1"]);
    let mut cut = report("6.1", &["a 2", "b 1"]);
    cut.packages_omitted = 1;
    let short = told(&whole, &cut).unwrap();
    assert_eq!((short.line.as_str(), short.partial), ("a 1 -> 2", true));
    assert_eq!(told(&whole, &report("6.1", &[])), None);
}
