//! What is told of a bake, in words.

use super::parts::{MessagePart, notice_installation, without_step};
use super::spoken::SpokenNotice;
use crate::model::changes::ChangesInShort;
use crate::model::ids::ImageId;
use crate::model::kept::KeptBuilder;
use crate::model::notice::{BakeTold, FirstOf, NextByItself, What};

/// What the subject says behind the watch's name.
pub(super) fn bake_headline(what: &What) -> String {
    match what {
        What::Baked { bake, image, .. } => format!("baked {image} from {}", bake.release.version),
        What::Failed { bake, why, .. } => {
            format!(
                "bake attempt {} failed: {}",
                bake.attempt,
                without_step(why)
            )
        }
        What::GaveUp { attempts, .. } => format!("held after {attempts} failed bakes"),
        What::LeftBehind { step, .. } => {
            format!("a person is needed, {step} left something behind")
        }
        What::Redundant { bake, .. } => {
            format!("recipe {} may not be needed any more", bake.recipe)
        }
        other => other.event().as_str().to_owned(),
    }
}

/// The message but for its commands; nothing for what is not about a bake.
pub(super) fn bake_parts(notice: SpokenNotice<'_>) -> Vec<MessagePart> {
    match &notice.what {
        What::Baked {
            bake,
            image,
            because,
            changes,
        } => baked(notice, bake, image, because, changes.as_ref()),
        What::Failed {
            bake,
            why,
            console,
            kept,
        } => failed(notice, bake, why, console.as_deref(), kept.as_ref()),
        What::GaveUp {
            bake,
            attempts,
            why,
        } => vec![
            MessagePart::lines([
                format!("{attempts} attempts failed, the last because: {why}"),
                "Nothing more is tried by itself: a new release or a changed recipe starts anew."
                    .to_owned(),
            ]),
            about(notice, bake),
        ],
        What::LeftBehind { bake, left, .. } => {
            let said = "Something that a bake made is still there, and may cost money.";
            let mut parts = vec![MessagePart::lines([said.to_owned()]), about(notice, bake)];
            parts.extend(MessagePart::list("What, and what to do:", left.clone()));
            parts
        }
        What::Redundant { bake, .. } => redundant(notice, bake),
        _ => Vec::new(),
    }
}

fn baked(
    notice: SpokenNotice<'_>,
    bake: &BakeTold,
    image: &ImageId,
    because: &FirstOf<String>,
    changes: Option<&ChangesInShort>,
) -> Vec<MessagePart> {
    let verified =
        format!("{image} is verified: its checks passed in the builder and on a fresh boot.");
    let mut parts = vec![MessagePart::lines([verified]), about(notice, bake)];
    parts.extend(MessagePart::list("Baked because:", because.clone()));
    parts.extend(changes.and_then(|ChangesInShort { since, line, .. }| {
        MessagePart::list(
            &format!("Changed since {since}:"),
            FirstOf::all_of([line.clone()]),
        )
    }));
    parts
}

fn failed(
    notice: SpokenNotice<'_>,
    bake: &BakeTold,
    why: &str,
    console: Option<&str>,
    kept: Option<&KeptBuilder>,
) -> Vec<MessagePart> {
    let next = match notice.next {
        NextByItself::Again { not_before } => {
            format!(
                "The next attempt is not before {}.",
                notice.minute(not_before)
            )
        }
        NextByItself::Nothing | NextByItself::Look | NextByItself::Person => {
            "There is no next attempt: it is held for a person.".to_owned()
        }
    };
    let why = format!("Attempt {} failed: {why}", bake.attempt);
    let lines = [why, next].into_iter();
    let kept = kept.map(|kept| kept.sentence_in(notice.zone()));
    let lines = lines.chain(kept).collect();
    let mut parts = vec![MessagePart::Lines(lines), about(notice, bake)];
    parts.extend(console.map(|console| MessagePart::Console {
        heading: "The end of the guest's console:".to_owned(),
        lines: console.lines().map(str::to_owned).collect(),
    }));
    parts
}

fn redundant(notice: SpokenNotice<'_>, bake: &BakeTold) -> Vec<MessagePart> {
    let BakeTold {
        recipe, release, ..
    } = bake;
    vec![
        MessagePart::lines([
            format!(
                "Every check of recipe {recipe} passed on the untouched base {} ({}), before the \
                 recipe ran.",
                release.image, release.version
            ),
            "If the checks say all that the recipe is for, the stock image does, and neither this \
             recipe nor a custom image is needed."
                .to_owned(),
        ]),
        about(notice, bake),
    ]
}

fn about(notice: SpokenNotice<'_>, bake: &BakeTold) -> MessagePart {
    let BakeTold {
        key,
        generation,
        release,
        recipe,
        ..
    } = bake;
    MessagePart::Fields(vec![
        ("installation", notice_installation(&notice).to_owned()),
        ("watch", notice.watch_or_dash().to_owned()),
        (
            "release",
            format!("{} ({})", release.version, release.image),
        ),
        ("recipe", recipe.clone()),
        ("key", format!("{}-{generation}", key.short())),
    ])
}
