//! What a log line may hold: everything but what would end it early, steer a terminal or hide a part of
//! it. Fields are words of AWS, of guests and of people, and not every way of writing one escapes them.

use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

use crate::model::plain_text::{clean, clean_json};

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineForm {
    /// With colours, the sequences that set one are let through: the subscriber escapes those that stand
    /// in fields.
    Text {
        colours: bool,
    },
    Json,
}

/// Writes each line cleaned to what another makes.
pub(super) struct Lines<M> {
    form: LineForm,
    to: M,
}

/// Where one line goes.
pub(super) struct LogLine<W> {
    form: LineForm,
    to: W,
}

impl<M> Lines<M> {
    pub(super) fn new(form: LineForm, to: M) -> Self {
        Self { form, to }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Lines<M> {
    type Writer = LogLine<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        LogLine {
            form: self.form,
            to: self.to.make_writer(),
        }
    }
}

impl<W: Write> Write for LogLine<W> {
    /// The subscriber hands over a line at a time, with its end.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = match self.form {
            LineForm::Json => clean_json(&line.replace('\n', " ")),
            LineForm::Text { colours: false } => clean(line),
            LineForm::Text { colours: true } => clean_but_colours(line),
        };
        self.to.write_all(format!("{line}\n").as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Leaves `ESC [ 1;31 m` alone, and nothing else that begins like it.
fn clean_but_colours(line: &str) -> String {
    let mut cleaned = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        cleaned.push_str(&clean(before));
        let numbers = after.find(|c: char| !c.is_ascii_digit() && c != ';');
        let (numbers, end) = after.split_at(numbers.unwrap_or(after.len()));
        match end.strip_prefix('m') {
            Some(left) => {
                cleaned.push_str(&format!("\u{1b}[{numbers}m"));
                rest = left;
            }
            None => {
                cleaned.push_str(&clean("\u{1b}["));
                rest = after;
            }
        }
    }
    cleaned.push_str(&clean(rest));
    cleaned
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::model::plain_text::misleads;

    /// What is logged by the body, as it would reach stderr.
    fn logged(form: LineForm, body: impl FnOnce()) -> String {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let writer = move || Sink(Arc::clone(&sink));
        let all = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(form == LineForm::Text { colours: true })
            .with_writer(Lines::new(form, writer));
        match form {
            LineForm::Json => tracing::subscriber::with_default(all.json().finish(), body),
            LineForm::Text { .. } => {
                tracing::subscriber::with_default(all.compact().finish(), body)
            }
        }
        String::from_utf8(bytes.lock().unwrap().clone()).unwrap()
    }

    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_line_whatever_its_fields_hold() {
        const WORDS: &str =
            "a\nERROR forged\r\u{1b}[2J\u{9b}31m\u{85}\u{ad}\u{61c}\u{202e}\u{e0041}b";
        let forms = [
            LineForm::Json,
            LineForm::Text { colours: false },
            LineForm::Text { colours: true },
        ];
        for form in forms {
            let said = logged(form, || {
                tracing::debug!(shown = %WORDS, debug = ?WORDS, text = WORDS, "{WORDS}");
            });
            let line = said.strip_suffix('\n').unwrap();
            let mut rest = line.to_owned();
            if form == (LineForm::Text { colours: true }) {
                for colour in ["0", "1", "2", "3", "32", "33", "34", "35", "36"] {
                    rest = rest.replace(&format!("\u{1b}[{colour}m"), "");
                }
            }
            assert!(!rest.chars().any(misleads), "{form:?}: {rest:?}");
            if form == LineForm::Json {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(line["fields"]["text"], WORDS);
            }
        }
    }
}
