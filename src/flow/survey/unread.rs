//! What a survey by pages did not read: pages without an answer, each told once however many regions it
//! is missing in, and stored options, which are in no page.

use serde::Serialize;

use super::{ImageToldBy, Survey, Surveyed};
use crate::model::counted::counted_things;
use crate::model::ids::Region;
use crate::model::image::ImageKind;
use crate::model::sighting::{Sighting, Trouble};

/// What allows every page, as `deploy/iam/look.json` has it.
pub const PAGES_STATEMENT: &str = r#"{"Sid":"LookByPages","Effect":"Allow","Action":["autoscaling:DescribeAutoScalingGroups","autoscaling:DescribeLaunchConfigurations","ec2:DescribeInstances","ec2:DescribeLaunchTemplateVersions"],"Resource":"*"}"#;

/// A page without an answer, and where; why, as the first of these regions says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageUnread {
    pub what: String,
    pub regions: Vec<Region>,
    pub why: String,
    pub denied: bool,
}

/// The pages without an answer, each once.
pub(super) fn pages_unread(sightings: &[Sighting]) -> Vec<PageUnread> {
    let mut all: Vec<PageUnread> = Vec::new();
    for sighting in sightings {
        let region = sighting.scope.known().map(|scope| &scope.region);
        for Trouble { what, why, denied } in &sighting.pages_unread {
            let same = |one: &&mut PageUnread| one.what == *what && one.denied == *denied;
            match all.iter_mut().find(same) {
                Some(one) => one.regions.extend(region.cloned()),
                None => all.push(PageUnread {
                    what: what.clone(),
                    regions: region.into_iter().cloned().collect(),
                    why: why.clone(),
                    denied: *denied,
                }),
            }
        }
    }
    all
}

impl PageUnread {
    /// `Auto Scaling groups (eu-west-1, us-east-1): ...`
    pub fn sentence(&self) -> String {
        let regions: Vec<&str> = self.regions.iter().map(Region::as_str).collect();
        format!("{} ({}): {}", self.what, regions.join(", "), self.why)
    }
}

impl Survey {
    /// What was not looked at, where somebody may miss it: stored options say whether managed updates
    /// are on, which matters for an image of one's own.
    pub fn options_unread(&self) -> Option<String> {
        let unread = |one: &&Surveyed| {
            one.told_by == ImageToldBy::Pages && !matches!(one.image_kind, ImageKind::Stock)
        };
        let count = self.environments.iter().filter(unread).count();
        (count > 0).then(|| {
            let environments = counted_things(count, "environment");
            format!(
                "Whether managed updates are on was not looked at in {environments} whose image is not the platform's \
                 own; `--settings` reads it, one call for each environment."
            )
        })
    }
}
