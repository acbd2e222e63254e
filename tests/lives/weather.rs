//! What happens to an account by itself: releases, slowness, faults, denials, missing capacity, guests
//! with bad days. Each hour draws anew; what began ends again after some hours.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;
use sim::{Action, FaultKind, FaultRule, Timing, When};

use super::chance::Chance;
use super::life::Watched;
use crate::common::guest::Day;
use crate::common::world::{self, REGION};

/// The shipped policies, which grant what amiwatch calls and nothing else (`shipped/policies.rs`).
const POLICIES: [&str; 4] = [
    include_str!("../../deploy/iam/look.json"),
    include_str!("../../deploy/iam/bake.json"),
    include_str!("../../deploy/iam/bake-ssm.json"),
    include_str!("../../deploy/iam/notify.json"),
];

/// What moves are allowed beside them.
const MOVES: &str = include_str!("../../deploy/iam/rollout.json");

/// What publishing is allowed beside them.
const PUBLISHING: &str = include_str!("../../deploy/iam/publish.json");
/// And retiring, which asks what names an image.
const RETIRING: [&str; 2] = [
    include_str!("../../deploy/iam/images.json"),
    include_str!("../../deploy/iam/retire.json"),
];

/// Everything that amiwatch calls where it moves nothing.
static CALLS: LazyLock<Vec<String>> = LazyLock::new(|| calls_of(&POLICIES));
/// Everything that it calls where it does.
static CALLS_OF_MOVES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let policies: Vec<&str> = POLICIES.into_iter().chain([MOVES]).collect();
    calls_of(&policies)
});

/// Each of which can fail.
pub(crate) fn calls_of_moves() -> &'static [String] {
    &CALLS_OF_MOVES
}

/// Everything that it calls where it publishes and retires.
static CALLS_OF_OWNERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let policies = POLICIES.into_iter().chain([PUBLISHING]).chain(RETIRING);
    calls_of(&policies.collect::<Vec<_>>())
});

fn calls_of(policies: &[&str]) -> Vec<String> {
    let mut calls = BTreeSet::new();
    for policy in policies {
        let policy: Value = serde_json::from_str(policy).expect("a policy is JSON");
        for statement in policy["Statement"].as_array().expect("statements") {
            match &statement["Action"] {
                Value::Array(actions) => {
                    calls.extend(actions.iter().filter_map(Value::as_str).map(str::to_owned))
                }
                action => calls.extend(action.as_str().map(str::to_owned)),
            }
        }
    }
    // What AWS asks for on its own account is no call that could fail.
    calls.retain(|call| !call.starts_with("iam:") && !call.starts_with("kms:"));
    assert!(calls.len() > 30, "{calls:?}");
    calls.into_iter().collect()
}

/// The weather over one account.
pub(crate) struct Weather {
    chance: Chance,
    calls: &'static [String],
    /// Versions come out by themselves.
    releases_come: bool,
    /// Trouble ends at its hour; without it, it lasts until the next one begins.
    clears_up: bool,
    troubled: bool,
    /// How slow the account is when nothing is slow.
    usual: Timing,
    releases: u32,
    /// Until which hour it lasts; then everything is fine again.
    until: u64,
    denied: Vec<String>,
}

impl Weather {
    pub(crate) fn of(seed: u64) -> Self {
        Self {
            chance: Chance::of(seed),
            calls: &CALLS,
            releases_come: true,
            clears_up: false,
            troubled: false,
            usual: world::brisk(),
            releases: 0,
            until: 0,
            denied: Vec::new(),
        }
    }

    /// The weather over an account where images are baked, and perhaps published.
    pub(crate) fn over(owns: bool, seed: u64) -> Self {
        let calls = if owns { &CALLS_OF_OWNERS } else { &CALLS };
        Self {
            calls,
            ..Self::of(seed)
        }
    }

    /// The weather over an account whose environments are moved, and whose releases come otherwise.
    pub(crate) fn over_moves(seed: u64, usual: Timing) -> Self {
        Self {
            calls: &CALLS_OF_MOVES,
            releases_come: false,
            clears_up: true,
            usual,
            ..Self::of(seed)
        }
    }

    /// Nothing is wrong now.
    pub(crate) fn is_fine(&self) -> bool {
        !self.troubled
    }

    /// One hour passes.
    pub(crate) fn hour(&mut self, hour: u64, watched: &Watched) {
        if self.releases_come && self.chance.once_in(60) {
            self.release(watched);
        }
        if self.clears_up && self.troubled && hour >= self.until {
            self.clear(watched);
        }
        if hour >= self.until && !self.chance.once_in(12) {
            return;
        }
        if hour >= self.until {
            self.clear(watched);
            self.until = hour + 1 + self.chance.below(10);
            self.turn(watched);
        }
    }

    pub(crate) fn release(&mut self, watched: &Watched) {
        self.releases += 1;
        let version = format!("5.{}.0", self.releases);
        let here = watched.account.at(REGION);
        here.release(world::release(&version)).unwrap();
    }

    /// The sun comes out.
    pub(crate) fn clear(&mut self, watched: &Watched) {
        let account = &watched.account;
        self.troubled = false;
        account.clear_faults();
        for action in std::mem::take(&mut self.denied) {
            account.allow(&action);
        }
        account.set_timing(self.usual.clone());
        watched.cast.set(Day::Quick, Day::Quick);
        let here = account.at(REGION);
        here.act(Action::Capacity {
            instance_type: "*".to_owned(),
            zone: "*".to_owned(),
            available: true,
        })
        .unwrap();
    }

    /// One to three sorts of trouble begin.
    fn turn(&mut self, watched: &Watched) {
        self.troubled = true;
        for _ in 0..=self.chance.below(3) {
            match self.chance.below(6) {
                0 | 1 => self.storm(watched),
                2 => self.denial(watched),
                3 => self.slowness(watched),
                4 => self.no_room(watched),
                _ => self.bad_days(watched),
            }
        }
    }

    fn storm(&mut self, watched: &Watched) {
        let kind = self.chance.one_of(&[
            FaultKind::Throttle,
            FaultKind::Http5xx,
            FaultKind::TimeoutBeforeEffect,
            FaultKind::TimeoutAfterEffect,
            FaultKind::DropBeforeEffect,
            FaultKind::DropAfterEffect,
            FaultKind::ErrorAfterEffect,
            FaultKind::Slow { seconds: 8.0 },
        ]);
        let p = self.chance.one_of(&[0.02, 0.1, 0.3, 0.9]);
        let seed = self.chance.seed();
        let rule = FaultRule::new(kind).when(When::Chance { p, seed });
        watched.account.fault(match self.chance.once_in(3) {
            true => rule,
            false => rule.on(&self.chance.one_of(self.calls)),
        });
    }

    fn denial(&mut self, watched: &Watched) {
        let action = self.chance.one_of(self.calls);
        watched.account.deny(&action);
        self.denied.push(action);
    }

    fn slowness(&mut self, watched: &Watched) {
        let chance = &mut self.chance;
        // An image that takes hours is looked at thousands of times: worth it now and then.
        let image_max = if chance.once_in(8) { 3 * 3600 } else { 600 };
        let timing = Timing {
            start: chance.seconds(1, 120),
            stop: chance.seconds(1, 300),
            image: chance.seconds(2, image_max),
            snapshot: Duration::from_secs(2),
            console: chance.seconds(0, 60),
            console_post: chance.seconds(0, 240),
            hidden_for: chance.seconds(0, 40),
            hidden_looks: u32::try_from(chance.below(4)).unwrap(),
            page: chance.one_of(&[0, 2, 5]),
            ..self.usual.clone()
        };
        watched.account.set_timing(timing);
    }

    fn no_room(&mut self, watched: &Watched) {
        let zone = self.chance.one_of(&["*", "eu-west-1a", "eu-west-1b"]);
        let kind = self.chance.one_of(&["*", "t3.small"]);
        let here = watched.account.at(REGION);
        here.act(Action::Capacity {
            instance_type: kind.to_owned(),
            zone: zone.to_owned(),
            available: false,
        })
        .unwrap();
    }

    fn bad_days(&mut self, watched: &Watched) {
        let bad = [
            Day::Hangs,
            Day::Garbage,
            Day::HalfReport,
            Day::ForeignReport,
            Day::NoReport,
            Day::FailsChecks,
            Day::NotClean,
            Day::TwoReports,
            Day::Hostile,
        ];
        let day = self.chance.one_of(&bad);
        match self.chance.once_in(2) {
            true => watched.cast.set(day, Day::Quick),
            false => watched.cast.set(Day::Quick, day),
        }
    }
}
