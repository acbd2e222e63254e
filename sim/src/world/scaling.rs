//! Words for what names images without being an environment: launch templates, groups, launch
//! configurations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A launch template.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LaunchTemplateSpec {
    /// Its name.
    pub name: String,
    /// The images of its versions, oldest first: ids, or `resolve:ssm:NAME`.
    pub images: Vec<String>,
    /// Which version is the default.
    pub default_version: u64,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl Default for LaunchTemplateSpec {
    fn default() -> Self {
        Self {
            name: String::new(),
            images: Vec::new(),
            default_version: 1,
            tags: BTreeMap::new(),
        }
    }
}

/// An Auto Scaling group that is of no environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroupSpec {
    /// Its name.
    pub name: String,
    /// Id or name of its launch template; empty: it has a launch configuration.
    pub launch_template: String,
    /// `3`, `$Latest`, `$Default`.
    pub version: String,
    /// It names its template in a mixed instances policy, as groups with spot instances do.
    pub mixed: bool,
    /// Its launch configuration.
    pub launch_configuration: String,
    /// Processes that are suspended.
    pub suspended: Vec<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A launch configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LaunchConfigurationSpec {
    /// Its name.
    pub name: String,
    /// The image that it launches.
    pub image_id: String,
    /// `t3.small`
    pub instance_type: String,
}

impl Default for LaunchConfigurationSpec {
    fn default() -> Self {
        Self {
            name: String::new(),
            image_id: String::new(),
            instance_type: "t3.small".to_owned(),
        }
    }
}
