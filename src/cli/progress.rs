//! A bake's progress: a spinner with the step's last look on a terminal, plain lines elsewhere.

use std::cell::RefCell;
use std::io::IsTerminal as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};

use super::draw::visible;
use crate::flow::bake::steps::{BakeOutput, BakeStep};
use crate::model::bake::BakeOrder;
use crate::service::runs::bake::BakeObserver;
use crate::workflow::kind::step_word;
use crate::workflow::observer::Observer;
use crate::workflow::{Event, Outcome};

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

/// Tells the progress of one bake.
struct Progress {
    name: String,
    place: Place,
    /// When the step that is under way began.
    since: RefCell<Option<DateTime<Utc>>>,
}

/// An observer for one bake, as fits where stderr goes.
pub(super) fn observer(order: &BakeOrder) -> Box<BakeObserver> {
    let place = match std::io::stderr().is_terminal() {
        true => Place::Terminal(spinner()),
        false => lines(|line| eprintln!("{line}")),
    };
    of(order, place)
}

/// An observer whose lines are part of the command's own output.
#[cfg(feature = "sim")]
pub(super) fn on_stdout(order: &BakeOrder) -> Box<BakeObserver> {
    of(order, lines(|line| println!("{line}")))
}

fn of(order: &BakeOrder, place: Place) -> Box<BakeObserver> {
    Box::new(Progress {
        name: order.watch.to_string(),
        place,
        since: RefCell::default(),
    })
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

impl Progress {
    /// A line that stays.
    fn line(&self, text: &str) {
        let line = format!("{}: {text}", self.name);
        match &self.place {
            Place::Terminal(bar) => bar.println(visible(&line)),
            Place::Lines { print, .. } => print(&line),
        }
    }

    /// A line that the next one replaces, where that can be.
    fn passing(&self, text: String) {
        match &self.place {
            Place::Terminal(bar) => bar.set_message(visible(&format!("{}: {text}", self.name))),
            Place::Lines { last, print } => {
                if *last.borrow() != text {
                    print(&format!("{}: {text}", self.name));
                    *last.borrow_mut() = text;
                }
            }
        }
    }

    fn took(&self, at: DateTime<Utc>) -> String {
        let since = self.since.borrow_mut().take();
        since.map_or(String::new(), |since| {
            format!(" ({:.0} s)", (at - since).as_seconds_f64())
        })
    }
}

impl Observer<BakeOrder, BakeStep, BakeOutput> for Progress {
    fn recorded(&self, event: &Event<BakeOrder, BakeStep, BakeOutput>) {
        match event {
            Event::Opened { input, .. } => self.line(&opened(input)),
            Event::Started { step, at, .. } => {
                self.since.borrow_mut().get_or_insert(*at);
                if let Place::Terminal(_) = self.place {
                    self.passing(step_word(step));
                }
            }
            Event::Done { step, at, output } => {
                let took = self.took(*at);
                self.line(&format!("{} done{took}{}", step_word(step), made(output)));
            }
            Event::Failed { step, at, failure } => {
                let took = self.took(*at);
                self.line(&format!(
                    "{} failed{took}: {}",
                    step_word(step),
                    failure.why
                ));
                if let Some(detail) = &failure.detail {
                    detail
                        .lines()
                        .for_each(|line| self.line(&format!("  | {line}")));
                }
            }
            Event::UndoStarted { step, .. } => {
                if let Place::Terminal(_) = self.place {
                    self.passing(format!("undoing {}", step_word(step)));
                }
            }
            Event::Undone { .. } => {}
            Event::Left { left, .. } => self.line(&format!("{}; {}", left.why, left.by_hand)),
            Event::Closed { outcome, .. } => self.closed(outcome),
        }
    }

    fn waiting(&self, step: BakeStep, so_far: &str) {
        self.passing(format!("{}: {so_far}", step_word(&step)));
    }
}

impl Progress {
    fn closed(&self, outcome: &Outcome) {
        if let Place::Terminal(bar) = &self.place {
            bar.finish_and_clear();
        }
        match outcome {
            Outcome::Succeeded { left } if left.is_empty() => {
                self.line("verified; everything else is gone");
            }
            Outcome::Succeeded { left } => {
                self.line("verified");
                left.iter().for_each(|one| self.line(&one.by_hand));
            }
            Outcome::Failed { left, .. } if left.is_empty() => {
                self.line("failed; everything it made is gone");
            }
            Outcome::Failed { left, .. } => {
                self.line("failed; left behind:");
                left.iter().for_each(|one| self.line(&one.by_hand));
            }
        }
    }
}

fn opened(order: &BakeOrder) -> String {
    format!(
        "baking {} on {} ({}), generation {}, attempt {}",
        order.image_name,
        order.release.image,
        order.release.version,
        order.generation,
        order.attempt
    )
}

fn made(output: &BakeOutput) -> String {
    match output {
        BakeOutput::Instance { id } => format!(": {id}"),
        BakeOutput::Image { id } => format!(": {id}"),
        BakeOutput::Report {
            redundant: true, ..
        } => ": all checks passed, on the untouched base as well".to_owned(),
        BakeOutput::Report { .. } => ": all checks passed".to_owned(),
        BakeOutput::Network { .. }
        | BakeOutput::Stopped
        | BakeOutput::Available { .. }
        | BakeOutput::Verified
        | BakeOutput::Clean => String::new(),
    }
}
