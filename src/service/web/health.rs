//! `/healthz`: how the daemon is, as one document. Reads the vitals alone: it asks neither AWS nor the
//! store.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::service::vitals::Pulse;

/// `/healthz`. Its `schema` is contract.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    schema: &'static str,
    pub(super) ok: bool,
    /// Absent when it is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    version: &'static str,
    started_at: DateTime<Utc>,
    last_pass_at: Option<DateTime<Utc>>,
    last_good_pass_at: Option<DateTime<Utc>>,
    next_pass_at: Option<DateTime<Utc>>,
    bakes_under_way: u64,
    notices_waiting: u64,
    notices_dead: u64,
    /// What the last pass could not read. The process is well all the same: a restart would help nobody.
    blind: Vec<BlindWatch>,
}

/// A watch that cannot be seen, or not wholly.
#[derive(Debug, Serialize)]
struct BlindWatch {
    watch: String,
    since: DateTime<Utc>,
    why: String,
}

/// How the daemon is now.
pub(super) fn health(pulse: &Pulse, now: DateTime<Utc>, steady: Duration) -> Health {
    let why = pulse.ailment(now, steady);
    Health {
        schema: "amiwatch.health/1",
        ok: why.is_none(),
        why,
        version: env!("CARGO_PKG_VERSION"),
        started_at: pulse.started_at,
        last_pass_at: pulse.last_pass_at,
        last_good_pass_at: pulse.last_good_pass_at,
        next_pass_at: pulse.next_pass_at,
        bakes_under_way: pulse.bakes_under_way,
        notices_waiting: pulse.notices.waiting,
        notices_dead: pulse.notices.dead,
        blind: pulse
            .blind
            .iter()
            .map(|(watch, spot)| BlindWatch {
                watch: watch.clone(),
                since: spot.since,
                why: spot.why.clone(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::service::vitals::Vitals;

    #[test]
    fn health_says_what_is_wrong() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let ran = Duration::from_secs;
        let vitals = Vitals::new(now, ran(0), TimeDelta::seconds(10));
        let well = serde_json::to_value(health(&vitals.pulse(), now, ran(10))).unwrap();
        assert_eq!(well["ok"], true);
        assert_eq!(well.get("why"), None);
        let ill = serde_json::to_value(health(&vitals.pulse(), now, ran(11))).unwrap();
        assert_eq!(ill["ok"], false);
        assert!(ill["why"].as_str().unwrap().contains("no pass has ended"));
    }
}
