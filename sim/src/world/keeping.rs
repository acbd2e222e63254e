//! What AWS does not document of keeping images, each with a switch.

use serde::{Deserialize, Serialize};

/// How the account behaves where nobody says how AWS does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keeping {
    /// The number that an image's parameter version was given, when its check fails.
    pub parameter_number: ParameterNumber,
    /// DescribeImages by the id of a disabled image, without `IncludeDisabled`.
    pub disabled_by_id: DisabledById,
}

/// What becomes of a version's number when the version does not come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterNumber {
    /// The next version gets it.
    #[default]
    Reused,
    /// It is gone: numbers have gaps.
    Burnt,
}

/// How an image is missing that is disabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledById {
    /// The answer has no such image.
    #[default]
    LeftOut,
    /// `InvalidAMIID.NotFound`.
    NotFound,
}

impl Keeping {
    /// Every combination.
    pub fn every() -> impl Iterator<Item = Self> {
        let numbers = [ParameterNumber::Reused, ParameterNumber::Burnt];
        numbers.into_iter().flat_map(|parameter_number| {
            let disabled = [DisabledById::LeftOut, DisabledById::NotFound];
            disabled.map(|disabled_by_id| Self {
                parameter_number,
                disabled_by_id,
            })
        })
    }
}
