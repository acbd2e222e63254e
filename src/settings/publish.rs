//! Reads `[watch.NAME.publish]`: where a watch's image is made known, and from when on.

use std::ops::Range;

use crate::model::ids::Architecture;
use crate::model::publish_rules::{PublishRules, PublishWhen, ShareWith};
use crate::model::watch::OnDrift;

use super::arns;
use super::copies::{CopyDraft, read_copies};
use super::fault::{Problem, quoted_value};
use super::reading::{ConfigReading, ConfigSection};
use super::rollout::word;
use super::templates::{ARCHITECTURE, read_template};

const WHEN: [(&str, PublishWhen); 2] = [
    ("verified", PublishWhen::Verified),
    ("rolled_out", PublishWhen::RolledOut),
];

/// SSM's own bounds.
const NAME_MAX: usize = 1011;
const LEVELS_MAX: usize = 15;

/// The table as far as it was right.
pub(super) struct PublishDraft {
    pub(super) rules: PublishRules,
    /// The regions that it is copied to, as they stand there.
    pub(super) copies: Vec<CopyDraft>,
    /// Where the parameter's name stands.
    pub(super) ssm_at: Range<usize>,
    /// Where the launch template is named.
    pub(super) template_at: Range<usize>,
    /// Where it says with whom the image is shared, where it does.
    pub(super) share_at: Option<Range<usize>>,
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
    let share = share(&section, reading);
    if let (Some(at), None) = (section.place_of("share"), watch.place_of("recipe")) {
        let problem = Problem::new(
            "the watch shares an image that is not yours: without a recipe it publishes the base itself",
            "leave `share` out; whoever reads the parameter can launch the base as you can",
        );
        reading.fault_in_context(at, problem);
    }
    let copies = read_copies(&section, watch.place_of("recipe").is_some(), reading);
    let template = read_template(&section, architecture, reading);
    let places = ["ssm", "share", "copy_to", "launch_template"];
    if places.iter().all(|key| section.place_of(key).is_none()) {
        let problem = Problem::new(
            "the watch publishes, and nothing says where",
            "add `ssm = \"/amis/NAME/{architecture}\"`, `share = { accounts = [\"...\"] }`, \
             `launch_template = { name = \"...\" }` or `copy_to = [\"...\"]`, or remove the table",
        );
        reading.fault_in_context(at, problem);
    }
    Some(PublishDraft {
        ssm_at: section.place_of("ssm").unwrap_or_default(),
        template_at: section.place_of("launch_template").unwrap_or_default(),
        share_at: section.place_of("share"),
        rules: PublishRules {
            when: when.unwrap_or(match on_drift {
                OnDrift::Rollout => PublishWhen::RolledOut,
                OnDrift::Notify | OnDrift::Bake => PublishWhen::Verified,
            }),
            copy_to: copies
                .iter()
                .map(|copy| (copy.region.clone(), copy.key.clone()))
                .collect(),
            ssm,
            share,
            share_first: false, // the watch's targets say
            template,
        },
        copies,
    })
}

fn share(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> ShareWith {
    let Some(at) = section.place_of("share") else {
        return ShareWith::default();
    };
    let share = section.section("share");
    let accounts = share.texts("accounts").unwrap_or_default();
    let units = share.texts("ou").unwrap_or_default();
    let named = !accounts.is_empty() || !units.is_empty() || share.text("organization").is_some();
    if !named {
        let right = "add `accounts = [\"222233334444\"]`, `organization = \"arn:...\"` or `ou = [\"arn:...\"]`";
        let problem = Problem::new("`share` names nobody", right);
        reading.fault_in_context(at, problem);
    }
    let accounts = reading.each_parsed(accounts, arns::account_id);
    let organization = reading.parsed(share.text("organization"), arns::organization);
    let units = reading.each_parsed(units, arns::organizational_unit);
    ShareWith {
        accounts: accounts.into_iter().collect(),
        organizations: organization.into_iter().collect(),
        units: units.into_iter().collect(),
    }
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
