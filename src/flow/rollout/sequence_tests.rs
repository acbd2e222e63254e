//! Whole lives of a watch, step by step: moves and proofs end in every way, people say, order and hold,
//! environments fall ill, are set by hand, made anew or not read, the memory is lost, and time goes on.
//! After every step what is begun is exactly what the rules allow.
//!
//! The oracle knows what happened, as the steps tell it, and nothing of how it is decided.

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use proptest::prelude::*;

use super::case::RolloutDecision;
use super::tests_rollouts::{NEW, OLD, RollingWorld, moves, order};
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
enum End {
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
enum Step {
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
enum Past {
    Nothing,
    Proved,
    TakenBackByPerson,
    Paused(DateTime<Utc>),
    Person,
}

#[derive(Debug, Clone)]
struct Env {
    name: String,
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
struct Town {
    one: RollingWorld,
    envs: Vec<Env>,
    at_once: usize,
    asks: bool,
    windowed: bool,
    held: bool,
    asked: Option<DateTime<Utc>>,
    said: Option<bool>,
    ordered: Option<(DateTime<Utc>, bool)>,
}

impl Town {
    fn of(waves: &[usize], at_once: usize, asks: bool, windowed: bool) -> Self {
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

    fn step(&mut self, step: Step) {
        self.one.wait(1);
        let at = |n: usize| n % self.envs.len();
        match step {
            Step::Pass => self.pass(),
            Step::Ends(n, end) => self.ends(at(n), end),
            Step::PersonTakesBack(n) => self.person_takes_back(at(n)),
            Step::SetToOld(n) => self.set(at(n), false),
            Step::SetToNew(n) => self.set(at(n), true),
            Step::MadeAnew(n) => self.made_anew(at(n)),
            Step::Shows(n, color) => {
                let n = at(n);
                self.envs[n].color = color;
            }
            Step::Updates(n, updating) => {
                let n = at(n);
                self.envs[n].updating = updating;
            }
            Step::IsRead(n, read) => {
                let n = at(n);
                self.envs[n].read = read;
            }
            Step::IsIll(n, ill) => {
                let n = at(n);
                self.envs[n].ill = ill;
            }
            Step::StoreLost => self.lose_store(),
            Step::Hold(held) => self.hold(held),
            Step::Answer(yes) => self.answer(yes),
            Step::Order { now } => {
                self.one.is_ordered(now);
                self.ordered = Some((self.now(), now));
            }
            Step::Wait(minutes) => self.one.wait(minutes),
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
    fn show(&mut self) {
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

/// The rules, in the words of the documentation.
impl Town {
    fn well(env: &Env) -> bool {
        env.color == HealthColor::Green && !env.updating
    }

    fn on_it(env: &Env) -> bool {
        env.on_new && env.read && !env.under_way
    }

    fn through(env: &Env) -> bool {
        Self::on_it(env) && env.past == Past::Proved
    }

    /// A person ordered the image after the last thing that happened to it.
    fn ordered_since(&self, env: &Env) -> bool {
        self.ordered.is_some_and(|(at, _)| at >= env.past_at)
    }

    fn turn(&self) -> Option<usize> {
        (0..WAVES.len()).find(|wave| {
            let mut of_wave = self.envs.iter().filter(|env| env.wave == *wave).peekable();
            of_wave.peek().is_none() || !of_wave.all(|env| Self::through(env) && Self::well(env))
        })
    }

    fn anything_behind(&self) -> bool {
        let mut envs = self.envs.iter();
        envs.any(|env| !env.on_new && env.read && !env.under_way)
    }

    /// Those that may be proved now, where something rolls.
    fn due(&self) -> Vec<&Env> {
        let turn = self.turn();
        let due = |env: &&Env| {
            let persons = env.past == Past::Person && !self.ordered_since(env);
            let unproved = Self::on_it(env) && !Self::through(env);
            !self.held
                && unproved
                && Some(env.wave) == turn
                && !persons
                && !env.updating
                && !env.ill
        };
        self.envs.iter().filter(due).collect()
    }

    fn let_go(&self) -> bool {
        !self.asks || self.ordered.is_some() || self.said == Some(true)
    }

    fn window_open(&self) -> bool {
        let now = self.ordered.is_some_and(|(_, now)| now);
        !self.windowed || now || OPEN.contains(&self.now().hour())
    }

    /// It runs the image, and is ill, not proved, or not known.
    fn unwell(&self, env: &Env) -> bool {
        let due = self.due().iter().any(|due| due.name == env.name);
        match (env.on_new && !env.under_way, env.read) {
            (false, _) => false,
            (true, false) => env.past == Past::Proved,
            (true, true) if env.past == Past::Proved => !Self::well(env),
            (true, true) => !due,
        }
    }

    /// Who may be moved, and how many of them.
    fn may_move(&self) -> (Vec<&Env>, usize) {
        let Some(turn) = self.turn() else {
            return (Vec::new(), 0);
        };
        let of_wave = |env: &&Env| env.wave == turn;
        let elsewhere = self
            .envs
            .iter()
            .any(|env| env.under_way && env.wave != turn);
        let unwell = self.envs.iter().filter(of_wave).any(|env| self.unwell(env));
        if self.held || !self.let_go() || !self.window_open() || elsewhere || unwell {
            return (Vec::new(), 0);
        }
        let taken = self.envs.iter().filter(of_wave).filter(|env| env.under_way);
        let taken = taken.count() + self.due().len();
        let free = |env: &&Env| {
            let past = match env.past {
                _ if self.ordered_since(env) => true,
                Past::Nothing => true,
                Past::Paused(until) => until <= self.now(),
                Past::Proved | Past::TakenBackByPerson | Past::Person => false,
            };
            !env.on_new && env.read && !env.under_way && !env.updating && !env.ill && past
        };
        let free: Vec<&Env> = self.envs.iter().filter(of_wave).filter(free).collect();
        let count = free.len().min(self.at_once.saturating_sub(taken));
        (free, count)
    }
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        6 => Just(End::Well),
        1 => prop::sample::select(vec![
            End::TakenBack, End::Inconclusive, End::LeftAsItIs, End::NotTakenBack,
        ]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    use HealthColor::{Green, Grey, Red, Yellow};
    let color = prop_oneof![3 => Just(Green), 1 => prop::sample::select(vec![Grey, Red, Yellow])];
    let n = || 0usize..8;
    let mostly = |yes: bool| prop::bool::weighted(if yes { 0.75 } else { 0.25 });
    prop_oneof![
        12 => Just(Step::Pass),
        12 => (n(), end()).prop_map(|(n, end)| Step::Ends(n, end)),
        1 => n().prop_map(Step::PersonTakesBack),
        1 => n().prop_map(Step::SetToOld),
        3 => n().prop_map(Step::SetToNew),
        1 => n().prop_map(Step::MadeAnew),
        2 => (n(), color).prop_map(|(n, color)| Step::Shows(n, color)),
        1 => (n(), mostly(false)).prop_map(|(n, updating)| Step::Updates(n, updating)),
        1 => (n(), mostly(true)).prop_map(|(n, read)| Step::IsRead(n, read)),
        1 => (n(), mostly(false)).prop_map(|(n, ill)| Step::IsIll(n, ill)),
        1 => Just(Step::StoreLost),
        1 => mostly(false).prop_map(Step::Hold),
        3 => mostly(true).prop_map(Step::Answer),
        1 => prop::bool::ANY.prop_map(|now| Step::Order { now }),
        2 => (1i64..600).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn after_every_step_exactly_that_is_begun_which_the_rules_allow(
        waves in prop::collection::vec(0usize..3, 2..7),
        at_once in 1usize..4,
        (asks, windowed) in (prop::bool::ANY, prop::bool::weighted(0.3)),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut town = Town::of(&waves, at_once, asks, windowed);
        for (nth, step) in steps.iter().enumerate() {
            town.step(*step);
            town.show();
            let decision = town.one.decide();
            let begun = moves(&decision);
            let (proofs, moved): (Vec<&String>, Vec<&String>) =
                begun.iter().partition(|name| order(&decision, name).direction.is_proof());
            let due: Vec<&String> = town.due().into_iter().map(|env| &env.name).collect();
            let (free, count) = town.may_move();
            let free: Vec<&String> = free.into_iter().map(|env| &env.name).collect();
            let told = || format!("step {nth} of {steps:?}\n{:#?}\n{decision:#?}", town.envs);
            prop_assert!(proofs.iter().all(|name| due.contains(name)), "{proofs:?}: {}", told());
            if town.anything_behind() {
                prop_assert_eq!(proofs.len(), due.len(), "{}", told());
            }
            prop_assert!(moved.iter().all(|name| free.contains(name)), "{moved:?}: {}", told());
            prop_assert_eq!(moved.len(), count, "{}", told());
        }
    }
}
