//! Writes the message that a guest gets. The same parts, the same bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cloud_init::mime::MimePart;
use crate::model::bake::digest;

/// Writes a message whose boundary is a digest of its parts: the same parts, the same bytes.
pub(super) fn write_message(parts: &[MimePart]) -> String {
    let bodies: Vec<String> = parts.iter().map(entity).collect();
    let fields: Vec<&str> = bodies.iter().map(String::as_str).collect();
    let mut boundary = format!("amiwatch-{}", digest(&fields));
    boundary.truncate(33);
    let mut message =
        format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\nMIME-Version: 1.0\n\n");
    for body in &bodies {
        message.push_str(&format!("--{boundary}\n{body}\n"));
    }
    message.push_str(&format!("--{boundary}--\n"));
    message
}

/// A part with its headers. Plain text goes as it is, anything else in base64.
fn entity(part: &MimePart) -> String {
    let plain = std::str::from_utf8(&part.body)
        .ok()
        .filter(|text| is_plain(text));
    let (encoding, body) = match plain {
        Some(text) => ("7bit", text.to_owned()),
        None => ("base64", lines_of_base64(&part.body)),
    };
    let mut text = format!("Content-Type: {}\n", part.content_type);
    if plain.is_none() {
        text.push_str(&format!("Content-Transfer-Encoding: {encoding}\n"));
    }
    for (name, value) in &part.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    let name = &part.name;
    text.push_str(&format!(
        "Content-Disposition: attachment; filename=\"{name}\"\n\n{body}"
    ));
    text
}

/// Printable ASCII in lines: nothing that a mail parser would treat otherwise.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t'))
}

fn lines_of_base64(body: &[u8]) -> String {
    let packed = STANDARD.encode(body);
    let mut rest = packed.as_str();
    let mut lines = String::with_capacity(packed.len() + packed.len() / 76 + 1);
    while !rest.is_empty() {
        let (line, more) = rest.split_at_checked(76).unwrap_or((rest, ""));
        lines.push_str(line);
        lines.push('\n');
        rest = more;
    }
    lines
}
