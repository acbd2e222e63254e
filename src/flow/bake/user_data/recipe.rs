//! The recipe's own parts: of which kind they are, what they may not hold, and what they are called.

use super::UserDataError;
use crate::cloud_init::kind::{self, Unrecognised};
use crate::cloud_init::mime::{self, MimePart};
use crate::cloud_init::pyyaml;

/// cloud-init's own name for what `runcmd` becomes; scripts run in the order of their names.
const RUNCMD: &str = "runcmd";

/// The recipe as parts that can stand between ours. Blank user data has none.
pub(super) fn recipe_parts(user_data: &str) -> Result<Vec<MimePart>, UserDataError> {
    if user_data.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut parts = if mime::looks_like(user_data) {
        mime::read_mime(user_data).map_err(|why| UserDataError::Mime { why })?
    } else {
        vec![MimePart {
            content_type: String::new(),
            name: "recipe".to_owned(),
            headers: Vec::new(),
            body: user_data.as_bytes().to_vec(),
        }]
    };
    let mut room = kind::MAX_UNPACKED;
    for (at, part) in parts.iter_mut().enumerate() {
        part.name = kept_name(&part.name);
        if part.name.is_empty() {
            part.name = format!("part-{:03}", at + 1);
        }
        settle(part, &mut room)?;
    }
    rename(&mut parts);
    Ok(parts)
}

/// Unpacks a part, finds its type, and refuses what a bake cannot take.
fn settle(part: &mut MimePart, room: &mut usize) -> Result<(), UserDataError> {
    let given = part.name.clone();
    let name = || format!("part `{given}`");
    kind::settle_kind(part, room).map_err(|wrong| match wrong {
        Unrecognised::Packed(why) => UserDataError::Mime { why },
        Unrecognised::Beginning => UserDataError::UnknownKind {
            part: name(),
            what: "its first line names none".to_owned(),
        },
    })?;
    let text = String::from_utf8_lossy(&part.body);
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

/// Whether a cloud-config's top level has the key, in any of YAML's spellings. In flow style, which
/// nobody writes by hand, any mention counts.
fn sets_power_state(text: &str) -> bool {
    let keys = pyyaml::load_yaml(text);
    if keys.is_ok_and(|keys| {
        keys.root()
            .is_some_and(|root| root.get("power_state").is_some())
    }) {
        return true;
    }
    // What is a template shows its keys in its text alone.
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

/// Scripts that cloud-init keeps under /var/lib/cloud/scripts: they stay in the image, under the names that
/// they were given.
const KEPT: &str = "text/x-shellscript-per-";

/// Renames the parts to `50-NN-<name>`, numbered in the order of their own names, which is the order
/// in which cloud-init runs scripts: so they keep it. What ran after `runcmd` still does (`s50-`), and
/// nothing sorts after our own last part.
fn rename(parts: &mut [MimePart]) {
    let thrown_away = |at: &usize| {
        let part = parts.get(*at);
        part.is_some_and(|part| !part.content_type.starts_with(KEPT))
    };
    let mut order: Vec<usize> = (0..parts.len()).filter(thrown_away).collect();
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

fn name_of(parts: &[MimePart], at: usize) -> &str {
    parts.get(at).map_or("", |part| part.name.as_str())
}

/// What cloud-init makes of a part's name when it becomes a file's.
fn kept_name(name: &str) -> String {
    let kept = |c: &char| c.is_ascii_alphanumeric() || "_-.()".contains(*c);
    name.replace('/', "_").chars().filter(kept).collect()
}

/// A file name that needs no quoting anywhere.
fn plain_name(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    name.chars()
        .map(|c| if safe(c) { c } else { '_' })
        .take(60)
        .collect()
}
