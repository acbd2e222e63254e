//! Which letters mislead whoever reads a text, and texts with those made visible. Every face that shows
//! words from outside (terminal, log, mail, chat) asks here, so that none forgets a letter.

/// Letters that a terminal obeys, or that hide, reorder or split the text around them.
pub fn misleads(letter: char) -> bool {
    letter.is_control() || is_hidden(letter)
}

/// Letters that show nothing by themselves: fillers, joiners, marks of direction, separators, tags.
fn is_hidden(letter: char) -> bool {
    matches!(
        letter,
        // The soft hyphen, the grapheme joiner, the Arabic letter mark.
        '\u{ad}' | '\u{34f}' | '\u{61c}'
        // Fillers that look like a blank or like nothing.
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        // Zero-width letters, directions, line separators, invisible operators.
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // The byte order mark, annotations, shaping of music.
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
        // Tags, which spell whole sentences that nobody sees.
        | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Makes what misleads visible (`\u{1b}`), so that no terminal obeys it and no line is forged. Tabs
/// become spaces.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\t' => cleaned.push(' '),
            letter if misleads(letter) => cleaned.extend(letter.escape_unicode()),
            letter => cleaned.push(letter),
        }
    }
    cleaned
}

/// The same for JSON, in which such letters only stand inside strings: as JSON escapes them. Its line
/// ends stay.
pub fn clean_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '\n' => escaped.push('\n'),
            letter if misleads(letter) => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Words of outside on one line: what misleads goes, and so do blanks beside blanks.
pub fn one_line(text: &str) -> String {
    let splits = |letter: char| letter.is_whitespace() || letter.is_control();
    let words = text.split(splits).filter(|word| !word.is_empty());
    let words: Vec<String> = words
        .map(|word| word.replace(misleads, "\u{fffd}"))
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of each sort one: C0, C1, delete, soft hyphen, Arabic letter mark, zero width, override,
    /// isolate, filler, byte order mark, a tag letter, the tags' end.
    const MISLEADING: [char; 14] = [
        '\u{1b}',
        '\u{9b}',
        '\u{7f}',
        '\u{ad}',
        '\u{61c}',
        '\u{200b}',
        '\u{202e}',
        '\u{2067}',
        '\u{3164}',
        '\u{feff}',
        '\u{e0041}',
        '\u{e007f}',
        '\u{180e}',
        '\u{2028}',
    ];

    #[test]
    fn what_hides_or_steers_is_seen_on_every_face() {
        for letter in MISLEADING {
            let text = format!("a{letter}b");
            assert!(misleads(letter), "{letter:?}");
            assert!(!clean(&text).contains(letter), "{letter:?}");
            assert!(!one_line(&text).contains(letter), "{letter:?}");
            let json = serde_json::to_string(&text).unwrap();
            let printed = clean_json(&json);
            assert!(!printed.contains(letter), "{printed:?}");
            assert_eq!(serde_json::from_str::<String>(&printed).unwrap(), text);
        }
    }

    #[test]
    fn what_people_write_is_left_alone() {
        for text in ["Grüße ✓", "日本語", "⚠\u{fe0f}", "naïve e\u{301}"] {
            assert_eq!(clean(text), text);
            assert_eq!(one_line(text), text);
        }
    }

    #[test]
    fn escapes_are_seen_and_not_obeyed() {
        assert_eq!(clean("a\u{1b}[2Jb\r\nc\td"), "a\\u{1b}[2Jb\\u{d}\\u{a}c d");
        assert_eq!(clean("safe\u{202e}txt"), "safe\\u{202e}txt");
        assert_eq!(clean("Grüße ✓"), "Grüße ✓");
    }

    proptest! {
        #[test]
        fn cleaned_text_has_no_control_characters(text in any::<String>()) {
            prop_assert!(!clean(&text).chars().any(misleads));
        }
    }
}
