//! A bake's progress as whoever draws it needs it: a journal's entries, read into plain values.

use std::cell::RefCell;

use chrono::{DateTime, TimeDelta, Utc};

use crate::flow::bake::steps::{BakeOutput, BakeStep};
use crate::model::bake::BakeOrder;
use crate::service::runs::bake::BakeObserver;
use crate::workflow::kind::step_word;
use crate::workflow::observer::{Observer, Unobserved};
use crate::workflow::{JournalEvent, RunOutcome};

/// What a bake says of itself while it goes on.
#[derive(Debug)]
pub enum Progress<'a> {
    Begun(&'a BakeOrder),
    StepBegun {
        step: String,
    },
    StepDone {
        step: String,
        took: Option<TimeDelta>,
        /// An instance's or an image's id, or what the checks said.
        made: Option<String>,
    },
    StepFailed {
        step: String,
        took: Option<TimeDelta>,
        why: &'a str,
        /// The end of the guest's console, where it was the guest.
        detail: Option<&'a str>,
    },
    Undoing {
        step: String,
    },
    /// Something cannot be removed: a person is needed.
    Left {
        why: &'a str,
        by_hand: &'a str,
    },
    /// A look found the step still under way.
    Waiting {
        step: String,
        so_far: &'a str,
    },
    Closed {
        verified: bool,
        /// What a person has to do about what was left.
        by_hand: Vec<&'a str>,
    },
}

/// An observer for one bake that tells its progress.
pub fn telling_observer(tell: impl Fn(&Progress<'_>) + 'static) -> Box<BakeObserver> {
    Box::new(Teller {
        tell,
        since: RefCell::default(),
    })
}

/// An observer that tells nobody.
pub fn unobserved() -> Box<BakeObserver> {
    Box::new(Unobserved)
}

struct Teller<F> {
    tell: F,
    /// When the step that is under way began.
    since: RefCell<Option<DateTime<Utc>>>,
}

impl<F> Teller<F> {
    fn took(&self, at: DateTime<Utc>) -> Option<TimeDelta> {
        self.since.borrow_mut().take().map(|since| at - since)
    }

    fn progress<'e>(
        &self,
        event: &'e JournalEvent<BakeOrder, BakeStep, BakeOutput>,
    ) -> Option<Progress<'e>> {
        Some(match event {
            JournalEvent::Opened { input, .. } => Progress::Begun(input),
            JournalEvent::Started { step, at, .. } => {
                self.since.borrow_mut().get_or_insert(*at);
                let step = step_word(step);
                Progress::StepBegun { step }
            }
            JournalEvent::Done { step, at, output } => Progress::StepDone {
                step: step_word(step),
                took: self.took(*at),
                made: made(output),
            },
            JournalEvent::Failed { step, at, failure } => Progress::StepFailed {
                step: step_word(step),
                took: self.took(*at),
                why: &failure.why,
                detail: failure.detail.as_deref(),
            },
            JournalEvent::UndoStarted { step, .. } => {
                let step = step_word(step);
                Progress::Undoing { step }
            }
            JournalEvent::Kept { .. } | JournalEvent::Undone { .. } => return None,
            JournalEvent::Left { left, .. } => Progress::Left {
                why: &left.why,
                by_hand: &left.by_hand,
            },
            JournalEvent::Closed { outcome, .. } => closed(outcome),
        })
    }
}

impl<F: Fn(&Progress<'_>)> Observer<BakeOrder, BakeStep, BakeOutput> for Teller<F> {
    fn recorded(&self, event: &JournalEvent<BakeOrder, BakeStep, BakeOutput>) {
        if let Some(progress) = self.progress(event) {
            (self.tell)(&progress);
        }
    }

    fn waiting(&self, step: BakeStep, so_far: &str) {
        let step = step_word(&step);
        (self.tell)(&Progress::Waiting { step, so_far });
    }
}

fn closed(outcome: &RunOutcome) -> Progress<'_> {
    let (verified, left) = match outcome {
        RunOutcome::Succeeded { left } => (true, left),
        RunOutcome::Failed { left, .. } => (false, left),
    };
    let by_hand = left.iter().map(|one| one.by_hand.as_str()).collect();
    Progress::Closed { verified, by_hand }
}

fn made(output: &BakeOutput) -> Option<String> {
    Some(match output {
        BakeOutput::Instance { id } => id.to_string(),
        BakeOutput::Image { id } => id.to_string(),
        BakeOutput::Report {
            redundant: true, ..
        } => "all checks passed, on the untouched base as well".to_owned(),
        BakeOutput::Report { .. } => "all checks passed".to_owned(),
        BakeOutput::Network { .. }
        | BakeOutput::Closed
        | BakeOutput::Stopped
        | BakeOutput::Available { .. }
        | BakeOutput::Verified
        | BakeOutput::Clean => return None,
    })
}
