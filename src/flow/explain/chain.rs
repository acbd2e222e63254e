//! From the base's newest release to the watch's image to each environment, and what was concluded.

use super::view::{SaidCode, TargetView};
use super::{ExplainSubject, Silence, dated, minute, rough, span};
use crate::flow::outcome::WatchStanding;
use crate::model::bake::{BakedImage, RecipeDigest};
use crate::model::counted::counted_times;
use crate::model::history::Failing;
use crate::model::ids::ImageId;
use crate::model::plan::{Action, BakeDecision};
use crate::model::watch::Recipe;

/// Environments that are told; `check` lists them all.
const TARGETS_MAX: usize = 40;

/// The base, and since when its newest release is known.
pub(super) fn base_sentences(subject: &ExplainSubject<'_>) -> Vec<String> {
    let watch = subject.watch;
    let place = match &watch.region {
        Some(region) => format!(" in {region}"),
        None => String::new(),
    };
    let mut lines = vec![format!("{} follows {}{place}.", watch.name, watch.base)];
    lines.extend(memory_told(subject));
    let Some(view) = &subject.view else {
        return lines;
    };
    let Some(release) = &view.release else {
        lines.push("Its newest release could not be told; the verdict says why.".to_owned());
        return lines;
    };
    let made = view.release_created.map_or(String::new(), |created| {
        format!(", made {}", dated(created, subject.now))
    });
    lines.push(format!(
        "Its newest release is {} ({}){made}.",
        release.version, release.image
    ));
    lines.push(first_seen(subject, &release.image));
    if let Some(soak) = watch.soak {
        lines.push(format!(
            "A release is baked when it has been out for {} (soak).",
            span(soak)
        ));
    }
    lines
}

/// That what follows was not just seen.
fn memory_told(subject: &ExplainSubject<'_>) -> Option<String> {
    let why = match subject.silence.as_ref()? {
        Silence::NotAsked => "AWS was not asked".to_owned(),
        Silence::NoAnswer(why) => format!("AWS did not answer ({})", why.trim_end_matches('.')),
    };
    Some(match &subject.view {
        Some(view) => format!(
            "{why}. What follows is what a pass saw, the same in every pass since {}.",
            minute(view.at)
        ),
        None => format!("{why}, and no pass has seen the watch yet."),
    })
}

fn first_seen(subject: &ExplainSubject<'_>, image: &ImageId) -> String {
    let seen = subject
        .history
        .and_then(|history| history.first_seen.get(image));
    match seen {
        Some(at) => format!("It counts as known since {}.", dated(*at, subject.now)),
        None => "No pass has seen it yet: the next one begins to count.".to_owned(),
    }
}

/// The watch's own image: what it was made from, when, with which recipe and checks.
pub(super) fn image_sentences(subject: &ExplainSubject<'_>) -> Vec<String> {
    let Some(recipe) = &subject.watch.recipe else {
        return vec![
            "The watch has no recipe: it has no image of its own, and only tells.".to_owned(),
        ];
    };
    let current = subject.view.as_ref().and_then(|view| view.current.as_ref());
    let remembered = subject.history.and_then(|history| history.current.as_ref());
    let mut lines = match (current, remembered) {
        (Some(current), Some(baked)) if *current == baked.image => own(subject, baked, recipe),
        (Some(current), _) => vec![format!(
            "Its image is {current}, as the tags tell; the store does not remember it yet."
        )],
        (None, Some(baked)) => vec![format!(
            "The store remembers {}, which is no use any more; the verdict says why.",
            baked.image
        )],
        (None, None) => vec!["It has no verified image yet.".to_owned()],
    };
    let failing = subject.history.and_then(|history| history.failing.as_ref());
    lines.extend(failing.map(|failing| failures(subject, failing)));
    lines
}

fn own(subject: &ExplainSubject<'_>, baked: &BakedImage, recipe: &Recipe) -> Vec<String> {
    let mut lines = vec![made(subject, baked)];
    let changes = baked.changes.as_ref();
    lines.extend(changes.map(|one| format!("Against {} before it: {}.", one.since, one.line)));
    let view = subject.view.as_ref();
    if let Some(release) = view.and_then(|view| view.release.as_ref()) {
        lines.push(match release.image == baked.base_image {
            true => "That is the newest release's image.".to_owned(),
            false => "The newest release is another image.".to_owned(),
        });
    }
    lines.push(recipe_line(baked, recipe));
    lines.push(checks_line(baked, recipe));
    lines.extend(subject.watch.max_age.map(|max| {
        let age = rough(subject.now - baked.baked_at);
        format!("It is {age} old, and may become {} (max_age).", span(max))
    }));
    lines
}

fn made(subject: &ExplainSubject<'_>, baked: &BakedImage) -> String {
    let base = match baked.base_version.as_str() {
        "" => baked.base_image.to_string(),
        version => format!("{version} ({})", baked.base_image),
    };
    let BakedImage {
        image, generation, ..
    } = baked;
    let at = dated(baked.baked_at, subject.now);
    match baked.adopted_at {
        Some(adopted) => format!(
            "Its image is {image}, made from {base} {at}; a person adopted it {}.",
            dated(adopted, subject.now)
        ),
        None => format!("Its image is {image}, baked from {base} {at}, generation {generation}."),
    }
}

fn recipe_line(baked: &BakedImage, recipe: &Recipe) -> String {
    let name = &recipe.name;
    match RecipeDigest::of_user_data(&recipe.user_data, recipe.template) == baked.recipe_digest {
        true if baked.adopted_at.is_some() => {
            format!("It counts as made with the recipe {name} as it is: who adopted it vouched so.")
        }
        true => format!("The recipe {name} is as it was then."),
        false => format!("The recipe {name} is not what it was made with."),
    }
}

fn checks_line(baked: &BakedImage, recipe: &Recipe) -> String {
    match &baked.checks_digest {
        Some(digest) if *digest == recipe.checks_digest() => {
            "The checks are the ones that proved it.".to_owned()
        }
        Some(_) => "The checks were edited since. That alone bakes nothing: they apply from the \
                    next bake on."
            .to_owned(),
        None if baked.adopted_at.is_some() => {
            "The checks have not proved it: they apply from the next bake on.".to_owned()
        }
        None => "Which checks proved it is not remembered.".to_owned(),
    }
}

fn failures(subject: &ExplainSubject<'_>, failing: &Failing) -> String {
    let times = counted_times(failing.attempts);
    let next = next_attempt(subject, failing);
    format!(
        "Its bake has failed {times}, last {}, because {}; {next}.",
        minute(failing.last_at),
        failing.last_why.trim_end_matches('.')
    )
}

/// When it is tried again. The plan knows: a pause binds only a bake of the same release and recipe.
fn next_attempt(subject: &ExplainSubject<'_>, failing: &Failing) -> String {
    let action = subject.view.as_ref().map(|view| &view.action);
    match (action, failing.next_at) {
        _ if subject.under_way.is_some() => "the next attempt is under way".to_owned(),
        (Some(Action::Bake(BakeDecision { attempt: 1, .. })), _) => {
            "that was another release or recipe, and does not hold up the next one".to_owned()
        }
        (Some(Action::Nothing | Action::Adopt { .. }), _) => {
            "nothing of it is to be baked now".to_owned()
        }
        (_, Some(next)) => format!("the next attempt is not before {}", minute(next)),
        (_, None) => "it is held for a person".to_owned(),
    }
}

/// Each environment with what it runs.
pub(super) fn environment_sentences(subject: &ExplainSubject<'_>) -> Vec<String> {
    let Some(view) = &subject.view else {
        return Vec::new();
    };
    if view.targets.is_empty() {
        return vec![match subject.watch.targets.is_empty() {
            true => "The watch names no environment: the image is all.".to_owned(),
            false => "No environment was seen that its patterns name.".to_owned(),
        }];
    }
    let told = view.targets.iter().take(TARGETS_MAX);
    let mut lines: Vec<String> = told.flat_map(environment).collect();
    let more = view.targets.len().saturating_sub(TARGETS_MAX) + view.targets_omitted;
    if more > 0 {
        lines.push(format!("And {more} more, which `amiwatch check` lists."));
    }
    lines
}

fn environment(target: &TargetView) -> Vec<String> {
    let about = target.about.iter().map(|about| format!(" ({about})"));
    let image = target
        .image
        .as_ref()
        .map_or("no known image", ImageId::as_str);
    let head = format!("{} runs {image}{}.", target.name, about.collect::<String>());
    let reasons = target.reasons.iter();
    std::iter::once(head)
        .chain(reasons.map(|said| format!("{}: {}", target.name, said.line())))
        .collect()
}

/// What was concluded, and what it amounts to.
pub(super) fn verdict(subject: &ExplainSubject<'_>) -> Vec<String> {
    let Some(view) = &subject.view else {
        return Vec::new();
    };
    if view.overtaken {
        return vec![
            "The watch got its image after that pass: the next one judges anew.".to_owned(),
        ];
    }
    let mut lines: Vec<String> = view.reasons.iter().map(SaidCode::line).collect();
    lines.push(
        match view.standing() {
            WatchStanding::Unread => {
                "Not everything could be read: nothing is concluded from what is missing (`check` exits 4)."
            }
            WatchStanding::Unmatched => {
                "A target of the watch matches no environment: that is not in step (`check` exits 4)."
            }
            WatchStanding::Drift => "Together: drift (`check` exits 3).",
            WatchStanding::Behind(_) => {
                "Together: the image is there, environments are behind it (`check` exits 3)."
            }
            WatchStanding::InStep => "Together: in step (`check` exits 0).",
        }
        .to_owned(),
    );
    lines.extend(view.notes.iter().map(|note| format!("Note: {note}")));
    lines
}
