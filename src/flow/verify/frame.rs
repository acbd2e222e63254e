//! One line on the wire: `AMIWATCH1 <nonce> <slot> <sum> <data>`. Knows nothing of reports.

use sha2::{Digest, Sha256};

/// The word that every frame begins with; the digit is the version of the wire format.
pub const MARK: &str = "AMIWATCH1";

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// `<index>/<total>`, from 1: a piece of the report.
    Chunk { index: u32, total: u32 },
    /// `clean`: the guest is ready for imaging; the data is the report's own sum.
    Clean,
}

/// A frame whose sum holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) slot: Slot,
    pub(super) data: &'a str,
}

/// More chunks than this never fit into a console; it also bounds what a forged total can cost.
const MAX_CHUNKS: u32 = 4096;

/// Finds a frame under `nonce` in one line of console, whatever surrounds it. Absent when there is
/// none or its sum does not hold: an interrupted line is as good as no line.
pub(super) fn find_frame<'a>(line: &'a [u8], nonce: &str) -> Option<Frame<'a>> {
    let needle = format!("{MARK} {nonce} ");
    let at = line
        .windows(needle.len())
        .rposition(|window| window == needle.as_bytes())?;
    let rest = line.get(at + needle.len()..)?;
    let (slot, rest) = word(rest)?;
    let (sum, rest) = word(rest)?;
    let data = leading(rest);
    let genuine = !data.is_empty() && sum == sum_of(nonce, slot, data);
    genuine.then_some(())?;
    Some(Frame {
        slot: parse_slot(slot)?,
        data,
    })
}

/// The frame as its guest wrote it, without what surrounded it.
pub(super) fn frame_line(nonce: &str, frame: &Frame<'_>) -> String {
    match frame.slot {
        Slot::Chunk { index, total } => write_frame(nonce, &format!("{index}/{total}"), frame.data),
        Slot::Clean => write_frame(nonce, "clean", frame.data),
    }
}

/// Writes one frame, without a line end.
pub(super) fn write_frame(nonce: &str, slot: &str, data: &str) -> String {
    let sum = sum_of(nonce, slot, data);
    format!("{MARK} {nonce} {slot} {sum} {data}")
}

/// SHA-256 in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The first 16 digits over everything that the line says, so that no field can change unseen.
fn sum_of(nonce: &str, slot: &str, data: &str) -> String {
    let mut sum = sha256(format!("{nonce} {slot} {data}").as_bytes());
    sum.truncate(16);
    sum
}

/// The next word and what follows its one space.
fn word(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b' ')?;
    let text = std::str::from_utf8(bytes.get(..end)?).ok()?;
    Some((text, bytes.get(end + 1..)?))
}

/// The base64 alphabet's characters at the start: a kernel message may follow without a line end.
fn leading(bytes: &[u8]) -> &str {
    let end = bytes
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || b"+/=".contains(byte)))
        .unwrap_or(bytes.len());
    bytes
        .get(..end)
        .and_then(|ascii| std::str::from_utf8(ascii).ok())
        .unwrap_or_default()
}

fn parse_slot(slot: &str) -> Option<Slot> {
    if slot == "clean" {
        return Some(Slot::Clean);
    }
    let (index, total) = slot.split_once('/')?;
    let (index, total) = (index.parse().ok()?, total.parse().ok()?);
    (1 <= index && index <= total && total <= MAX_CHUNKS).then_some(Slot::Chunk { index, total })
}
