//! `logs [W]`: what the guests of a bake wrote to their consoles, escaped. Reads the store alone, so it works
//! beside a running daemon and without AWS.

use super::args::{Common, Format, LogsArguments as Arguments};
use super::session::{Access, Session};
use super::{check, draw};
use crate::flow::exit_code::Exit;
use crate::model::plain_text::clean;
use crate::model::story::{BakeStory, StoryEnd};
use crate::service::desk::logs::{BakeLogs, GuestConsole, read_logs};

pub(super) async fn run_logs(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let watch = &check::the_one(&session.settings, own.watch.as_deref())?.name;
    let logs = read_logs(session.store.as_store(), watch, own.bake).await?;
    match common.format {
        Format::Json => draw::print_json(&logs)?,
        Format::Table => show(&logs),
    }
    Ok(Exit::Done)
}

fn show(logs: &BakeLogs) {
    let watch = &logs.watch;
    let Some(bake) = &logs.bake else {
        println!("{}", absent(logs));
        return;
    };
    println!("{watch}: {}", headline(bake));
    if logs.consoles.is_empty() {
        println!(
            "Nothing is kept of its consoles: no guest of it has come to an end yet, or none wrote anything."
        );
    }
    for console in &logs.consoles {
        println!("\n--- {}", title(console));
        for line in lines(&console.text) {
            println!("{line}");
        }
    }
    if logs.bakes > 1 {
        let (number, bakes) = (logs.number, logs.bakes);
        println!(
            "\nThis is bake {number} of {bakes}, counted from the newest; --bake N shows another."
        );
    }
}

fn absent(logs: &BakeLogs) -> String {
    let (watch, number) = (&logs.watch, logs.number);
    match logs.bakes {
        0 => format!("{watch} has not baked yet; `amiwatch plan {watch}` says what it would do"),
        1 if number > 1 => format!("{watch} has one bake in its history; there is no {number}"),
        bakes if usize::try_from(number).is_ok_and(|number| number > bakes) => {
            format!("{watch} has {bakes} bakes in its history; there is no {number}")
        }
        _ => format!(
            "nothing is left of bake {number} of {watch} but its entry in `amiwatch history {watch}`"
        ),
    }
}

fn headline(bake: &BakeStory) -> String {
    let release = &bake.release;
    let begun = bake.started_at.format("%Y-%m-%d %H:%M:%S UTC");
    let what = format!(
        "{} ({}), generation {}, attempt {}, begun {begun}",
        release.version, release.image, bake.generation, bake.attempt
    );
    match (bake.outcome, &bake.image, &bake.why) {
        (StoryEnd::Verified, Some(image), _) => format!("{what}: verified {image}"),
        (StoryEnd::Failed, _, Some(why)) => format!("{what}: failed: {}", clean(why)),
        (StoryEnd::UnderWay, ..) => format!("{what}: under way"),
        (StoryEnd::Verified | StoryEnd::Failed, ..) => what,
    }
}

fn title(console: &GuestConsole) -> String {
    let read_at = console.read_at.format("%Y-%m-%d %H:%M:%S UTC");
    let cut = if console.cut { ", its end" } else { "" };
    format!("{}, read {read_at}{cut}", console.guest)
}

/// Lines as a console shows them, with whatever a terminal would obey made visible. A line's end may be
/// written in either way.
fn lines(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().map(|line| clean(line.trim_end_matches('\r')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_s_tricks_are_shown_and_not_done() {
        let shown: Vec<String> = lines("ok\r\n\u{1b}[2Jgone\u{202e}\ta\rb\n\nend").collect();
        assert_eq!(shown, ["ok", "\\u{1b}[2Jgone\\u{202e} a\\u{d}b", "", "end"]);
    }
}
