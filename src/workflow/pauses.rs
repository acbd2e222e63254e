//! How long the runner pauses between looks. A value that grows; it does not sleep.

use std::time::Duration;

/// The first pause between looks; each is half as long again, up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// A state change is noticed within this.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// The first pause after throttling or an unreachable endpoint; doubles up to [`TROUBLE_MAX`].
const TROUBLE_MIN: Duration = Duration::from_secs(2);
const TROUBLE_MAX: Duration = Duration::from_secs(30);

/// Growing pauses: short ones while something is under way, longer ones after trouble.
pub(super) struct Pauses {
    pending: Duration,
    trouble: Duration,
}

impl Pauses {
    pub(super) fn new() -> Self {
        Self {
            pending: PAUSE_MIN,
            trouble: TROUBLE_MIN,
        }
    }

    pub(super) fn pending(&mut self) -> Duration {
        self.trouble = TROUBLE_MIN;
        let now = self.pending;
        self.pending = now.mul_f64(1.5).min(PAUSE_MAX);
        now
    }

    pub(super) fn trouble(&mut self) -> Duration {
        let now = self.trouble;
        self.trouble = (now * 2).min(TROUBLE_MAX);
        now
    }
}
