//! What AWS does not document of what environments launch from, each with a switch.

use serde::{Deserialize, Serialize};

/// How groups and launch templates of environments look where nobody says how they do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Launches {
    /// The image of an environment for which nobody set one, in its launch template.
    pub own_image: OwnImage,
    /// When an update moves `DateUpdated`.
    pub updated: Updated,
    /// The most values that a filter of `DescribeAutoScalingGroups` takes; absent: any number.
    pub filter_values_max: Option<usize>,
}

/// How a launch template says the platform version's own image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnImage {
    /// By its id.
    #[default]
    Written,
    /// By a parameter: `resolve:ssm:NAME`.
    ByParameter,
    /// It does not: the template names none.
    LeftOut,
}

/// When an update moves `DateUpdated`: its launch template version is made in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Updated {
    /// When it begins, and again when it ends.
    #[default]
    AtItsEnd,
    /// When it begins.
    AtItsBegin,
}

impl Launches {
    /// Every combination.
    pub fn every() -> impl Iterator<Item = Self> {
        let images = [OwnImage::Written, OwnImage::ByParameter, OwnImage::LeftOut];
        images.into_iter().flat_map(|own_image| {
            let updated = [Updated::AtItsEnd, Updated::AtItsBegin];
            updated.into_iter().flat_map(move |updated| {
                [None, Some(1)].map(|filter_values_max| Self {
                    own_image,
                    updated,
                    filter_values_max,
                })
            })
        })
    }
}
