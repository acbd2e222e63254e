//! Launch templates as they are held: plain data, and which version a word means.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::state::Tags;

#[derive(Clone, Debug)]
pub(crate) struct LaunchTemplate {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created: DateTime<Utc>,
    /// The ARN of whoever made it.
    pub(crate) by: String,
    pub(crate) default: u64,
    /// The newest number that was given out: a version that is deleted leaves a gap.
    pub(crate) given: u64,
    pub(crate) versions: BTreeMap<u64, TemplateVersion>,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug)]
pub(crate) struct TemplateVersion {
    pub(crate) number: u64,
    pub(crate) description: String,
    pub(crate) created: DateTime<Utc>,
    pub(crate) by: String,
    /// What is launched, flat, under the names of the wire (`ImageId`, `TagSpecification.1.ResourceType`).
    pub(crate) data: BTreeMap<String, String>,
}

impl TemplateVersion {
    pub(crate) fn image_id(&self) -> Option<&str> {
        self.data.get("ImageId").map(String::as_str)
    }
}

impl LaunchTemplate {
    /// The newest version that is there.
    pub(crate) fn latest(&self) -> u64 {
        self.versions
            .last_key_value()
            .map_or(0, |(number, _)| *number)
    }

    /// `$Latest`, `$Default`, or a number; nothing where there is no such version.
    pub(crate) fn version(&self, word: &str) -> Option<&TemplateVersion> {
        let number = match word {
            "$Latest" => self.latest(),
            "$Default" => self.default,
            number => number.parse().ok()?,
        };
        self.versions.get(&number)
    }

    pub(crate) fn add(&mut self, mut version: TemplateVersion) -> u64 {
        self.given += 1;
        version.number = self.given;
        self.versions.insert(self.given, version);
        self.given
    }
}
