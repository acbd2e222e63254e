//! Colours for words that say how something stands. Plain functions of a text that is clean already; whether
//! colours may be shown is decided by the caller.

use crate::model::reason::{Class, ReasonCode};

/// A colour of the terminal's own palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Colour {
    Red,
    Green,
    Yellow,
    Blue,
    Cyan,
    Bold,
}

/// A word, or several, that stand alone, and their colour.
pub(in crate::cli) type Phrase = (&'static str, Colour);

/// How watches stand.
pub(in crate::cli) const STATES: [Phrase; 7] = [
    ("in step", Colour::Green),
    ("failing", Colour::Red),
    ("blocked", Colour::Red),
    ("drifted", Colour::Yellow),
    ("blind", Colour::Yellow),
    ("held", Colour::Yellow),
    ("baking", Colour::Cyan),
];

/// How bakes ended.
pub(in crate::cli) const ENDS: [Phrase; 2] = [("verified", Colour::Green), ("failed", Colour::Red)];

impl Colour {
    fn code(self) -> &'static str {
        match self {
            Self::Red => "31",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Blue => "34",
            Self::Cyan => "36",
            Self::Bold => "1",
        }
    }

    /// The text in this colour.
    pub(in crate::cli) fn of(self, text: &str) -> String {
        format!("\u{1b}[{}m{text}\u{1b}[0m", self.code())
    }
}

/// The text with the codes of reasons, and these phrases, in their colours.
pub(super) fn painted(text: &str, phrases: &[Phrase]) -> String {
    let mut painted = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(letter) = rest.chars().next() {
        let found = match is_word(before) {
            true => None,
            false => phrase_at(rest, phrases),
        };
        let taken = match found {
            Some((length, colour)) => {
                painted.push_str(&colour.of(&rest[..length]));
                length
            }
            None => {
                painted.push(letter);
                letter.len_utf8()
            }
        };
        before = rest[..taken].chars().next_back().unwrap_or(' ');
        rest = &rest[taken..];
    }
    painted
}

/// Part of a word, of an id or of a name.
fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || "_-/".contains(letter)
}

/// The phrase that the text begins with, by its length.
fn phrase_at(text: &str, phrases: &[Phrase]) -> Option<(usize, Colour)> {
    let codes = ReasonCode::ALL
        .iter()
        .map(|code| (code.as_str(), colour_of(code.class())));
    let mut all = codes.chain(phrases.iter().copied());
    all.find_map(|(phrase, colour)| {
        let behind = text.strip_prefix(phrase)?.chars().next();
        (!behind.is_some_and(is_word)).then_some((phrase.len(), colour))
    })
}

fn colour_of(class: Class) -> Colour {
    match class {
        Class::Drift | Class::Behind => Colour::Yellow,
        Class::Hold => Colour::Cyan,
        Class::Blocked | Class::Unknown => Colour::Red,
        Class::Information => Colour::Blue,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_phrases_are_painted_where_they_stand_alone() {
        let text = "shop-STOCK  BASE_NEWER  in step, STOCKS; NOT_ON_NEWEST: drifted for 3d";
        let painted = painted(text, &STATES);
        let bare: String = painted
            .split('\u{1b}')
            .map(|part| part.split_once('m').map_or(part, |(_, rest)| rest))
            .collect();
        for phrase in ["BASE_NEWER", "NOT_ON_NEWEST", "drifted"] {
            assert!(painted.contains(&Colour::Yellow.of(phrase)), "{painted:?}");
        }
        assert!(
            painted.contains(&Colour::Green.of("in step")),
            "{painted:?}"
        );
        assert_eq!(painted.matches("[33m").count(), 3, "{painted:?}");
        assert_eq!(bare.matches("shop-STOCK").count(), 1);
        assert!(painted.contains("STOCKS;"), "{painted:?}");
    }

    #[test]
    fn without_its_colours_the_text_is_the_same() {
        let text = "UNREACHABLE Grüße ✓ held by jo: DENIED\n  in step";
        let painted = painted(text, &STATES);
        let bare = ["31", "32", "33", "34", "36", "0"]
            .iter()
            .fold(painted, |text, code| {
                text.replace(&format!("\u{1b}[{code}m"), "")
            });
        assert_eq!(bare, text);
    }
}
