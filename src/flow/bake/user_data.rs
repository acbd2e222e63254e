//! Composes what a guest gets as user data: our proof around the recipe, as one MIME message.
//!
//! The same inputs give the same bytes: EC2 refuses a client token whose request changed, so there
//! are no dates and no random boundaries here. Nothing here reads a clock, a file or the network.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::cloud_init::mime::MimePart;
use crate::flow::verify::GuestRole;
use crate::model::bake::{BakeKey, Proof, digest};
use crate::model::watch::Check;

mod message;

mod recipe;

/// What EC2 takes, before its own base64.
pub const LIMIT: usize = 16_384;

/// Runs first in every boot, before anything of the recipe: checks the untouched base, then waits
/// beside cloud-init and does everything else.
const BOOTHOOK: &str = include_str!("user_data/boothook.sh");

/// Runs last: tells the boothook that the recipe's own parts are through.
const VERIFY: &str = include_str!("user_data/verify.sh");

/// Asks a guest that reports over SSM.
const FETCH: &str = include_str!("user_data/fetch.sh");

/// What a builder is made to do.
#[derive(Debug, Clone, Copy)]
pub struct BuilderGuest<'a> {
    /// The recipe's user data, rendered.
    pub user_data: &'a str,
    pub checks: &'a [Check],
    /// From [`nonce`].
    pub nonce: &'a str,
    /// Seconds from the first boot after which the guest stops waiting for the recipe. It powers
    /// off at most [`grace_s`] seconds later, whatever hangs.
    pub deadline_s: u64,
    pub proof: Proof,
    /// Where a check fails the disk is not cleaned: people are to look at it.
    pub kept: bool,
}

/// Seconds that one check may take at the end, with what it takes to notice that it does not end.
const CHECK_S: u64 = 67;

/// Bytes of checks' last lines that fit into a report beside everything else, for all checks together.
const TAILS_BYTES: usize = 24_000;

/// Bytes of one check's last lines, at most.
const TAIL_BYTES: usize = 800;

/// Seconds that a guest has after its deadline to check, report, clean and end: enough for checks that
/// all hang.
pub fn grace_s(checks: usize) -> u64 {
    120 + CHECK_S * u64::try_from(checks).unwrap_or(u64::MAX / CHECK_S / 2)
}

/// Why user data cannot be composed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum UserDataError {
    /// cloud-init would fetch it anew on each boot: the image would depend on more than the recipe.
    #[error(
        "{part} includes other user data by URL: put its content into the recipe, so that the recipe's digest covers it"
    )]
    Include { part: String },
    /// It would end the builder before it is proved and cleaned.
    #[error("{part} sets `power_state`: remove it, amiwatch powers the builder off itself")]
    PowerState { part: String },
    /// cloud-init ignores such a part with a warning nobody reads.
    #[error(
        "{part} is no kind of user data that cloud-init knows ({what}): begin it with `#cloud-config`, `#!/bin/sh`, or MIME headers"
    )]
    UnknownKind { part: String, what: String },
    /// The MIME message is broken.
    #[error("the recipe's MIME message cannot be read: {why}")]
    Mime { why: String },
    /// More than EC2 takes.
    #[error(
        "the user data has {plain} bytes, {packed} when compressed, and EC2 takes {LIMIT}: shorten the recipe, or let it fetch its larger files"
    )]
    TooLarge { plain: usize, packed: usize },
    /// The text could not be compressed.
    #[error("the user data cannot be compressed: try a shorter recipe")]
    Compress(#[source] IoFault),
}

/// An I/O error's words, so that errors can be compared.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct IoFault(String);

/// The word under which one guest of one attempt reports; 64 hex digits would be long for a console
/// line, 32 are enough. It needs no store: who knows the key and the attempt can derive it again.
pub fn nonce(key: &BakeKey, attempt: u32, role: GuestRole) -> String {
    let mut word = digest(&[
        "amiwatch nonce 1",
        key.as_str(),
        &attempt.to_string(),
        role.as_str(),
    ]);
    word.truncate(32);
    word
}

/// The builder's user data as sent: our boothook, the recipe's parts, our last script.
pub fn compose_builder(guest: &BuilderGuest<'_>) -> Result<Vec<u8>, UserDataError> {
    let script = Script {
        role: GuestRole::Builder,
        checks: guest.checks,
        nonce: guest.nonce,
        deadline_s: guest.deadline_s,
        proof: guest.proof,
        kept: guest.kept,
    };
    compose(&script, recipe::recipe_parts(guest.user_data)?)
}

/// The boot test's user data as sent: it checks, reports and ends; it changes nothing.
pub fn compose_boot_test(
    checks: &[Check],
    nonce: &str,
    deadline_s: u64,
    proof: Proof,
) -> Result<Vec<u8>, UserDataError> {
    let script = Script {
        role: GuestRole::BootTest,
        checks,
        nonce,
        deadline_s,
        proof,
        kept: false,
    };
    compose(&script, Vec::new())
}

/// What lines end in that are for a builder which is kept when it fails.
const KEPT: &str = " #kept";

/// What is written into the guest's script.
#[derive(Debug)]
struct Script<'a> {
    role: GuestRole,
    checks: &'a [Check],
    nonce: &'a str,
    deadline_s: u64,
    proof: Proof,
    kept: bool,
}

fn compose(script: &Script<'_>, recipe: Vec<MimePart>) -> Result<Vec<u8>, UserDataError> {
    let ours = |content_type: &str, name: &str, body: String| MimePart {
        content_type: content_type.to_owned(),
        name: name.to_owned(),
        headers: Vec::new(),
        body: body.into_bytes(),
    };
    let mut parts = vec![ours(
        "text/cloud-boothook",
        "00-amiwatch",
        filled(BOOTHOOK, script),
    )];
    parts.extend(recipe);
    parts.push(ours(
        "text/x-shellscript",
        "zz-amiwatch-verify",
        filled(VERIFY, script),
    ));
    fit(message::write_message(&parts).into_bytes())
}

/// A template without comments, indents and the other proof's lines, and with its values in. Every
/// value is a number, a word of ours, hex or base64: none can leave its quotes.
fn filled(template: &str, script: &Script<'_>) -> String {
    let comment = |line: &str| line.starts_with('#') && !line.starts_with("#!");
    let proof = match script.proof {
        Proof::Console => (" #console", " #ssm"),
        Proof::Ssm => (" #ssm", " #console"),
    };
    let others = |line: &str| line.ends_with(proof.1) || (line.ends_with(KEPT) && !script.kept);
    let bare = |line: &str| {
        let mark = line.strip_suffix(proof.0).or(line.strip_suffix(KEPT));
        format!("{}\n", mark.unwrap_or(line))
    };
    let code: String = template
        .lines()
        .map(str::trim_start)
        .filter(|line| !comment(line) && !line.is_empty() && !others(line))
        .map(bare)
        .collect();
    // A console tears lines, so that a small report goes out twice; a file does not. An agent that is
    // still needed is neither stopped nor cleaned up after: it is when the machine stops.
    let (twice, agent, traces) = match script.proof {
        Proof::Console => ("14000", "amazon-ssm-agent", "var/lib/amazon/ssm/[Vir]*"),
        Proof::Ssm => ("0", "", ""),
    };
    code.replace("@NONCE@", script.nonce)
        .replace("@TWICE@", twice)
        .replace("@AGENT@", agent)
        .replace("@TRACES@", traces)
        .replace("@ROLE@", script.role.as_str())
        .replace("@DEADLINE@", &script.deadline_s.to_string())
        .replace("@GRACE@", &grace_s(script.checks.len()).to_string())
        .replace("@TAIL@", &tail_bytes(script.checks.len()).to_string())
        .replace("@CHECKS@", &check_lines(script.checks))
}

fn tail_bytes(checks: usize) -> usize {
    TAIL_BYTES.min(TAILS_BYTES / checks.max(1))
}

/// Lines of frames that one question asks for: below 20 kB, of which SSM gives back 24,000 characters.
pub const LINES_A_QUESTION: usize = 90;

/// The question to a guest that reports over SSM: its lines from the `from`th on (the first is 1), and
/// with `close` that it clean itself.
pub fn question(from: usize, close: bool) -> String {
    let to = from.saturating_add(LINES_A_QUESTION - 1);
    let comment = |line: &&str| !line.starts_with('#');
    let code: String = FETCH
        .lines()
        .filter(comment)
        .map(|line| format!("{line}\n"))
        .collect();
    code.replace("@CLOSE@", if close { "close" } else { "no" })
        .replace("@FROM@", &from.to_string())
        .replace("@TO@", &to.to_string())
}

/// `<name, base64> <command, base64>` a line.
fn check_lines(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let (name, run) = (STANDARD.encode(&check.name), STANDARD.encode(&check.run));
        format!("{name} {run}")
    };
    checks.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Compresses only what does not fit as it is: plain text is easier to look at in the EC2 console.
fn fit(plain: Vec<u8>) -> Result<Vec<u8>, UserDataError> {
    if plain.len() <= LIMIT {
        return Ok(plain);
    }
    let packed = gzip(&plain).map_err(|e| UserDataError::Compress(IoFault(e.to_string())))?;
    if packed.len() <= LIMIT {
        return Ok(packed);
    }
    Err(UserDataError::TooLarge {
        plain: plain.len(),
        packed: packed.len(),
    })
}

/// gzip without a name and a date; cloud-init unpacks it by itself.
fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let encoder = flate2::GzBuilder::new().mtime(0);
    let mut encoder = encoder.write(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}

#[cfg(test)]
#[path = "user_data/tests.rs"]
mod tests;
