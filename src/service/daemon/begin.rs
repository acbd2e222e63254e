//! What the loop begins: a pass, bakes, a delivery, a sweep, each when it is due and has room. Nothing waits
//! in here, and what ends is not looked at.

use std::rc::Rc;

use chrono::{DateTime, Utc};

use super::host::Condition;
use super::{Daemon, Host, lanes};
use crate::clock::plausible;
use crate::flow::bake::kind::BakeKind;
use crate::service::pass::{BAKES_MAX, Start};
use crate::service::runs;
use crate::service::watchdog::WatchdogPing;
use crate::store::StoreError;
use crate::store::requests::StoredRequest;

impl<H: Host> Daemon<'_, H> {
    /// Starts what is due and has room. Nothing waits in here.
    pub(super) fn begin_what_is_due(&mut self) {
        let now = self.ground.clock.now();
        if let Some(alive) = self.alive.as_mut().filter(|alive| alive.is_due(now)) {
            alive.restart(now);
            self.host.tell(&Condition::Alive);
        }
        if self.loading.is_none()
            && let Some(asked) = self.reloads.pop_front()
        {
            self.loading = Some(self.load(asked));
        }
        if !plausible(now) {
            return self.count();
        }
        if self.pass.is_none() && self.tick.is_some_and(|tick| tick.is_due(now)) {
            self.begin_pass(now);
        }
        self.look_for_names();
        while self.bakes.len() < BAKES_MAX
            && let Some((_, (start, asked))) = self.waiting.pop_first()
        {
            self.begin_bake(start, asked);
        }
        if self.telling.is_none() && self.notices.is_due(now) {
            self.begin_telling(now);
        }
        if self.sweeping.is_none()
            && let Some(sweep) = self.sweep.as_mut().filter(|sweep| sweep.is_due(now))
        {
            sweep.restart(now);
            self.begin_sweep(self.swept);
        }
        if self.sweeping.is_none() && self.kept_until.is_some_and(|until| until <= now) {
            self.kept_until = None;
            self.begin_sweep(false);
        }
        if self.retiring.is_none() && std::mem::take(&mut self.retire_next) {
            let live = Rc::clone(&self.live);
            self.retiring = Some(lanes::retire_lane(self.ground, live));
        }
        if self.pruning.is_none() && self.prune.is_due(now) {
            self.begin_pruning(now);
        }
        self.count();
    }

    /// What nothing claims is told first, and removed by the sweep of the next day; what people were told the
    /// end of goes then, whatever `apply` says.
    fn begin_sweep(&mut self, apply: bool) {
        let settings = &self.live.settings;
        let makes = settings
            .watches
            .values()
            .any(|watch| watch.recipe.is_some());
        if settings.installation.is_some() && makes {
            let live = Rc::clone(&self.live);
            self.sweeping = Some(lanes::sweep_lane(self.ground, live, apply));
        }
    }

    fn begin_pass(&mut self, now: DateTime<Utc>) {
        self.tick = None;
        self.look_again = false;
        self.looks.begin();
        self.ended.clear();
        self.vitals.change(|pulse| {
            pulse.pass_since = Some(now);
            pulse.next_pass_at = None;
        });
        self.ping(WatchdogPing::Start);
        let limit = self.live.settings.schedule.pass_timeout;
        self.pass = Some(lanes::pass_lane(self.ground, Rc::clone(&self.live), limit));
    }

    fn begin_bake(&mut self, start: Start, asked: Option<StoredRequest>) {
        self.baking.insert(start.watch.to_string());
        let live = Rc::clone(&self.live);
        self.bakes
            .push(lanes::bake_lane(self.ground, live, start, asked));
    }

    /// Goes on with journals that are open and that nobody here drives; says with how many.
    pub(super) async fn resume_what_is_open(&mut self) -> Result<usize, StoreError> {
        let live = Rc::clone(&self.live);
        let open = runs::under_way::<BakeKind>(self.ground.store).await?;
        let mut resumed = 0;
        for one in open {
            if self.baking.insert(lanes::name_of(&one)) {
                let live = Rc::clone(&live);
                self.bakes.push(lanes::resume_lane(self.ground, live, one));
                resumed += 1;
            }
        }
        Ok(resumed)
    }
}
