//! What the demo prints: each pass in the lines that matter, what stands against an environment, the end.
//! Everything is read from what happened.

use chrono::TimeDelta;

use super::EndState;
use crate::cli::draw;
use crate::model::drift::Drift;
use crate::model::reason::{Class, Reason};
use crate::service::desk::moved::MovedEnvironment;
use crate::service::desk::once::{BakedOnce, Once};

/// What goes on below the beginning of a line.
const HANG: usize = 4;

/// What one pass did.
pub(super) fn show_pass(passed: &Once, took: TimeDelta) {
    let took = draw::span(took);
    for bake in &passed.bakes {
        match baked(bake, &took) {
            Ok(line) => draw::good_line(&line),
            Err(line) => draw::say_line(&line, HANG),
        }
    }
    for one in &passed.moves {
        match moved(one) {
            Ok(line) => draw::good_line(&line),
            Err(line) => draw::say_line(&line, HANG),
        }
    }
}

fn baked(bake: &BakedOnce, took: &str) -> Result<String, String> {
    let watch = &bake.watch;
    match (&bake.image, &bake.why) {
        (Some(image), _) => Ok(format!(
            "{watch}: {image} is baked, proved and boot-tested ({took})"
        )),
        (None, why) => {
            let why = why.as_deref().unwrap_or("for a reason that is not known");
            Err(format!("{watch}: the bake failed: {why}"))
        }
    }
}

fn moved(one: &MovedEnvironment) -> Result<String, String> {
    let environment = &one.environment;
    let to = one
        .to
        .as_ref()
        .map_or("its platform's own image", |to| to.as_str());
    match (&one.why, one.back) {
        (Some(why), _) => {
            let whose = one.fault.map_or("unknown", |fault| fault.as_str());
            Err(format!(
                "{environment}: {to} failed (fault: {whose}): {why}"
            ))
        }
        (None, true) => Ok(format!("{environment}: taken back to {to}, and well there")),
        (None, false) => Ok(format!("{environment}: moved to {to}, and well there")),
    }
}

/// What holds or blocks the watch's image and each environment.
pub(super) fn show_gates(drift: &Drift) {
    let stands = |reason: &&Reason| matches!(reason.code.class(), Class::Hold | Class::Blocked);
    let own = drift.reasons.iter().filter(stands);
    let own = own.map(|reason| (drift.watch.as_str(), reason));
    let targets = drift.targets.iter().flat_map(|target| {
        let name = target.target.environment.as_str();
        let reasons = target.reasons.iter().filter(stands);
        reasons.map(move |reason| (name, reason))
    });
    for (name, reason) in own.chain(targets) {
        let (first, _) = reason
            .message
            .split_once(". ")
            .unwrap_or((&reason.message, ""));
        draw::say_line(&format!("{name}: {}: {first}", reason.code), HANG);
    }
}

/// The end of the story.
pub(super) fn show_end(end: &EndState) {
    println!();
    draw::heading_line("== As received from the SNS topic", 3);
    for notice in &end.notices {
        draw::say_line(&notice.subject, HANG);
    }
    println!();
    draw::heading_line("== What is in the account now", 3);
    for image in &end.images {
        let state = image.amiwatch_state.as_deref().unwrap_or("made by hand");
        draw::say_line(
            &format!("{}  {}  ({state})", image.image_id, image.name),
            HANG,
        );
    }
    for one in &end.environments {
        let version = one.platform_arn.rsplit('/').next().unwrap_or_default();
        let line = format!(
            "{}  {}  {} {version}",
            one.image_id, one.environment, one.status
        );
        draw::say_line(&line, HANG);
    }
    println!("left behind by bakes and moves: {}", end.leftovers.len());
    draw::say_line(
        "next: amiwatch survey --region REGION  # your own account; reads only, needs no config",
        HANG,
    );
}
