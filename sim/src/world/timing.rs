//! How long things take in the account, and how awkward its reads are.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long things take, and how consistent and how large reads are. Durations are seconds in JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timing {
    /// Instance: pending to running.
    #[serde(with = "seconds")]
    pub start: Duration,
    /// Instance: stopping to stopped, shutting-down to terminated.
    #[serde(with = "seconds")]
    pub stop: Duration,
    /// Instance: terminated to invisible.
    #[serde(with = "seconds")]
    pub forget: Duration,
    /// Image: pending to available.
    #[serde(with = "seconds")]
    pub image: Duration,
    /// Snapshot: pending to completed. Never later than its image.
    #[serde(with = "seconds")]
    pub snapshot: Duration,
    /// Console output to being readable with `Latest`, while the instance runs.
    #[serde(with = "seconds")]
    pub console: Duration,
    /// Start, reboot, stop to the posting of the console: what is read without `Latest`, and how
    /// late the last lines before a stop show up.
    #[serde(with = "seconds")]
    pub console_post: Duration,
    /// A stopped or terminated instance's last posting to its console being gone.
    #[serde(with = "seconds")]
    pub console_expires: Duration,
    /// What becomes of a console once its guest goes down.
    pub console_end: ConsoleEnd,
    /// A created instance or image is not found for this long.
    #[serde(with = "seconds")]
    pub hidden_for: Duration,
    /// A created instance or image is not found by this many looks.
    pub hidden_looks: u32,
    /// Environment update: from its start, and between its stages, to the next replacement.
    #[serde(with = "seconds")]
    pub update_stage: Duration,
    /// Environment's instance: from its launch to health being known (12 checks in 2 minutes).
    #[serde(with = "seconds")]
    pub health: Duration,
    /// Environment's event: from its happening to DescribeEvents.
    #[serde(with = "seconds")]
    pub events_late: Duration,
    /// UpdateEnvironment: from its answer to being seen by DescribeEnvironments and
    /// DescribeConfigurationSettings.
    #[serde(with = "seconds")]
    pub updates_seen: Duration,
    /// SSM parameter of an image: from its answer to its being checked, and there.
    #[serde(with = "seconds")]
    pub parameter_check: Duration,
    /// DynamoDB's table: from its being made to being usable.
    #[serde(with = "seconds")]
    pub table: Duration,
    /// The largest page of any list, whatever was asked for; 0: each service's own maximum.
    pub page: usize,
    /// Every call takes this long.
    #[serde(with = "seconds")]
    pub latency: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let secs = Duration::from_secs;
        Self {
            start: secs(8),
            stop: secs(20),
            forget: secs(3600),
            image: secs(120),
            snapshot: secs(100),
            console: secs(2),
            console_post: secs(60),
            console_expires: secs(3600),
            console_end: ConsoleEnd::default(),
            hidden_for: Duration::ZERO,
            hidden_looks: 0,
            update_stage: secs(30),
            health: secs(120),
            events_late: secs(2),
            updates_seen: Duration::ZERO,
            parameter_check: secs(3),
            table: secs(6),
            page: 0,
            latency: Duration::ZERO,
        }
    }
}

impl Timing {
    /// Everything at once: for tests that are about something else.
    pub fn instant() -> Self {
        Self {
            start: Duration::ZERO,
            stop: Duration::ZERO,
            image: Duration::ZERO,
            snapshot: Duration::ZERO,
            console: Duration::ZERO,
            console_post: Duration::ZERO,
            update_stage: Duration::ZERO,
            health: Duration::ZERO,
            events_late: Duration::ZERO,
            parameter_check: Duration::ZERO,
            table: Duration::ZERO,
            ..Self::default()
        }
    }
}

/// What becomes of a console once its guest goes down. Which of these EC2 does is not documented, and
/// all of them have been reported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleEnd {
    /// Nothing is posted at a stop or termination, and what was live is gone.
    pub never_posted: bool,
    /// Since when `Latest` is refused.
    pub latest_refused: LatestRefused,
    /// What is left of a console at its end, in bytes; 0: all that EC2 keeps.
    pub cut: usize,
}

/// Since when `Latest` is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatestRefused {
    #[default]
    Never,
    /// While it stops or shuts down (`IncorrectInstanceState`), and afterwards.
    WhileStopping,
    /// Once it has stopped or terminated (`UnsupportedOperation`).
    Ended,
    /// As for a type that is not Nitro.
    Always,
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(d: &Duration, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_f64(d.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(d)?;
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| D::Error::custom("a duration is a number of seconds, zero or more"))
    }
}
