//! The recipe's own parts: of which kind they are, what they may not hold, and what they are called.

use std::io::Read as _;

use super::UserDataError;
use super::mime::{self, Part};

/// How user data begins, and the type that cloud-init then takes it for.
const BEGINNINGS: [(&str, &str); 8] = [
    ("#include-once", "text/x-include-once-url"),
    ("#include", "text/x-include-url"),
    ("#cloud-config-archive", "text/cloud-config-archive"),
    ("#cloud-config", "text/cloud-config"),
    ("#cloud-boothook", "text/cloud-boothook"),
    ("#part-handler", "text/part-handler"),
    ("## template: jinja", "text/jinja2"),
    ("#!", "text/x-shellscript"),
];

/// Types whose content cloud-init looks at before it believes them.
const VAGUE: [&str; 4] = [
    "",
    "text/plain",
    "text/x-not-multipart",
    "application/octet-stream",
];

/// Types that cloud-init unpacks first.
const PACKED: [&str; 4] = [
    "application/gzip",
    "application/gzip-compressed",
    "application/x-gzip",
    "application/x-gzip-compressed",
];

/// What a compressed part may grow to; it has to fit into user data again.
const MAX_UNPACKED: u64 = 1024 * 1024;

/// cloud-init's own name for what `runcmd` becomes; scripts run in the order of their names.
const RUNCMD: &str = "runcmd";

/// The recipe as parts that can stand between ours. Blank user data has none.
pub(super) fn parts(user_data: &str) -> Result<Vec<Part>, UserDataError> {
    if user_data.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut parts = if mime::looks_like(user_data) {
        mime::read(user_data).map_err(|why| UserDataError::Mime { why })?
    } else {
        vec![Part {
            content_type: String::new(),
            name: "recipe".to_owned(),
            headers: Vec::new(),
            body: user_data.as_bytes().to_vec(),
        }]
    };
    for (at, part) in parts.iter_mut().enumerate() {
        if part.name.is_empty() {
            part.name = format!("part-{:03}", at + 1);
        }
        settle(part)?;
    }
    rename(&mut parts);
    Ok(parts)
}

/// Unpacks a part, finds its type, and refuses what a bake cannot take.
fn settle(part: &mut Part) -> Result<(), UserDataError> {
    let name = || format!("part `{}`", part.name);
    if PACKED.contains(&part.content_type.as_str()) || part.body.starts_with(&[0x1f, 0x8b]) {
        part.body = unpacked(&part.body).map_err(|why| UserDataError::Mime { why })?;
        part.content_type = String::new();
    }
    let text = String::from_utf8_lossy(&part.body);
    if VAGUE.contains(&part.content_type.as_str()) {
        part.content_type = sniff(&text).ok_or_else(|| UserDataError::UnknownKind {
            part: name(),
            what: first_line(&text),
        })?;
    }
    match part.content_type.as_str() {
        "text/x-include-url" | "text/x-include-once-url" => {
            Err(UserDataError::Include { part: name() })
        }
        "text/cloud-config" | "text/jinja2" if sets_power_state(&text) => {
            Err(UserDataError::PowerState { part: name() })
        }
        // An archive is a list of parts inside YAML, which nothing here reads: it could hide anything.
        "text/cloud-config-archive" => Err(UserDataError::UnknownKind {
            part: name(),
            what: "a cloud-config archive; write it as MIME instead".to_owned(),
        }),
        _ => Ok(()),
    }
}

fn unpacked(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body)
        .take(MAX_UNPACKED)
        .read_to_end(&mut plain)
        .map_err(|error| {
            format!("a compressed part cannot be unpacked ({error}): pack it again")
        })?;
    Ok(plain)
}

/// The type that cloud-init would take the text for.
fn sniff(text: &str) -> Option<String> {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let start = start.get(..64.min(start.len())).unwrap_or(start);
    let start = start.to_ascii_lowercase();
    let found = BEGINNINGS
        .iter()
        .find(|(begin, _)| start.starts_with(begin));
    found.map(|(_, kind)| (*kind).to_owned())
}

/// The text's first line, short, for an error.
fn first_line(text: &str) -> String {
    let line = text.trim_start().lines().next().unwrap_or_default();
    let start: String = line.chars().filter(|c| !c.is_control()).take(40).collect();
    format!("it begins with `{start}`")
}

/// Whether a cloud-config's top level has the key, in any of YAML's spellings. In flow style, which
/// nobody writes by hand, any mention counts.
fn sets_power_state(text: &str) -> bool {
    let code = || text.lines().filter(|line| !is_comment(line));
    if code().any(|line| line.starts_with('{')) {
        return code().any(|line| line.contains("power_state"));
    }
    let top = code().map(indent).min().unwrap_or_default();
    code().filter(|line| indent(line) == top).any(|line| {
        let key = line.split(':').next().unwrap_or_default();
        line.contains(':') && key.trim().trim_matches(['"', '\'']) == "power_state"
    })
}

fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line == "---"
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Renames the parts to `50-NN-<name>`, numbered in the order of their own names, which is the order
/// in which cloud-init runs scripts: so they keep it. What ran after `runcmd` still does (`s50-`), and
/// nothing sorts after our own last part.
fn rename(parts: &mut [Part]) {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|a, b| name_of(parts, *a).cmp(name_of(parts, *b)));
    for (rank, at) in order.into_iter().enumerate() {
        if let Some(part) = parts.get_mut(at) {
            let prefix = if part.name.as_str() > RUNCMD {
                "s50"
            } else {
                "50"
            };
            part.name = format!("{prefix}-{:02}-{}", rank + 1, plain_name(&part.name));
        }
    }
}

fn name_of(parts: &[Part], at: usize) -> &str {
    parts.get(at).map_or("", |part| part.name.as_str())
}

/// A file name that needs no quoting anywhere.
fn plain_name(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    name.chars()
        .map(|c| if safe(c) { c } else { '_' })
        .take(60)
        .collect()
}
