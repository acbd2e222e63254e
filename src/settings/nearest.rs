//! The word that somebody probably meant.

/// The candidate nearest to a word, if one is near enough to be a slip of the hand.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let near = |candidate: &str| (distance(word, candidate), candidate.len());
    let best = candidates
        .into_iter()
        .min_by_key(|candidate| near(candidate))?;
    let allowed = 1 + word.chars().count() / 4;
    (distance(word, best) <= allowed).then_some(best)
}

/// How many characters must be put in, left out, changed or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let changed = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(row[j] + 1).min(next[j - 1] + 1);
            let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if swapped {
                least = least.min(before[j - 2] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_slips_of_the_hand() {
        for (a, b, slips) in [
            ("soak", "soak", 0),
            ("soka", "soak", 1),
            ("sok", "soak", 1),
            ("saok", "soak", 1),
            ("on_drfit", "on_drift", 1),
            ("", "soak", 4),
            ("recipe", "region", 3),
        ] {
            assert_eq!(distance(a, b), slips, "{a} {b}");
            assert_eq!(distance(b, a), slips, "{b} {a}");
        }
    }

    #[test]
    fn a_word_that_is_far_from_all_gets_no_hint() {
        assert_eq!(nearest("colour", ["soak", "max_age", "recipe"]), None);
        assert_eq!(
            nearest("maxage", ["soak", "max_age", "recipe"]),
            Some("max_age")
        );
        assert_eq!(nearest("x", []), None);
    }
}
