//! A town whose environments are moved: what happens to it, step by step, and what AWS shows of that. Knows
//! nothing of what may be moved: those are the rules.

mod ends;
mod rules;

use chrono::{DateTime, TimeDelta, Utc};

use crate::flow::rollout::case::RolloutDecision;
use crate::flow::rollout::tests_rollouts::{NEW, OLD, RollingWorld, moves, order};
use crate::flow::test_world::{BASE_450, BASE_451, arn, trouble};
use crate::model::environment::{EnhancedStatus, EnvironmentHealth, HealthColor};
use crate::model::hold::HeldThing;
use crate::model::ids::ImageId;
use crate::model::rollout_memory::{ApprovalSaid, RolloutMemory};
use crate::model::rollout_rules::{RolloutApproval, RolloutWindow};
use crate::model::sighting::{DeployedSettings, Seen};
use crate::settings::parse_cron;

const WAVES: [&str; 3] = ["a", "b", "c"];
/// The watch's images in the order in which they appear: version, image, base.
const IMAGES: [(&str, &str, &str); 4] = [
    ("4.5.0", OLD, BASE_450),
    ("4.5.1", NEW, BASE_451),
    ("4.5.2", "ami-ours452", "ami-base452"),
    ("4.5.3", "ami-ours453", "ami-base453"),
];
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
    /// The image is to blame: taken back, and the image is held.
    Quarantined,
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
    NewerImage,
    /// A person ends the newest image's quarantine.
    Unhold,
    StoreLost,
    Hold(bool),
    Answer(bool),
    Order {
        now: bool,
    },
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
    /// Which of the images it runs.
    on: usize,
    under_way: bool,
    is_proof: bool,
    /// The image that what is under way brings, or what was under way last brought.
    aim: usize,
    color: HealthColor,
    updating: bool,
    read: bool,
    ill: bool,
    /// What is remembered of the move to `aim`.
    past: Past,
    past_at: DateTime<Utc>,
    id: u32,
}

/// What happened, as the steps tell it.
pub(super) struct RollingTown {
    pub(super) one: RollingWorld,
    pub(super) envs: Vec<Env>,
    at_once: usize,
    approval: RolloutApproval,
    windowed: bool,
    held: bool,
    /// The newest image that has appeared.
    newest: usize,
    /// The images that failed, by what is remembered of it.
    quarantined: [bool; IMAGES.len()],
    /// What is told of the newest image's rollout: began, went through every wave.
    begun: bool,
    through: bool,
    /// One rollout that people let go, and in which amiwatch moved something, has gone through.
    succeeded: bool,
    asked: Option<DateTime<Utc>>,
    said: Option<bool>,
    ordered: Option<(DateTime<Utc>, bool)>,
}

impl RollingTown {
    pub(super) fn of(
        waves: &[usize],
        at_once: usize,
        approval: RolloutApproval,
        windowed: bool,
    ) -> Self {
        let numbered = waves.iter().enumerate();
        let names: Vec<String> = numbered
            .map(|(n, wave)| format!("{}-{n}", WAVES[*wave]))
            .collect();
        let listed: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut one = RollingWorld::of(&listed, &["a-*", "b-*", "c-*"]);
        let order = &mut one.rules().order;
        order.at_once = u32::try_from(at_once).unwrap();
        order.approval_deadline = DEADLINE.to_std().unwrap();
        order.approval = approval;
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
            on: 0,
            under_way: false,
            is_proof: false,
            aim: 0,
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
            approval,
            windowed,
            held: false,
            newest: 1,
            quarantined: [false; IMAGES.len()],
            begun: false,
            through: false,
            succeeded: false,
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
            TownStep::SetToOld(n) => self.set(at(n), 0),
            TownStep::SetToNew(n) => self.set(at(n), self.newest),
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
            TownStep::NewerImage => self.newer_image(),
            TownStep::Unhold => self.unhold(),
            TownStep::StoreLost => self.lose_store(),
            TownStep::Hold(held) => self.hold(held),
            TownStep::Answer(yes) => self.answer(yes),
            TownStep::Order { now } => {
                self.one.image_is_ordered(IMAGES[self.newest].1, now);
                self.ordered = Some((self.now(), now));
                (self.begun, self.through) = (true, false);
            }
            TownStep::Wait(minutes) => self.one.wait(minutes),
        }
    }

    fn pass(&mut self) {
        self.show();
        let may_begin = self.newest_stands() && !self.held;
        let asks = may_begin && self.asks();
        let decision = self.one.pass();
        for name in moves(&decision) {
            let order = order(&decision, &name);
            let (aim, proof) = (nth(order.to.image.image()), order.direction.is_proof());
            let env = self.envs.iter_mut().find(|env| env.name == name).unwrap();
            (env.under_way, env.is_proof, env.aim) = (true, proof, aim);
        }
        for env in &self.envs {
            self.one.known(&env.name).made_anew = false;
        }
        if !self.newest_stands() {
            self.forget_what_an_older_image_replaced();
            return;
        }
        if may_begin && self.anything_behind_before(&decision) {
            self.begun = true;
            if asks && self.asked.is_none() {
                self.asked = Some(self.now());
            }
        }
        if self.begun && !self.through && self.all_through() {
            self.through = true;
            self.succeeded |= self.was_let_go() && self.amiwatch_moved_some();
        }
    }

    /// While the newest image is not for use, an older one may be rolled out, and asked for: then what was
    /// said of the newest one does not count any more.
    fn forget_what_an_older_image_replaced(&mut self) {
        let memory = &self.one.memory;
        let newest: ImageId = IMAGES[self.newest].1.into();
        if memory.rollout_of(&newest).is_none() {
            (self.begun, self.through, self.ordered) = (false, false, None);
        }
        if memory.question_of(&newest).is_none() {
            (self.asked, self.said) = (None, None);
        }
        self.succeeded = memory.has_succeeded;
    }

    /// Something was to be moved when this was decided.
    fn anything_behind_before(&self, decision: &RolloutDecision) -> bool {
        let begun = moves(decision);
        let behind = |env: &Env| {
            let free = !env.under_way || (begun.contains(&env.name) && !env.is_proof);
            env.on != self.newest && env.read && free
        };
        self.envs.iter().any(behind)
    }

    /// By other hands.
    fn set(&mut self, n: usize, image: usize) {
        let env = &mut self.envs[n];
        if !env.under_way {
            env.on = image;
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

    /// A release appears, and an image of it that is verified: what was asked about older ones is past.
    fn newer_image(&mut self) {
        if self.newest + 1 == IMAGES.len() {
            return;
        }
        self.newest += 1;
        let (version, image, base) = IMAGES[self.newest];
        self.one.newer_image(version, base, image);
        (self.begun, self.through) = (false, false);
        (self.asked, self.said, self.ordered) = (None, None, None);
    }

    fn quarantine(&mut self, image: usize) {
        if !std::mem::replace(&mut self.quarantined[image], true) {
            let image = HeldThing::Image(IMAGES[image].1.into());
            self.one.world.hold(image, None);
        }
    }

    fn unhold(&mut self) {
        let newest = HeldThing::Image(IMAGES[self.newest].1.into());
        self.one.world.holds.retain(|hold| hold.on != newest);
        self.quarantined[self.newest] = false;
    }

    /// With it go what is remembered of moves and what people hold.
    fn lose_store(&mut self) {
        self.one.memory = RolloutMemory::default();
        self.one.known.clear();
        for env in &mut self.envs {
            (env.under_way, env.past) = (false, Past::Nothing);
        }
        (self.begun, self.through, self.succeeded) = (false, false, false);
        (self.asked, self.said, self.ordered) = (None, None, None);
    }

    fn hold(&mut self, held: bool) {
        if held && !self.held {
            self.one.world.hold(HeldThing::Watch, None);
        }
        if !held {
            let holds = &mut self.one.world.holds;
            holds.retain(|hold| hold.on != HeldThing::Watch);
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
            let (version, image, _) = IMAGES[env.on];
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

/// Which of the town's images this is.
fn nth(image: Option<&ImageId>) -> usize {
    let mut images = IMAGES.iter();
    let found = images.position(|(_, id, _)| image.is_some_and(|image| image.as_str() == *id));
    found.unwrap_or_else(|| panic!("no image of the town: {image:?}"))
}
