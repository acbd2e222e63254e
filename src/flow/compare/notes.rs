//! Remarks beside a verdict: what is allowed and probably not meant. They change nothing.

use chrono::TimeDelta;

use super::Case;
use crate::model::base::BaseSource;
use crate::model::drift::{Note, NoteCode};

/// Lines of names that a sentence shows.
const SHOWN_MAX: usize = 4;

/// Every remark on one watch.
pub(super) fn compare_notes(case: &Case<'_>) -> Vec<Note> {
    pattern_mixed(case)
        .into_iter()
        .chain(soak_longer_than_cadence(case))
        .chain(earlier_release(case))
        .chain(earlier_untold(case))
        .chain(not_borne_out(case))
        .collect()
}

/// Images of several lines fit the pattern: the newest is now of the one and now of the other.
fn pattern_mixed(case: &Case<'_>) -> Option<Note> {
    let BaseSource::Images { name, .. } = &case.watch.base.source else {
        return None;
    };
    let lines = &case.seen.lines;
    if lines.len() < 2 {
        return None;
    }
    let shown = lines.iter().take(SHOWN_MAX).map(|line| {
        let images = match line.images {
            1 => "1 image".to_owned(),
            many => format!("{many} images"),
        };
        format!("{} ({images}, such as {})", line.shape, line.example)
    });
    let shown: Vec<String> = shown.collect();
    let more = match lines.len().checked_sub(SHOWN_MAX) {
        Some(more) if more > 0 => format!(", and {more} more"),
        _ => String::new(),
    };
    Some(Note {
        code: NoteCode::PatternMixed,
        message: format!(
            "The images that fit {name} differ in more than their date: {}{more}. The newest of all \
             of them is taken; narrow `name` to one line.",
            shown.join("; ")
        ),
    })
}

/// Releases come faster than they soak: the newest never gets old enough.
fn soak_longer_than_cadence(case: &Case<'_>) -> Option<Note> {
    let cadence = case.memory.history.cadence()?;
    let soak = TimeDelta::from_std(case.watch.soak?).ok()?;
    (soak >= cadence).then(|| Note {
        code: NoteCode::SoakLongerThanCadence,
        message: format!(
            "Releases come about every {}, and soak is {}: the newest is nearly always too young, and \
             an earlier one is baked instead. A shorter soak follows the base more closely.",
            in_words(cadence),
            in_words(soak)
        ),
    })
}

/// The release that takes the place of the newest.
fn earlier_release(case: &Case<'_>) -> Option<Note> {
    case.wanted.recipe_digest.as_ref()?;
    let (newest, eligible) = (case.release()?, case.choice.eligible?);
    (newest.image != eligible.image).then(|| Note {
        code: NoteCode::EarlierRelease,
        message: format!(
            "Release {} ({}) is the newest that neither soaks nor is held: it takes the place of {}.",
            eligible.version, eligible.image, newest.version
        ),
    })
}

fn earlier_untold(case: &Case<'_>) -> Vec<Note> {
    let untold = case.seen.earlier_untold.iter();
    let notes = untold.map(|trouble| Note {
        code: NoteCode::EarlierUntold,
        message: format!("{}: {}", trouble.what, trouble.why),
    });
    notes.collect()
}

/// Somebody tagged an image as this watch's own. It is named and not taken.
fn not_borne_out(case: &Case<'_>) -> Vec<Note> {
    let watch = &case.watch.name;
    let images = case.own.not_borne_out.iter();
    let notes = images.map(|(image, why)| Note {
        code: NoteCode::TagsNotBorneOut,
        message: format!(
            "{image} carries this watch's tags and amiwatch:state=verified, but {why}: it is not taken \
             for the watch's own. If it is yours, `amiwatch adopt {watch} {image}`; if not, find out \
             who tagged it."
        ),
    });
    notes.collect()
}

/// `36 hours`, `12 days`
fn in_words(time: TimeDelta) -> String {
    match time.num_hours() {
        hours if hours < 48 => format!("{hours} hours"),
        _ => format!("{} days", time.num_days()),
    }
}
