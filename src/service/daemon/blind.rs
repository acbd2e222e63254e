//! What the passes cannot see: since when, and why. Plain functions of what a pass decided.
//!
//! A daemon that gets no answers is well as a process and blind as a watcher. That is logged once a
//! cause, shown while it lasts, and said when it ends.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::flow::exit_code::{Exit, exit_of_drifts};
use crate::model::plan::{Action, PlanItem};
use crate::model::reason::{Class, Reason, ReasonCode};
use crate::service::vitals::BlindSpot;

/// What changed with a pass.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BlindChange {
    /// A watch cannot be seen, or for another cause than before.
    Blind { watch: String, why: String },
    /// It can be seen again.
    Sees { watch: String },
}

/// What cannot be seen after this pass, and what is new about it.
pub(super) fn blind_after(
    before: &BTreeMap<String, BlindSpot>,
    items: &[PlanItem],
    now: DateTime<Utc>,
) -> (BTreeMap<String, BlindSpot>, Vec<BlindChange>) {
    let (mut spots, mut changes) = (BTreeMap::new(), Vec::new());
    for item in items {
        let watch = item.watch.to_string();
        let earlier = before.get(&watch);
        match spot(item, earlier.map_or(now, |earlier| earlier.since)) {
            Some(spot) => {
                if earlier.is_none_or(|earlier| earlier.causes != spot.causes) {
                    let (watch, why) = (watch.clone(), spot.why.clone());
                    changes.push(BlindChange::Blind { watch, why });
                }
                spots.insert(watch, spot);
            }
            None if earlier.is_some() => changes.push(BlindChange::Sees { watch }),
            None => {}
        }
    }
    (spots, changes)
}

fn spot(item: &PlanItem, since: DateTime<Utc>) -> Option<BlindSpot> {
    let blind =
        item.action == Action::CannotTell || exit_of_drifts([&item.drift]) == Exit::CannotTell;
    if !blind {
        return None;
    }
    let own = item.drift.reasons.iter();
    let own = own.map(|reason| (String::new(), reason));
    let targets = item.drift.targets.iter().flat_map(|target| {
        let reasons = target.reasons.iter();
        reasons.map(move |reason| (target.target.to_string(), reason))
    });
    let open: Vec<(String, &Reason)> = own
        .chain(targets)
        .filter(|(_, reason)| leaves_open(reason.code))
        .collect();
    let causes = open
        .iter()
        .map(|(of, reason)| format!("{} {of}", reason.code));
    let first = open.first().map(|(_, reason)| reason.message.clone());
    Some(BlindSpot {
        since,
        causes: causes.collect(),
        why: first.unwrap_or_else(|| item.because.join(" ")),
    })
}

fn leaves_open(code: ReasonCode) -> bool {
    code == ReasonCode::Denied || code.class() == Class::Unknown
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::model::drift::Drift;
    use crate::model::ids::WatchName;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn item(action: Action, why: &str) -> PlanItem {
        let drift = Drift {
            watch: WatchName::new("shop"),
            release: None,
            eligible: None,
            current: None,
            reasons: Vec::new(),
            targets: Vec::new(),
            notes: Vec::new(),
            holds: Vec::new(),
        };
        PlanItem {
            watch: WatchName::new("shop"),
            action,
            because: vec![why.to_owned()],
            drift,
            targets: Vec::new(),
        }
    }

    #[test]
    fn a_cause_is_told_once_and_its_end_too() {
        let blind = [item(Action::CannotTell, "no credentials")];
        let (spots, changes) = blind_after(&BTreeMap::new(), &blind, at(0));
        assert!(
            matches!(&changes[..], [BlindChange::Blind { why, .. }] if why == "no credentials")
        );
        let again = [item(Action::CannotTell, "no credentials, request 2")];
        let (spots, changes) = blind_after(&spots, &again, at(15));
        assert!(changes.is_empty());
        assert_eq!(spots["shop"].since, at(0), "since the first");
        let (spots, changes) = blind_after(&spots, &[item(Action::Nothing, "")], at(30));
        assert!(spots.is_empty());
        let watch = "shop".to_owned();
        assert_eq!(changes, [BlindChange::Sees { watch }]);
    }
}
