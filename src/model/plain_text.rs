//! Text from outside made harmless for whoever reads it: a terminal, a mail, a chat.

/// Makes control characters visible (`\u{1b}`), so that no terminal obeys them and no line is
/// forged. Tabs become spaces; letters that reorder or hide text are treated as control characters.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\t' => cleaned.push(' '),
            letter if letter.is_control() || misleads(letter) => {
                cleaned.extend(letter.escape_unicode());
            }
            letter => cleaned.push(letter),
        }
    }
    cleaned
}

/// Direction overrides, zero-width letters and line separators.
fn misleads(letter: char) -> bool {
    matches!(
        letter,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_seen_and_not_obeyed() {
        assert_eq!(clean("a\u{1b}[2Jb\r\nc\td"), "a\\u{1b}[2Jb\\u{d}\\u{a}c d");
        assert_eq!(clean("safe\u{202e}txt"), "safe\\u{202e}txt");
        assert_eq!(clean("Grüße ✓"), "Grüße ✓");
    }

    proptest! {
        #[test]
        fn cleaned_text_has_no_control_characters(text in any::<String>()) {
            prop_assert!(!clean(&text).chars().any(|letter| letter.is_control() || misleads(letter)));
        }
    }
}
