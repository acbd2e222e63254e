//! Whether a moved environment stays well for long enough. A plain fold over looks.
//!
//! Healthy means healthy without a break: a look that found it below the bar, or a stretch without any
//! look, and the time is counted anew. What cannot be read is neither well nor ill.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::environment::{EnhancedStatus, EnvironmentHealth, HealthColor};
use crate::model::rollout::MoveProof;
use crate::model::rollout_rules::HealthBar;

/// Beanstalk's own words where it scales and reads its own scaling as bad health.
/// (`4 active instances is below Auto Scaling group minimum size 5.`)
const SCALING: [&str; 4] = [
    "in the process of scaling",
    "auto scaling group is scaling",
    "scaling the environment",
    "below auto scaling group minimum size",
];
/// Ill for so long, in so many looks, is broken.
const ILL_FOR: TimeDelta = TimeDelta::minutes(3);
const ILL_LOOKS: u32 = 3;
/// Severe in so many looks, one after another, is broken at once.
const SEVERE_LOOKS: u32 = 2;
/// Two looks further apart than this do not show what was between them.
const GAP_MAX: TimeDelta = TimeDelta::minutes(3);

/// What one look says of an environment's health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthWeight {
    Passes,
    /// It is read as ill because it scales: neither counted nor held against it.
    Scaling {
        why: String,
    },
    Below {
        severe: bool,
        why: String,
    },
    /// Not known, or not yet.
    NotTold,
}

/// Weighs what was read against the bar.
pub fn weigh_health(health: &EnvironmentHealth, bar: HealthBar) -> HealthWeight {
    match health {
        EnvironmentHealth::Basic { color } => match color {
            HealthColor::Green => HealthWeight::Passes,
            HealthColor::Grey => HealthWeight::NotTold,
            HealthColor::Yellow | HealthColor::Red => HealthWeight::Below {
                severe: *color == HealthColor::Red,
                why: format!("health is {color:?}"),
            },
        },
        EnvironmentHealth::Enhanced { status, causes } => enhanced(*status, causes, bar),
    }
}

fn enhanced(status: EnhancedStatus, causes: &[String], bar: HealthBar) -> HealthWeight {
    let worst = match bar {
        HealthBar::Ok => EnhancedStatus::Ok,
        HealthBar::Info => EnhancedStatus::Info,
        HealthBar::Warning => EnhancedStatus::Warning,
    };
    if status == EnhancedStatus::NotTold {
        return HealthWeight::NotTold;
    }
    if status <= worst {
        return HealthWeight::Passes;
    }
    let why = match causes.is_empty() {
        true => format!("health is {status:?}"),
        false => format!("health is {status:?}: {}", causes.join("; ")),
    };
    let scales = |cause: &String| {
        let cause = cause.to_ascii_lowercase();
        SCALING.iter().any(|words| cause.contains(words))
    };
    if !causes.is_empty() && causes.iter().all(scales) {
        return HealthWeight::Scaling { why };
    }
    HealthWeight::Below {
        severe: status == EnhancedStatus::Severe,
        why,
    }
}

/// How settling stands after a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettlingState {
    /// Well for the whole time.
    Settled,
    Settling {
        so_far: String,
    },
    /// Ill for too long.
    Broken {
        why: String,
    },
}

/// The looks so far, as far as they matter.
#[derive(Debug, Clone, Default)]
pub struct Settling {
    well_since: Option<DateTime<Utc>>,
    last_look: Option<DateTime<Utc>>,
    ill: Option<Ill>,
    severe_looks: u32,
}

#[derive(Debug, Clone)]
struct Ill {
    since: DateTime<Utc>,
    looks: u32,
}

impl Settling {
    /// Takes one more look in.
    pub fn look(
        &mut self,
        weight: &HealthWeight,
        proof: &MoveProof,
        now: DateTime<Utc>,
    ) -> SettlingState {
        if self.last_look.is_some_and(|last| now - last > GAP_MAX) {
            *self = Self::default();
        }
        self.last_look = Some(now);
        match weight {
            HealthWeight::Passes => self.well(proof, now),
            HealthWeight::Below { severe, why } => self.ill(*severe, why, now),
            HealthWeight::Scaling { why } => {
                self.well_since = None;
                pending(format!("it scales ({why}); what follows counts"))
            }
            HealthWeight::NotTold => {
                self.well_since = None;
                pending("its health is not told yet".to_owned())
            }
        }
    }

    fn well(&mut self, proof: &MoveProof, now: DateTime<Utc>) -> SettlingState {
        (self.ill, self.severe_looks) = (None, 0);
        let since = *self.well_since.get_or_insert(now);
        let well_for = (now - since).to_std().unwrap_or_default();
        if well_for >= proof.settle() {
            return SettlingState::Settled;
        }
        let (well_for, wanted) = (minutes(well_for), minutes(proof.settle()));
        pending(format!("well for {well_for} of {wanted} min"))
    }

    fn ill(&mut self, severe: bool, why: &str, now: DateTime<Utc>) -> SettlingState {
        self.well_since = None;
        let ill = self.ill.get_or_insert(Ill {
            since: now,
            looks: 0,
        });
        ill.looks += 1;
        self.severe_looks = if severe { self.severe_looks + 1 } else { 0 };
        let long = ill.looks >= ILL_LOOKS && now - ill.since >= ILL_FOR;
        if long || self.severe_looks >= SEVERE_LOOKS {
            return SettlingState::Broken {
                why: why.to_owned(),
            };
        }
        pending(why.to_owned())
    }
}

fn pending(so_far: String) -> SettlingState {
    SettlingState::Settling { so_far }
}

fn minutes(duration: Duration) -> u64 {
    duration.as_secs() / 60
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proof(minutes: u64) -> MoveProof {
        MoveProof {
            bar: HealthBar::Info,
            settle_s: minutes * 60,
            probe: None,
        }
    }

    fn enhanced_health(status: EnhancedStatus, causes: &[&str]) -> EnvironmentHealth {
        let causes = causes.iter().map(|cause| (*cause).to_owned()).collect();
        EnvironmentHealth::Enhanced { status, causes }
    }

    fn below(severe: bool) -> HealthWeight {
        HealthWeight::Below {
            severe,
            why: "ill".to_owned(),
        }
    }

    /// The states after looks 30 s apart.
    fn after(looks: &[HealthWeight], minutes: u64) -> SettlingState {
        let mut settling = Settling::default();
        let mut state = pending(String::new());
        for (n, look) in (0..).zip(looks) {
            let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(30 * n);
            state = settling.look(look, &proof(minutes), now);
        }
        state
    }

    #[test]
    fn the_bar_decides_what_passes() {
        use EnhancedStatus::{Degraded, Info, NotTold, Ok, Severe, Warning};
        let passes =
            |status, bar| weigh_health(&enhanced_health(status, &[]), bar) == HealthWeight::Passes;
        let table = [
            (Ok, [true, true, true]),
            (Info, [false, true, true]),
            (Warning, [false, false, true]),
            (Degraded, [false, false, false]),
            (Severe, [false, false, false]),
            (NotTold, [false, false, false]),
        ];
        for (status, want) in table {
            let got =
                [HealthBar::Ok, HealthBar::Info, HealthBar::Warning].map(|bar| passes(status, bar));
            assert_eq!(got, want, "{status:?}");
        }
        let basic = |color| weigh_health(&EnvironmentHealth::Basic { color }, HealthBar::Warning);
        assert_eq!(basic(HealthColor::Green), HealthWeight::Passes);
        assert_eq!(basic(HealthColor::Grey), HealthWeight::NotTold);
        assert!(matches!(
            basic(HealthColor::Yellow),
            HealthWeight::Below { severe: false, .. }
        ));
        assert!(matches!(
            basic(HealthColor::Red),
            HealthWeight::Below { severe: true, .. }
        ));
    }

    #[test]
    fn its_own_scaling_is_not_held_against_it() {
        let scaling = "Environment is in the process of scaling.";
        let only = enhanced_health(EnhancedStatus::Degraded, &[scaling]);
        assert!(matches!(
            weigh_health(&only, HealthBar::Info),
            HealthWeight::Scaling { .. }
        ));
        let both = enhanced_health(EnhancedStatus::Degraded, &[scaling, "5xx"]);
        assert!(matches!(
            weigh_health(&both, HealthBar::Info),
            HealthWeight::Below { .. }
        ));
    }

    #[test]
    fn one_bad_look_breaks_nothing_and_begins_the_time_anew() {
        let mut looks = vec![HealthWeight::Passes; 19];
        looks.push(below(false));
        looks.extend(vec![HealthWeight::Passes; 20]);
        assert!(matches!(
            after(&looks, 10),
            SettlingState::Settling { so_far } if so_far == "well for 9 of 10 min"
        ));
        looks.push(HealthWeight::Passes);
        assert_eq!(after(&looks, 10), SettlingState::Settled);
    }

    #[test]
    fn ill_for_three_minutes_or_severe_twice_is_broken() {
        let broken =
            |looks: &[HealthWeight]| matches!(after(looks, 10), SettlingState::Broken { .. });
        assert!(!broken(&vec![below(false); 6]));
        assert!(broken(&vec![below(false); 7]));
        assert!(!broken(&[below(true)]));
        assert!(broken(&[below(true), below(true)]));
        assert!(!broken(&[below(true), HealthWeight::Passes, below(true)]));
        assert!(!broken(&[below(true), below(false), below(true)]));
        assert!(!broken(&vec![
            HealthWeight::Scaling { why: String::new() };
            100
        ]));
    }

    proptest! {
        /// Whatever was seen before, it is settled only when every look of the last stretch passed.
        #[test]
        fn settled_means_well_without_a_break(
            looks in prop::collection::vec((0u8..5, 10i64..400), 1..120),
            minutes in 1u64..20,
        ) {
            let mut settling = Settling::default();
            let mut now = DateTime::<Utc>::UNIX_EPOCH;
            let mut seen: Vec<(DateTime<Utc>, bool)> = Vec::new();
            for (kind, pause) in looks {
                now += TimeDelta::seconds(pause);
                let weight = match kind {
                    0 => below(false),
                    1 => below(true),
                    2 => HealthWeight::NotTold,
                    _ => HealthWeight::Passes,
                };
                let state = settling.look(&weight, &proof(minutes), now);
                seen.push((now, weight == HealthWeight::Passes));
                if state == SettlingState::Settled {
                    let begun = now - TimeDelta::seconds(minutes as i64 * 60);
                    let first = seen.iter().rposition(|(at, _)| *at <= begun).unwrap();
                    let stretch = &seen[first..];
                    prop_assert!(stretch.iter().all(|(_, passed)| *passed));
                    let gaps = stretch.windows(2).map(|two| two[1].0 - two[0].0);
                    prop_assert!(gaps.into_iter().all(|gap| gap <= GAP_MAX));
                }
            }
        }
    }
}
