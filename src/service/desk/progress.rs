//! A run's progress as whoever draws it needs it: a journal's entries, read into plain values.

use std::cell::RefCell;
use std::marker::PhantomData;

use chrono::{DateTime, TimeDelta, Utc};

use crate::flow::bake::kind::BakeKind;
use crate::flow::bake::steps::BakeOutput;
use crate::flow::publish::kind::PublishKind;
use crate::flow::publish::steps::PublicationOutput;
use crate::flow::rollout::moving::kind::MoveKind;
use crate::flow::rollout::moving::steps::MoveOutput;
use crate::model::bake::BakeOrder;
use crate::model::counted::counted_things;
use crate::model::publish::PublishOrder;
use crate::model::publish_rules::DestinationKind;
use crate::model::rollout::MoveOrder;
use crate::service::runs::bake::BakeObserver;
use crate::workflow::kind::step_word;
use crate::workflow::observer::{Observer, ObserverOf, Unobserved};
use crate::workflow::{JournalEvent, RunOutcome, WorkflowKind};

/// What a move's progress is told to.
pub type MoveObserver = ObserverOf<MoveKind>;

/// What a publication's progress is told to.
pub type PublicationObserver = ObserverOf<PublishKind>;

/// A kind of run whose progress people are told.
pub trait ToldKind: WorkflowKind {
    /// What begins.
    fn begun_words(input: &Self::Input) -> String;

    /// What a step has made; absent where nobody asks.
    fn made_words(output: &Self::Output) -> Option<String>;
}

/// What a run says of itself while it goes on.
#[derive(Debug)]
pub enum Progress<'a> {
    Begun {
        words: String,
    },
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
        succeeded: bool,
        /// What a person has to do about what was left.
        by_hand: Vec<&'a str>,
    },
}

/// An observer for one run that tells its progress.
pub fn telling_observer<K: ToldKind>(tell: impl Fn(&Progress<'_>) + 'static) -> Box<ObserverOf<K>> {
    Box::new(Teller::<K, _> {
        tell,
        since: RefCell::default(),
        kind: PhantomData,
    })
}

/// An observer that tells nobody.
pub fn unobserved() -> Box<BakeObserver> {
    Box::new(Unobserved)
}

struct Teller<K, F> {
    tell: F,
    /// When the step that is under way began.
    since: RefCell<Option<DateTime<Utc>>>,
    kind: PhantomData<K>,
}

impl<K: ToldKind, F> Teller<K, F> {
    fn took(&self, at: DateTime<Utc>) -> Option<TimeDelta> {
        self.since.borrow_mut().take().map(|since| at - since)
    }

    fn progress<'e>(
        &self,
        event: &'e JournalEvent<K::Input, K::Step, K::Output>,
    ) -> Option<Progress<'e>> {
        Some(match event {
            JournalEvent::Opened { input, .. } => Progress::Begun {
                words: K::begun_words(input),
            },
            JournalEvent::Started { step, at, .. } => {
                self.since.borrow_mut().get_or_insert(*at);
                let step = step_word(step);
                Progress::StepBegun { step }
            }
            JournalEvent::Done { step, at, output } => Progress::StepDone {
                step: step_word(step),
                took: self.took(*at),
                made: K::made_words(output),
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

impl<K: ToldKind, F: Fn(&Progress<'_>)> Observer<K::Input, K::Step, K::Output> for Teller<K, F> {
    fn recorded(&self, event: &JournalEvent<K::Input, K::Step, K::Output>) {
        if let Some(progress) = self.progress(event) {
            (self.tell)(&progress);
        }
    }

    fn waiting(&self, step: K::Step, so_far: &str) {
        let step = step_word(&step);
        (self.tell)(&Progress::Waiting { step, so_far });
    }
}

fn closed(outcome: &RunOutcome) -> Progress<'_> {
    let (succeeded, left) = match outcome {
        RunOutcome::Succeeded { left } => (true, left),
        RunOutcome::Failed { left, .. } => (false, left),
    };
    let by_hand = left.iter().map(|one| one.by_hand.as_str()).collect();
    Progress::Closed { succeeded, by_hand }
}

impl ToldKind for BakeKind {
    fn begun_words(order: &BakeOrder) -> String {
        format!(
            "baking {} on {} ({}), generation {}, attempt {}",
            order.image_name,
            order.release.image,
            order.release.version,
            order.generation,
            order.attempt
        )
    }

    fn made_words(output: &BakeOutput) -> Option<String> {
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
}

impl ToldKind for MoveKind {
    fn begun_words(order: &MoveOrder) -> String {
        let way = match order.direction.is_back() {
            true => "taking back",
            false => "moving",
        };
        let (from, to) = order.from_to();
        let image = |image: Option<&crate::model::ids::ImageId>| {
            image.map_or("its platform's own".to_owned(), ToString::to_string)
        };
        if order.direction.is_proof() {
            return format!("proving it on {}", image(to));
        }
        format!("{way} from {} to {}", image(from), image(to))
    }

    fn made_words(output: &MoveOutput) -> Option<String> {
        Some(match output {
            MoveOutput::Updated { already: true, .. } => "it was as it shall be".to_owned(),
            MoveOutput::Updated { request_id, .. } => format!("request {}", request_id.as_ref()?),
            MoveOutput::Replaced { instances: 1 } => "1 instance runs it".to_owned(),
            MoveOutput::Replaced { instances } => format!("{instances} instances run it"),
            MoveOutput::Settled { instances } => {
                format!("{} stayed well", counted_things(*instances, "instance"))
            }
            MoveOutput::Disturbed { .. } => "somebody changed it: it settles anew".to_owned(),
            MoveOutput::Unchanged => return None,
        })
    }
}

impl ToldKind for PublishKind {
    fn begun_words(order: &PublishOrder) -> String {
        let what = order.publish.what();
        let region = &order.scope.region;
        match &order.back {
            Some(back) if order.destination.kind == DestinationKind::Copy => {
                format!(
                    "marking the copy of {} in {region} as not for use",
                    back.image
                )
            }
            None if order.destination.kind == DestinationKind::Copy => {
                format!("copying {} to {region}", order.image)
            }
            Some(back) if order.publish.lasts() => {
                format!("{} is {what}: not any more", back.image)
            }
            Some(back) => format!(
                "taking {} back from {what}, to {}",
                back.image,
                order.image_here()
            ),
            None => format!("publishing: {}", order.publish.said_of(order.image_here())),
        }
    }

    fn made_words(output: &PublicationOutput) -> Option<String> {
        Some(match output {
            PublicationOutput::Written { already: true, .. } => "it stood there".to_owned(),
            PublicationOutput::Written { version, .. } => format!("version {}", (*version)?),
            PublicationOutput::Copied { image } => {
                format!("{image}, which EC2 may take hours to make")
            }
            PublicationOutput::Stands { .. }
            | PublicationOutput::LookedAt { .. }
            | PublicationOutput::Source { .. } => return None,
        })
    }
}
