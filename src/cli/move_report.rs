//! What `rollout` and `rollback` print: for people line by line, as it happens; for programs one document at the
//! end, whatever the end is.

use serde::Serialize;

use super::args::Format;
use super::draw;
use super::moved::move_ended;
use crate::flow::exit_code::Exit;
use crate::flow::rollout::document::{MovePlan, SCHEMA};
use crate::model::reason::Reason;
use crate::service::desk::moved::MovedEnvironment;
use crate::service::desk::rollout::MoveError;
use crate::service::desk::whole_rollout::WholePlan;

/// `rollout --format json`, `rollback --format json`
#[derive(Serialize)]
struct MoveDocument {
    schema: &'static str,
    /// What was planned for each environment that was named.
    moves: Vec<MovePlan>,
    /// What an order for a whole watch was to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<WholePlan>,
    /// How each move ended; empty where nothing was moved.
    ended: Vec<MovedEnvironment>,
    /// What was not moved though it was asked for, and why.
    not_moved: Vec<NotMoved>,
    /// What stands against the rest of an order.
    waits: Vec<Reason>,
}

/// One thing that was not moved.
#[derive(Serialize)]
struct NotMoved {
    /// `application/environment`, or the watch.
    name: String,
    why: Vec<String>,
}

/// What is told of an order.
pub(super) struct MoveReport {
    format: Format,
    document: MoveDocument,
}

impl MoveReport {
    /// Nothing was told yet.
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            document: MoveDocument {
                schema: SCHEMA,
                moves: Vec::new(),
                order: None,
                ended: Vec::new(),
                not_moved: Vec::new(),
                waits: Vec::new(),
            },
        }
    }

    /// A line for people on stdout.
    pub(super) fn say(&self, line: &str) {
        if self.format == Format::Table {
            println!("{line}");
        }
    }

    /// The plans that were made.
    pub(super) fn planned(&mut self, plans: Vec<MovePlan>) {
        plans
            .iter()
            .flat_map(plan_lines)
            .for_each(|line| self.say(&line));
        self.document.moves = plans;
    }

    /// The order for a whole watch; `lines` for people.
    pub(super) fn ordered(&mut self, plan: WholePlan, lines: &[String]) {
        lines.iter().for_each(|line| self.say(line));
        self.document.order = Some(plan);
    }

    /// A person is asked before the document is there: what they agree to is shown beside it.
    pub(super) fn show_beside(&self, lines: impl IntoIterator<Item = String>) {
        if self.format == Format::Json {
            lines.into_iter().for_each(|line| eprintln!("{line}"));
        }
    }

    /// How moves ended; what failed goes to stderr.
    pub(super) fn ended(&mut self, ended: Vec<MovedEnvironment>) {
        for one in &ended {
            let line = move_ended(one);
            match one.is_well() {
                true => self.say(&line),
                false => eprintln!("amiwatch: {line}"),
            }
        }
        self.document.ended.extend(ended);
    }

    /// What was not moved, as an error that a person reads.
    pub(super) fn not_moved(&mut self, name: &str, why: Vec<String>) {
        why.iter()
            .for_each(|why| eprintln!("amiwatch: {name} is not moved: {why}"));
        self.not_to_move(name, why);
    }

    /// What there was no need to move.
    pub(super) fn nothing_to_do(&mut self, name: &str, why: Vec<String>) {
        self.say(&why.join("; "));
        self.not_to_move(name, why);
    }

    fn not_to_move(&mut self, name: &str, why: Vec<String>) {
        let name = name.to_owned();
        self.document.not_moved.push(NotMoved { name, why });
    }

    /// Why nothing was moved, and how the command ends then: what stands against it is 1, what could not be
    /// read is 4; every other error is the caller's.
    pub(super) fn refused(&mut self, name: &str, error: MoveError) -> anyhow::Result<Exit> {
        let (why, exit) = match error {
            MoveError::Refused(why) => (why, Exit::Failed),
            MoveError::Untold(why) => (why, Exit::CannotTell),
            error => return Err(error.into()),
        };
        self.not_moved(name, why);
        Ok(exit)
    }

    /// What the rest of an order waits for.
    pub(super) fn waits(&mut self, waits: Vec<Reason>) {
        if self.format == Format::Table {
            waits.iter().for_each(draw::reason);
        }
        self.document.waits = waits;
    }

    /// The document, once.
    pub(super) fn close(&self) -> anyhow::Result<()> {
        match self.format {
            Format::Json => draw::print_json(&self.document),
            Format::Table => Ok(()),
        }
    }
}

/// A plan as people read it.
pub(super) fn plan_lines(plan: &MovePlan) -> Vec<String> {
    let way = match (plan.back, plan.proof_only) {
        (true, _) => "back",
        (_, true) => "proof only",
        _ => "forward",
    };
    let head = format!(
        "{} in {} (watch {}), {way}",
        plan.name(),
        plan.target.scope.region,
        plan.watch
    );
    let mut lines = vec![head];
    let said = plan.lines().into_iter();
    lines.extend(said.map(|(word, what)| draw::wrapped_line(&format!("    {word:<11}{what}"), 15)));
    lines.extend(plan.refusals.iter().map(|refusal| {
        let line = format!("    {}  {}", refusal.code, refusal.why);
        draw::wrapped_line(&line, 8)
    }));
    lines.extend(plan.printed.as_ref().map(|printed| format!("\n{printed}")));
    lines
}
