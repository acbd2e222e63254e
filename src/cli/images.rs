//! `images [W]` and `image AMI`: what was made here, what names it, and how far it has come down the
//! ladder. Changes nothing.

use chrono::{DateTime, Utc};

use super::args::{Common, Format, ImageArguments, ImagesArguments};
use super::draw;
use super::session::{Access, Session, WrongUsage};
use crate::flow::exit_code::Exit;
use crate::flow::retire::standing::{ImageStanding, SaidVerdict};
use crate::flow::retire::words::next_in_words;
use crate::model::ids::{ImageId, WatchName};
use crate::model::image_uses::ReferenceKind;
use crate::model::retiring::{Rung, RungWhy};
use crate::service::desk::image_contents::ImageContents;
use crate::service::desk::images::{
    ListedImages, ShownImage, UsersAnswer, UsersOfKind, list_images, show_image,
};

pub(super) async fn run_images(common: &Common, own: &ImagesArguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    session.settings.require_installation()?;
    let listed = list_images(&session.service(), own.watch.as_deref()).await?;
    if let Some(watch) = own.watch.as_deref().filter(|_| listed.images.is_empty()) {
        let known = WatchName::from(watch);
        if !session.settings.watches.contains_key(&known) && listed.unreachable.is_empty() {
            let why = format!(
                "the config has no watch `{watch}`, and no image says that it was made for one"
            );
            return Err(WrongUsage(why).into());
        }
    }
    match common.format {
        Format::Json => draw::print_json(&listed)?,
        Format::Table => show_list(&session, &listed),
    }
    Ok(listed.exit())
}

pub(super) async fn run_image(common: &Common, own: &ImageArguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    session.settings.require_installation()?;
    let shown = show_image(&session.service(), &ImageId::from(own.image.as_str())).await?;
    match common.format {
        Format::Json => draw::print_json(&shown)?,
        Format::Table => show_one(&session, &shown),
    }
    Ok(shown.exit())
}

fn show_list(session: &Session, listed: &ListedImages) {
    if !listed.images.is_empty() {
        let heads = [
            "REGION", "WATCH", "IMAGE", "BASE", "AGE", "STANDS", "NEXT", "WHY",
        ];
        let rows = listed.images.iter().map(|one| row(session, one));
        draw::plain_rows(&heads, 2, rows.collect(), &[]);
    }
    for one in &listed.unreachable {
        let (what, why) = (&one.trouble.what, &one.trouble.why);
        draw::say_line(&format!("{}: not known: {what}: {why}", one.region), 4);
    }
    draw::say_line(&summary(&listed.images), 2);
}

fn row(session: &Session, one: &ImageStanding) -> Vec<String> {
    let SaidVerdict { verdict, said } = &one.verdict;
    vec![
        one.region.to_string(),
        or_dash(Some(one.watch.clone()).filter(|watch| !watch.is_empty())),
        one.image.to_string(),
        or_dash(one.base_version.clone()),
        or_dash(age(session, one)),
        stands(one),
        next_in_words(verdict),
        first_and_more(said),
    ]
}

/// Where it stands and since when, or until when it is left alone.
fn stands(one: &ImageStanding) -> String {
    let SaidVerdict { verdict, .. } = &one.verdict;
    let rung = verdict.rung.as_str();
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
    let restored = verdict.why.iter().find_map(|why| match why {
        RungWhy::Restored { until } => Some(format!("{rung}, restored until {}", day(*until))),
        _ => None,
    });
    let since = match verdict.rung {
        Rung::Deprecated => one.deprecated_from,
        Rung::Disabled => one.disabled_at,
        Rung::InForce | Rung::Deregistered => None,
    };
    restored
        .or_else(|| since.map(|since| format!("{rung} {}", day(since))))
        .unwrap_or_else(|| rung.to_owned())
}

/// The gravest reason; `image AMI` tells them all.
fn first_and_more(said: &[String]) -> String {
    match said {
        [] => "-".to_owned(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

fn age(session: &Session, one: &ImageStanding) -> Option<String> {
    let created = one.created?;
    Some(draw::age((session.clock.now() - created).num_seconds()))
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

fn summary(images: &[ImageStanding]) -> String {
    let due = || {
        let due = images.iter();
        due.filter(|one| one.verdict.verdict.due.is_some())
    };
    let (all, count) = (images.len(), due().count());
    let told = due().filter(|one| one.mode != Some("apply")).count();
    match (all, count) {
        (0, _) => "no image carries this installation's tag".to_owned(),
        (all, 0) => format!("images: {all}; nothing is due"),
        (all, due) if told == 0 => {
            format!("images: {all}; {due} are due to go a rung down: the daemon's next looks do it")
        }
        (all, due) if told == due => format!(
            "images: {all}; {due} would go a rung down now. This is told; nothing is done to an image"
        ),
        (all, due) => format!(
            "images: {all}; {due} are due to go a rung down: the daemon's next looks do it for {}, and {told} are \
             told of",
            due - told
        ),
    }
}

fn show_one(session: &Session, shown: &ShownImage) {
    let one = &shown.standing;
    draw::heading_line(&format!("{} in {}", one.image, one.region), 0);
    let mut facts = vec![("name", one.name.clone())];
    facts.push((
        "watch",
        or_dash(Some(one.watch.clone()).filter(|watch| !watch.is_empty())),
    ));
    facts.push(("base", or_dash(one.base_version.clone())));
    facts.push(("age", or_dash(age(session, one))));
    facts.push(("snapshots", one.snapshots.to_string()));
    facts.extend(one.copy_of.clone().map(|of| ("copy of", of)));
    facts.push(("shared with", shared(shown)));
    for (name, value) in facts {
        draw::say_line(&format!("  {name:<12} {value}"), 15);
    }
    draw::heading_line("Made from", 0);
    show_lineage(shown);
    draw::heading_line("What is in it", 0);
    show_contents(shown.contents.as_ref());
    draw::heading_line("What names it", 0);
    for users in &shown.users {
        draw::say_line(&format!("  {}", users_line(users)), 6);
    }
    draw::heading_line("Where it stands", 0);
    show_standing(one);
}

fn shared(shown: &ShownImage) -> String {
    match shown.shared_with.as_deref() {
        None => "not known".to_owned(),
        Some([]) => "nobody".to_owned(),
        Some(with) => with.join(", "),
    }
}

fn show_lineage(shown: &ShownImage) {
    for step in shown
        .lineage
        .iter()
        .filter(|step| step.image != shown.standing.image)
    {
        let owner = step
            .owner
            .as_deref()
            .map_or(String::new(), |owner| format!(", {owner}'s"));
        draw::say_line(&format!("  {} in {}{owner}", step.image, step.region), 4);
    }
    if let Some(why) = &shown.lineage_untold {
        draw::say_line(&format!("  not known: {why}"), 4);
    }
    if shown.lineage.len() < 2 && shown.lineage_untold.is_none() {
        println!("  EC2 does not know");
    }
}

/// Packages that are told by name; `--format json` has them all.
const CHANGES_MAX: usize = 20;

fn show_contents(contents: Option<&ImageContents>) {
    let Some(contents) = contents else {
        println!("  not known: no report of its boot is kept");
        return;
    };
    let mut lines = vec![match contents.packages_omitted {
        0 => format!(
            "kernel {}; packages: {}",
            contents.kernel,
            contents.packages.len()
        ),
        more => format!(
            "kernel {}; packages: {}, and {more} that the report had no room for",
            contents.kernel,
            contents.packages.len()
        ),
    }];
    lines.extend(changed_lines(contents));
    for line in lines {
        draw::say_line(&format!("  {line}"), 4);
    }
}

fn changed_lines(contents: &ImageContents) -> Vec<String> {
    let Some(since) = &contents.since else {
        return vec!["no earlier image of the watch is there".to_owned()];
    };
    let Some(changes) = &contents.changes else {
        return vec![format!(
            "what changed since {since} is not known: its report is not kept"
        )];
    };
    let kernel = changes.kernel.as_ref();
    let kernel = kernel.map(|one| format!("kernel {} -> {}", one.from, one.to));
    let packages = changes.packages.iter().map(|one| {
        let [from, to] = [&one.from, &one.to].map(|version| version.as_deref().unwrap_or("-"));
        format!("{} {from} -> {to}", one.name)
    });
    let mut all: Vec<String> = kernel.into_iter().chain(packages).collect();
    if all.is_empty() {
        return vec![format!("no package changed since {since}")];
    }
    let more = all.len().saturating_sub(CHANGES_MAX);
    all.truncate(CHANGES_MAX);
    let mut lines = vec![format!("changed since {since}:")];
    lines.extend(all.into_iter().map(|one| format!("  {one}")));
    if more > 0 {
        lines.push(format!("  and {more} more (`--format json` has them all)"));
    }
    lines
}

fn users_line(users: &UsersOfKind) -> String {
    let kind = users.kind.plural();
    let said = match users.answer {
        UsersAnswer::Named => {
            let named: Vec<&str> = users.users.iter().map(|one| one.by.as_str()).collect();
            named.join("; ")
        }
        UsersAnswer::Absent => "none".to_owned(),
        UsersAnswer::Unreachable => {
            let why = users.why.as_deref().unwrap_or_default();
            match users.kind {
                ReferenceKind::ListedByEc2 => format!("not answered, and not needed: {why}"),
                _ => format!("not known, which keeps it: {why}"),
            }
        }
    };
    format!("{kind}: {said} ({})", users.asked)
}

fn show_standing(one: &ImageStanding) {
    let SaidVerdict { verdict, said } = &one.verdict;
    let next = match next_in_words(verdict).as_str() {
        "-" => "nothing comes next".to_owned(),
        next => format!("next: {next}"),
    };
    draw::say_line(&format!("  {}; {next}", stands(one)), 4);
    if let Some(open) = &one.open {
        draw::say_line(&format!("  {open}"), 4);
    }
    for why in said {
        draw::say_line(&format!("  because {why}"), 4);
    }
    if matches!(verdict.rung, Rung::Deprecated | Rung::Disabled) {
        let back = format!("  `amiwatch restore {}` brings it back", one.image);
        draw::say_line(&back, 4);
    }
}
