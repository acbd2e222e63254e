//! The rules, in the words of the documentation: who may be moved or proved in a town in which this happened.
//!
//! They are told for the newest image, while it is for use. While it is quarantined an older one may be
//! rolled out: then they say only what must never happen.

use chrono::Timelike as _;

use super::{Env, OPEN, Past, RollingTown, WAVES};
use crate::model::environment::HealthColor;
use crate::model::ids::ImageId;
use crate::model::rollout::MoveOrder;
use crate::model::rollout_rules::RolloutApproval;

impl RollingTown {
    /// The newest image may be used.
    pub(in crate::flow::rollout::sequence_tests) fn newest_stands(&self) -> bool {
        !self.quarantined[self.newest]
    }

    /// Why this must never be begun, whatever else is so.
    pub(in crate::flow::rollout::sequence_tests) fn never(
        &self,
        order: &MoveOrder,
    ) -> Option<&'static str> {
        let to = super::nth(order.to.image.image());
        let from = order
            .before
            .image
            .image()
            .map(|image: &ImageId| super::nth(Some(image)));
        let proof = order.direction.is_proof();
        match () {
            () if self.quarantined[to] => Some("to a quarantined image"),
            () if from.is_some_and(|from| from > to) => Some("back to an older image"),
            () if self.held => Some("while the watch is held"),
            () if !proof && !self.window_open() => Some("outside of every window"),
            () => None,
        }
    }

    fn well(env: &Env) -> bool {
        env.color == HealthColor::Green && !env.updating
    }

    /// What is remembered of it counts for the image that was aimed at, and for no newer one.
    fn past(&self, env: &Env) -> Past {
        match env.aim == self.newest {
            true => env.past,
            false => Past::Nothing,
        }
    }

    fn on_it(&self, env: &Env) -> bool {
        env.on == self.newest && env.read && !env.under_way
    }

    fn through(&self, env: &Env) -> bool {
        self.on_it(env) && self.past(env) == Past::Proved
    }

    /// Every environment runs the image and was proved on it.
    pub(super) fn all_through(&self) -> bool {
        self.envs.iter().all(|env| self.through(env))
    }

    /// A move of ours brought some environment to the image; where people did, nothing was shown.
    pub(super) fn amiwatch_moved_some(&self) -> bool {
        let by_move = |env: &Env| self.through(env) && !env.is_proof;
        self.envs.iter().any(by_move)
    }

    /// A person ordered the image after the last thing that happened to it.
    fn ordered_since(&self, env: &Env) -> bool {
        self.ordered.is_some_and(|(at, _)| at >= env.past_at)
    }

    fn turn(&self) -> Option<usize> {
        (0..WAVES.len()).find(|wave| {
            let mut of_wave = self.envs.iter().filter(|env| env.wave == *wave).peekable();
            of_wave.peek().is_none() || !of_wave.all(|env| self.through(env) && Self::well(env))
        })
    }

    pub(in crate::flow::rollout::sequence_tests) fn anything_behind(&self) -> bool {
        let mut envs = self.envs.iter();
        envs.any(|env| env.on != self.newest && env.read && !env.under_way)
    }

    /// Those that may be proved now, where something rolls.
    pub(in crate::flow::rollout::sequence_tests) fn due(&self) -> Vec<&Env> {
        let turn = self.turn();
        let due = |env: &&Env| {
            let persons = self.past(env) == Past::Person && !self.ordered_since(env);
            let unproved = self.on_it(env) && !self.through(env);
            !self.held
                && unproved
                && Some(env.wave) == turn
                && !persons
                && !env.updating
                && !env.ill
        };
        self.envs.iter().filter(due).collect()
    }

    /// People are asked about the image, or would be.
    pub(super) fn asks(&self) -> bool {
        let needed = match self.approval {
            RolloutApproval::None => false,
            RolloutApproval::First => !self.succeeded,
            RolloutApproval::Each => true,
        };
        needed && self.ordered.is_none()
    }

    /// Nobody has to be asked, or somebody said yes.
    pub(super) fn was_let_go(&self) -> bool {
        !self.asks() || self.said == Some(true)
    }

    fn window_open(&self) -> bool {
        let now = self.ordered.is_some_and(|(_, now)| now);
        !self.windowed || now || OPEN.contains(&self.now().hour())
    }

    /// It runs the image, and is ill, not proved, or not known. Of one that cannot be read nobody knows who
    /// set it back: it was proved on the image when it could be read last.
    fn unwell(&self, env: &Env) -> bool {
        let due = self.due().iter().any(|due| due.name == env.name);
        let proved = self.past(env) == Past::Proved;
        match (env.read, env.on == self.newest) {
            _ if env.under_way => false,
            (false, _) => proved,
            (true, false) => false,
            (true, true) if proved => !Self::well(env),
            (true, true) => !due,
        }
    }

    /// A run has it in hand, or gave it up while Beanstalk is still at it.
    fn busy(env: &Env) -> bool {
        env.under_way || (env.updating && env.past == Past::Person)
    }

    /// Who may be moved, and how many of them.
    pub(in crate::flow::rollout::sequence_tests) fn may_move(&self) -> (Vec<&Env>, usize) {
        let Some(turn) = self.turn() else {
            return (Vec::new(), 0);
        };
        let of_wave = |env: &&Env| env.wave == turn;
        let elsewhere = self
            .envs
            .iter()
            .any(|env| Self::busy(env) && env.wave != turn);
        let unwell = self.envs.iter().filter(of_wave).any(|env| self.unwell(env));
        if self.held || !self.was_let_go() || !self.window_open() || elsewhere || unwell {
            return (Vec::new(), 0);
        }
        let taken = self
            .envs
            .iter()
            .filter(of_wave)
            .filter(|env| Self::busy(env));
        let taken = taken.count() + self.due().len();
        let free = |env: &&Env| {
            let past = match self.past(env) {
                _ if self.ordered_since(env) => true,
                Past::Nothing => true,
                Past::Paused(until) => until <= self.now(),
                Past::Proved | Past::TakenBackByPerson | Past::Person => false,
            };
            let behind = env.on != self.newest;
            behind && env.read && !env.under_way && !env.updating && !env.ill && past
        };
        let free: Vec<&Env> = self.envs.iter().filter(of_wave).filter(free).collect();
        let count = free.len().min(self.at_once.saturating_sub(taken));
        (free, count)
    }
}
