//! How moves and proofs of a town end, and how people take them back: what is remembered of each, and what
//! the environment runs then.

use chrono::TimeDelta;

use super::{End, IMAGES, PAUSE_MIN, Past, RollingTown};
use crate::model::rollout::{MoveFailing, MoveFault};

impl RollingTown {
    pub(super) fn ends(&mut self, n: usize, end: End) {
        let now = self.now();
        let env = self.envs[n].clone();
        if !env.under_way {
            return;
        }
        (self.envs[n].under_way, self.envs[n].past_at) = (false, now);
        if env.is_proof {
            self.proof_ends(n, end);
            return;
        }
        let failing = |fault, minutes: Option<i64>| {
            Some(MoveFailing {
                attempts: 1,
                next_at: minutes.map(|minutes| now + TimeDelta::minutes(minutes)),
                why: "it failed".to_owned(),
                fault: Some(fault),
                image: Some(IMAGES[env.aim].1.into()),
            })
        };
        let (past, moved, back, fault, failed) = match end {
            End::Well => (Past::Proved, true, false, None, None),
            End::TakenBack => {
                let until = now + TimeDelta::minutes(PAUSE_MIN);
                let failed = failing(MoveFault::Environment, Some(PAUSE_MIN));
                (Past::Paused(until), false, true, None, failed)
            }
            End::Quarantined => {
                self.quarantine(env.aim);
                let failed = failing(MoveFault::Image, None);
                (Past::Nothing, false, true, None, failed)
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
                let failed = failing(fault, Some(0));
                (Past::Person, false, true, Some(fault), failed)
            }
        };
        let (from, to) = match back {
            true => (env.aim, env.on),
            false => (env.on, env.aim),
        };
        let ids = (IMAGES[from].1, IMAGES[to].1);
        self.one.ended_from_to(&env.name, back, ids, fault);
        self.one.known(&env.name).moves.failing = failed;
        let ended = &mut self.envs[n];
        ended.past = past;
        if moved {
            ended.on = env.aim;
        }
    }

    fn proof_ends(&mut self, n: usize, end: End) {
        let env = &mut self.envs[n];
        let well = end == End::Well;
        let image = IMAGES[env.aim].1;
        let fault = (!well).then_some(MoveFault::Inconclusive);
        env.past = if well { Past::Proved } else { Past::Person };
        self.one
            .ended_from_to(&env.name, false, (image, image), fault);
    }

    /// `rollback`, of what was moved and is there.
    pub(super) fn person_takes_back(&mut self, n: usize) {
        let (env, now) = (&mut self.envs[n], self.one.world.now);
        let last = self.one.known(&env.name).moves.last.clone();
        let Some(last) = last.filter(|last| last.from != last.to) else {
            return;
        };
        if env.under_way || env.on != env.aim || env.past != Past::Proved {
            return;
        }
        let before = super::nth(last.from.as_ref());
        let ids = (IMAGES[env.aim].1, IMAGES[before].1);
        self.one.ended_from_to(&env.name, true, ids, None);
        (env.past, env.past_at, env.on) = (Past::TakenBackByPerson, now, before);
    }
}
