//! `check`: looks once at what the config names. Verdicts with reasons; writes nothing.

use super::args::{CheckArguments, Common, Format};
use super::draw;
use super::session::{Access, Session, WrongUsage};
use crate::flow::exit_code::Exit;
use crate::model::drift::Drift;
use crate::model::hold::Hold;
use crate::model::ids::WatchName;
use crate::model::watch::Watch;
use crate::service::desk::check::{CheckedWatch, check_watches};
use crate::settings::Settings;

pub(super) async fn run_check(common: &Common, own: &CheckArguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let only = named_watch(&session.settings, own.named.watch())?;
    let checked = check_watches(&session.service(), only.as_ref(), own.depth.look_depth()).await?;
    match common.format {
        Format::Json => draw::print_json(&checked)?,
        Format::Table => checked.watches.iter().for_each(show_checked),
    }
    Ok(checked.exit())
}

/// The watch that was named, when it exists.
pub(super) fn named_watch(
    settings: &Settings,
    name: Option<&str>,
) -> anyhow::Result<Option<WatchName>> {
    let Some(name) = name else { return Ok(None) };
    let found = settings.watches.keys().find(|watch| watch.as_str() == name);
    found
        .cloned()
        .map(Some)
        .ok_or_else(|| unknown(settings, name))
}

/// The watch that was named, or the only one that there is.
pub(super) fn the_one<'s>(settings: &'s Settings, name: Option<&str>) -> anyhow::Result<&'s Watch> {
    let found = match (named_watch(settings, name)?, settings.watches.len()) {
        (Some(name), _) => settings.watches.get(&name),
        (None, 1) => settings.watches.values().next(),
        (None, _) => None,
    };
    found.ok_or_else(|| {
        let known: Vec<&str> = settings.watches.keys().map(WatchName::as_str).collect();
        let known = known.join(", ");
        WrongUsage(format!("the config has several watches; name one: {known}")).into()
    })
}

/// That there is no such watch, and which there are.
pub(super) fn unknown(settings: &Settings, name: &str) -> anyhow::Error {
    let known: Vec<&str> = settings.watches.keys().map(WatchName::as_str).collect();
    let known = known.join(", ");
    WrongUsage(format!("the config has no watch `{name}`; it has: {known}")).into()
}

pub(super) fn show_checked(checked: &CheckedWatch) {
    let drift = &checked.drift;
    draw::heading_line(&check_headline(drift, &checked.base), 6);
    drift.reasons.iter().for_each(draw::reason);
    for target in &drift.targets {
        let image = target.image.as_ref().map_or("-", |image| image.as_str());
        let kind = target.kind.as_str();
        draw::say_line(&format!("  {}  {image} ({kind})", target.target), 6);
        target.reasons.iter().for_each(draw::reason);
    }
    if drift.all_reasons().next().is_none() {
        draw::good_line("    in step");
    }
    show_notes(drift);
}

/// Remarks, behind the verdict, and what people hold that no reason tells of now.
pub(super) fn show_notes(drift: &Drift) {
    let told = |hold: &&Hold| {
        let mut reasons = drift.all_reasons();
        reasons.any(|reason| reason.about.tells_of(hold))
    };
    for hold in drift.holds.iter().filter(|hold| !told(hold)) {
        let line = format!("    held: {} by {} ({})", hold.on, hold.by, hold.reason);
        println!("{}", draw::wrapped_line(&line, 10));
    }
    let notes = drift.notes.iter();
    for note in notes {
        let line = format!("    note: {} ({})", note.message, note.code.as_str());
        println!("{}", draw::wrapped_line(&line, 10));
    }
}

/// `shop  ECS running on ... (x86_64) 4.5.1 ami-...; ours ami-...`
pub(super) fn check_headline(drift: &Drift, base: &str) -> String {
    let release = match &drift.release {
        Some(release) => format!("{} {}", release.version, release.image),
        None => "release unknown".to_owned(),
    };
    let ours = match &drift.current {
        Some(image) => format!("; ours {image}"),
        None => String::new(),
    };
    format!("{}  {base}  {release}{ours}", drift.watch)
}
