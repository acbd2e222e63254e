//! Whether images whose names fit one pattern are of one line: the same thing of another day, or
//! different things. A plain function of names.
//!
//! `al2023-ami-2023.*` fits kernel 6.1 and kernel 6.12, full and minimal, plain and ECS images alike;
//! the newest of all of them would be now the one and now the other. What changes from build to build
//! (dates, versions, build numbers, hashes) is taken out of a name, and what is left is its line.

use crate::model::sighting::NameLine;

/// Lines that are told apart; who has more has no line.
const LINES_MAX: usize = 8;

/// What stands where something was taken out.
const CUT: &str = "#";

/// The lines among these names, the one with the most images first; each with its first name as the
/// example. Give the newest first.
pub fn name_lines<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<NameLine> {
    let mut found: Vec<NameLine> = Vec::new();
    for name in names {
        let shape = shape(name);
        match found.iter_mut().find(|line| line.shape == shape) {
            Some(line) => line.images += 1,
            None => found.push(NameLine {
                shape,
                images: 1,
                example: name.to_owned(),
            }),
        }
    }
    found.sort_by(|one, other| (other.images, &one.shape).cmp(&(one.images, &other.shape)));
    found.truncate(LINES_MAX);
    found
}

/// A name without what changes from build to build.
pub fn shape(name: &str) -> String {
    let name = without_timestamps(name);
    let mut shape = String::new();
    let mut dated = name.contains(CUT);
    for token in tokens(&name) {
        match token {
            Token::Between(separator) => shape.push(separator),
            Token::Word(word) => {
                let kept = kept(word, dated);
                dated |= kept.dated;
                shape.push_str(&kept.text);
            }
        }
    }
    shape
}

enum Token<'a> {
    Word(&'a str),
    Between(char),
}

fn tokens(name: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut from = 0;
    for (at, letter) in name.char_indices() {
        if matches!(letter, '-' | '_' | '/' | ' ' | '(' | ')') {
            tokens.push(Token::Word(&name[from..at]));
            tokens.push(Token::Between(letter));
            from = at + letter.len_utf8();
        }
    }
    tokens.push(Token::Word(&name[from..]));
    tokens
}

struct Kept {
    text: String,
    /// A date was in it: a bare number behind it is a build's.
    dated: bool,
}

/// What is left of one word.
fn kept(word: &str, dated: bool) -> Kept {
    let cut = |dated| Kept {
        text: CUT.to_owned(),
        dated,
    };
    let plain = word
        .strip_prefix('v')
        .filter(|rest| begins_with_digit(rest));
    let parts: Vec<&str> = plain.unwrap_or(word).split('.').collect();
    if dotted_date(&parts) || matches!(parts.as_slice(), [one] if is_date(one)) {
        return cut(true);
    }
    if parts.iter().any(|part| is_date(part)) {
        return Kept {
            text: without_numbers(&parts),
            dated: true,
        };
    }
    match parts.as_slice() {
        // The rest of `x86_64` is no build's number.
        [one] if dated && is_number(one) && *one != "64" => cut(true),
        [one] if is_hash(one) => cut(dated),
        // A release's first number names a line (RHEL 8, RHEL 9); the others count its builds.
        [first, _, _, ..] if parts.iter().all(|part| is_number(part)) => Kept {
            text: format!("{first}.{CUT}"),
            dated,
        },
        _ => Kept {
            text: word.to_owned(),
            dated,
        },
    }
}

/// `2023.9.20251208.64bit` -> `2023.#.64bit`: the first number, and every word.
fn without_numbers(parts: &[&str]) -> String {
    let mut text: Vec<&str> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let changes = is_date(part) || (at > 0 && is_number(part));
        match changes {
            false => text.push(part),
            true if text.last() == Some(&CUT) => {}
            true => text.push(CUT),
        }
    }
    text.join(".")
}

/// `2026-09-09T01-41-48.770Z` and its like become one cut.
fn without_timestamps(name: &str) -> String {
    let form = "dddd-dd-ddTdd-dd-dd";
    let fits = |text: &[u8]| {
        text.len() >= form.len()
            && form.bytes().zip(text).all(|(form, byte)| match form {
                b'd' => byte.is_ascii_digit(),
                b'-' => matches!(byte, b'-' | b':'),
                form => form == *byte,
            })
    };
    let Some(at) = (0..name.len()).find(|at| fits(&name.as_bytes()[*at..])) else {
        return name.to_owned();
    };
    let rest = &name[at + form.len()..];
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let rest = rest.strip_prefix('Z').unwrap_or(rest);
    format!("{}{CUT}{rest}", &name[..at])
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `20251208`, alone or with a time behind it (`202512080130`).
fn is_date(text: &str) -> bool {
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse().ok());
    let (Some(year), Some(month), Some(day)) = (part(0, 4), part(4, 6), part(6, 8)) else {
        return false;
    };
    matches!(text.len(), 8 | 12 | 14) && is_number(text) && is_day(year, month, day)
}

/// `2025.06.11`
fn dotted_date(parts: &[&str]) -> bool {
    let number = |part: &str| is_number(part).then(|| part.parse().ok()).flatten();
    match parts {
        [year, month, day] => match (number(year), number(month), number(day)) {
            (Some(year), Some(month), Some(day)) => is_day(year, month, day),
            _ => false,
        },
        _ => false,
    }
}

fn is_day(year: u32, month: u32, day: u32) -> bool {
    (1990..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// A commit's digits: at least seven of them, letters and numbers mixed.
fn is_hash(text: &str) -> bool {
    let hex = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let mixed = text.contains(|c: char| c.is_ascii_digit()) && !is_number(text);
    text.len() >= 7 && hex && mixed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pairs of names of one line, as publishers write them.
    const SAME: [(&str, &str); 10] = [
        (
            "al2023-ami-2023.9.20251208.0-kernel-6.12-arm64",
            "al2023-ami-2023.10.20260302.1-kernel-6.12-arm64",
        ),
        (
            "al2023-ami-ecs-hvm-2023.0.20251010-kernel-6.1-x86_64",
            "al2023-ami-ecs-hvm-2023.0.20260302-kernel-6.1-x86_64",
        ),
        (
            "amzn2-ami-hvm-2.0.20250623.0-x86_64-gp2",
            "amzn2-ami-hvm-2.0.20250701.1-x86_64-gp2",
        ),
        (
            "aws-elasticbeanstalk-amzn-2023.9.20251208.64bit-eb_ecs_amazon_linux_2023-hvm-2025-12-10T01-41-48.770Z",
            "aws-elasticbeanstalk-amzn-2023.12.20260831.64bit-eb_ecs_amazon_linux_2023-hvm-2026-09-09T01-41-48.7Z",
        ),
        (
            "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250610",
            "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260115.1",
        ),
        (
            "debian-12-arm64-20250316-2053",
            "debian-12-arm64-20250814-2204",
        ),
        (
            "RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3",
            "RHEL-9.5.0_HVM-20241211-x86_64-0-Hourly2-GP3",
        ),
        (
            "bottlerocket-aws-ecs-2-x86_64-v1.26.1-943d9a41",
            "bottlerocket-aws-ecs-2-x86_64-v1.30.0-5c3a2fdd",
        ),
        (
            "Windows_Server-2022-English-Full-Base-2025.06.11",
            "Windows_Server-2022-English-Full-Base-2026.01.14",
        ),
        (
            "amazon-eks-node-al2023-arm64-standard-1.31-v20250610",
            "amazon-eks-node-al2023-arm64-standard-1.31-v20260110",
        ),
    ];

    /// Pairs that differ in more than their date.
    const DIFFERENT: [(&str, &str); 9] = [
        (
            "al2023-ami-2023.10.20260302.1-kernel-6.1-arm64",
            "al2023-ami-2023.10.20260302.1-kernel-6.12-arm64",
        ),
        (
            "al2023-ami-2023.10.20260302.1-kernel-6.12-arm64",
            "al2023-ami-minimal-2023.10.20260302.1-kernel-6.12-arm64",
        ),
        (
            "al2023-ami-ecs-hvm-2023.0.20260302-kernel-6.1-x86_64",
            "al2023-ami-hvm-2023.0.20260302-kernel-6.1-x86_64",
        ),
        (
            "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250610",
            "ubuntu/images/hvm-ssd-gp3/ubuntu-jammy-22.04-amd64-server-20250610",
        ),
        (
            "aws-elasticbeanstalk-amzn-2023.9.20251208.64bit-eb_ecs_amazon_linux_2023-hvm-2025-12-10T01-41-48.770Z",
            "aws-elasticbeanstalk-amzn-2023.9.20251208.64bit_arm-eb_ecs_amazon_linux_2023-hvm-2025-12-10T01-41-48.770Z",
        ),
        (
            "RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3",
            "RHEL-8.10.0_HVM-20240605-x86_64-82-Hourly2-GP3",
        ),
        (
            "debian-12-arm64-20250316-2053",
            "debian-13-arm64-20250316-2053",
        ),
        (
            "amazon-eks-node-al2023-arm64-standard-1.31-v20250610",
            "amazon-eks-node-al2023-arm64-standard-1.32-v20250610",
        ),
        ("golden-web-20260101", "golden-db-20260101"),
    ];

    #[test]
    fn names_of_one_line_have_one_shape() {
        for (one, other) in SAME {
            assert_eq!(shape(one), shape(other));
        }
    }

    #[test]
    fn names_that_differ_in_more_than_their_date_do_not() {
        for (one, other) in DIFFERENT {
            assert_ne!(shape(one), shape(other), "{one} {other}");
        }
        let full = shape(DIFFERENT[2].1);
        assert_eq!(full, "al2023-ami-hvm-2023.#-kernel-6.1-x86_64");
    }

    #[test]
    fn lines_are_counted_and_shown_by_their_newest() {
        let found = name_lines([
            "al2023-ami-2023.10.20260302.1-kernel-6.12-arm64",
            "al2023-ami-2023.10.20260302.1-kernel-6.1-arm64",
            "al2023-ami-2023.9.20251208.0-kernel-6.1-arm64",
        ]);
        let told: Vec<_> = found
            .iter()
            .map(|line| (line.images, line.example.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (2, "al2023-ami-2023.10.20260302.1-kernel-6.1-arm64"),
                (1, "al2023-ami-2023.10.20260302.1-kernel-6.12-arm64"),
            ]
        );
        let many: Vec<String> = (0..50).map(|at| format!("image{at}-x")).collect();
        assert_eq!(name_lines(many.iter().map(String::as_str)).len(), LINES_MAX);
    }

    proptest! {
        /// Names are typed by anybody.
        #[test]
        fn any_name_has_a_shape(name in any::<String>()) {
            let _ = shape(&name);
            let _ = shape(&format!("ami-{name}-20260101-2026-09-09T01-41-48.7é{name}"));
        }
    }
}
