//! Writes a report as a guest would: for guests that are played by a program instead of a shell.

use crate::model::report::Report;

use super::{frame, payload};

/// Characters of base64 per frame; keeps a line under 200 characters.
const CHUNK: usize = 128;

/// The console of a guest that reports: every frame twice, each on a line of its own, and the
/// closing frame when `clean`. The same report and nonce give the same text.
pub fn encode_report(report: &Report, nonce: &str, clean: bool) -> String {
    let (data, sum) = payload::encode_payload(report);
    let chunks: Vec<&str> = pieces(&data);
    let total = chunks.len();
    let mut lines = Vec::new();
    for _copy in 0..2 {
        for (at, chunk) in chunks.iter().enumerate() {
            lines.push(frame::write_frame(
                nonce,
                &format!("{}/{total}", at + 1),
                chunk,
            ));
        }
    }
    if clean {
        let closing = frame::write_frame(nonce, "clean", &sum);
        lines.extend([closing.clone(), closing]);
    }
    lines.iter().map(|line| format!("\r\n{line}\r\n")).collect()
}

/// Cuts ASCII text into pieces of one frame each.
fn pieces(data: &str) -> Vec<&str> {
    let mut rest = data;
    let mut pieces = Vec::new();
    while let Some((piece, more)) = rest.split_at_checked(CHUNK) {
        pieces.push(piece);
        rest = more;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}
