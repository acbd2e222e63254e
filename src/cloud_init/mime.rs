//! MIME, as much of it as user data needs: reads the parts of a message. Headers keep the case in which
//! they were written: cloud-init looks `Merge-Type` up in just that. Judges nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One part of user data, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MimePart {
    /// `text/cloud-config`, in lower case, without parameters.
    pub content_type: String,
    /// The file name; empty where the message gave none.
    pub name: String,
    /// Headers that cloud-init looks at (`Merge-Type`, `Launch-Index`), as written.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Multiparts inside multiparts, at most.
const MAX_DEPTH: u32 = 8;

/// Whether user data is a MIME message, to begin with.
pub fn looks_like(text: &str) -> bool {
    let start = text.trim_start().to_ascii_lowercase();
    ["content-type:", "mime-version:"]
        .iter()
        .any(|header| start.starts_with(header))
}

/// Reads a message's parts in order, flattened.
///
/// # Errors
/// One sentence, where it is no message.
pub fn read_mime(text: &str) -> Result<Vec<MimePart>, String> {
    let text = text.replace("\r\n", "\n");
    let mut parts = Vec::new();
    collect(text.trim_start(), MAX_DEPTH, &mut parts)?;
    Ok(parts)
}

fn collect(entity: &str, depth: u32, into: &mut Vec<MimePart>) -> Result<(), String> {
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

fn leaf(headers: &Headers, content_type: String, body: &str) -> Result<MimePart, String> {
    let encoding = headers.get("content-transfer-encoding").unwrap_or("7bit");
    let name = headers
        .get("content-disposition")
        .and_then(|value| parameter(value, "filename"))
        .or_else(|| parameter(headers.get("content-type")?, "name"))
        .unwrap_or_default();
    Ok(MimePart {
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

/// An entity's headers, unfolded, as written.
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
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            } else {
                return (Self(headers), rest);
            }
            rest = more;
        }
        (Self(headers), rest)
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self
            .0
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// What is not about the message's form.
    fn ours_to_keep(&self) -> Vec<(String, String)> {
        let form = |key: &str| {
            let key = key.to_ascii_lowercase();
            key.starts_with("content-") || key == "mime-version" || key == "number-attachments"
        };
        let kept = self.0.iter().filter(|(key, _)| !form(key));
        kept.cloned().collect()
    }
}

fn next_line(text: &str) -> Option<(&str, &str)> {
    (!text.is_empty()).then(|| text.split_once('\n').unwrap_or((text, "")))
}
