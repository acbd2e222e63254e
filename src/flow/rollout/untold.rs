//! What was asked before a move, was not told, and stands in nobody's way: said once for all environments
//! of a look, and never passed over. Plain.

use super::before::EnvironmentRead;
use super::case::{RolloutCase, TargetLook};
use crate::model::drift::{Note, NoteCode};

/// Something that may not be told of an environment.
struct MayBeUntold {
    code: NoteCode,
    /// Why it is not.
    why: for<'a> fn(&EnvironmentRead<'a>) -> Option<&'a str>,
    /// What is said, of whom and why.
    sentence: fn(&str, &str) -> String,
}

const UNTOLD: [MayBeUntold; 2] = [
    MayBeUntold {
        code: NoteCode::ScalingUntold,
        why: |read| read.groups.untold(),
        sentence: groups_untold,
    },
    MayBeUntold {
        code: NoteCode::KeyUntold,
        why: |read| read.keys.untold(),
        sentence: keys_untold,
    },
];

/// A remark for each thing that is not known of environments that were looked at.
pub(super) fn untold_notes(case: &RolloutCase<'_>) -> Vec<Note> {
    let notes = UNTOLD.iter().filter_map(|one| {
        let mut found = case.known.iter().filter_map(|(target, known)| {
            let TargetLook::Read(read) = &known.look else {
                return None;
            };
            let why = (one.why)(&read.reading.as_read())?;
            Some((target.environment.as_str(), why))
        });
        let (first, why) = found.next()?;
        let of = match found.count() {
            0 => first.to_owned(),
            more => format!("{first} and {more} more"),
        };
        Some(Note {
            code: one.code,
            message: (one.sentence)(&of, why),
        })
    });
    notes.collect()
}

/// The same of one environment, a sentence each.
pub fn untold_sentences(read: &EnvironmentRead<'_>) -> Vec<String> {
    let of = read.now.target.environment.as_str();
    let said = UNTOLD.iter().filter_map(|one| {
        let why = (one.why)(read)?;
        Some((one.sentence)(of, why))
    });
    said.collect()
}

fn groups_untold(of: &str, why: &str) -> String {
    format!(
        "Whether Auto Scaling processes of {of} are suspended could not be read: {}. What health says of \
         it counts instead.",
        why.trim_end_matches('.')
    )
}

fn keys_untold(of: &str, why: &str) -> String {
    format!(
        "Whether the Auto Scaling role of {of} may use the image's key is not known: {}. A move that it may \
         not fails, and is taken back.",
        why.trim_end_matches('.')
    )
}
