//! `history [W]`: what was. Reads the store alone, so it works beside a running daemon and without AWS.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::args::{Common, Format, HistoryArguments as Arguments};
use super::session::{Access, Session, WrongUsage};
use super::{check, draw};
use crate::flow::exit_code::Exit;
use crate::flow::history::{History, ToldEntry, ToldWhat, Window, decided_sentence};
use crate::model::changes::ChangesInShort;
use crate::model::chronicle::{MovedEntry, PublishedEntry, RetiredEntry};
use crate::model::ids::ImageId;
use crate::model::story::{BakeStory, StepEnding, StepStory, StoryEnd};
use crate::service::desk::history::read_history;

pub(super) async fn run_history(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let only = check::named_watch(&session.settings, own.watch.as_deref())?;
    let window = Window {
        limit: own.limit,
        since: since(own, session.clock.now())?,
    };
    let history = read_history(session.store.as_store(), only.as_ref(), window).await?;
    match common.format {
        Format::Json => draw::print_json(&history)?,
        Format::Table => show(&history),
    }
    Ok(Exit::Done)
}

fn since(own: &Arguments, now: DateTime<Utc>) -> anyhow::Result<Option<DateTime<Utc>>> {
    let Some(text) = &own.since else {
        return Ok(None);
    };
    let duration = humantime::parse_duration(text)
        .ok()
        .and_then(|duration| TimeDelta::from_std(duration).ok());
    let since = duration.and_then(|duration| now.checked_sub_signed(duration));
    since.map(Some).ok_or_else(|| {
        let right = "write numbers with units, such as 45m, 12h or 30d";
        WrongUsage(format!(
            "`{text}` is not a duration that --since takes; {right}"
        ))
        .into()
    })
}

fn show(history: &History) {
    if history.omitted > 0 {
        println!(
            "{} older entries are kept; --limit and --since show more",
            history.omitted
        );
    }
    if history.entries.is_empty() {
        println!("Nothing is remembered: no pass has been made on this store, or nothing since.");
        return;
    }
    let places = history.entries.iter().map(|told| place(told).0);
    let several = places.collect::<BTreeSet<_>>().len() > 1;
    let rows = history.entries.iter().map(|told| row(told, several));
    let rows = rows.collect();
    draw::draw_rows(&["WHEN", "WATCH", "WHAT", ""], 0, rows, &draw::ENDS);
}

/// `<account>/<region>`, and the watch's name.
fn place(told: &ToldEntry) -> (&str, &str) {
    told.watch.rsplit_once('/').unwrap_or(("", &told.watch))
}

fn row(told: &ToldEntry, several: bool) -> Vec<Vec<String>> {
    let (word, lines) = match &told.what {
        ToldWhat::Seen { changed, seen } => {
            let first = decided_sentence(seen);
            (
                "pass",
                std::iter::once(first).chain(changed.clone()).collect(),
            )
        }
        ToldWhat::Bake(story) => ("bake", bake(story)),
        ToldWhat::Baked(baked) => {
            let end = match (&baked.image, &baked.why) {
                (Some(image), _) => format!("verified {image}"),
                (None, why) => format!("failed: {}", why.as_deref().unwrap_or("-")),
            };
            let first = format!("{}: {end}", baked.release.version);
            let changes = baked.changes.as_ref().map(changed);
            ("bake", std::iter::once(first).chain(changes).collect())
        }
        ToldWhat::Moved(moved) => ("move", moved_lines(moved)),
        ToldWhat::Published(published) => ("publish", published_lines(published)),
        ToldWhat::Retired(retired) => ("retire", retired_lines(retired)),
        ToldWhat::Did(did) => {
            let by = did.by.iter().map(|by| format!("by {by}"));
            (
                did.verb.as_str(),
                std::iter::once(did.sentence.clone())
                    .chain(by)
                    .collect::<Vec<_>>(),
            )
        }
    };
    // Where there is one place, the name is what people know.
    let (place, name) = place(told);
    let name = match several {
        true => format!("{name} in {place}"),
        false => name.to_owned(),
    };
    let when = told.at.format("%Y-%m-%d %H:%M:%S").to_string();
    vec![vec![when], vec![name], vec![word.to_owned()], lines]
}

/// `shop/blue: ami-1 -> ami-2`, and how it ended.
fn moved_lines(moved: &MovedEntry) -> Vec<String> {
    let image = |image: &Option<ImageId>| {
        let image = image.as_ref().map(ToString::to_string);
        image.unwrap_or("the platform's own".to_owned())
    };
    let name = moved.target.splitn(3, '/').nth(2).unwrap_or(&moved.target);
    let what = match (moved.back, moved.proof) {
        (true, _) => "taken back",
        (_, true) => "proved on what it runs",
        _ => "moved",
    };
    let end = match moved.fault {
        None => what.to_owned(),
        Some(fault) => format!("not {what}, {}", fault.as_str()),
    };
    let first = format!(
        "{name}: {} -> {}: {end}",
        image(&moved.from),
        image(&moved.to)
    );
    let why = moved.why.iter().map(|why| format!("because {why}"));
    let by = moved.by.iter().map(|by| format!("by {by}"));
    std::iter::once(first).chain(why).chain(by).collect()
}

/// `ssm:eu-west-1, parameter /amis/shop: ami-1 -> ami-2`, and how it ended.
fn published_lines(entry: &PublishedEntry) -> Vec<String> {
    let end = match (entry.back, entry.failed) {
        (false, false) => "published",
        (true, false) => "taken back",
        (false, true) => "not published",
        (true, true) => "not taken back",
    };
    let from = entry.from.as_ref();
    let from = from.map_or("nothing".to_owned(), ImageId::to_string);
    let first = format!(
        "{}, {}: {from} -> {}: {end}",
        entry.destination, entry.published, entry.to
    );
    let why = entry.why.iter().map(|why| format!("because {why}"));
    let by = entry.by.iter().map(|by| format!("by {by}"));
    std::iter::once(first).chain(why).chain(by).collect()
}

/// `ami-1 (4.5.0) in eu-west-1: deprecated`
fn retired_lines(entry: &RetiredEntry) -> Vec<String> {
    let release = entry.base_version.as_ref();
    let release = release.map_or(String::new(), |version| format!(" ({version})"));
    let (image, region, done) = (&entry.image, &entry.region, entry.act.done());
    vec![
        format!("{image}{release} in {region}: {done}"),
        format!("by {}", entry.by),
    ]
}

fn bake(story: &BakeStory) -> Vec<String> {
    let what = format!(
        "{} ({}), generation {}, attempt {}",
        story.release.version, story.release.image, story.generation, story.attempt
    );
    let end = match (story.outcome, &story.image, story.took()) {
        (StoryEnd::Verified, Some(image), Some(took)) => {
            format!("verified {image} after {}", draw::span(took))
        }
        (StoryEnd::Failed, _, Some(took)) => format!("failed after {}", draw::span(took)),
        _ => "under way".to_owned(),
    };
    let why = story.why.iter().map(|why| format!("because {why}"));
    let left = story.left.iter().map(|left| format!("left behind: {left}"));
    let changes = story.changes.as_ref().map(|all| changed(&all.short));
    std::iter::once(format!("{what}: {end}"))
        .chain(why)
        .chain(changes)
        .chain(left)
        .chain(story.steps.iter().map(step))
        .collect()
}

/// `changed since ami-...: openssl 3.2.2-1 -> 3.2.2-3 (1 changed)`
fn changed(changes: &ChangesInShort) -> String {
    format!("changed since {}: {}", changes.since, changes.counted())
}

/// `launch_builder 12s i-0123`
fn step(step: &StepStory) -> String {
    let word = match step.outcome {
        StepEnding::Done => "",
        StepEnding::UnderWay => " (under way)",
        StepEnding::Failed => " (failed)",
        StepEnding::Undoing => " (being removed)",
        StepEnding::Undone => " (removed)",
        StepEnding::Left => " (left)",
    };
    let took = step
        .took()
        .map_or(String::new(), |took| format!(" {}", draw::span(took)));
    let retried = match step.retried {
        0 => String::new(),
        more => format!(", choice {}", more + 1),
    };
    let output = step.output.iter().map(|output| format!("  {output}"));
    format!(
        "  {}{took}{word}{retried}{}",
        step.step,
        output.collect::<String>()
    )
}
