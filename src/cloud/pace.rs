//! How fast AWS may be asked: a plain state machine over what was sent and what came back. It reads
//! no clock and waits for nobody; [`super::lane`] does.
//!
//! AWS refills the request buckets of an account at rates that it partly does not publish, and other
//! people draw from the same ones. So the rate is learnt: a throttle means that the bucket was empty,
//! and while it is empty, what is accepted is what flows in. From then on 0.9 of that is asked, and
//! slowly more once nothing was throttled for a while.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// How fast an account is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it can until the first throttle: for a person who waits.
    Eager,
    /// At most this many calls a second, in each region of the account and to each service, reads
    /// and changes apart: for a daemon, which has time and is not alone in the account.
    Steady { calls_per_second: u32 },
}

impl Pace {
    fn asked(self) -> Option<f64> {
        match self {
            Self::Eager => None,
            Self::Steady { calls_per_second } => Some(f64::from(calls_per_second).max(RATE_MIN)),
        }
    }
}

/// What became of one request, as far as the pace cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PaceOutcome {
    /// AWS took it, whatever it answered.
    Accepted,
    /// AWS said "too often".
    Throttled,
    /// No answer, or AWS's own trouble: says nothing about the rate.
    Unknown,
}

/// The part of the accepted rate that is asked after a throttle.
const KEPT: f64 = 0.9;
/// No single throttle lowers the rate by more than this.
const CUT_MOST: f64 = 0.5;
/// The rate never falls below this many calls a second: a wait must end.
pub(super) const RATE_MIN: f64 = 0.5;
/// What was accepted longer ago says nothing about now.
const WINDOW: TimeDelta = TimeDelta::seconds(4);
/// A first throttle often comes after a burst that the bucket had saved up, so the estimate is too
/// high, and the next throttles halve it. Over a longer window a small bucket would be taken for a
/// slow one, which is made good again slowly only.
const WINDOW_FIRST_MIN: TimeDelta = TimeDelta::milliseconds(250);
/// So soon after a cut nothing can be measured; the rate is halved instead.
const SOON: TimeDelta = TimeDelta::milliseconds(250);
/// How long nothing must be throttled before the rate grows again.
const QUIET: TimeDelta = TimeDelta::seconds(2);
/// How much it grows in a second, as a part of the rate after the last cut, and at least.
const GROWTH: f64 = 0.02;
const GROWTH_MIN: f64 = 0.1;
/// One answer vouches for the time since the one before it, and at most for this long.
const GROWTH_SPAN_MAX: TimeDelta = TimeDelta::seconds(1);
/// Calls that a steady pace may send at once after a rest.
const BURST_MAX: f64 = 5.0;
/// After a cut: one call, and another for a caller that the timer woke late.
const BURST_AFTER_CUT: f64 = 2.0;

/// The pace of one bucket.
#[derive(Debug, Clone)]
pub(super) struct Pacer {
    /// The most that may ever be asked; absent: no limit of ours.
    asked: Option<f64>,
    /// What is asked now; absent: no limit at all.
    rate: Option<f64>,
    tokens: f64,
    filled_at: DateTime<Utc>,
    began: DateTime<Utc>,
    /// The latest time that was told.
    seen: DateTime<Utc>,
    cut: Option<Cut>,
    /// When each recent request was accepted, oldest first.
    accepted: VecDeque<DateTime<Utc>>,
}

/// The last time that the rate was lowered.
#[derive(Debug, Clone, Copy)]
struct Cut {
    at: DateTime<Utc>,
    /// Calls a second that are added in each quiet second.
    growth: f64,
    /// Up to when growth has been counted.
    grown_to: DateTime<Utc>,
}

impl Pacer {
    pub(super) fn new(pace: Pace, now: DateTime<Utc>) -> Self {
        let asked = pace.asked();
        let mut pacer = Self {
            asked,
            rate: asked,
            tokens: 0.0,
            filled_at: now,
            began: now,
            seen: now,
            cut: None,
            accepted: VecDeque::new(),
        };
        pacer.tokens = pacer.burst();
        pacer
    }

    /// Takes the right to send one request now.
    ///
    /// # Errors
    /// How long to wait before asking again, when there is none.
    pub(super) fn take(&mut self, now: DateTime<Utc>) -> Result<(), Duration> {
        self.notice(now);
        let Some(rate) = self.rate else {
            return Ok(());
        };
        self.fill(now, rate);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        // Never nothing: whoever waits must see the time move.
        let missing = ((1.0 - self.tokens) / rate).max(1e-6);
        Err(Duration::from_secs_f64(missing))
    }

    /// Learns what became of a request that was sent at `sent`. Gives the new rate when it was cut.
    pub(super) fn answered(
        &mut self,
        sent: DateTime<Utc>,
        outcome: PaceOutcome,
        now: DateTime<Utc>,
    ) -> Option<f64> {
        self.notice(now);
        match outcome {
            PaceOutcome::Accepted => {
                self.forget(now);
                self.accepted.push_back(now);
                self.grow(now);
                None
            }
            PaceOutcome::Unknown => {
                // The time up to now is nobody's evidence.
                if let Some(cut) = &mut self.cut {
                    cut.grown_to = cut.grown_to.max(now);
                }
                None
            }
            PaceOutcome::Throttled => self.throttled(sent, now),
        }
    }

    /// Another pace is asked for; a rate that throttling has lowered stays where it is lower.
    pub(super) fn ask_at(&mut self, pace: Pace) {
        self.asked = pace.asked();
        self.rate = match self.cut {
            Some(_) => slower(self.rate, self.asked),
            None => self.asked,
        };
        self.tokens = self.tokens.min(self.burst());
    }

    /// The other was of the same bucket all the time: what both have seen, at the slower rate of both.
    pub(super) fn join(&mut self, other: &Self) {
        let rate = slower(self.rate, other.rate);
        if rate != self.rate {
            self.cut = other.cut;
        }
        self.rate = rate;
        self.tokens = self.tokens.min(other.tokens);
        self.filled_at = self.filled_at.max(other.filled_at);
        self.began = self.began.min(other.began);
        self.seen = self.seen.max(other.seen);
        self.accepted.extend(&other.accepted);
        self.accepted.make_contiguous().sort();
    }

    fn throttled(&mut self, sent: DateTime<Utc>, now: DateTime<Utc>) -> Option<f64> {
        if let Some(cut) = &mut self.cut
            && sent <= cut.at
        {
            // Under way before the last cut: the same news again.
            cut.grown_to = cut.grown_to.max(now + QUIET);
            return None;
        }
        self.forget(now);
        let rate = self.lower(now);
        self.rate = Some(rate);
        self.tokens = 0.0;
        self.filled_at = now;
        self.cut = Some(Cut {
            at: now,
            growth: (rate * GROWTH).max(GROWTH_MIN),
            grown_to: now + QUIET,
        });
        Some(rate)
    }

    /// The rate after a throttle.
    fn lower(&self, now: DateTime<Utc>) -> f64 {
        let span = match self.cut {
            Some(cut) => Some((now - cut.at).min(WINDOW)).filter(|span| *span >= SOON),
            None => Some((now - self.began).clamp(WINDOW_FIRST_MIN, WINDOW)),
        };
        let measured = span.map(|span| self.accepted_since(now - span) / seconds(span));
        let lowered = match (self.rate, measured) {
            (None, measured) => measured.unwrap_or_default() * KEPT,
            (Some(rate), None) => rate * CUT_MOST,
            (Some(rate), Some(measured)) => (measured * KEPT).clamp(rate * CUT_MOST, rate * KEPT),
        };
        lowered.max(RATE_MIN)
    }

    fn accepted_since(&self, since: DateTime<Utc>) -> f64 {
        let count = self.accepted.iter().rev().take_while(|at| **at > since);
        u32::try_from(count.count()).map_or(f64::MAX, f64::from)
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        while self.accepted.front().is_some_and(|at| *at < now - WINDOW) {
            self.accepted.pop_front();
        }
    }

    /// A little faster after a quiet while, for each second that an accepted request vouches for.
    fn grow(&mut self, now: DateTime<Utc>) {
        let (Some(rate), Some(cut)) = (self.rate, &mut self.cut) else {
            return;
        };
        let span = (now - cut.grown_to).min(GROWTH_SPAN_MAX);
        if span <= TimeDelta::zero() {
            return;
        }
        cut.grown_to = now;
        let grown = rate + cut.growth * seconds(span);
        match self.asked {
            // Back at what was asked: as if nothing had been.
            Some(asked) if grown >= asked => {
                self.rate = Some(asked);
                self.cut = None;
            }
            Some(_) | None => self.rate = Some(grown),
        }
    }

    /// A clock that was set back makes nothing here lie in the future.
    fn notice(&mut self, now: DateTime<Utc>) {
        if now < self.seen {
            self.accepted.clear();
            self.began = self.began.min(now);
            self.filled_at = self.filled_at.min(now);
            if let Some(cut) = &mut self.cut {
                cut.at = cut.at.min(now);
                cut.grown_to = cut.grown_to.min(now + QUIET);
            }
        }
        self.seen = now;
    }

    /// What has flowed in since the last look.
    fn fill(&mut self, now: DateTime<Utc>, rate: f64) {
        let passed = seconds(now - self.filled_at);
        self.filled_at = now;
        self.tokens = (self.tokens + passed * rate).min(self.burst());
    }

    fn burst(&self) -> f64 {
        match (self.asked, self.cut) {
            (Some(asked), None) => asked.clamp(1.0, BURST_MAX),
            (None, _) | (_, Some(_)) => BURST_AFTER_CUT,
        }
    }
}

/// Of two rates; absent is no limit.
fn slower(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (limit, None) | (None, limit) => limit,
    }
}

fn seconds(span: TimeDelta) -> f64 {
    span.as_seconds_f64()
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;
