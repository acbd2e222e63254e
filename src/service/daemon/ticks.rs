//! When the next pass begins: the timetable's tick, late by its jitter, asked anew when the clock jumps.
//!
//! Sets the daemon's tick and says so to its vitals; begins nothing.

use chrono::{DateTime, TimeDelta, Utc};

use super::timers::Tick;
use super::{Daemon, Host, SLEEP_MAX, delta};
use crate::clock::plausible;
use crate::service::schedule::delay;

/// Several moves often end within a moment: one pass decides what follows from them all.
const SOON: TimeDelta = TimeDelta::seconds(2);

impl<H: Host> Daemon<'_, H> {
    /// A tick that was set under another clock is no tick of this one; nor does a schedule that had
    /// none under a clock that was wrong stay without.
    pub(super) fn ask_the_timetable_anew(&mut self) {
        let now = self.ground.clock.now();
        let jumped = self.reckoning.jumped(now, self.ground.clock.steady());
        if let Some(by) = jumped {
            let by_s = by.num_seconds();
            tracing::warn!(by_s, "the clock was set; the timetable is asked anew");
        }
        if !plausible(now) {
            return;
        }
        let stands = self.tick.is_some_and(|tick| tick.is_due(now));
        if self.pass.is_none() && !stands && (jumped.is_some() || self.tick.is_none()) {
            let tick = self.tick_not_begun(now);
            let steady = self.ground.clock.steady();
            let silent = self.vitals.change(|pulse| pulse.silent(steady));
            self.set_tick(tick, now, silent);
        }
    }

    /// The tick that follows, late by its jitter.
    pub(super) fn next_tick(&mut self, now: DateTime<Utc>) {
        let at = self.timetable.next_after(now).map(|tick| self.late(tick));
        self.set_tick(at, now, TimeDelta::zero());
    }

    /// Something changed that the next pass should see: it begins in a moment. One that looks now may have
    /// looked before.
    pub(super) fn look_soon(&mut self, now: DateTime<Utc>) {
        match self.pass {
            Some(_) => self.look_again = true,
            None => self.look_by(now + SOON, now),
        }
    }

    /// The next pass begins no later than this. One that comes sooner than the timetable's is no reason to
    /// wait less patiently for its end: what was right to wait for it stays so.
    pub(super) fn look_by(&mut self, at: DateTime<Utc>, now: DateTime<Utc>) {
        match self.tick {
            Some(tick) if tick.at <= at => {}
            Some(_) => {
                self.tick = Some(Tick::new(at, now));
                self.vitals.change(|pulse| pulse.next_pass_at = Some(at));
            }
            None => {
                let steady = self.ground.clock.steady();
                let silent = self.vitals.change(|pulse| pulse.silent(steady));
                self.set_tick(Some(at), now, silent);
            }
        }
    }

    /// The first tick that begins after now, be it one that was due before and is late by its jitter.
    fn tick_not_begun(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut from = now - delta(self.live.settings.schedule.jitter);
        loop {
            from = self.timetable.next_after(from)?;
            match self.late(from) {
                at if at > now => return Some(at),
                _ => {}
            }
        }
    }

    fn late(&self, tick: DateTime<Utc>) -> DateTime<Utc> {
        let settings = &self.live.settings;
        let (installation, jitter) = (settings.installation.as_ref(), settings.schedule.jitter);
        tick + delta(delay(installation, tick, jitter))
    }

    /// `silent`: for how long no pass has ended rightly, since this one was waited for.
    fn set_tick(&mut self, at: Option<DateTime<Utc>>, now: DateTime<Utc>, silent: TimeDelta) {
        let settings = &self.live.settings;
        self.tick = at.map(|at| Tick::new(at, now));
        let limit = delta(settings.schedule.pass_timeout);
        self.vitals.change(|pulse| {
            pulse.next_pass_at = at;
            pulse.never_again = at.is_none();
            let gap = at.map_or(TimeDelta::zero(), |at| at - now);
            pulse.patience = silent + gap + limit + delta(SLEEP_MAX);
        });
    }
}
