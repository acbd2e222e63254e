//! Remarks beside a verdict: what is allowed and probably not meant. They change nothing.

use super::Case;
use crate::model::base::BaseSource;
use crate::model::drift::{Note, NoteCode};

/// Lines of names that a sentence shows.
const SHOWN_MAX: usize = 4;

/// Every remark on one watch.
pub(super) fn notes(case: &Case<'_>) -> Vec<Note> {
    pattern_mixed(case).into_iter().collect()
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
