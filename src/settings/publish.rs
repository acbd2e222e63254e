//! Reads `[watch.NAME.publish]`: where a watch's image is made known, and from when on.

use std::ops::Range;

use crate::model::ids::Architecture;
use crate::model::publish_rules::{PublishRules, PublishWhen};
use crate::model::watch::OnDrift;

use super::fault::{Problem, quoted_value};
use super::reading::{ConfigReading, ConfigSection};
use super::rollout::word;

const WHEN: [(&str, PublishWhen); 2] = [
    ("verified", PublishWhen::Verified),
    ("rolled_out", PublishWhen::RolledOut),
];

/// What stands for the processor in a parameter's name.
const ARCHITECTURE: &str = "{architecture}";
/// SSM's own bounds.
const NAME_MAX: usize = 1011;
const LEVELS_MAX: usize = 15;

/// The table as far as it was right.
pub(super) struct PublishDraft {
    pub(super) rules: PublishRules,
    /// Where the parameter's name stands.
    pub(super) ssm_at: Range<usize>,
}

/// Absent where the watch says nothing about it.
pub(super) fn read_publish(
    watch: &ConfigSection<'_>,
    on_drift: OnDrift,
    architecture: Option<Architecture>,
    reading: &mut ConfigReading<'_>,
) -> Option<PublishDraft> {
    let at = watch.place_of("publish")?;
    let section = watch.section("publish");
    let when = word(&section, "when", &WHEN, reading);
    if when == Some(PublishWhen::RolledOut) && on_drift < OnDrift::Rollout {
        let problem = Problem::new(
            "the watch publishes what was rolled out, and nothing of it is",
            "use when = \"verified\", or on_drift = \"rollout\"",
        );
        reading.fault_in_context(section.place_of("when").unwrap_or(at.clone()), problem);
    }
    let architecture = architecture.unwrap_or_default();
    let ssm = reading.parsed(section.text("ssm"), |text| parameter(text, architecture));
    if section.place_of("ssm").is_none() {
        let problem = Problem::new(
            "the watch publishes, and nothing says where",
            "add `ssm = \"/amis/NAME/{architecture}\"`, or remove the table",
        );
        reading.fault_in_context(at, problem);
    }
    Some(PublishDraft {
        ssm_at: section.place_of("ssm").unwrap_or_default(),
        rules: PublishRules {
            when: when.unwrap_or(match on_drift {
                OnDrift::Rollout => PublishWhen::RolledOut,
                OnDrift::Notify | OnDrift::Bake => PublishWhen::Verified,
            }),
            ssm,
        },
    })
}

/// A parameter's name with the processor in it.
fn parameter(text: &str, architecture: Architecture) -> Result<String, Problem> {
    let right = "write a path of your own, such as \"/amis/shop/{architecture}\"";
    let wrong = |why: &str| Problem::new(format!("{} {why}", quoted_value(text)), right);
    let name = text.replace(ARCHITECTURE, architecture.as_str());
    if name.contains(['{', '}']) {
        let why = "has something in braces that is not {architecture}";
        return Err(wrong(why));
    }
    if !name.starts_with('/') {
        return Err(wrong("does not start with `/`"));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    let levels = name[1..].split('/');
    if !name.chars().all(fits) || levels.clone().any(str::is_empty) || name.len() > NAME_MAX {
        return Err(wrong("is not a parameter's name"));
    }
    if levels.clone().count() > LEVELS_MAX {
        return Err(wrong("has more than 15 levels"));
    }
    let first = levels.clone().next().unwrap_or_default();
    let first = first.to_ascii_lowercase();
    if first.starts_with("aws") || first.starts_with("ssm") {
        return Err(wrong("begins with a word that AWS keeps for itself"));
    }
    Ok(name)
}
