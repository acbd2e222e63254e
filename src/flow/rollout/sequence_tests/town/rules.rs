//! The rules, in the words of the documentation: who may be moved or proved in a town in which this happened.

use chrono::Timelike as _;

use super::{Env, OPEN, Past, RollingTown, WAVES};
use crate::model::environment::HealthColor;

impl RollingTown {
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

    pub(in crate::flow::rollout::sequence_tests) fn anything_behind(&self) -> bool {
        let mut envs = self.envs.iter();
        envs.any(|env| !env.on_new && env.read && !env.under_way)
    }

    /// Those that may be proved now, where something rolls.
    pub(in crate::flow::rollout::sequence_tests) fn due(&self) -> Vec<&Env> {
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

    /// It runs the image, and is ill, not proved, or not known. Of one that cannot be read nobody knows who
    /// set it back: it was proved on the image when it could be read last.
    fn unwell(&self, env: &Env) -> bool {
        let due = self.due().iter().any(|due| due.name == env.name);
        match (env.read, env.on_new) {
            _ if env.under_way => false,
            (false, _) => env.past == Past::Proved,
            (true, false) => false,
            (true, true) if env.past == Past::Proved => !Self::well(env),
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
        if self.held || !self.let_go() || !self.window_open() || elsewhere || unwell {
            return (Vec::new(), 0);
        }
        let taken = self
            .envs
            .iter()
            .filter(of_wave)
            .filter(|env| Self::busy(env));
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
