//! `sweep`: what carries our tag, and what becomes of it. Changes nothing without `--apply`.

use super::args::{Common, Format, SweepArguments as Arguments};
use super::draw;
use super::session::{Access, Session};
use crate::flow::exit_code::Exit;
use crate::service::desk::sweep::sweep_regions;
use crate::service::sweep::{Done, Swept, SweptThing};

pub(super) async fn run_sweep(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let access = match own.apply {
        true => Access::Write,
        false => Access::Read,
    };
    let session = Session::open(common, access).await?;
    session.settings.require_installation()?;
    let swept = sweep_regions(&session.service(), own.older_than, own.apply).await?;
    match common.format {
        Format::Json => draw::print_json(&swept)?,
        Format::Table => show(&session, own, &swept.swept),
    }
    Ok(swept.swept.exit())
}

fn show(session: &Session, own: &Arguments, swept: &Swept) {
    if !swept.found.is_empty() {
        let heads = ["REGION", "KIND", "ID", "WATCH", "AGE", "VERDICT", "WHY"];
        let rows = swept.found.iter().map(|found| row(session, found));
        draw::plain_rows(&heads, 2, rows.collect(), &[]);
    }
    for one in &swept.unreachable {
        let (what, why) = (&one.trouble.what, &one.trouble.why);
        println!("{}: nothing is removed here: {what}: {why}", one.region);
    }
    println!("{}", summary(own, swept));
}

fn row(session: &Session, found: &SweptThing) -> Vec<String> {
    let SweptThing { scope, thing, .. } = found;
    let now = session.clock.now();
    let age = thing
        .since
        .map(|since| draw::age((now - since).num_seconds()));
    let dash = |text: &str| match text {
        "" => "-".to_owned(),
        text => text.to_owned(),
    };
    let (verdict, why) = match &found.done {
        Done::Listed => (found.verdict.word.as_str(), found.verdict.why.as_str()),
        Done::Removed => ("removed", found.verdict.why.as_str()),
        Done::Spared { why } => ("spared", why.as_str()),
        Done::Failed { why } => ("failed", why.as_str()),
    };
    vec![
        scope.region.to_string(),
        thing.kind.as_str().to_owned(),
        thing.id.clone(),
        dash(thing.watch()),
        dash(&age.unwrap_or_default()),
        verdict.to_owned(),
        why.to_owned(),
    ]
}

fn summary(own: &Arguments, swept: &Swept) -> String {
    let count =
        |wanted: fn(&SweptThing) -> bool| swept.found.iter().filter(|one| wanted(one)).count();
    let strays = count(|one| one.verdict.is_stray());
    let removed = count(|one| one.done == Done::Removed);
    match (own.apply, strays) {
        (true, _) => format!("{removed} of {strays} strays removed"),
        (false, 0) => "nothing to sweep".to_owned(),
        (false, _) => format!("strays: {strays}; `amiwatch sweep --apply` removes them"),
    }
}
