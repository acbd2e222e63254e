//! notify: what happened in, typed notices out. Plain functions of values; the words are made where a
//! notice is sent, and delivering is the outbox's.
//!
//! A notice's key is derived from the event alone, so that whoever finds it, and however often, gives
//! it the same key: the store keeps one, and a receiver can drop repeats.

mod base;

mod blind;

mod daemon;

mod drift;

mod drift_notice;

mod people;

mod publish;

mod retire;

mod rolling;

mod rollout;

mod sample;

mod stray;

mod watch_story;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod base_tests;

#[cfg(test)]
mod drift_tests;

#[cfg(test)]
mod publish_tests;

#[cfg(test)]
mod quarantine_news_tests;

#[cfg(test)]
mod retire_tests;

#[cfg(test)]
mod rolling_tests;

#[cfg(test)]
mod slack_tests;

#[cfg(test)]
mod story_tests;

#[cfg(test)]
mod receiver_tests;

use chrono::{DateTime, Utc};

use crate::model::bake::{BakeOrder, BakedImage};
use crate::model::chronicle::ReleasePoint;
use crate::model::history::Failing;
use crate::model::kept::KeptBuilder;
use crate::model::notice::{
    BakeTold, FirstOf, Link, NextByItself, Notice, PastedCommand, What, console_end, failed_key,
    held_key,
};

pub use crate::model::plain_text::clean;
pub use base::of_the_base;
pub use blind::{blind_notice, blind_over};
pub use daemon::pass_cut;
pub use drift::drift;
pub use drift_notice::News;
pub use people::held_by_a_person;
pub use publish::{
    FailedPublication, StaysBad, bad_image_stays, image_published, publication_failed,
};
pub use retire::{
    FailedAct, RetireTeller, image_retired, images_due, lift_protection, protected_image_stays,
    retiring_failed,
};
pub use rolling::{
    RolloutStory, WaveRun, approval_lapsed, approval_needed, hands_needed, rollout_blocked,
    rollout_superseded, story_of_image, wave_through,
};
pub use rollout::{FailedMove, environment_moved, move_failed};
pub use sample::{event_sample, sample};
pub use stray::stray;
pub use watch_story::NewsLook;

/// A bake succeeded: its image is verified. One notice a key.
pub fn baked_notice(order: &BakeOrder, baked: &BakedImage, at: DateTime<Utc>) -> Notice {
    let watch = &order.watch;
    let what = What::Baked {
        bake: told(order),
        image: baked.image.clone(),
        because: FirstOf::all_of(order.because.iter().cloned()),
        changes: baked.changes.clone(),
    };
    let commands = vec![
        PastedCommand::new(
            format!("amiwatch check --watch {watch}"),
            "which environments wait for it",
        ),
        PastedCommand::new("amiwatch status", "every watch and its image"),
    ];
    let key = format!("baked:{}", order.key);
    of_a_bake(order, key, at, what, NextByItself::Nothing, commands)
}

/// How one attempt failed.
#[derive(Debug, Clone, Copy)]
pub struct FailedAttempt<'a> {
    /// The failure's stable word: `checks_failed`, `denied`.
    pub kind: &'a str,
    /// `step: why`
    pub why: &'a str,
    /// The last of what the guest printed, as it came.
    pub console: Option<&'a str>,
    /// The builder, where it was to be kept.
    pub kept: Option<&'a KeptBuilder>,
}

/// Failures that come back however often it is tried, until a person has changed something.
const STAY: [&str; 8] = [
    "denied",
    "empty",
    "foreign_group",
    "impossible",
    "inbound_rules",
    "invalid",
    "name_taken",
    "quota",
];

/// Whether trying again may help by itself.
fn again_helps(kind: &str) -> bool {
    !STAY.contains(&kind)
}

/// One attempt of a bake failed; everything it made is removed. One notice an attempt.
pub fn failed_notice(
    order: &BakeOrder,
    attempt: &FailedAttempt<'_>,
    next_at: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
) -> Notice {
    let what = What::Failed {
        bake: told(order),
        why: attempt.why.to_owned(),
        console: console_end(attempt.console),
        kept: attempt.kept.cloned(),
    };
    let next = match next_at {
        Some(not_before) => NextByItself::Again { not_before },
        None => NextByItself::Person,
    };
    let mut commands = vec![
        PastedCommand::new("amiwatch status", "every watch, its image, its failures"),
        PastedCommand::new(
            format!("amiwatch bake {}", order.watch),
            match again_helps(attempt.kind) {
                true => "tries again now",
                false => "tries again, when the cause is mended: it fails as before until then",
            },
        ),
    ];
    let look = attempt.kept.map(|kept| kept.commands(&order.scope.region));
    let look = look.unwrap_or_default().into_iter();
    commands.extend(look.map(|(command, what)| PastedCommand::new(command, what)));
    let key = failed_key(&order.key.to_string(), order.attempt);
    of_a_bake(order, key, at, what, next, commands)
}

/// Something that a bake made could not be removed: a person is needed. One notice a step of a bake.
///
/// `left` says for each what is the matter and what to do about it.
pub fn attention(order: &BakeOrder, step: &str, left: &[String], at: DateTime<Utc>) -> Notice {
    let what = What::LeftBehind {
        bake: told(order),
        step: step.to_owned(),
        left: FirstOf::all_of(left.iter().cloned()),
    };
    let commands = vec![
        PastedCommand::new(
            "amiwatch run --once",
            "goes on removing what an open bake has left",
        ),
        PastedCommand::new("amiwatch status", "bakes that are under way"),
    ];
    let key = format!("attention:{}:{}:{step}", order.key, order.attempt);
    of_a_bake(order, key, at, what, NextByItself::Person, commands)
}

/// A bake failed too often and is held for a person. One notice a hold.
pub fn held(order: &BakeOrder, failing: &Failing, at: DateTime<Utc>) -> Notice {
    let what = What::GaveUp {
        bake: told(order),
        attempts: failing.attempts,
        why: failing.last_why.clone(),
    };
    let commands = vec![
        PastedCommand::new("amiwatch status", "every watch, its image, its failures"),
        PastedCommand::new(
            format!("amiwatch bake {} --force", order.watch),
            "tries again now, as the next generation",
        ),
    ];
    let key = held_key(&order.key.to_string(), failing.attempts);
    of_a_bake(order, key, at, what, NextByItself::Person, commands)
}

/// The untouched base passed every check: the recipe may not be needed. One notice a recipe, however
/// many releases go on to show it. Absent when the bake did not show that.
pub fn redundant(order: &BakeOrder, baked: &BakedImage, at: DateTime<Utc>) -> Option<Notice> {
    let what = What::Redundant {
        bake: told(order),
        image: baked.image.clone(),
    };
    let key = format!(
        "redundant:{}:{}:{:.16}",
        order.installation,
        order.watch,
        order.recipe_digest.as_str()
    );
    let notice = of_a_bake(order, key, at, what, NextByItself::Nothing, Vec::new());
    baked.redundant.then_some(notice)
}

fn of_a_bake(
    order: &BakeOrder,
    key: String,
    at: DateTime<Utc>,
    what: What,
    next: NextByItself,
    commands: Vec<PastedCommand>,
) -> Notice {
    let links = match &what {
        What::Baked { image, .. } | What::Redundant { image, .. } => {
            vec![Link::to_image(&order.scope.region, image)]
        }
        _ => Vec::new(),
    };
    Notice {
        key,
        story: order.told_in(),
        at,
        installation: Some(order.installation.clone()),
        watch: Some(order.watch.clone()),
        scope: Some(order.scope.clone()),
        what,
        next,
        commands,
        links,
    }
}

/// The bake as it is told.
fn told(order: &BakeOrder) -> BakeTold {
    BakeTold {
        key: order.key.clone(),
        generation: order.generation,
        attempt: order.attempt,
        release: ReleasePoint::of_release(&order.release),
        recipe: order.recipe_name.clone(),
        architecture: order.architecture,
    }
}
