//! What Auto Scaling holds beside environments' groups: other people's groups and launch configurations.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::world::{GroupSpec, LaunchConfigurationSpec};

/// By name.
#[derive(Clone, Debug, Default)]
pub(crate) struct AutoScaling {
    pub(crate) groups: BTreeMap<String, OtherGroup>,
    pub(crate) configurations: BTreeMap<String, LaunchConfiguration>,
}

/// A group that is of no environment. It launches nothing here: it names what it would launch.
#[derive(Clone, Debug)]
pub(crate) struct OtherGroup {
    pub(crate) spec: GroupSpec,
    /// Its template's id and name, where it has one.
    pub(crate) template: Option<(String, String)>,
    pub(crate) created: DateTime<Utc>,
    /// Processes, and since when.
    pub(crate) suspended: BTreeMap<String, DateTime<Utc>>,
}

#[derive(Clone, Debug)]
pub(crate) struct LaunchConfiguration {
    pub(crate) spec: LaunchConfigurationSpec,
    pub(crate) created: DateTime<Utc>,
}
