//! The word that somebody probably meant.

use strsim::osa_distance;

/// Nobody mistypes a name this long; what is longer is compared with nothing.
const LONGEST: usize = 64;

/// The candidate nearest to a word, if one is near enough to be a slip of the hand: characters put in,
/// left out, changed, or swapped with their neighbour.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let letters = word.chars().take(LONGEST + 1).count();
    if letters > LONGEST {
        return None;
    }
    let allowed = 1 + letters / 4;
    // A word that is so much longer or shorter is that far away.
    let of_a_length = |candidate: &&str| candidate.chars().count().abs_diff(letters) <= allowed;
    let near = |candidate: &'a str| (osa_distance(word, candidate), candidate.len(), candidate);
    let measured = candidates.into_iter().filter(of_a_length).map(near);
    let (distance, _, best) = measured.min_by_key(|(distance, length, _)| (*distance, *length))?;
    (distance <= allowed).then_some(best)
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
            assert_eq!(osa_distance(a, b), slips, "{a} {b}");
            assert_eq!(osa_distance(b, a), slips, "{b} {a}");
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
        let long = "x".repeat(1 << 20);
        assert_eq!(nearest(&long, [long.as_str()]), None);
    }
}
