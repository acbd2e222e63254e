//! How long the runner pauses between looks. A value that grows; it does not sleep.

use std::time::Duration;

/// The first pause between looks; each is half as long again, up to [`PAUSE_USUAL`].
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// A state change is noticed within this, for as long as bakes usually wait.
const PAUSE_USUAL: Duration = Duration::from_secs(5);
/// What has lasted long is looked at less often: once in this part of the time that was waited (at five
/// minutes that passes the usual pause), up to [`PAUSE_MAX`]. An image can take a day.
const WAITED_PART: u32 = 60;
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// The first pause after throttling or an unreachable endpoint; doubles up to [`TROUBLE_MAX`].
const TROUBLE_MIN: Duration = Duration::from_secs(2);
const TROUBLE_MAX: Duration = Duration::from_secs(30);

/// Growing pauses: short ones while something is under way, longer ones after trouble.
pub(super) struct Pauses {
    pending: Duration,
    trouble: Duration,
    /// The pauses so far.
    waited: Duration,
}

impl Pauses {
    pub(super) fn new() -> Self {
        Self {
            pending: PAUSE_MIN,
            trouble: TROUBLE_MIN,
            waited: Duration::ZERO,
        }
    }

    pub(super) fn pending(&mut self) -> Duration {
        self.trouble = TROUBLE_MIN;
        let long = (self.waited / WAITED_PART).min(PAUSE_MAX);
        let now = self.pending.max(long);
        self.pending = self.pending.mul_f64(1.5).min(PAUSE_USUAL);
        self.waited += now;
        now
    }

    /// The pause that a look has asked for; never so short that the looks would be a loop.
    pub(super) fn asked(&mut self, again_in: Duration) -> Duration {
        self.trouble = TROUBLE_MIN;
        let now = again_in.max(PAUSE_MIN);
        self.waited += now;
        now
    }

    pub(super) fn trouble(&mut self) -> Duration {
        let now = self.trouble;
        self.trouble = (now * 2).min(TROUBLE_MAX);
        self.waited += now;
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many looks it takes to have waited this long, and the last pause.
    fn looks(wait: Duration) -> (u32, Duration) {
        let (mut pauses, mut looks, mut last) = (Pauses::new(), 0, Duration::ZERO);
        while pauses.waited < wait {
            (last, looks) = (pauses.pending(), looks + 1);
        }
        (looks, last)
    }

    #[test]
    fn what_lasts_is_looked_at_less_often() {
        let minute = Duration::from_secs(60);
        assert_eq!(looks(5 * minute), (63, PAUSE_USUAL));
        let (half_an_hour, last) = looks(30 * minute);
        assert!(
            half_an_hour < 180 && last <= minute / 2,
            "{half_an_hour} {last:?}"
        );
        let (a_day, last) = looks(24 * 60 * minute);
        assert!(a_day < 1_700 && last == PAUSE_MAX, "{a_day} {last:?}");
    }

    #[test]
    fn trouble_has_pauses_of_its_own() {
        let mut pauses = Pauses::new();
        let seconds = |pause: Duration| pause.as_secs();
        let troubled: Vec<_> = (0..6).map(|_| seconds(pauses.trouble())).collect();
        assert_eq!(troubled, [2, 4, 8, 16, 30, 30]);
        assert!(pauses.pending() <= 2 * PAUSE_MIN);
        assert_eq!(seconds(pauses.trouble()), 2, "an answer ends the trouble");
    }
}
