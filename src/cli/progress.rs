//! A bake's, a move's or a publication's progress: a spinner with the step's last look on a terminal, plain lines elsewhere.

use std::cell::RefCell;
use std::io::IsTerminal as _;
use std::time::Duration;

use chrono::TimeDelta;
use indicatif::{ProgressBar, ProgressStyle};

use super::draw::visible_text;
use crate::flow::bake::kind::BakeKind;
use crate::flow::publish::kind::PublishKind;
use crate::flow::rollout::moving::kind::MoveKind;
use crate::model::bake::BakeOrder;
use crate::model::publish::PublishOrder;
use crate::model::rollout::MoveOrder;
use crate::service::desk::progress::{
    MoveObserver, Progress, PublicationObserver, telling_observer,
};
use crate::service::runs::bake::BakeObserver;

/// How often the spinner turns.
const SPIN: Duration = Duration::from_millis(120);

/// Where the lines go.
enum Place {
    Terminal(ProgressBar),
    /// Lines, each said once: a look that finds the same again is not repeated.
    Lines {
        last: RefCell<String>,
        print: fn(&str),
    },
}

/// Tells the progress of one run.
struct Drawn {
    name: String,
    place: Place,
    closing: Closing,
}

/// How an end is told.
struct Closing {
    /// It succeeded and left nothing.
    clean: &'static str,
    succeeded: &'static str,
    failed: &'static str,
    /// It failed, and what is left follows.
    left: &'static str,
}

const BAKED: Closing = Closing {
    clean: "verified; everything else is gone",
    succeeded: "verified",
    failed: "failed; everything it made is gone",
    left: "failed; left behind:",
};

const MOVED: Closing = Closing {
    clean: "done: every instance runs the image, and it stayed well",
    succeeded: "done; to be looked at:",
    failed: "failed",
    left: "failed; what a person can do:",
};

const PUBLISHED: Closing = Closing {
    clean: "done: it stands there",
    succeeded: "done; to be looked at:",
    failed: "failed",
    left: "failed; what a person can do:",
};

/// An observer for one bake, as fits where stderr goes.
pub(super) fn progress_observer(order: &BakeOrder) -> Box<BakeObserver> {
    of(order, on_stderr())
}

/// The same for one move.
pub(super) fn move_observer(order: &MoveOrder) -> Box<MoveObserver> {
    let drawn = Drawn {
        name: order.target.environment.clone(),
        place: on_stderr(),
        closing: MOVED,
    };
    telling_observer::<MoveKind>(move |news| drawn.tell(news))
}

/// The same for one publication.
pub(super) fn publication_observer(order: &PublishOrder) -> Box<PublicationObserver> {
    let drawn = Drawn {
        name: order.destination.to_string(),
        place: on_stderr(),
        closing: PUBLISHED,
    };
    telling_observer::<PublishKind>(move |news| drawn.tell(news))
}

/// The same in lines: for moves of which several are told at the same time.
pub(super) fn move_lines_observer(order: &MoveOrder) -> Box<MoveObserver> {
    let drawn = Drawn {
        name: order.target.environment.clone(),
        place: lines(|line| eprintln!("{line}")),
        closing: MOVED,
    };
    telling_observer::<MoveKind>(move |news| drawn.tell(news))
}

fn on_stderr() -> Place {
    match std::io::stderr().is_terminal() {
        true => Place::Terminal(spinner()),
        false => lines(|line| eprintln!("{line}")),
    }
}

fn of(order: &BakeOrder, place: Place) -> Box<BakeObserver> {
    let drawn = Drawn {
        name: order.watch.to_string(),
        place,
        closing: BAKED,
    };
    telling_observer::<BakeKind>(move |news| drawn.tell(news))
}

fn lines(print: fn(&str)) -> Place {
    Place::Lines {
        last: RefCell::default(),
        print,
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(SPIN);
    bar
}

impl Drawn {
    /// A line that stays.
    fn line(&self, text: &str) {
        let line = format!("{}: {text}", self.name);
        match &self.place {
            Place::Terminal(bar) => bar.println(visible_text(&line)),
            Place::Lines { print, .. } => print(&line),
        }
    }

    /// A line that the next one replaces, where that can be.
    fn passing(&self, text: String) {
        match &self.place {
            Place::Terminal(bar) => {
                bar.set_message(visible_text(&format!("{}: {text}", self.name)))
            }
            Place::Lines { last, print } => {
                if *last.borrow() != text {
                    print(&format!("{}: {text}", self.name));
                    *last.borrow_mut() = text;
                }
            }
        }
    }

    fn tell(&self, news: &Progress<'_>) {
        let on_terminal = matches!(self.place, Place::Terminal(_));
        match news {
            Progress::Begun { words } => self.line(words),
            Progress::StepBegun { step } if on_terminal => self.passing(step.clone()),
            Progress::Undoing { step } if on_terminal => self.passing(format!("undoing {step}")),
            Progress::StepBegun { .. } | Progress::Undoing { .. } => {}
            Progress::StepDone { step, took, made } => {
                let made = made.iter().map(|made| format!(": {made}"));
                let made = made.collect::<String>();
                self.line(&format!("{step} done{}{made}", seconds(*took)));
            }
            Progress::StepFailed {
                step,
                took,
                why,
                detail,
            } => {
                self.line(&format!("{step} failed{}: {why}", seconds(*took)));
                let lines = detail.iter().flat_map(|detail| detail.lines());
                lines.for_each(|line| self.line(&format!("  | {line}")));
            }
            Progress::Left { why, by_hand } => self.line(&format!("{why}; {by_hand}")),
            Progress::Waiting { step, so_far } => self.passing(format!("{step}: {so_far}")),
            Progress::Closed { succeeded, by_hand } => self.closed(*succeeded, by_hand),
        }
    }

    fn closed(&self, succeeded: bool, by_hand: &[&str]) {
        if let Place::Terminal(bar) = &self.place {
            bar.finish_and_clear();
        }
        let closing = &self.closing;
        self.line(match (succeeded, by_hand.is_empty()) {
            (true, true) => closing.clean,
            (true, false) => closing.succeeded,
            (false, true) => closing.failed,
            (false, false) => closing.left,
        });
        by_hand.iter().for_each(|one| self.line(one));
    }
}

fn seconds(took: Option<TimeDelta>) -> String {
    took.map_or(String::new(), |took| {
        format!(" ({:.0} s)", took.as_seconds_f64())
    })
}
