//! What would happen next and when, and what a person can do.

use chrono::TimeDelta;

use super::view::{SaidCode, TargetView, View};
use super::{Advice, ExplainSubject, Passes, dated, minute, rough};
use crate::flow::move_commands::{
    MOVES_MAX, MoveByHand, ROLLOUT_DOES, moves_by_hand, rollout_command,
};
use crate::flow::outcome::WatchStanding;
use crate::model::plan::{Action, BakeDecision};
use crate::model::platform_choice::MoveTo;
use crate::model::reason::{Class, ReasonCode};

/// Environments of which is said why they are not to be moved; more would bury the rest.
const REFUSED_MAX: usize = 3;

/// What the next pass would do, why, and when it is due.
pub(super) fn next_sentences(subject: &ExplainSubject<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(story) = subject.under_way {
        let at = match story.at_step() {
            Some(step) => format!(", now at {} since {}", step.step, minute(step.started_at)),
            None => String::new(),
        };
        lines.push(format!(
            "A bake of {} ({}) is under way since {}{at}.",
            story.release.version,
            story.release.image,
            minute(story.started_at)
        ));
    }
    if let Some(view) = subject.view.as_ref().filter(|view| !view.overtaken) {
        lines.push(match bakes_already(subject, view) {
            true => "Passes go on beside it, and begin no other bake of this watch.".to_owned(),
            false => would(subject, view),
        });
        lines.extend(view.because.iter().map(|why| format!("Because: {why}")));
        lines.extend(not_to_be_moved(view));
    }
    lines.push(due(subject.passes, subject));
    lines
}

/// The bake that the plan asks for, or waits with, is the one that is under way.
fn bakes_already(subject: &ExplainSubject<'_>, view: &View) -> bool {
    let bakes = matches!(view.action, Action::Bake { .. } | Action::Hold { .. });
    subject.under_way.is_some() && bakes
}

fn would(subject: &ExplainSubject<'_>, view: &View) -> String {
    match &view.action {
        Action::Nothing | Action::CannotTell if view.standing() == WatchStanding::Unmatched => {
            "Nothing is done until the target's name is right: the config names what is not there."
                .to_owned()
        }
        Action::Tell if subject.watch.recipe.is_none() => {
            "The next pass tells what is new; without a recipe there is nothing to bake.".to_owned()
        }
        Action::Nothing => "Nothing is to be baked.".to_owned(),
        Action::Tell => {
            "The next pass tells what is new, and bakes nothing (on_drift = \"notify\").".to_owned()
        }
        Action::Bake(BakeDecision {
            release,
            generation,
            attempt,
        }) => format!(
            "The next pass bakes {} ({}), generation {generation}, attempt {attempt}.",
            release.version, release.image
        ),
        Action::Adopt { image, .. } => {
            format!("The next pass remembers the verified {image}; nothing is to be baked.")
        }
        Action::Hold { until: Some(until) } => format!(
            "Nothing is baked before {}; the first pass after that decides again.",
            dated(*until, subject.now)
        ),
        Action::Hold { until: None } => "Nothing is baked until a person decides.".to_owned(),
        Action::Blocked => "Nothing is baked: a person is needed.".to_owned(),
        Action::CannotTell => {
            "Nothing is baked from a partial look; the next pass asks again.".to_owned()
        }
    }
}

/// When the next pass is made, if something makes passes.
fn due(passes: &Passes, subject: &ExplainSubject<'_>) -> String {
    let Passes {
        cron,
        timezone,
        jitter_s,
        next,
    } = passes;
    let schedule = format!("cron `{cron}`, {timezone}");
    let by_hand = "or when `amiwatch run --once` is started";
    match next {
        Some(next) => {
            let late = match jitter_s {
                0 => String::new(),
                s => format!(
                    ", up to {} later",
                    rough(TimeDelta::seconds(i64::try_from(*s).unwrap_or(0)))
                ),
            };
            format!(
                "A pass is due {}{late}, where `amiwatch run` is up ({schedule}), {by_hand}.",
                dated(*next, subject.now)
            )
        }
        None => format!(
            "A pass is made by the schedule ({schedule}) where `amiwatch run` is up, {by_hand}."
        ),
    }
}

/// What a person can do about it, the nearest first.
pub(super) fn next_commands(subject: &ExplainSubject<'_>) -> Vec<Advice> {
    let name = &subject.watch.name;
    let mut commands = Vec::new();
    match &subject.view {
        Some(view) if view.overtaken => commands.push(advice(
            format!("amiwatch explain {name}"),
            "asks AWS, and tells what is so now",
        )),
        Some(view) => {
            commands.extend(about_the_bake(subject, view));
            commands.extend(about_lineage(subject, view));
            commands.extend(moves(subject, view));
        }
        None => {}
    }
    commands.push(advice(
        format!("amiwatch plan --watch {name}"),
        "what a pass would do, in full; changes nothing",
    ));
    commands.push(advice(
        format!("amiwatch history {name}"),
        "what happened up to now",
    ));
    commands
}

fn advice(command: impl Into<String>, does: impl Into<String>) -> Advice {
    Advice {
        command: command.into(),
        does: does.into(),
    }
}

fn about_the_bake(subject: &ExplainSubject<'_>, view: &View) -> Vec<Advice> {
    let watch = subject.watch;
    let name = &watch.name;
    let bake = |does: &str| advice(format!("amiwatch bake {name}"), does);
    let held = |code| matches!(code, ReasonCode::Held | ReasonCode::Quarantined);
    if subject.under_way.is_some() {
        // A second bake of the same is not to be had; what one wants to know is how far it is.
        return vec![advice("amiwatch status", "how far the bake is")];
    }
    match &view.action {
        Action::Bake(BakeDecision { release, .. }) => vec![
            bake("bakes now"),
            advice(
                format!(
                    "amiwatch hold {name} --release {} --reason \"...\"",
                    release.image
                ),
                "passes this release over",
            ),
        ],
        Action::Hold { .. } if view.reasons.iter().any(|said| held(said.code)) => vec![
            advice("amiwatch hold", "what people hold, and why"),
            advice(
                format!("amiwatch unhold {name}"),
                "ends a person's hold of the watch; with --release or --image, that of one",
            ),
            advice(
                format!("amiwatch bake {name} --force"),
                "bakes now in spite of the hold, as the next generation",
            ),
        ],
        Action::Hold { until: Some(_) } => {
            vec![bake(
                "bakes now: soaking and the pause do not bind a person",
            )]
        }
        Action::Hold { until: None } => vec![
            advice("amiwatch status", "what failed, and how often"),
            advice(
                format!("amiwatch bake {name} --force"),
                "bakes now in spite of the hold, as the next generation",
            ),
        ],
        Action::Tell if watch.recipe.is_some() => vec![
            bake("bakes now"),
            advice(
                "on_drift = \"bake\"",
                format!("in the config, under [watch.{name}]: passes bake by themselves"),
            ),
        ],
        Action::Tell => vec![advice(
            "recipe = \"...\"",
            format!(
                "in the config, under [watch.{name}]: with a recipe there is something to bake"
            ),
        )],
        Action::Nothing | Action::CannotTell if view.standing() == WatchStanding::Unmatched => {
            vec![advice(
                "amiwatch survey",
                "every environment by its name, for the watch's target in the config",
            )]
        }
        Action::CannotTell => vec![advice(
            format!("amiwatch check --watch {name}"),
            "asks again",
        )],
        Action::Nothing | Action::Adopt { .. } | Action::Blocked => Vec::new(),
    }
}

/// An image whose base EC2 does not know.
fn about_lineage(subject: &ExplainSubject<'_>, view: &View) -> Option<Advice> {
    let unknown = |target: &&TargetView| {
        let mut reasons = target.reasons.iter();
        reasons.any(|said| said.code == ReasonCode::LineageUnknown)
    };
    let image = view.targets.iter().find(unknown)?.image.as_ref()?;
    subject.watch.recipe.as_ref()?;
    Some(advice(
        format!(
            "amiwatch adopt {} {image} --base ami-...",
            subject.watch.name
        ),
        "settles what it was made from, and takes it as the watch's image",
    ))
}

/// Environments that wait for the watch's image. What a memory holds is too old to move one by hand.
fn moves(subject: &ExplainSubject<'_>, view: &View) -> Vec<Advice> {
    let name = &subject.watch.name;
    let waiting = view.targets.iter().filter(|one| waits(one));
    let mut advices: Vec<Advice> = waiting
        .filter(|one| !one.elsewhere)
        .take(MOVES_MAX)
        .map(|one| advice(rollout_command(name, &one.name), ROLLOUT_DOES))
        .collect();
    let behind = view.targets.iter();
    let behind = behind.filter_map(|one| Some((one.target.as_ref()?, one.move_to.as_ref()?)));
    let by_hand = moves_by_hand(behind).into_iter();
    advices.extend(by_hand.map(|MoveByHand { command, does }| {
        advice(command.to_string(), format!("{does}, by hand"))
    }));
    advices
}

/// It is out of step with an image that is there; a memory knows the codes alone.
fn waits(target: &TargetView) -> bool {
    let remembered = target.target.is_none() && target.reasons.iter().any(is_behind);
    let seen = target.move_to.as_ref();
    seen.is_some_and(MoveTo::may_be_moved) || remembered
}

fn is_behind(said: &SaidCode) -> bool {
    said.code.class() == Class::Behind
}

/// Environments that are behind and not to be moved as they stand, and why.
fn not_to_be_moved(view: &View) -> impl Iterator<Item = String> {
    let refused = view.targets.iter().filter_map(|target| {
        let why = target.move_to.as_ref()?.refusal()?;
        Some(format!(
            "{} is not to be moved by hand now: {why}.",
            target.name
        ))
    });
    refused.take(REFUSED_MAX)
}
