//! Tables, lines and errors, for terminals and for pipes. Decides nothing about their content.

mod cards;

mod paint;

use std::io::{IsTerminal as _, Write as _};

use comfy_table::{Cell, ContentArrangement, Table, presets};

use super::session::{ConfigRefused, exit_of};
use crate::flow::exit_code::Exit;
use crate::model::plain_text::{clean, clean_json};
use crate::model::reason::Reason;
use crate::service::telemetry;

pub(super) use paint::{Colour, ENDS, Phrase, STATES};

/// A terminal that is narrower gets cards: the columns of a table would break ids.
const CARDS_BELOW: usize = 105;

/// How many columns a person sees; absent where nobody looks. `COLUMNS` overrules the terminal.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read here, in cli"
)]
pub(super) fn width() -> Option<usize> {
    let told = std::env::var("COLUMNS").ok();
    let told = told.and_then(|columns| columns.parse().ok());
    told.or_else(|| Table::new().width().map(usize::from))
}

/// Prints rows: as a table where it fits, else as cards, each headed by the cell of this column. No id is
/// broken in either. `phrases` have their colours.
pub(super) fn draw_rows(
    heads: &[&str],
    title: usize,
    rows: Vec<Vec<Vec<String>>>,
    phrases: &[Phrase],
) {
    let text = match width() {
        None => return print_table(&table_of_lines(heads, rows), phrases),
        Some(width) if width < CARDS_BELOW => cards::cards(heads, title, &rows, width),
        Some(width) => {
            let table = table_of_lines(heads, rows.clone());
            match is_whole(&table, &rows) {
                true => return print_table(&table, phrases),
                false => cards::cards(heads, title, &rows, width),
            }
        }
    };
    out(&tinted(&text, phrases));
}

/// A head may be spelt as a code is (HELD): it has no colour.
fn print_table(table: &str, phrases: &[Phrase]) {
    let (heads, rest) = table.split_once('\n').unwrap_or((table, ""));
    out(heads);
    if !rest.is_empty() {
        out(&tinted(rest, phrases));
    }
}

/// Whether every word of the rows stands in the table in one piece.
fn is_whole(table: &str, rows: &[Vec<Vec<String>>]) -> bool {
    let lines = rows.iter().flatten().flatten();
    let lines: Vec<String> = lines.map(|line| clean(line)).collect();
    let mut words = lines.iter().flat_map(|line| line.split_whitespace());
    words.all(|word| table.contains(word))
}

/// The same for cells of one line.
pub(super) fn plain_rows(heads: &[&str], title: usize, all: Vec<Vec<String>>, phrases: &[Phrase]) {
    let one_line = |row: Vec<String>| row.into_iter().map(|cell| vec![cell]).collect();
    draw_rows(
        heads,
        title,
        all.into_iter().map(one_line).collect(),
        phrases,
    );
}

/// Prints a line for people, wrapped as [`wrapped_line`] does, with the codes of reasons in their colours.
pub(super) fn say_line(line: &str, hang: usize) {
    out(&tinted(&visible_text(&wrapped_line(line, hang)), &[]));
}

/// Prints a line that heads others.
pub(super) fn heading_line(line: &str, hang: usize) {
    let line = visible_text(&wrapped_line(line, hang));
    match tints() {
        true => out(&Colour::Bold.of(&line)),
        false => out(&line),
    }
}

/// Prints a line that says that all is well.
pub(super) fn good_line(line: &str) {
    match tints() {
        true => out(&Colour::Green.of(&visible_text(line))),
        false => out(&visible_text(line)),
    }
}

fn tinted(clean: &str, phrases: &[Phrase]) -> String {
    match tints() {
        true => paint::painted(clean, phrases),
        false => clean.to_owned(),
    }
}

/// A line for people: on a terminal its words go on below each other, and no id is broken.
pub(super) fn wrapped_line(line: &str, hang: usize) -> String {
    match width() {
        Some(width) => cards::wrapped_to(line, hang, width),
        None => line.to_owned(),
    }
}

/// Whether what is printed may have colours.
fn tints() -> bool {
    std::io::stdout().is_terminal() && !super::no_color()
}

/// A table without frames, as wide as its content or the terminal. Each cell is one line.
pub(super) fn draw_table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let one_line = |row: Vec<String>| row.into_iter().map(|cell| vec![cell]).collect();
    table_of_lines(heads, rows.into_iter().map(one_line))
}

/// The same with cells of several lines.
pub(super) fn table_of_lines(
    heads: &[&str],
    rows: impl IntoIterator<Item = Vec<Vec<String>>>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(heads.iter().copied());
    if let Some(width) = width() {
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    for row in rows {
        // A line end within a cell's line would pass for another line or row.
        let cell = |lines: Vec<String>| {
            let lines: Vec<String> = lines.iter().map(|line| clean(line)).collect();
            lines.join("\n")
        };
        table.add_row(row.into_iter().map(cell).map(Cell::new));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let text = table.to_string();
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Prints one reason as people read it: `    BASE_NEWER  sentence`.
pub(super) fn reason(reason: &Reason) {
    out(&tinted(&visible_text(&reason_line(reason)), &[]));
}

/// The same as a line without colours.
pub(super) fn reason_line(reason: &Reason) -> String {
    let line = format!("    {:<18} {}", reason.code.as_str(), reason.message);
    wrapped_line(&line, 23)
}

/// Prints JSON, one value.
pub(super) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    out(&clean_json(&serde_json::to_string_pretty(value)?));
    Ok(())
}

/// Prints a line on stdout. A reader that has gone (`| head`) is nobody's error.
pub(super) fn out(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line on stderr. Nobody reading it is nobody's error.
pub(super) fn err(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Text with what could steer a terminal made visible; its lines and tabs stay.
pub(super) fn visible_text(text: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| {
            let cells: Vec<String> = line.split('\t').map(clean).collect();
            cells.join("\t")
        })
        .collect();
    lines.join("\n")
}

/// Prints an error with its chain on one line, and says how the process ends.
pub(super) fn failure_exit(error: &anyhow::Error) -> Exit {
    // The faults of a config have been printed already, each at its place.
    if !error.is::<ConfigRefused>() {
        eprintln!("amiwatch: {}", error_chain(error));
    }
    exit_of(error)
}

/// The whole chain, outermost first; each layer says only its own.
pub(super) fn error_chain(error: &anyhow::Error) -> String {
    telemetry::source_chain(error.as_ref())
}

/// An age in the unit that people would use: `3d`, `5h`, `12m`.
pub(super) fn age(seconds: i64) -> String {
    match seconds {
        s if s >= 2 * 86_400 => format!("{}d", s / 86_400),
        s if s >= 2 * 3_600 => format!("{}h", s / 3_600),
        s if s >= 60 => format!("{}m", s / 60),
        s => format!("{}s", s.max(0)),
    }
}

/// How long something took: `38s`, `1m12s`, `2h05m`.
pub(super) fn span(took: chrono::TimeDelta) -> String {
    match took.num_seconds().max(0) {
        s if s >= 3_600 => format!("{}h{:02}m", s / 3_600, s % 3_600 / 60),
        s if s >= 60 => format!("{}m{:02}s", s / 60, s % 60),
        s => format!("{s}s"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_a_terminal_is_seen_and_not_obeyed() {
        assert_eq!(
            visible_text("a\u{1b}[2J\nb\tc\u{9b}31m"),
            "a\\u{1b}[2J\nb\tc\\u{9b}31m"
        );
        assert_eq!(visible_text("Grüße ✓ {x}"), "Grüße ✓ {x}");
    }

    proptest! {
        /// JSON stays the same value, and steers nothing.
        #[test]
        fn json_is_the_same_value_without_control_characters(text in any::<String>()) {
            let value = serde_json::json!({ "it": text, &text: [1, 2] });
            let printed = clean_json(&serde_json::to_string_pretty(&value).unwrap());
            prop_assert!(!printed.chars().any(|c| c.is_control() && c != '\n'));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap(), value);
        }
    }
}
