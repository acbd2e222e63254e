//! `publish W [--to DESTINATION]`: shows what would be done at each destination, asks, publishes, and tells
//! how it goes. What is decided and done is the desk's.

use anyhow::bail;

use super::agree::person_agrees;
use super::args::{Common, Format, PublishArguments};
use super::hold::who;
use super::session::{Access, Session, WrongUsage};
use super::{check, draw, progress};
use crate::flow::exit_code::Exit;
use crate::model::ids::WatchName;
use crate::model::publish_rules::Destination;
use crate::model::request::PublishWish;
use crate::service::desk::publish::{PublishEnd, PublishPlan, plan_publishing, publish_now};

pub(super) async fn run_publish(common: &Common, own: &PublishArguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?;
    let Some(watch) = check::named_watch(&session.settings, Some(&own.watch))? else {
        bail!(WrongUsage(format!(
            "the config has no watch `{}`",
            own.watch
        )));
    };
    session.settings.require_installation()?;
    let Some(plan) = plan_publishing(&session.service(), &watch).await? else {
        bail!(WrongUsage(format!(
            "the watch {watch} publishes nowhere; add `[watch.{watch}.publish]` to the config"
        )));
    };
    let plan = only(plan, own.to.as_deref())?;
    match common.format {
        Format::Json => draw::print_json(&plan)?,
        Format::Table => show(&plan),
    }
    let to_do = plan.to_do();
    if to_do.is_empty() {
        return Ok(plan.exit());
    }
    let question = format!("Publish to {}?", names(&to_do));
    if !own.yes && !person_agrees(question, "publishes as the plan says")? {
        eprintln!("amiwatch: nothing was published");
        return Ok(Exit::Done);
    }
    publish_all(common, &session, &watch, to_do).await
}

fn names(destinations: &[Destination]) -> String {
    let names: Vec<String> = destinations.iter().map(Destination::to_string).collect();
    names.join(", ")
}

/// The destination that is named, in full or by its sort alone.
fn only(mut plan: PublishPlan, to: Option<&str>) -> anyhow::Result<PublishPlan> {
    let Some(to) = to else {
        return Ok(plan);
    };
    let all: Vec<Destination> = plan
        .destinations
        .iter()
        .map(|one| one.destination.clone())
        .collect();
    plan.destinations.retain(|one| {
        let Destination { kind, .. } = &one.destination;
        one.destination.to_string() == to || kind.as_str() == to
    });
    if plan.destinations.is_empty() && plan.untold.is_empty() {
        bail!(WrongUsage(format!(
            "the watch {} does not publish to `{to}`; its destinations are {}",
            plan.watch,
            names(&all)
        )));
    }
    Ok(plan)
}

fn show(plan: &PublishPlan) {
    println!("{}", plan.watch);
    for one in &plan.destinations {
        println!("{}", draw::wrapped_line(&format!("    {}", one.line()), 8));
    }
    for why in &plan.untold {
        eprintln!("amiwatch: not everything could be read: {why}");
    }
}

/// One after the other: a parameter waits for what it promises.
async fn publish_all(
    common: &Common,
    session: &Session,
    watch: &WatchName,
    destinations: Vec<Destination>,
) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    for destination in destinations {
        let name = destination.to_string();
        let wish = PublishWish {
            watch: watch.clone(),
            destination,
            by: who(),
        };
        let waiting =
            || eprintln!("{name}: waiting for the amiwatch process that works on the store");
        let observers = &progress::publication_observer;
        let end = publish_now(&session.service(), &wish, waiting, observers).await?;
        match &end {
            PublishEnd::Ended(result) => {
                if let Some(why) = result.failure() {
                    eprintln!("amiwatch: {name} was not published to: {why}");
                }
            }
            // Beside a document nothing else is printed.
            PublishEnd::NothingToDo { why } if common.format == Format::Json => eprintln!("{why}"),
            PublishEnd::NothingToDo { why } => println!("{why}"),
            PublishEnd::Refused { why, .. } => why
                .iter()
                .for_each(|why| eprintln!("amiwatch: {name} is not published to: {why}")),
        }
        exit = exit.and(end.exit());
    }
    Ok(exit)
}
