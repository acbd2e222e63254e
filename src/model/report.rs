//! What a guest said about itself: the report of a builder or a boot test.

use serde::{Deserialize, Serialize};

/// One guest's report, as parsed from its console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Checks on the untouched base (builder only, early in the boot). Absent: they did not run.
    pub before: Option<Vec<CheckResult>>,
    /// Checks after everything else.
    pub after: Vec<CheckResult>,
    /// What `cloud-init status` says, one word; `unknown` where there is none.
    pub cloud_init: String,
    /// `uname -r`
    pub kernel: String,
    /// `name version` per line, sorted; empty where there is no package manager.
    pub packages: Vec<String>,
}

/// One check's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    pub name: String,
    pub exit: i32,
    /// The last lines of its output, with control characters made visible.
    pub tail: String,
}

impl CheckResult {
    /// Exit code 0.
    pub fn passed(&self) -> bool {
        self.exit == 0
    }
}
