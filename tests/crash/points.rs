//! Which of the points that an act passes are disturbed. Knows their descriptions, and nothing of what happens there.

use std::collections::BTreeSet;

/// Which points of an act are disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Points {
    Every,
    /// Each sort of point once after each commit: an act that looks a hundred times at the same, with
    /// nothing written in between, is the same at each of them.
    Distinct,
    /// Each sort of point once in each state of the workflows: after each sort of entry of a journal, whichever
    /// journal it is and however many there were. For acts that begin several of them, and look for long.
    Kinds,
}

/// A point without its counters and names: `after commit append # done settle`.
fn sort_of(point: &str) -> String {
    let words = point.split(' ').map(|word| match word {
        word if word.chars().any(|c| c.is_ascii_digit()) => "#",
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

impl Points {
    /// The numbers, from 1, of those that are disturbed.
    pub(crate) fn chosen(self, passed: &[String]) -> Vec<usize> {
        let mut seen = BTreeSet::new();
        let mut state = String::new();
        let mut chosen = Vec::new();
        for (at, point) in (1..).zip(passed) {
            let (sort, is_state) = match self {
                Self::Kinds => (sort_of(point), point.contains(" append ")),
                _ => (point.clone(), point.contains("commit")),
            };
            if is_state {
                state.clone_from(&sort);
            }
            if self == Self::Every || seen.insert((state.clone(), sort)) {
                chosen.push(at);
            }
        }
        chosen
    }
}
