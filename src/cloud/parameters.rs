//! SSM parameters, and the release that a public image parameter announces.

use chrono::{DateTime, Utc};

use super::call::Cloud;
use super::error::CloudError;
use crate::model::ids::ImageId;

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub value: String,
    /// Grows with every change.
    pub version: i64,
    pub modified: Option<DateTime<Utc>>,
}

/// The release that a parameter's value names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterRelease {
    pub image: ImageId,
    /// The value's own `image_version`, else `image_name`; absent for a plain image id.
    pub version: Option<String>,
    pub image_name: Option<String>,
    /// The value's `os`: `Amazon Linux 2023`.
    pub operating_system: Option<String>,
}

/// Reads a parameter's value: a plain image id, or JSON with an `image_id`.
///
/// # Errors
/// One line that says what the value is instead.
pub fn release_from_parameter(value: &str) -> Result<ParameterRelease, String> {
    todo!()
}

impl Cloud {
    /// One parameter. `None`: there is none of that name in the region.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn parameter(&self, name: &str) -> Result<Option<Parameter>, CloudError> {
        todo!()
    }
}
