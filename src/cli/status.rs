//! `status`: what is. Reads the store alone, so it works beside a running pass and without AWS; the
//! daemon is asked how it is where the config says at which address.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::args::{Common, Format};
use super::session::{Access, Session};
use super::{draw, health, hold};
use crate::flow::exit_code::Exit;
use crate::flow::publish::document::LedgerShown;
use crate::flow::watch_state::{StateWord, WatchState};
use crate::model::chronicle::GateSeen;
use crate::model::ids::WatchName;
use crate::service::desk::blind::BlindShown;
use crate::service::desk::retire::RetireShown;
use crate::service::desk::status::{
    BakeUnderWay, Leading, RememberedWatch, StandingBy, Status, status,
};

/// Environments that one line names.
const NAMED_MAX: usize = 6;

pub(super) async fn run_status(common: &Common) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let mut status = status(&session.desk()).await?;
    if let Some(address) = session.settings.http
        && let Some(health) = health::of_daemon(address).await
    {
        status = status.beside(&health);
    }
    match common.format {
        Format::Json => draw::print_json(&status)?,
        Format::Table => show(&status, &session),
    }
    Ok(status.exit())
}

fn show(status: &Status, session: &Session) {
    let now = session.clock.now();
    match (&status.daemon, session.settings.http) {
        (Some(daemon), _) => println!("{}", draw::wrapped_line(&of_daemon(daemon), 8)),
        (None, Some(address)) => println!("daemon: none answers at {address}"),
        (None, None) => println!(
            "daemon: {}",
            status
                .driver
                .as_deref()
                .map_or("none works on this store".to_owned(), |who| {
                    format!("{who} works on this store")
                })
        ),
    }
    if session.settings.store.is_shared() {
        replicas(status, now);
    }
    if status.watches.is_empty() {
        println!("Nothing is remembered yet: no pass has been made on this store.");
    } else {
        watches(&status.watches, now);
    }
    let several = several(&status.watches);
    let failing = status.watches.iter();
    let failing = failing.filter_map(|one| failing_line(one, several));
    failing.for_each(|line| println!("{}", draw::wrapped_line(&line, 4)));
    let gates = status.watches.iter().flat_map(|one| gates(&one.state));
    gates.for_each(|line| println!("{}", draw::wrapped_line(&line, 4)));
    let blind = status.blind.iter().map(blind);
    blind.for_each(|line| println!("{}", draw::wrapped_line(&line, 4)));
    let bakes = status.bakes.iter().map(|bake| baking(bake, several, now));
    bakes.for_each(|line| println!("{}", draw::wrapped_line(&line, 4)));
    let published = status.published.iter().map(LedgerShown::line);
    published.for_each(|line| println!("{}", draw::wrapped_line(&line, 4)));
    let retire = status.retire.iter().flat_map(RetireShown::lines);
    retire.for_each(|line| println!("{}", draw::wrapped_line(&line, 4)));
    if status.driver.is_none() && !status.bakes.is_empty() {
        println!("    nobody works on the store: `amiwatch run` goes on with it");
    }
    if !status.holds.is_empty() {
        println!();
        hold::show_holds(&status.holds);
    }
    for behind in &status.left {
        for one in &behind.what {
            let line = format!("a person is needed for {}: {}", behind.watch, one.why);
            println!("{}", draw::wrapped_line(&line, 4));
            println!("    {}", one.by_hand);
        }
    }
    show_waiting(status);
    for name in &status.unreadable {
        let line = format!(
            "cannot be read: {name}; it is left as it is, and the rest is above. Keep a copy of the store \
             and report it, unless a newer amiwatch wrote it"
        );
        println!("{}", draw::wrapped_line(&line, 4));
    }
}

/// Who leads since when, and who waits to.
fn replicas(status: &Status, now: DateTime<Utc>) {
    if let Some(Leading { who, since }) = &status.leading {
        println!(
            "leader: {who}, since {}",
            since.format("%Y-%m-%d %H:%M UTC")
        );
    }
    for StandingBy { who, at, .. } in &status.standing_by {
        let ago = draw::age((now - *at).num_seconds().max(0));
        println!("standby: {who}, seen {ago} ago");
    }
}

/// `daemon: up since ...; last pass ..., next ...`
fn of_daemon(daemon: &Value) -> String {
    let at = |key: &str| {
        daemon[key]
            .as_str()
            .map_or("none yet".to_owned(), minute_of)
    };
    let well = match daemon["why"].as_str() {
        None => String::new(),
        Some(why) => format!("; not well: {why}"),
    };
    format!(
        "daemon: up since {}; last pass {}, next {}{well}",
        at("started_at"),
        at("last_pass_at"),
        at("next_pass_at")
    )
}

fn minute_of(text: &str) -> String {
    let at = DateTime::parse_from_rfc3339(text);
    at.map_or(text.to_owned(), |at| minute(at.with_timezone(&Utc)))
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// `cannot read 000000000000/eu-west-1 since ...: ... (watches: shop)`
fn blind(spot: &BlindShown) -> String {
    let place = match &spot.base {
        Some(base) => format!("{base} in {}", spot.place),
        None => spot.place.clone(),
    };
    let names: Vec<&str> = spot.watches.iter().map(WatchName::as_str).collect();
    let since = minute(spot.since);
    let why = spot.why.trim_end_matches('.');
    format!(
        "cannot read {place} since {since}: {why} (watches: {})",
        names.join(", ")
    )
}

/// Whether the watches are of several places, so that each line says of which.
fn several(watches: &[RememberedWatch]) -> bool {
    let places: BTreeSet<&str> = watches.iter().map(|one| place(one).0).collect();
    places.len() > 1
}

/// `shop`, or `shop in 000000000000/eu-west-1`
fn named(name: &str, place: &str, several: bool) -> String {
    match several {
        true => format!("{name} in {place}"),
        false => name.to_owned(),
    }
}

fn watches(watches: &[RememberedWatch], now: DateTime<Utc>) {
    let several = several(watches);
    let heads = [
        "WATCH",
        "PLACE",
        "STATE",
        "IMAGE",
        "VERSION",
        "AGE",
        "ENVIRONMENTS",
    ];
    let shown = |nth: &usize| several || *nth != 1;
    let pick = |row: Vec<String>| -> Vec<String> {
        let cells = row.into_iter().enumerate();
        cells
            .filter(|(nth, _)| shown(nth))
            .map(|(_, cell)| cell)
            .collect()
    };
    let heads: Vec<&str> = heads
        .into_iter()
        .enumerate()
        .filter(|(nth, _)| shown(nth))
        .map(|(_, head)| head)
        .collect();
    let rows = watches.iter().map(|one| pick(row(one, now)));
    draw::plain_rows(&heads, 0, rows.collect(), &draw::STATES);
}

/// `<account>/<region>`, and the watch's name.
fn place(one: &RememberedWatch) -> (&str, &str) {
    one.watch.rsplit_once('/').unwrap_or(("", &one.watch))
}

fn row(one: &RememberedWatch, now: DateTime<Utc>) -> Vec<String> {
    let current = one.history.current.as_ref();
    let cell = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let (place, name) = place(one);
    vec![
        name.to_owned(),
        place.to_owned(),
        stands(&one.state, now),
        cell(current.map(|image| image.image.to_string())),
        cell(current.map(|image| image.base_version.clone())),
        cell(current.map(|image| draw::age((now - image.baked_at).num_seconds()))),
        environments(&one.state),
    ]
}

/// `drifted for 3d`
fn stands(state: &WatchState, now: DateTime<Utc>) -> String {
    let word = state.word.as_str();
    match (state.word, state.since) {
        (StateWord::InStep | StateWord::Unseen, _) | (_, None) => word.to_owned(),
        (_, Some(since)) => format!("{word} for {}", draw::age((now - since).num_seconds())),
    }
}

/// `behind: shop-blue, shop-green; not read: shop-canary`
fn environments(state: &WatchState) -> String {
    let list = |what: &str, names: &[String]| {
        let short = names
            .iter()
            .map(|name| name.rsplit('/').next().unwrap_or(name));
        let mut named: Vec<String> = short.take(NAMED_MAX).map(str::to_owned).collect();
        let more = names.len().saturating_sub(NAMED_MAX);
        named.extend((more > 0).then(|| format!("{more} more")));
        (!names.is_empty()).then(|| format!("{what}: {}", named.join(", ")))
    };
    let lists = [
        list("behind", &state.behind),
        list("not read", &state.unread),
    ];
    let said: Vec<String> = lists.into_iter().flatten().collect();
    match said.is_empty() {
        true => "-".to_owned(),
        false => said.join("; "),
    }
}

/// `shop/shop-1 waits: EARLIER_WAVE since 2026-11-02 08:00 UTC`
fn gates(state: &WatchState) -> Vec<String> {
    let named = state.gates.iter().take(NAMED_MAX);
    let mut lines: Vec<String> = named
        .map(|(name, gates)| {
            let gates: Vec<String> = gates.iter().map(gate).collect();
            format!("{name} waits: {}", gates.join("; "))
        })
        .collect();
    let more = state.gates.len().saturating_sub(NAMED_MAX);
    lines.extend((more > 0).then(|| {
        format!("{more} more environments wait; `amiwatch plan` says for what, and what opens it")
    }));
    lines
}

fn gate(seen: &GateSeen) -> String {
    let since = seen.since.map(|at| format!(" since {}", minute(at)));
    let until = seen.until.map(|at| format!(" until {}", minute(at)));
    format!(
        "{}{}{}",
        seen.code,
        since.unwrap_or_default(),
        until.unwrap_or_default()
    )
}

fn failing_line(one: &RememberedWatch, several: bool) -> Option<String> {
    let failing = one.history.failing.as_ref()?;
    let next = failing
        .next_at
        .map_or("held for a person".to_owned(), |at| {
            format!("next try {}", minute(at))
        });
    let kept = failing.kept.as_ref().filter(|kept| kept.until.is_some());
    let kept = kept.map(|kept| format!("; {}", kept.sentence()));
    Some(format!(
        "failing {}: attempts: {}; {next}; {}{}",
        named(place(one).1, place(one).0, several),
        failing.attempts,
        failing.last_why,
        kept.unwrap_or_default()
    ))
}

/// `baking shop: ami-... (generation 0, attempt 1): launch_builder for 12s (typically 38s)`
fn baking(bake: &BakeUnderWay, several: bool, now: DateTime<Utc>) -> String {
    let elapsed = bake
        .step_since
        .map(|since| format!(" for {}", draw::span(now - since)));
    let typically = bake.step_typically_s.map(|seconds| {
        let span = draw::span(chrono::TimeDelta::seconds(seconds));
        format!(" (typically {span})")
    });
    format!(
        "baking {}: {} (generation {}, attempt {}): {}{}{}",
        named(&bake.watch, &bake.place, several),
        bake.base_image,
        bake.generation,
        bake.attempt,
        bake.step,
        elapsed.unwrap_or_default(),
        typically.unwrap_or_default()
    )
}

/// Who waits for which notice, and who was given up and why.
fn show_waiting(status: &Status) {
    for waiting in &status.notices_waiting {
        let subject = &waiting.notice.subject;
        let (dead, alive): (Vec<_>, Vec<_>) = waiting.to.iter().partition(|(_, one)| one.dead);
        let alive: Vec<&str> = alive.iter().map(|(name, _)| name.as_str()).collect();
        if !alive.is_empty() {
            let line = format!("waits to be told to {}: {subject}", alive.join(", "));
            println!("{}", draw::wrapped_line(&line, 4));
        }
        for (name, delivery) in dead {
            let why = delivery.last_why.as_deref().unwrap_or("no reason is known");
            let attempts = delivery.attempts;
            let line = format!("not told to {name}, given up (attempts: {attempts}): {subject}");
            println!("{}", draw::wrapped_line(&line, 4));
            println!("{}", draw::wrapped_line(&format!("    because: {why}"), 13));
            if !why.contains("notify retry") {
                println!("    `amiwatch notify retry` tries again");
            }
        }
    }
}
