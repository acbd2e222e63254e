//! How the daemon is: what health and metrics are made from. Written by the daemon's loop, read by
//! whoever asks; holds nothing that the store must hold.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::clock::plausible;
use crate::cloud::{Calls, Fence, OperationCalls};
use crate::model::blind::BlindSpots;
use crate::service::moves_counted::MoveCounted;
use crate::service::publications_counted::PublicationCounted;

/// The last values; clones share them.
#[derive(Debug, Clone)]
pub struct Vitals {
    pulse: Arc<Mutex<Pulse>>,
    /// Absent: the lease is not one that must be renewed.
    fence: Option<Fence>,
}

/// The daemon's values at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    pub role: Role,
    /// How long ago the renewal was sent by which this process leads; absent where it does not lead, and where a
    /// lease ends with its process.
    pub renewal_age: Option<Duration>,
    pub started_at: DateTime<Utc>,
    /// Since when no pass has ended by itself, by the steady clock: the other may have been set.
    silent_since: Duration,
    /// When the pass that is under way began.
    pub pass_since: Option<DateTime<Utc>>,
    /// When a pass last ended by itself, whatever it saw.
    pub last_pass_at: Option<DateTime<Utc>>,
    /// When a pass last ended that could tell everything that it looked for.
    pub last_good_pass_at: Option<DateTime<Utc>>,
    /// How long the last pass took.
    pub last_pass_took: Option<TimeDelta>,
    /// When the next pass begins; absent while one is under way.
    pub next_pass_at: Option<DateTime<Utc>>,
    /// The schedule names no time that is still to come.
    pub never_again: bool,
    /// The longest that may rightly pass from the end of one pass to the end of the next.
    pub patience: TimeDelta,
    pub passes: BTreeMap<PassResult, u64>,
    pub bakes: BTreeMap<BakeResult, u64>,
    pub bakes_under_way: u64,
    pub moves: BTreeMap<MoveCounted, u64>,
    pub moves_under_way: u64,
    pub publications: BTreeMap<PublicationCounted, u64>,
    pub publications_under_way: u64,
    /// Destinations at which publishing fails, by `<account>/<region>/<watch>`.
    pub publications_failing: BTreeMap<String, u64>,
    /// By watch: environments that the last pass saw behind.
    pub behind: BTreeMap<String, u64>,
    /// By watch: since when it has been out of step; absent for one that is in step.
    pub drifted_since: BTreeMap<String, Option<DateTime<Utc>>>,
    /// What the last pass could not read; empty while everything can be told.
    pub blind: BlindSpots,
    /// Notices that somebody still waits for, and those given up.
    pub notices: NoticeCount,
    pub reloads: BTreeMap<ReloadResult, u64>,
    /// What earlier generations of the settings asked of AWS.
    earlier: Calls,
    /// What the present one did.
    calls: Calls,
}

/// Notices in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticeCount {
    pub waiting: u64,
    pub dead: u64,
}

/// What this process is among those that share its store. The words are labels of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Leader,
    Standby,
}

/// How a pass ended. The words are labels of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PassResult {
    /// Everything could be told.
    Good,
    /// Something was unreachable.
    Partial,
    /// It did not end in time and was cut.
    Cut,
    /// The store failed.
    Failed,
}

/// How a bake ended. The words are labels of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BakeResult {
    Verified,
    Failed,
    /// It could not be ordered or not be driven on; it is tried again.
    PutOff,
}

/// How a reload ended. The words are labels of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReloadResult {
    Done,
    KeptOld,
}

macro_rules! words {
    ($($of:ident { $($variant:ident = $word:literal),+ })+) => {$(
        impl $of {
            /// Every value, in the order of the metric's lines.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The label's word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    )+};
}

words! {
    Role { Leader = "leader", Standby = "standby" }
    PassResult { Good = "good", Partial = "partial", Cut = "cut", Failed = "failed" }
    BakeResult { Verified = "verified", Failed = "failed", PutOff = "put_off" }
    ReloadResult { Done = "done", KeptOld = "kept_old" }
}

impl Vitals {
    /// A daemon that starts now and has done nothing yet.
    pub fn new(now: DateTime<Utc>, steady: Duration, patience: TimeDelta) -> Self {
        let pulse = Pulse {
            role: Role::Leader,
            renewal_age: None,
            started_at: now,
            silent_since: steady,
            pass_since: None,
            last_pass_at: None,
            last_good_pass_at: None,
            last_pass_took: None,
            next_pass_at: None,
            never_again: false,
            patience,
            passes: BTreeMap::new(),
            bakes: BTreeMap::new(),
            bakes_under_way: 0,
            moves: BTreeMap::new(),
            moves_under_way: 0,
            publications: BTreeMap::new(),
            publications_under_way: 0,
            publications_failing: BTreeMap::new(),
            behind: BTreeMap::new(),
            drifted_since: BTreeMap::new(),
            blind: BlindSpots::new(),
            notices: NoticeCount::default(),
            reloads: BTreeMap::new(),
            earlier: Calls::default(),
            calls: Calls::default(),
        };
        Self {
            pulse: Arc::new(Mutex::new(pulse)),
            fence: None,
        }
    }

    /// With what the lease's renewal opens.
    #[must_use]
    pub fn behind(mut self, fence: &Fence) -> Self {
        self.fence = Some(fence.clone());
        self
    }

    /// Changes the values; each change is whole.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Pulse) -> T) -> T {
        change(&mut self.pulse.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The values now.
    pub fn pulse(&self) -> Pulse {
        let mut pulse = self.change(|pulse| pulse.clone());
        pulse.renewal_age = self.fence.as_ref().and_then(Fence::age);
        pulse
    }
}

impl Pulse {
    /// From now on it is this. A leader has its whole patience before it, and a standby nothing under way.
    pub(super) fn turns_to(&mut self, role: Role, steady: Duration) {
        self.role = role;
        self.silent_since = steady;
        self.pass_since = None;
        self.next_pass_at = None;
        self.bakes_under_way = 0;
        self.moves_under_way = 0;
        self.publications_under_way = 0;
    }

    /// For how long no pass has ended by itself.
    pub(super) fn silent(&self, steady: Duration) -> TimeDelta {
        let silent = steady.saturating_sub(self.silent_since);
        TimeDelta::from_std(silent).unwrap_or(TimeDelta::MAX)
    }

    /// A pass has ended by itself.
    pub(super) fn pass_ended(&mut self, now: DateTime<Utc>, steady: Duration) {
        self.last_pass_at = Some(now);
        self.silent_since = steady;
    }

    /// The counters of the present connection, to be brought up to date.
    pub(super) fn present_calls(&mut self) -> &mut Calls {
        &mut self.calls
    }

    /// A new connection begins to count at nothing.
    pub(super) fn new_connection(&mut self) {
        self.earlier.by_operation = self.calls_by_operation();
        self.calls = Calls::default();
    }

    /// What was asked of AWS since the start, by IAM action.
    pub fn calls_by_operation(&self) -> BTreeMap<String, OperationCalls> {
        let mut sum = self.earlier.by_operation.clone();
        for (operation, calls) in &self.calls.by_operation {
            let entry = sum.entry(operation.clone()).or_default();
            entry.sent += calls.sent;
            entry.throttled += calls.throttled;
        }
        sum
    }

    /// Why the daemon is not well; absent when it is. Whether AWS answers is not asked here: a daemon
    /// that looks and cannot tell is alive, and restarting it would help nobody.
    pub fn ailment(&self, now: DateTime<Utc>, steady: Duration) -> Option<String> {
        if !plausible(now) {
            return Some(format!(
                "this machine's clock says {}, and nothing is begun until it is set right",
                now.format("%Y-%m-%d %H:%M UTC")
            ));
        }
        // Another process looks.
        if self.role == Role::Standby {
            return None;
        }
        if self.never_again && self.pass_since.is_none() {
            let why =
                "no pass will begin any more: [schedule] cron names no time that is still to come";
            return Some(why.to_owned());
        }
        let silent = self.silent(steady);
        (silent > self.patience).then(|| {
            format!(
                "no pass has ended for {} s; the longest that is right is {} s",
                silent.num_seconds(),
                self.patience.num_seconds()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
    }

    fn ran(seconds: u64) -> Duration {
        Duration::from_secs(1_000 + seconds)
    }

    #[test]
    fn a_daemon_without_a_pass_for_too_long_is_not_well() {
        let vitals = Vitals::new(at(0), ran(0), TimeDelta::seconds(100));
        let ailment = |after| vitals.pulse().ailment(at(7), ran(after));
        assert_eq!(ailment(100), None);
        assert!(ailment(101).is_some());
        vitals.change(|pulse| pulse.pass_ended(at(90), ran(90)));
        assert_eq!(ailment(190), None);
        let why = ailment(191).unwrap();
        assert!(why.contains("101 s"), "{why}");
    }

    #[test]
    fn a_clock_that_was_set_does_not_make_it_well_or_ill() {
        let vitals = Vitals::new(at(0), ran(0), TimeDelta::seconds(100));
        let years = 80 * 365 * 86_400;
        let ailment = |wall, after| vitals.pulse().ailment(at(wall), ran(after));
        assert_eq!(ailment(90_000, 50), None, "set forward by a day");
        assert!(ailment(-90_000, 101).is_some(), "set back by a day");
        for wrong in [years, -years] {
            let why = ailment(wrong, 1).unwrap();
            assert!(why.contains("set right"), "{why}");
        }
    }

    #[test]
    fn a_standby_is_well_and_a_leader_has_its_whole_patience() {
        let vitals = Vitals::new(at(0), ran(0), TimeDelta::seconds(100));
        vitals.change(|pulse| pulse.turns_to(Role::Standby, ran(0)));
        assert_eq!(vitals.pulse().ailment(at(1), ran(90_000)), None);
        vitals.change(|pulse| pulse.turns_to(Role::Leader, ran(90_000)));
        assert_eq!(vitals.pulse().ailment(at(1), ran(90_100)), None);
        assert!(vitals.pulse().ailment(at(1), ran(90_101)).is_some());
    }

    #[test]
    fn a_schedule_that_is_over_is_not_well() {
        let vitals = Vitals::new(at(0), ran(0), TimeDelta::seconds(100));
        vitals.change(|pulse| pulse.never_again = true);
        let why = vitals.pulse().ailment(at(1), ran(1)).unwrap();
        assert!(why.contains("[schedule] cron"), "{why}");
        vitals.change(|pulse| pulse.pass_since = Some(at(1)));
        assert_eq!(vitals.pulse().ailment(at(2), ran(2)), None);
    }

    #[test]
    fn calls_go_on_counting_over_a_reload() {
        let calls = |sent, throttled| Calls {
            by_operation: [(
                "ec2:DescribeImages".to_owned(),
                OperationCalls { sent, throttled },
            )]
            .into(),
            ..Calls::default()
        };
        let vitals = Vitals::new(at(0), ran(0), TimeDelta::seconds(1));
        vitals.change(|pulse| *pulse.present_calls() = calls(3, 1));
        vitals.change(Pulse::new_connection);
        vitals.change(|pulse| *pulse.present_calls() = calls(2, 0));
        let sum = vitals.pulse().calls_by_operation();
        let all = &sum["ec2:DescribeImages"];
        assert_eq!((all.sent, all.throttled), (5, 1));
    }
}
