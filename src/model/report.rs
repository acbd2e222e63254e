//! What a guest said about itself: the report of a builder or a boot test.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One guest's report, as parsed from its console. Source of truth: the guest itself; root in the
/// guest can print any report, so it proves against accidents, not against a hostile recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Checks on the untouched base (builder only, early in the boot). Absent: they did not run.
    pub before: Option<Vec<CheckResult>>,
    /// Checks after everything else.
    pub after: Vec<CheckResult>,
    /// Why the guest stopped waiting for the recipe.
    #[serde(default)]
    pub ended: RecipeEnded,
    /// How often the guest booted up to this report; more than one means that the recipe rebooted.
    #[serde(default)]
    pub boots: u32,
    /// What `cloud-init status` says, one word; `unknown` where there is none.
    pub cloud_init: String,
    /// `uname -r`
    pub kernel: String,
    /// `name version` per line, sorted; empty where there is no package manager.
    pub packages: Vec<String>,
    /// Packages that did not fit into the console and are missing from the end of the list.
    #[serde(default)]
    pub packages_omitted: u32,
    /// Everything else worth knowing, by name: `id.machine` and `id.ssh` (digests of what must
    /// differ from machine to machine), `cloud-init.result` (its errors, its data source).
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
}

/// Why a guest stopped waiting for its recipe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipeEnded {
    /// cloud-init came to its end.
    #[default]
    Finished,
    /// The guest's own deadline passed while the recipe was still at work.
    Deadline,
}

impl RecipeEnded {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Deadline => "deadline",
        }
    }
}

/// One check's result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    pub name: String,
    /// 124 (137, 143 on some systems) when it ran into its time limit.
    pub exit: i32,
    /// How long it ran, in whole seconds.
    #[serde(default)]
    pub seconds: u32,
    /// The last lines of its output, with control characters made visible.
    pub tail: String,
}

impl CheckResult {
    /// Exit code 0.
    pub fn passed(&self) -> bool {
        self.exit == 0
    }
}
