//! `/healthz`: how the daemon is, as one document. Reads the vitals alone: it asks neither AWS nor the
//! store.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::service::desk::blind::BlindShown;
use crate::service::vitals::{Pulse, Role};

/// `/healthz`. Its `schema` is contract.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    schema: &'static str,
    pub(super) ok: bool,
    /// Absent when it is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    version: &'static str,
    /// `leader`, or `standby` while another process leads.
    role: Role,
    started_at: DateTime<Utc>,
    last_pass_at: Option<DateTime<Utc>>,
    last_good_pass_at: Option<DateTime<Utc>>,
    next_pass_at: Option<DateTime<Utc>>,
    bakes_under_way: u64,
    notices_waiting: u64,
    notices_dead: u64,
    /// What the last pass could not read. The process is well all the same: a restart would help nobody.
    blind: Vec<BlindShown>,
}

/// How the daemon is now.
pub(super) fn health(pulse: &Pulse, now: DateTime<Utc>, steady: Duration) -> Health {
    let why = pulse.ailment(now, steady);
    Health {
        schema: "amiwatch.health/1",
        ok: why.is_none(),
        why,
        version: env!("CARGO_PKG_VERSION"),
        role: pulse.role,
        started_at: pulse.started_at,
        last_pass_at: pulse.last_pass_at,
        last_good_pass_at: pulse.last_good_pass_at,
        next_pass_at: pulse.next_pass_at,
        bakes_under_way: pulse.bakes_under_way,
        notices_waiting: pulse.notices.waiting,
        notices_dead: pulse.notices.dead,
        blind: pulse.blind.values().map(BlindShown::of).collect(),
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
        vitals.change(|pulse| {
            let spot = crate::service::web::blind_sample(Some("ECS"));
            pulse.blind.insert(spot.of.name(), spot);
        });
        let blind = serde_json::to_value(health(&vitals.pulse(), now, ran(10))).unwrap();
        assert_eq!(blind["ok"], true, "a restart would help nobody");
        assert_eq!(
            blind["blind"],
            serde_json::json!([{
                "place": "000000000000/eu-west-1", "base": "ECS", "since": "1970-01-01T00:01:10Z",
                "why": "refused", "denied": true, "watches": ["shop"], "told": false,
            }])
        );
        assert!(ill["why"].as_str().unwrap().contains("no pass has ended"));
    }
}
