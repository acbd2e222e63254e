//! How a watch's environments are moved to an image: what a person asked for. Values as checked;
//! `settings` makes them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cron_text::CronText;

/// `[watch.NAME.rollout]`. The default is what holds for a watch that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RolloutRules {
    pub settle: SettleTimes,
    /// The worst health that passes.
    pub health: HealthBar,
    /// Patterns of environment names: these may go down while they are moved, and no other.
    pub allow_downtime: Vec<String>,
    pub on_failure: OnFailure,
    pub probe: Option<Probe>,
    pub hands: RolloutHands,
    pub order: RolloutOrder,
}

/// How long an environment must be well without a break before its move counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettleTimes {
    /// The first environment that gets an image.
    pub first: Duration,
    /// Each one after it.
    pub later: Duration,
}

impl Default for SettleTimes {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(30 * 60),
            later: Duration::from_secs(10 * 60),
        }
    }
}

/// The worst enhanced health that still passes. With basic health, only green does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum HealthBar {
    Ok,
    #[default]
    Info,
    Warning,
}

/// A page that must answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    pub url: String,
    pub status: u16,
}

/// What comes of a move that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// It is taken back.
    #[default]
    Rollback,
    /// It is left as it is, and a person is called.
    Stop,
}

/// Who changes an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RolloutHands {
    #[default]
    Ours,
    /// Whoever reads what to do; nothing is touched.
    Print(PrintedFor),
}

/// What is printed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PrintedFor {
    /// The AWS CLI.
    #[default]
    Cli,
    Terraform,
    CloudFormation,
}

/// In which order, when, and after whose word the daemon moves several environments. A person's
/// `rollout` moves one, now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutOrder {
    /// Patterns of environment names, in turn.
    pub waves: Vec<String>,
    /// Environments of one wave that move at the same time.
    pub at_once: u32,
    /// Empty: always.
    pub windows: Vec<RolloutWindow>,
    pub approval: RolloutApproval,
    /// Then a question that nobody answered lapses.
    pub approval_deadline: Duration,
}

impl Default for RolloutOrder {
    fn default() -> Self {
        Self {
            waves: Vec::new(),
            at_once: 1,
            windows: Vec::new(),
            approval: RolloutApproval::First,
            approval_deadline: Duration::from_secs(3 * 24 * 60 * 60),
        }
    }
}

/// When a move may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutWindow {
    /// When the window opens.
    pub cron: CronText,
    pub duration: Duration,
    pub timezone: chrono_tz::Tz,
}

/// Which rollouts a person approves beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RolloutApproval {
    /// Until one rollout of the watch has succeeded.
    #[default]
    First,
    /// Every image once.
    Each,
    None,
}
