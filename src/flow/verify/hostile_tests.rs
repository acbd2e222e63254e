//! A console is whatever a recipe prints: no report that is replayed, foreign, truncated, interleaved or
//! accidental may pass, and nothing of it may steer a terminal.

use proptest::prelude::*;

use super::*;
use crate::flow::bake::user_data::{self, BuilderGuest};
use crate::flow::verify::console::encode_report;
use crate::flow::verify::{GuestRole, tail};
use crate::model::bake::{BakeKey, Proof, digest};
use crate::model::report::CheckResult;
use crate::model::watch::Check;

fn key(of: &str) -> BakeKey {
    BakeKey::from_tag(&digest(&[of]))
}

fn nonce(of: &str, attempt: u32, role: GuestRole) -> String {
    user_data::nonce(&key(of), attempt, role)
}

fn report(packages: usize) -> Report {
    Report {
        after: vec![CheckResult::default()],
        boots: 1,
        cloud_init: "done".to_owned(),
        packages: (0..packages)
            .map(|n| format!("package-{n}-{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            .collect(),
        ..Report::default()
    }
}

/// Every nonce but one's own: other bakes, other attempts of the same key, the other guest.
fn others() -> Vec<String> {
    let (builder, boot_test) = (GuestRole::Builder, GuestRole::BootTest);
    vec![
        nonce("a", 1, builder),
        nonce("a", 3, builder),
        nonce("a", 2, boot_test),
        nonce("b", 2, builder),
        String::new(),
        "0".repeat(32),
    ]
}

#[test]
fn a_report_of_another_bake_attempt_or_guest_is_nothing() {
    let own = nonce("a", 2, GuestRole::Builder);
    for other in others() {
        assert_ne!(other, own);
        let replayed = encode_report(&report(40), &other, true);
        assert_eq!(
            read_console(replayed.as_bytes(), &own),
            ConsoleReading::Nothing,
            "{other}"
        );
    }
}

/// A foreign report whose nonce is overwritten with ours: the sums are over the nonce too.
#[test]
fn a_replayed_report_under_an_exchanged_nonce_is_nothing() {
    let own = nonce("a", 2, GuestRole::Builder);
    for other in others().into_iter().filter(|other| !other.is_empty()) {
        let exchanged = encode_report(&report(40), &other, true).replace(&other, &own);
        assert_eq!(
            read_console(exchanged.as_bytes(), &own),
            ConsoleReading::Nothing,
            "{other}"
        );
    }
}

/// A guest that prints its own user data, as `set -x` or a failing cloud-init does: our script and our
/// nonce are in it, a report is not.
#[test]
fn user_data_on_the_console_is_no_report() {
    let own = nonce("a", 2, GuestRole::Builder);
    let checks = [Check {
        name: "there".to_owned(),
        run: "true".to_owned(),
    }];
    let composed = user_data::compose_builder(&BuilderGuest {
        user_data: "#!/bin/sh\necho AMIWATCH1\n",
        checks: &checks,
        nonce: &own,
        deadline_s: 60,
        proof: Proof::Console,
        kept: false,
    });
    let mut console = composed.unwrap();
    let traced: Vec<u8> = console
        .split(|byte| *byte == b'\n')
        .flat_map(|line| [b"+ ", line, b"\r\n"].concat())
        .collect();
    console.extend(traced);
    assert_eq!(read_console(&console, &own), ConsoleReading::Nothing);
}

/// Every way to cut one copy of a report short.
#[test]
fn no_beginning_of_a_report_is_whole() {
    let own = nonce("a", 2, GuestRole::Builder);
    let console = encode_report(&report(20), &own, true);
    let lines: Vec<&str> = console.split_inclusive('\n').collect();
    // `encode` writes each frame twice: the first copy of the last frame ends in the middle.
    let one_copy = lines[..(lines.len() - 4) / 2].concat();
    for end in 0..one_copy.trim_end().len() {
        let cut = &console.as_bytes()[..end];
        assert!(
            !matches!(read_console(cut, &own), ConsoleReading::Whole { .. }),
            "at {end}"
        );
    }
}

/// A report that unpacks to gigabytes costs no more than the bound.
#[test]
fn a_report_that_is_a_bomb_is_refused() {
    use base64::Engine as _;
    use std::io::Write as _;
    let own = nonce("a", 2, GuestRole::Builder);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![b'0'; 1 << 20];
    (0..64).for_each(|_| gzip.write_all(&zeros).unwrap());
    let data = base64::engine::general_purpose::STANDARD.encode(gzip.finish().unwrap());
    let pieces: Vec<&[u8]> = data.as_bytes().chunks(128).collect();
    let frames = pieces.iter().enumerate().map(|(at, piece)| {
        let slot = format!("{}/{}", at + 1, pieces.len());
        super::super::frame::write_frame(&own, &slot, std::str::from_utf8(piece).unwrap())
    });
    let console = frames.collect::<Vec<_>>().join("\r\n");
    assert!(matches!(
        read_console(console.as_bytes(), &own),
        ConsoleReading::Invalid { .. }
    ));
}

/// What steers a terminal: C0 but tab and line end, DEL, C1, and what reorders or hides text.
fn steers(letter: char) -> bool {
    crate::model::plain_text::misleads(letter) && letter != '\n' && letter != '\t'
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Two guests' lines on one console, in any order of lines: each is read as if it were alone.
    #[test]
    fn interleaved_reports_do_not_mix(order in proptest::collection::vec(any::<bool>(), 60..200)) {
        let (own, other) = (nonce("a", 2, GuestRole::Builder), nonce("b", 2, GuestRole::Builder));
        let (ours, theirs) = (report(30), report(31));
        let (one, two) = (encode_report(&ours, &own, true), encode_report(&theirs, &other, true));
        let (mut one, mut two) = (one.lines(), two.lines());
        let mut mixed = String::new();
        for ours_first in order {
            let line = if ours_first { one.next().or_else(|| two.next()) } else { two.next().or_else(|| one.next()) };
            mixed.extend(line.iter().flat_map(|line| [*line, "\r\n"]));
        }
        let rest: Vec<&str> = one.chain(two).collect();
        mixed.push_str(&rest.join("\r\n"));
        prop_assert_eq!(read_console(mixed.as_bytes(), &own), ConsoleReading::Whole { report: ours, clean: true });
        prop_assert_eq!(read_console(mixed.as_bytes(), &other), ConsoleReading::Whole { report: theirs, clean: true });
    }

    /// Lines that look like frames under our own nonce, with every field at random: never a report.
    #[test]
    fn frames_without_a_right_sum_are_nothing(
        lines in proptest::collection::vec(("[0-9/clean]{1,9}", "[0-9a-f]{0,20}", "[A-Za-z0-9+/=]{0,200}"), 0..40),
    ) {
        let own = nonce("a", 2, GuestRole::Builder);
        let console: String = lines
            .iter()
            .map(|(slot, sum, data)| format!("AMIWATCH1 {own} {slot} {sum} {data}\r\n"))
            .collect();
        prop_assert_eq!(read_console(console.as_bytes(), &own), ConsoleReading::Nothing);
    }

    /// A report under our nonce may hold anything: what is taken from it steers no terminal.
    #[test]
    fn what_a_report_says_is_printable(
        name in any::<String>(), tail_text in any::<String>(), kernel in any::<String>(), fact in any::<String>(),
    ) {
        let own = nonce("a", 2, GuestRole::Builder);
        let line = |text: &str| text.replace(['\n', '\r'], "");
        let mut said = report(1);
        said.after[0].name = name;
        said.after[0].tail = tail_text;
        said.kernel = line(&kernel);
        said.facts.insert("id.machine".to_owned(), fact);
        let console = encode_report(&said, &own, true);
        if let ConsoleReading::Whole { report, .. } = read_console(console.as_bytes(), &own) {
            let texts = report.facts.values().chain(&report.packages).chain([&report.kernel, &report.cloud_init, &report.after[0].tail]);
            for text in texts {
                prop_assert!(!text.chars().any(steers), "{text:?}");
            }
        }
    }

    #[test]
    fn a_tail_of_anything_steers_no_terminal(bytes in proptest::collection::vec(any::<u8>(), 0..600), letters in any::<String>()) {
        for console in [bytes.as_slice(), letters.as_bytes()] {
            let tail = tail(console, 200);
            prop_assert!(!tail.chars().any(steers), "{tail:?}");
            prop_assert!(tail.len() <= 200);
        }
    }
}
