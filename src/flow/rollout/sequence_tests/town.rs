//! A town whose environments are moved: what happens to it, step by step, and what AWS shows of that. Knows
//! nothing of what may be moved: those are the rules.

mod rules;

use chrono::{DateTime, TimeDelta, Utc};

use crate::flow::rollout::case::RolloutDecision;
use crate::flow::rollout::tests_rollouts::{NEW, OLD, RollingWorld, moves, order};
use crate::flow::test_world::{arn, trouble};
use crate::model::environment::{EnhancedStatus, EnvironmentHealth, HealthColor};
use crate::model::hold::HeldThing;
use crate::model::rollout::{MoveFailing, MoveFault};
use crate::model::rollout_memory::{ApprovalSaid, RolloutMemory};
use crate::model::rollout_rules::{RolloutApproval, RolloutWindow};
use crate::model::sighting::{DeployedSettings, Seen};
use crate::settings::parse_cron;

const WAVES: [&str; 3] = ["a", "b", "c"];
/// The window, where there is one: hours of the day.
const OPEN: std::ops::Range<u32> = 8..12;
/// How long a failed move waits.
const PAUSE_MIN: i64 = 30;
/// How long people have.
const DEADLINE: TimeDelta = TimeDelta::days(3);

/// How a move or a proof ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Well,
    /// No fault of the image; taken back.
    TakenBack,
    /// Nobody knows whose fault.
    Inconclusive,
    /// No fault of the image, and left as it is.
    LeftAsItIs,
    /// It could not be taken back.
    NotTakenBack,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum TownStep {
    Pass,
    Ends(usize, End),
    PersonTakesBack(usize),
    SetToOld(usize),
    SetToNew(usize),
    MadeAnew(usize),
    Shows(usize, HealthColor),
    Updates(usize, bool),
    IsRead(usize, bool),
    IsIll(usize, bool),
    StoreLost,
    Hold(bool),
    Answer(bool),
    Order { now: bool },
    Wait(i64),
}

/// What the last end that is remembered left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    Nothing,
    Proved,
    TakenBackByPerson,
    Paused(DateTime<Utc>),
    Person,
}

#[derive(Debug, Clone)]
pub(super) struct Env {
    pub(super) name: String,
    wave: usize,
    on_new: bool,
    under_way: bool,
    is_proof: bool,
    color: HealthColor,
    updating: bool,
    read: bool,
    ill: bool,
    past: Past,
    past_at: DateTime<Utc>,
    id: u32,
}

/// What happened, as the steps tell it.
pub(super) struct RollingTown {
    pub(super) one: RollingWorld,
    pub(super) envs: Vec<Env>,
    at_once: usize,
    asks: bool,
    windowed: bool,
    held: bool,
    asked: Option<DateTime<Utc>>,
    said: Option<bool>,
    ordered: Option<(DateTime<Utc>, bool)>,
}

impl RollingTown {
    pub(super) fn of(waves: &[usize], at_once: usize, asks: bool, windowed: bool) -> Self {
        let numbered = waves.iter().enumerate();
        let names: Vec<String> = numbered
            .map(|(n, wave)| format!("{}-{n}", WAVES[*wave]))
            .collect();
        let listed: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut one = RollingWorld::of(&listed, &["a-*", "b-*", "c-*"]);
        let order = &mut one.rules().order;
        order.at_once = u32::try_from(at_once).unwrap();
        order.approval_deadline = DEADLINE.to_std().unwrap();
        if asks {
            order.approval = RolloutApproval::Each;
        }
        if windowed {
            order.windows = vec![RolloutWindow {
                cron: parse_cron(&format!("0 {} * * *", OPEN.start)).unwrap(),
                duration: std::time::Duration::from_secs(3600 * u64::from(OPEN.end - OPEN.start)),
                timezone: chrono_tz::UTC,
            }];
        }
        let envs = names.into_iter().zip(waves).map(|(name, wave)| Env {
            name,
            wave: *wave,
            on_new: false,
            under_way: false,
            is_proof: false,
            color: HealthColor::Green,
            updating: false,
            read: true,
            ill: false,
            past: Past::Nothing,
            past_at: one.world.now,
            id: 1,
        });
        Self {
            envs: envs.collect(),
            one,
            at_once,
            asks,
            windowed,
            held: false,
            asked: None,
            said: None,
            ordered: None,
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.one.world.now
    }

    pub(super) fn step(&mut self, step: TownStep) {
        self.one.wait(1);
        let at = |n: usize| n % self.envs.len();
        match step {
            TownStep::Pass => self.pass(),
            TownStep::Ends(n, end) => self.ends(at(n), end),
            TownStep::PersonTakesBack(n) => self.person_takes_back(at(n)),
            TownStep::SetToOld(n) => self.set(at(n), false),
            TownStep::SetToNew(n) => self.set(at(n), true),
            TownStep::MadeAnew(n) => self.made_anew(at(n)),
            TownStep::Shows(n, color) => {
                let n = at(n);
                self.envs[n].color = color;
            }
            TownStep::Updates(n, updating) => {
                let n = at(n);
                self.envs[n].updating = updating;
            }
            TownStep::IsRead(n, read) => {
                let n = at(n);
                self.envs[n].read = read;
            }
            TownStep::IsIll(n, ill) => {
                let n = at(n);
                self.envs[n].ill = ill;
            }
            TownStep::StoreLost => self.lose_store(),
            TownStep::Hold(held) => self.hold(held),
            TownStep::Answer(yes) => self.answer(yes),
            TownStep::Order { now } => {
                self.one.is_ordered(now);
                self.ordered = Some((self.now(), now));
            }
            TownStep::Wait(minutes) => self.one.wait(minutes),
        }
    }

    fn pass(&mut self) {
        self.show();
        let decision = self.one.pass();
        for name in moves(&decision) {
            let proof = order(&decision, &name).direction.is_proof();
            let env = self.envs.iter_mut().find(|env| env.name == name).unwrap();
            (env.under_way, env.is_proof) = (true, proof);
        }
        for env in &self.envs {
            self.one.known(&env.name).made_anew = false;
        }
        let asks = self.asks && self.ordered.is_none() && !self.held;
        if asks && self.asked.is_none() && self.anything_behind_before(&decision) {
            self.asked = Some(self.now());
        }
    }

    /// Something was to be moved when this was decided.
    fn anything_behind_before(&self, decision: &RolloutDecision) -> bool {
        let begun = moves(decision);
        let behind = |env: &Env| {
            let free = !env.under_way || (begun.contains(&env.name) && !env.is_proof);
            !env.on_new && env.read && free
        };
        self.envs.iter().any(behind)
    }

    fn ends(&mut self, n: usize, end: End) {
        let now = self.now();
        let Env {
            name,
            under_way,
            is_proof,
            ..
        } = self.envs[n].clone();
        if !under_way {
            return;
        }
        let failing = |fault, minutes: Option<i64>| {
            Some(MoveFailing {
                attempts: 1,
                next_at: minutes.map(|minutes| now + TimeDelta::minutes(minutes)),
                why: "it failed".to_owned(),
                fault: Some(fault),
                image: Some(NEW.into()),
            })
        };
        let (env, one) = (&mut self.envs[n], &mut self.one);
        (env.under_way, env.past_at) = (false, now);
        if is_proof {
            let well = end == End::Well;
            one.proof_ended(&name, (!well).then_some(MoveFault::Inconclusive));
            env.past = if well { Past::Proved } else { Past::Person };
            return;
        }
        let (past, on_new, back, fault, failed) = match end {
            End::Well => (Past::Proved, true, false, None, None),
            End::TakenBack => {
                let until = now + TimeDelta::minutes(PAUSE_MIN);
                let failed = failing(MoveFault::Environment, Some(PAUSE_MIN));
                (Past::Paused(until), false, true, None, failed)
            }
            End::Inconclusive => {
                let fault = MoveFault::Inconclusive;
                (Past::Person, true, false, Some(fault), failing(fault, None))
            }
            End::LeftAsItIs => {
                let fault = MoveFault::Environment;
                (Past::Person, true, false, Some(fault), failing(fault, None))
            }
            End::NotTakenBack => {
                let fault = MoveFault::Environment;
                (
                    Past::Person,
                    false,
                    true,
                    Some(fault),
                    failing(fault, Some(0)),
                )
            }
        };
        one.ended(&name, back, fault);
        one.known(&name).moves.failing = failed;
        (env.past, env.on_new) = (past, on_new);
    }

    /// `rollback`, of what was moved and is there.
    fn person_takes_back(&mut self, n: usize) {
        let (env, now) = (&mut self.envs[n], self.one.world.now);
        let moved = self.one.known(&env.name).moves.clone();
        let by_move = moved.last.is_some_and(|last| last.from != last.to);
        if env.under_way || !env.on_new || env.past != Past::Proved || !by_move {
            return;
        }
        self.one.ended(&env.name, true, None);
        (env.past, env.past_at, env.on_new) = (Past::TakenBackByPerson, now, false);
    }

    /// By other hands.
    fn set(&mut self, n: usize, on_new: bool) {
        let env = &mut self.envs[n];
        if !env.under_way {
            env.on_new = on_new;
        }
    }

    fn made_anew(&mut self, n: usize) {
        let env = &mut self.envs[n];
        if env.under_way {
            return;
        }
        env.id += 1;
        env.past = Past::Nothing;
        let known = self.one.known(&env.name);
        known.moves = Default::default();
        known.made_anew = true;
    }

    fn lose_store(&mut self) {
        self.one.memory = RolloutMemory::default();
        self.one.known.clear();
        for env in &mut self.envs {
            (env.under_way, env.past) = (false, Past::Nothing);
        }
        (self.asked, self.said, self.ordered) = (None, None, None);
    }

    fn hold(&mut self, held: bool) {
        if held && !self.held {
            self.one.world.hold(HeldThing::Watch, None);
        }
        if !held {
            self.one.world.holds.clear();
        }
        self.held = held;
    }

    fn answer(&mut self, yes: bool) {
        let asked = self.asked.filter(|asked| self.now() < *asked + DEADLINE);
        if asked.is_some() && self.said.is_none() {
            self.said = Some(yes);
            self.one.answered(if yes {
                ApprovalSaid::Approved
            } else {
                ApprovalSaid::Denied
            });
        }
    }

    /// Puts what happened into what AWS shows.
    pub(super) fn show(&mut self) {
        self.one.looks.clear();
        for env in self.envs.clone() {
            let (version, image) = if env.on_new {
                ("4.5.1", NEW)
            } else {
                ("4.5.0", OLD)
            };
            let listed = self.one.listed(&env.name);
            listed.environment.id = Some(format!("e-{}", env.id));
            listed.environment.platform = Some(arn(version));
            listed.environment.color = env.color;
            listed.environment.status = if env.updating { "Updating" } else { "Ready" }.to_owned();
            listed.settings = match env.read {
                true => Seen::Known(DeployedSettings {
                    image: Some(image.into()),
                    not_set: false,
                    draft: None,
                    managed_updates: false,
                }),
                false => Seen::Unreachable(trouble("its settings")),
            };
            if env.ill {
                self.one.reads(&env.name, |read| {
                    read.reading.health = EnvironmentHealth::Enhanced {
                        status: EnhancedStatus::Severe,
                        causes: Vec::new(),
                    };
                });
            }
        }
    }
}
