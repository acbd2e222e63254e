//! What people hold, as reasons. A hold has no say in what is drift: it says what is not done about it.

use super::Case;
use crate::model::bake::RecipeDigest;
use crate::model::hold::Hold;
use crate::model::ids::ImageId;
use crate::model::reason::{Reason, ReasonCode};

/// The fact that says what a `HELD` is about.
pub const HELD: &str = "held";

/// The watch itself is held: nothing of it starts.
pub(super) fn of_watch(case: &Case<'_>) -> Option<Reason> {
    let hold = case.memory.watch_hold(case.now)?;
    let name = &case.watch.name;
    let message = format!(
        "The watch is held {}; `amiwatch unhold {name}` ends it.",
        said(hold)
    );
    Some(with_facts(Reason::new(ReasonCode::Held, message), hold).fact(HELD, "watch"))
}

/// The newest release is held: it is passed over.
pub(super) fn of_release(case: &Case<'_>) -> Option<Reason> {
    let (hold, release) = (case.choice.held?, case.release()?);
    let message = format!(
        "Release {} ({}) is held {}; `amiwatch unhold {} --release {}` ends it.",
        release.version,
        release.image,
        said(hold),
        case.watch.name,
        what(hold)
    );
    let reason = Reason::new(ReasonCode::Held, message)
        .fact(HELD, "release")
        .fact("recommended_image", &release.image)
        .fact("recommended_version", &release.version);
    Some(with_facts(reason, hold))
}

/// Images of ours that are held and were made of what would be baked now: baking the same again would
/// most likely make the same image.
pub(super) fn of_images(case: &Case<'_>, recipe: &RecipeDigest) -> Vec<Reason> {
    let Some(release) = case.choice.eligible.or(case.release()) else {
        return Vec::new();
    };
    let same = case
        .own
        .quarantined
        .iter()
        .filter(|(made, _)| made.is_of(&release.image, recipe));
    same.map(|(made, hold)| {
        let message = format!(
            "{} is quarantined {}. Nothing is baked again from release {} with this recipe; \
             `amiwatch unhold {} --image {}` ends it, a newer release or another recipe goes on.",
            made.image,
            said(hold),
            release.version,
            case.watch.name,
            made.image
        );
        let reason = Reason::new(ReasonCode::Quarantined, message)
            .fact("image", &made.image)
            .fact("base_image", &made.base_image);
        with_facts(reason, hold)
    })
    .collect()
}

/// An environment runs an image that is held.
pub(super) fn of_target(case: &Case<'_>, image: Option<&ImageId>) -> Option<Reason> {
    let image = image?;
    let hold = case.memory.image_hold(image, case.now)?;
    let message = format!(
        "The environment runs {image}, which is quarantined {}: nothing is done to it by itself; set \
         another image, or `amiwatch unhold {} --image {image}`.",
        said(hold),
        case.watch.name
    );
    let reason = Reason::new(ReasonCode::Quarantined, message).fact("image", image);
    Some(with_facts(reason, hold))
}

/// `since 2026-11-02 08:00 UTC by ann until 2026-11-09 08:00 UTC (it breaks logging)`
fn said(hold: &Hold) -> String {
    let minute = |at: &chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let until = match &hold.until {
        Some(until) => format!(" until {}", minute(until)),
        None => String::new(),
    };
    format!(
        "since {} by {}{until} ({})",
        minute(&hold.since),
        hold.by,
        hold.reason
    )
}

fn what(hold: &Hold) -> String {
    use crate::model::hold::HeldThing;
    match &hold.on {
        HeldThing::Release(what) => what.clone(),
        HeldThing::Image(image) => image.to_string(),
        HeldThing::Watch => String::new(),
    }
}

fn with_facts(reason: Reason, hold: &Hold) -> Reason {
    let reason = reason
        .fact("since", hold.since.to_rfc3339())
        .fact("by", &hold.by)
        .fact("reason", &hold.reason);
    match hold.until {
        Some(until) => reason.fact("until", until.to_rfc3339()),
        None => reason,
    }
}
