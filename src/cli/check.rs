//! `check`: looks once at what the config names. Verdicts with reasons; writes nothing.

use serde::Serialize;

use super::args::{Common, Format, Named};
use super::draw;
use super::session::{Access, Session, WrongUsage};
use crate::flow::verdict::{self, Exit};
use crate::model::drift::Drift;
use crate::model::hold::Hold;
use crate::model::ids::WatchName;
use crate::service::look::{Looked, Patience, look};
use crate::settings::Settings;

/// `check --format json`
#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    watches: Vec<&'a Drift>,
}

pub(super) async fn run(common: &Common, own: &Named) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let only = named(&session.settings, own.watch.as_deref())?;
    let looked = look(&session.service(), only.as_ref(), Patience::Waits).await?;
    let drifts: Vec<&Drift> = looked.iter().map(|one| &one.item.drift).collect();
    match common.format {
        Format::Json => draw::json(&Answer {
            schema: "amiwatch.check/1",
            watches: drifts.clone(),
        })?,
        Format::Table => looked.iter().for_each(show),
    }
    Ok(verdict::exit(drifts))
}

/// The watch that was named, when it exists.
pub(super) fn named(settings: &Settings, name: Option<&str>) -> anyhow::Result<Option<WatchName>> {
    let Some(name) = name else { return Ok(None) };
    let found = settings.watches.keys().find(|watch| watch.as_str() == name);
    found
        .cloned()
        .map(Some)
        .ok_or_else(|| unknown(settings, name))
}

/// That there is no such watch, and which there are.
pub(super) fn unknown(settings: &Settings, name: &str) -> anyhow::Error {
    let known: Vec<&str> = settings.watches.keys().map(WatchName::as_str).collect();
    let known = known.join(", ");
    WrongUsage(format!("the config has no watch `{name}`; it has: {known}")).into()
}

pub(super) fn show(looked: &Looked<'_>) {
    println!("{}", headline(looked));
    let drift = &looked.item.drift;
    drift
        .reasons
        .iter()
        .for_each(|reason| println!("    {}", draw::reason(reason)));
    for target in &drift.targets {
        let image = target.image.as_ref().map_or("-", |image| image.as_str());
        println!("  {}  {image} ({})", target.target, target.kind.as_str());
        target
            .reasons
            .iter()
            .for_each(|reason| println!("    {}", draw::reason(reason)));
    }
    if drift.all_reasons().next().is_none() {
        println!("    in step");
    }
    notes(drift);
}

/// Remarks, behind the verdict, and what people hold that no reason tells of now.
pub(super) fn notes(drift: &Drift) {
    let told = |hold: &&Hold| {
        let mut reasons = drift.all_reasons();
        reasons.any(|reason| reason.about.tells_of(hold))
    };
    for hold in drift.holds.iter().filter(|hold| !told(hold)) {
        println!("    held: {} by {} ({})", hold.on, hold.by, hold.reason);
    }
    let notes = drift.notes.iter();
    notes.for_each(|note| println!("    note: {} ({})", note.message, note.code.as_str()));
}

/// `shop  ECS running on ... (x86_64) 4.5.1 ami-...; ours ami-...`
pub(super) fn headline(looked: &Looked<'_>) -> String {
    let drift = &looked.item.drift;
    let release = match &drift.release {
        Some(release) => format!("{} {}", release.version, release.image),
        None => "release unknown".to_owned(),
    };
    let ours = match &drift.current {
        Some(image) => format!("; ours {image}"),
        None => String::new(),
    };
    format!("{}  {}  {release}{ours}", drift.watch, looked.watch.base)
}
