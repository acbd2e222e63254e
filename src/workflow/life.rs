//! What one process knows of its own part in a run, beside what the journal says: which calls it sent,
//! and for how long it has watched each step. Kept in memory alone; whoever resumes the run begins anew.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::kind::{Allowance, WorkflowKind};

/// Where a step stands, as its journal has it.
#[derive(Clone, Copy)]
pub(super) struct StepStanding<S> {
    pub(super) step: S,
    pub(super) choice: u32,
    pub(super) since: DateTime<Utc>,
    pub(super) deadline: DateTime<Utc>,
}

/// Which life of the process wrote a step's `Started`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Began {
    /// This one, just now: what nobody here has sent was never sent.
    Fresh,
    /// An earlier one, which may have sent the call before it ended.
    Resumed,
}

/// The calls of `start` that were made for a step before the present call of its functions, as far as
/// they are known. A call counts from the moment it is made, whatever came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentCalls {
    /// The last choice that an earlier life has written.
    earlier: Option<u32>,
    /// The choices that this life has sent, one entry a call, oldest first.
    here: Vec<u32>,
}

impl SentCalls {
    /// Nothing, and this life knows it: it wrote `Started`.
    fn fresh() -> Self {
        Self {
            earlier: None,
            here: Vec::new(),
        }
    }

    /// An earlier life had come to this choice.
    fn earlier(choice: u32) -> Self {
        Self {
            earlier: Some(choice),
            here: Vec::new(),
        }
    }

    /// Whether this choice was begun by this life.
    pub fn began(&self, choice: u32) -> Began {
        match self.earlier {
            Some(last) if choice <= last => Began::Resumed,
            _ => Began::Fresh,
        }
    }

    /// How often this life has sent this choice.
    pub fn by_us(&self, choice: u32) -> usize {
        self.here.iter().filter(|sent| **sent == choice).count()
    }

    /// True when no life can have sent this choice: what `find` sees is somebody else's.
    pub fn never(&self, choice: u32) -> bool {
        self.began(choice) == Began::Fresh && self.by_us(choice) == 0
    }

    /// True when no life can have sent any choice of the step.
    pub fn nothing(&self) -> bool {
        self.earlier.is_none() && self.here.is_empty()
    }

    pub(super) fn send(&mut self, choice: u32) {
        self.here.push(choice);
    }
}

/// For how long this life has watched a step: the time of its calls and its pauses. Time in which the
/// process was frozen, or the wall clock was set, is none of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct StepWatch {
    watched: Duration,
    /// The steady clock when this was last counted.
    counted_at: Duration,
}

impl StepWatch {
    fn begin(steady: Duration) -> Self {
        Self {
            watched: Duration::ZERO,
            counted_at: steady,
        }
    }

    /// Counts what has passed since the last count, at most so much.
    pub(super) fn count(&mut self, steady: Duration, at_most: Duration) {
        self.watched += steady.saturating_sub(self.counted_at).min(at_most);
        self.counted_at = steady;
    }
}

/// When a step's or an undo's time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// At this time, as the journal holds it.
    At(DateTime<Utc>),
    /// After being watched for so long.
    Watched(Duration),
}

impl Limit {
    /// What is left of the time; nothing when it is over.
    pub(super) fn left(self, now: DateTime<Utc>, watch: &StepWatch) -> Duration {
        match self {
            Self::At(deadline) => (deadline - now).to_std().unwrap_or_default(),
            Self::Watched(allowed) => allowed.saturating_sub(watch.watched),
        }
    }
}

/// One life of a run: from its opening or its resume to its end, or to the process's.
pub(super) struct Life<K: WorkflowKind> {
    resumed_at: DateTime<Utc>,
    /// What this life knows of the steps that it had to do with.
    steps: Vec<StepLife<K::Step>>,
}

/// What this life knows of one step.
pub(super) struct StepLife<S> {
    step: S,
    pub(super) sent: SentCalls,
    pub(super) watch: StepWatch,
}

impl<K: WorkflowKind> Life<K> {
    pub(super) fn begin(now: DateTime<Utc>) -> Self {
        Self {
            resumed_at: now,
            steps: Vec::new(),
        }
    }

    /// This life has written the step's first `Started`.
    pub(super) fn started(&mut self, step: K::Step, steady: Duration) {
        self.steps.push(StepLife {
            step,
            sent: SentCalls::fresh(),
            watch: StepWatch::begin(steady),
        });
    }

    /// What is known of a step. One that this life did not begin was left to it at this choice.
    pub(super) fn step(
        &mut self,
        step: K::Step,
        choice: u32,
        steady: Duration,
    ) -> &mut StepLife<K::Step> {
        let known = self.steps.iter().position(|one| one.step == step);
        let index = known.unwrap_or_else(|| {
            self.steps.push(StepLife {
                step,
                sent: SentCalls::earlier(choice),
                watch: StepWatch::begin(steady),
            });
            self.steps.len() - 1
        });
        &mut self.steps[index]
    }

    /// When the step's time is over. `tidies`: it only tidies up, so that whoever does it has its time:
    /// a process that was dead for longer than that must not leave things behind.
    pub(super) fn limit(
        &self,
        allowance: Allowance,
        deadline: DateTime<Utc>,
        tidies: bool,
    ) -> Limit {
        match allowance {
            Allowance::Watched(allowed) => Limit::Watched(allowed),
            Allowance::Absolute(allowed) if tidies => {
                Limit::At(deadline.max(self.resumed_at + delta(allowed)))
            }
            Allowance::Absolute(_) => Limit::At(deadline),
        }
    }
}

/// A duration as a difference of times.
pub(super) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_was_sent_until_somebody_may_have() {
        let mut sent = SentCalls::fresh();
        assert!(sent.nothing() && sent.never(0));
        sent.send(1);
        assert!(!sent.nothing() && sent.never(0) && !sent.never(1));
        let earlier = SentCalls::earlier(1);
        assert!(!earlier.nothing() && !earlier.never(0) && !earlier.never(1) && earlier.never(2));
    }
}
