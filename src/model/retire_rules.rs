//! How a watch's older images are retired: what a person asked for. Values as checked; `settings` makes
//! them.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `[watch.NAME.retire]`. The default is what holds where the section leaves a key out; a watch without
/// the section retires nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetireRules {
    /// So many of the newest verified images are never retired.
    pub keep_newest: usize,
    /// Nor are those that were made more recently than this.
    pub younger_than: Duration,
    /// From when an image was superseded until it is disabled.
    pub disable_after: Duration,
    /// From when an image was superseded until it is deregistered with its snapshots.
    pub deregister_after: Duration,
    /// An image that an environment ran so recently stays: it may have to go back.
    pub rollback_horizon: Duration,
    /// Whether anything is done to an image.
    pub mode: RetireMode,
}

/// What becomes of an image that may go a rung down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RetireMode {
    /// People are told.
    #[default]
    Tell,
    /// It goes.
    Apply,
}

impl RetireMode {
    /// The word in the config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tell => "tell",
            Self::Apply => "apply",
        }
    }
}

impl Default for RetireRules {
    fn default() -> Self {
        Self {
            keep_newest: 3,
            younger_than: 30 * DAY,
            disable_after: 45 * DAY,
            deregister_after: 90 * DAY,
            rollback_horizon: 45 * DAY,
            mode: RetireMode::Tell,
        }
    }
}
