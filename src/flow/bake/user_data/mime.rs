//! MIME, as much of it as user data needs: reads the parts of a message, writes a message.
//! Judges nothing: what a part may hold is `recipe`'s to say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::bake::digest;

/// One part of user data, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// `text/cloud-config`, in lower case, without parameters.
    pub(super) content_type: String,
    /// The file name; empty where the message gave none.
    pub(super) name: String,
    /// Headers that cloud-init looks at (`Merge-Type`, `Launch-Index`), as written.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// Multiparts inside multiparts, at most.
const MAX_DEPTH: u32 = 8;

/// Whether user data is a MIME message, to begin with.
pub(super) fn looks_like(text: &str) -> bool {
    let start = text.trim_start().to_ascii_lowercase();
    ["content-type:", "mime-version:"]
        .iter()
        .any(|header| start.starts_with(header))
}

/// Reads a message's parts in order, flattened. Errors are one sentence.
pub(super) fn read(text: &str) -> Result<Vec<Part>, String> {
    let text = text.replace("\r\n", "\n");
    let mut parts = Vec::new();
    collect(text.trim_start(), MAX_DEPTH, &mut parts)?;
    Ok(parts)
}

fn collect(entity: &str, depth: u32, into: &mut Vec<Part>) -> Result<(), String> {
    let (headers, body) = Headers::split(entity);
    let content_type = headers.get("content-type").unwrap_or("text/plain");
    let kind = media_type(content_type);
    if !kind.starts_with("multipart/") {
        into.push(leaf(&headers, kind, body)?);
        return Ok(());
    }
    let boundary = parameter(content_type, "boundary")
        .ok_or("a multipart header names no boundary: add `boundary=\"...\"`")?;
    let depth = depth
        .checked_sub(1)
        .ok_or("multiparts are nested too deeply: flatten them")?;
    for inner in between(body, &boundary)? {
        collect(&inner, depth, into)?;
    }
    Ok(())
}

fn leaf(headers: &Headers, content_type: String, body: &str) -> Result<Part, String> {
    let encoding = headers.get("content-transfer-encoding").unwrap_or("7bit");
    let name = headers
        .get("content-disposition")
        .and_then(|value| parameter(value, "filename"))
        .or_else(|| parameter(headers.get("content-type")?, "name"))
        .unwrap_or_default();
    Ok(Part {
        content_type,
        name,
        headers: headers.ours_to_keep(),
        body: decode(body, &encoding.trim().to_ascii_lowercase())?,
    })
}

fn decode(body: &str, encoding: &str) -> Result<Vec<u8>, String> {
    match encoding {
        "7bit" | "8bit" | "binary" => Ok(body.as_bytes().to_vec()),
        "base64" => {
            let packed: String = body.split_whitespace().collect();
            STANDARD
                .decode(packed)
                .map_err(|_| "a part that says base64 is not base64: encode it again".to_owned())
        }
        "quoted-printable" => Ok(quoted_printable(body)),
        other => Err(format!(
            "a part's Content-Transfer-Encoding is `{other}`: use 7bit, 8bit, base64 or quoted-printable"
        )),
    }
}

/// `=3D` becomes `=`, `=` at a line's end joins two lines; anything else stays as it is.
fn quoted_printable(body: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let (byte, after) = match (first, more) {
            (b'=', [b'\n', after @ ..]) => (None, after),
            (b'=', [high, low, after @ ..]) => match hex(*high, *low) {
                Some(byte) => (Some(byte), after),
                None => (Some(b'='), more),
            },
            _ => (Some(*first), more),
        };
        out.extend(byte);
        rest = after;
    }
    out
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// The texts between a boundary's lines.
fn between(body: &str, boundary: &str) -> Result<Vec<String>, String> {
    let (open, close) = (format!("--{boundary}"), format!("--{boundary}--"));
    let mut parts: Vec<String> = Vec::new();
    let mut inside = false;
    for line in body.split_inclusive('\n') {
        let mark = line.trim_end();
        if mark == close {
            break;
        } else if mark == open {
            inside = true;
            parts.push(String::new());
        } else if let (true, Some(part)) = (inside, parts.last_mut()) {
            part.push_str(line);
        }
    }
    if parts.is_empty() {
        return Err(format!(
            "its boundary `{boundary}` never appears: put `--{boundary}` before every part"
        ));
    }
    Ok(parts)
}

/// `text/x-shellscript; charset="utf-8"` becomes `text/x-shellscript`.
fn media_type(value: &str) -> String {
    let kind = value.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

/// A header's parameter, unquoted.
fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        let ours = key.trim().eq_ignore_ascii_case(name);
        ours.then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// An entity's headers, unfolded, names in lower case.
#[derive(Debug)]
struct Headers(Vec<(String, String)>);

impl Headers {
    /// Splits an entity at its first empty line.
    fn split(entity: &str) -> (Self, &str) {
        let mut headers: Vec<(String, String)> = Vec::new();
        let mut rest = entity;
        while let Some((line, more)) = next_line(rest) {
            if line.is_empty() {
                return (Self(headers), more);
            }
            if let (true, Some((_, value))) = (line.starts_with([' ', '\t']), headers.last_mut()) {
                value.push(' ');
                value.push_str(line.trim());
            } else if let Some((name, value)) = line.split_once(':') {
                headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            } else {
                return (Self(headers), rest);
            }
            rest = more;
        }
        (Self(headers), rest)
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What is not about the message's form.
    fn ours_to_keep(&self) -> Vec<(String, String)> {
        let form = |key: &str| key.starts_with("content-") || key == "mime-version";
        let kept = self
            .0
            .iter()
            .filter(|(key, _)| !form(key) && key != "number-attachments");
        kept.cloned().collect()
    }
}

fn next_line(text: &str) -> Option<(&str, &str)> {
    (!text.is_empty()).then(|| text.split_once('\n').unwrap_or((text, "")))
}

/// Writes a message whose boundary is a digest of its parts: the same parts, the same bytes.
pub(super) fn write(parts: &[Part]) -> String {
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
fn entity(part: &Part) -> String {
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
