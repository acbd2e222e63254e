//! notify: what happened in, notices out. Plain functions of values; delivering is the outbox's.
//!
//! A notice's key is derived from the event alone, so that whoever finds it, and however often, gives
//! it the same key: the store keeps one, and a receiver can drop repeats. Whatever came from outside
//! (names of environments, a guest's console) is cleaned before it is put into a message.

mod daemon;
mod drift;

mod sample;

mod stray;

mod text;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod drift_tests;

#[cfg(test)]
mod slack_tests;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::model::bake::{BakeOrder, BakedImage, digest};
use crate::model::changes::ChangesInShort;
use crate::model::history::Failing;
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::{ImageId, Installation, WatchName};
use crate::model::notice::{Event, Notice};

use text::Body;

pub use daemon::pass_cut;
pub use stray::stray;

pub use drift::{News, drift};
pub use sample::sample;
pub use text::{clean, subject};

/// A bake succeeded: its image is verified. One notice a key.
pub fn baked(order: &BakeOrder, baked: &BakedImage, at: DateTime<Utc>) -> Notice {
    let BakeOrder { watch, release, .. } = order;
    let mut body = Body::new();
    body.line(&format!(
        "{} is verified: its checks passed in the builder and on a fresh boot.",
        baked.image
    ));
    body.gap();
    about(&mut body, order);
    body.list("Baked because:", order.because.iter().cloned());
    if let Some(ChangesInShort { since, line, .. }) = &baked.changes {
        body.list(
            &format!("Changed since {since}:"),
            [line.clone()].into_iter(),
        );
    }
    body.commands(&[
        (
            format!("amiwatch check --watch {watch}"),
            "which environments wait for it",
        ),
        ("amiwatch status".to_owned(), "every watch and its image"),
    ]);
    Notice {
        key: format!("baked:{}", order.key),
        event: Event::Baked,
        at,
        watch: watch.to_string(),
        subject: subject(&format!(
            "[amiwatch] {watch}: baked {} from {}",
            baked.image, release.version
        )),
        body: body.finish(),
        facts: with_changes(with_image(order_facts(order), &baked.image), baked),
    }
}

/// One attempt of a bake failed; everything it made is removed. One notice an attempt.
///
/// `console` is the last of what the guest printed, as it came.
pub fn failed(
    order: &BakeOrder,
    why: &str,
    console: Option<&str>,
    next_at: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
) -> Notice {
    let BakeOrder { watch, attempt, .. } = order;
    let mut body = Body::new();
    body.line(&format!("Attempt {attempt} failed: {why}"));
    body.line(&match next_at {
        Some(next) => format!("The next attempt is not before {}.", minute(next)),
        None => "There is no next attempt: it is held for a person.".to_owned(),
    });
    body.gap();
    about(&mut body, order);
    body.tail("The end of the guest's console:", console);
    body.commands(&[
        (
            "amiwatch status".to_owned(),
            "every watch, its image, its failures",
        ),
        (format!("amiwatch bake {watch}"), "tries again now"),
    ]);
    let mut facts = order_facts(order);
    facts.insert("why".to_owned(), clean(why));
    if let Some(next) = next_at {
        facts.insert("next_at".to_owned(), next.to_rfc3339());
    }
    Notice {
        key: format!("failed:{}:{attempt}", order.key),
        event: Event::Failed,
        at,
        watch: watch.to_string(),
        subject: subject(&format!(
            "[amiwatch] {watch}: bake attempt {attempt} failed: {why}"
        )),
        body: body.finish(),
        facts,
    }
}

/// Something that a bake made could not be removed: a person is needed. One notice a step of a bake.
///
/// `what` says for each what is the matter and what to do about it.
pub fn attention(order: &BakeOrder, step: &str, what: &[String], at: DateTime<Utc>) -> Notice {
    let BakeOrder { watch, attempt, .. } = order;
    let mut body = Body::new();
    body.line("Something that a bake made is still there, and may cost money.");
    body.gap();
    about(&mut body, order);
    body.list("What, and what to do:", what.iter().cloned());
    body.commands(&[
        (
            "amiwatch run --once".to_owned(),
            "goes on removing what an open bake has left",
        ),
        ("amiwatch status".to_owned(), "bakes that are under way"),
    ]);
    Notice {
        key: format!("attention:{}:{attempt}:{step}", order.key),
        event: Event::Attention,
        at,
        watch: watch.to_string(),
        subject: subject(&format!(
            "[amiwatch] {watch}: a person is needed, {step} left something behind"
        )),
        body: body.finish(),
        facts: order_facts(order),
    }
}

/// A bake failed too often and is held for a person. One notice a hold.
pub fn held(order: &BakeOrder, failing: &Failing, at: DateTime<Utc>) -> Notice {
    let watch = &order.watch;
    let attempts = failing.attempts;
    let mut body = Body::new();
    body.line(&format!(
        "{attempts} attempts failed, the last because: {}",
        failing.last_why
    ));
    body.line("Nothing more is tried by itself: a new release or a changed recipe starts anew.");
    body.gap();
    about(&mut body, order);
    body.commands(&[
        (
            "amiwatch status".to_owned(),
            "every watch, its image, its failures",
        ),
        (
            format!("amiwatch bake {watch} --force"),
            "tries again now, as the next generation",
        ),
    ]);
    let mut facts = order_facts(order);
    facts.insert("attempts".to_owned(), attempts.to_string());
    facts.insert("why".to_owned(), clean(&failing.last_why));
    Notice {
        key: format!("held:{}:{attempts}", order.key),
        event: Event::Held,
        at,
        watch: watch.to_string(),
        subject: subject(&format!(
            "[amiwatch] {watch}: held after {attempts} failed bakes"
        )),
        body: body.finish(),
        facts,
    }
}

/// A person holds a watch, a release or an image. One notice a hold.
pub fn held_by_a_person(
    installation: &Installation,
    watch: &WatchName,
    hold: &Hold,
    at: DateTime<Utc>,
) -> Notice {
    let (on, since) = (hold.on.to_string(), hold.since.to_rfc3339());
    let key = digest(&[
        "amiwatch hold notice 1",
        installation.as_str(),
        watch.as_str(),
        &on,
        &since,
        &hold.by,
        &hold.reason,
    ]);
    let until = match hold.until {
        Some(until) => format!("until {}", minute(until)),
        None => "until somebody ends it".to_owned(),
    };
    let mut body = Body::new();
    body.line(&format!("{} holds {on} of watch {watch} {until}.", hold.by));
    body.line(&format!("Why: {}", hold.reason));
    body.commands(&[
        ("amiwatch hold".to_owned(), "everything that is held"),
        (
            format!("amiwatch unhold {watch}{}", of(&hold.on)),
            "ends it",
        ),
    ]);
    let mut facts = facts([
        ("installation", installation.to_string()),
        ("held", on.clone()),
        ("by", hold.by.clone()),
        ("reason", hold.reason.clone()),
        ("since", since),
    ]);
    if let Some(until) = hold.until {
        facts.insert("until".to_owned(), until.to_rfc3339());
    }
    Notice {
        key: format!("hold:{installation}:{watch}:{key:.16}"),
        event: Event::Held,
        at,
        watch: watch.to_string(),
        subject: subject(&format!(
            "[amiwatch] {watch}: {} holds {on}: {}",
            hold.by, hold.reason
        )),
        body: body.finish(),
        facts,
    }
}

/// The flag that names a held thing.
fn of(held: &HeldThing) -> String {
    match held {
        HeldThing::Watch => String::new(),
        HeldThing::Release(release) => format!(" --release {release}"),
        HeldThing::Image(image) => format!(" --image {image}"),
    }
}

/// The untouched base passed every check: the recipe may not be needed. One notice a recipe, however
/// many releases go on to show it. Absent when the bake did not show that.
pub fn redundant(order: &BakeOrder, baked: &BakedImage, at: DateTime<Utc>) -> Option<Notice> {
    let BakeOrder {
        installation,
        watch,
        recipe_name,
        release,
        ..
    } = order;
    let mut body = Body::new();
    body.line(&format!(
        "Every check of recipe {recipe_name} passed on the untouched base {} ({}), before the \
         recipe ran.",
        release.image, release.version
    ));
    body.line(
        "If the checks say all that the recipe is for, the stock image does, and neither this \
         recipe nor a custom image is needed.",
    );
    body.gap();
    about(&mut body, order);
    baked.redundant.then(|| Notice {
        key: format!(
            "redundant:{installation}:{watch}:{:.16}",
            order.recipe_digest.as_str()
        ),
        event: Event::Redundant,
        at,
        watch: watch.to_string(),
        subject: subject(&format!(
            "[amiwatch] {watch}: recipe {recipe_name} may not be needed any more"
        )),
        body: body.finish(),
        facts: with_image(order_facts(order), &baked.image),
    })
}

fn about(body: &mut Body, order: &BakeOrder) {
    body.line(&format!("installation  {}", order.installation));
    body.line(&format!("watch         {}", order.watch));
    body.line(&format!(
        "release       {} ({})",
        order.release.version, order.release.image
    ));
    body.line(&format!("recipe        {}", order.recipe_name));
    body.line(&format!(
        "key           {}-{}",
        order.key.short(),
        order.generation
    ));
}

fn order_facts(order: &BakeOrder) -> BTreeMap<String, String> {
    facts([
        ("installation", order.installation.to_string()),
        ("key", order.key.to_string()),
        ("generation", order.generation.to_string()),
        ("attempt", order.attempt.to_string()),
        ("release_image", order.release.image.to_string()),
        ("release_version", order.release.version.clone()),
        ("recipe", order.recipe_name.clone()),
        ("architecture", order.architecture.to_string()),
    ])
}

fn with_image(mut facts: BTreeMap<String, String>, image: &ImageId) -> BTreeMap<String, String> {
    facts.insert("image".to_owned(), image.to_string());
    facts
}

/// What changed since the image before, for programs.
fn with_changes(
    mut facts: BTreeMap<String, String>,
    baked: &BakedImage,
) -> BTreeMap<String, String> {
    if let Some(changes) = &baked.changes {
        facts.extend([
            ("changes".to_owned(), clean(&changes.line)),
            ("changes_since".to_owned(), changes.since.to_string()),
            ("packages_changed".to_owned(), changes.changed.to_string()),
            ("packages_added".to_owned(), changes.added.to_string()),
            ("packages_removed".to_owned(), changes.removed.to_string()),
        ]);
    }
    facts
}

fn facts<const N: usize>(pairs: [(&str, String); N]) -> BTreeMap<String, String> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(key, value)| (key.to_owned(), clean(&value)))
        .collect()
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
