//! Tables, lines and errors, for terminals and for pipes. Decides nothing about their content.

use comfy_table::{ContentArrangement, Table, presets};

use super::session::{ConfigRefused, exit_of};
use crate::flow::verdict::Exit;
use crate::model::reason::Reason;

/// A table without frames, as wide as its content or the terminal.
pub(super) fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(heads.iter().copied());
    for row in rows {
        table.add_row(row);
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

/// One reason as people read it: `BASE_NEWER  sentence`.
pub(super) fn reason(reason: &Reason) -> String {
    format!("{:<18} {}", reason.code.as_str(), reason.message)
}

/// Prints JSON, one value.
pub(super) fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints an error with its chain on one line, and says how the process ends.
pub(super) fn failure(error: &anyhow::Error) -> Exit {
    // The faults of a config have been printed already, each at its place.
    if !error.is::<ConfigRefused>() {
        eprintln!("amiwatch: {}", chain(error));
    }
    exit_of(error)
}

/// The whole chain, outermost first; each layer says only its own.
pub(super) fn chain(error: &anyhow::Error) -> String {
    let layers: Vec<String> = error.chain().map(ToString::to_string).collect();
    layers.join(": ")
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
