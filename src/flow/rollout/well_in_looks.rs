//! An environment that runs the image without a move of ours that is remembered (the store was lost, or
//! somebody else set it): it counts once every look found it well for as long as a move has to settle.
//! Plain.

use chrono::{DateTime, TimeDelta, Utc};

use super::before::{EnvironmentRead, serving};
use super::gates::not_ready;
use super::settling::{HealthWeight, weigh_health};
use crate::model::ids::ImageId;
use crate::model::reason::RolloutGate;
use crate::model::rollout::MoveProof;

/// What one more look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvingState {
    /// It was well in every look for the whole time.
    Proved,
    /// It is remembered well since then.
    Proving {
        since: DateTime<Utc>,
        gate: RolloutGate,
    },
}

/// Takes one more look in; `well_since`: what is remembered of the looks before.
pub fn proving_state(
    read: &EnvironmentRead<'_>,
    image: &ImageId,
    proof: &MoveProof,
    well_since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> ProvingState {
    let not_yet = not_well(read, image, proof);
    let since = match (&not_yet, well_since) {
        (None, Some(since)) => since.min(now),
        (None, None) | (Some(_), _) => now,
    };
    let settle = TimeDelta::from_std(proof.settle()).unwrap_or(TimeDelta::MAX);
    if not_yet.is_none() && now - since >= settle {
        return ProvingState::Proved;
    }
    let until = since
        .checked_add_signed(settle)
        .unwrap_or(DateTime::<Utc>::MAX_UTC);
    ProvingState::Proving {
        since,
        gate: RolloutGate::Proving {
            image: image.clone(),
            since,
            until,
            not_yet,
        },
    }
}

/// What is not as it has to be; absent where all is well.
fn not_well(read: &EnvironmentRead<'_>, image: &ImageId, proof: &MoveProof) -> Option<String> {
    if not_ready(read).is_some() {
        return Some("it is not Ready".to_owned());
    }
    let all = serving(read);
    let others = read
        .running
        .iter()
        .filter(|one| !one.ends && one.image != *image);
    match (all, others.count()) {
        (0, _) => return Some("no instance of it serves".to_owned()),
        (_, 0) => {}
        (all, others) => return Some(format!("{others} of {all} instances run another image")),
    }
    match weigh_health(read.health, proof.bar) {
        HealthWeight::Passes => None,
        HealthWeight::Below { why, .. } | HealthWeight::Scaling { why } => Some(why),
        HealthWeight::NotTold => Some("its health is not known".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::rollout::seen::MoveSeen;
    use crate::flow::rollout::test_orders::{NEW, OLD, all_moved, began, running};
    use crate::model::environment::{EnhancedStatus, EnvironmentHealth, ManagedActions};
    use crate::model::rollout_rules::HealthBar;

    fn state(
        seen: &MoveSeen,
        status: EnhancedStatus,
        since_min: Option<i64>,
        now_min: i64,
    ) -> ProvingState {
        let health = EnvironmentHealth::Enhanced {
            status,
            causes: Vec::new(),
        };
        let minute = |minutes| began() + TimeDelta::minutes(minutes);
        let read = EnvironmentRead {
            scope: &seen.now.target.scope,
            now: &seen.now,
            sets: &seen.sets,
            health: &health,
            running: &seen.running,
            platform_own: None,
            managed: &ManagedActions::Told(Vec::new()),
            at: minute(now_min),
        };
        let proof = MoveProof {
            bar: HealthBar::Info,
            settle_s: 600,
            probe: None,
        };
        proving_state(
            &read,
            &NEW.into(),
            &proof,
            since_min.map(minute),
            minute(now_min),
        )
    }

    fn since(state: ProvingState) -> Option<i64> {
        match state {
            ProvingState::Proved => None,
            ProvingState::Proving { since, .. } => Some((since - began()).num_minutes()),
        }
    }

    #[test]
    fn well_in_every_look_for_the_whole_time_is_proved() {
        let well = |since, now| state(&all_moved(), EnhancedStatus::Ok, since, now);
        assert_eq!(since(well(None, 5)), Some(5));
        assert_eq!(since(well(Some(5), 14)), Some(5));
        assert_eq!(well(Some(5), 15), ProvingState::Proved);
    }

    #[test]
    fn whatever_is_not_well_begins_the_time_anew() {
        let mixed = {
            let mut seen = all_moved();
            seen.running = running(&[NEW, OLD]);
            seen
        };
        let empty = {
            let mut seen = all_moved();
            seen.running = Vec::new();
            seen
        };
        for (seen, status) in [
            (all_moved(), EnhancedStatus::Severe),
            (all_moved(), EnhancedStatus::NotTold),
            (mixed, EnhancedStatus::Ok),
            (empty, EnhancedStatus::Ok),
        ] {
            assert_eq!(
                since(state(&seen, status, Some(0), 60)),
                Some(60),
                "{status:?}"
            );
        }
    }
}
