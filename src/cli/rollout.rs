//! `rollout W --environment E`, `rollback APPLICATION/ENVIRONMENT` and `rollback W --all`: shows the plan,
//! asks, moves, and tells how it goes. What is decided and done is the desk's.

use anyhow::bail;
use serde::Serialize;

use super::agree::person_agrees;
use super::args::{Common, Format, RollbackArguments, RolloutArguments};
use super::hold::who;
use super::not_moved::say_not_moved;
use super::session::{Access, Session, WrongUsage};
use super::{check, draw, progress, whole_rollout};
use crate::flow::exit_code::Exit;
use crate::flow::rollout::document::{MovePlan, SCHEMA};
use crate::model::ids::{ImageId, WatchName};
use crate::model::request::{MoveWish, WishedWay};
use crate::service::desk::moving::{
    MoveEnd, MoveMeanwhile, MoveTeller, move_environment, move_under_way,
};
use crate::service::desk::rollout::{plan_move, wishes_back};

/// `rollout --format json`, `rollback --format json`
#[derive(Serialize)]
struct PlanDocument<'a> {
    schema: &'static str,
    moves: &'a [MovePlan],
}

pub(super) async fn run_rollout(common: &Common, own: &RolloutArguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?;
    let Some(watch) = check::named_watch(&session.settings, Some(&own.watch))? else {
        bail!(WrongUsage(format!(
            "the config has no watch `{}`",
            own.watch
        )));
    };
    if own.environments.is_empty() {
        return whole_rollout::run_whole(common, &session, watch, own).await;
    }
    let image = own.image.as_deref().map(image_id).transpose()?;
    let mut wishes = Vec::new();
    for name in &own.environments {
        let (application, environment) = whose(&session, &watch, name)?;
        wishes.push(MoveWish {
            watch: watch.clone(),
            application,
            environment,
            way: WishedWay::To {
                image: image.clone(),
            },
            by: who(),
        });
    }
    show_and_move(common, &session, wishes, own.yes).await
}

pub(super) async fn run_rollback(common: &Common, own: &RollbackArguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?;
    if own.all {
        return roll_all_back(common, &session, own).await;
    }
    let Some((application, environment)) = own.target.rsplit_once('/') else {
        bail!(WrongUsage(format!(
            "`{}` is no environment; write APPLICATION/ENVIRONMENT",
            own.target
        )));
    };
    let named = check::named_watch(&session.settings, own.watch.as_deref())?;
    let watch = watching(&session, named.as_ref(), application, environment)?;
    let wish = MoveWish {
        watch,
        application: application.to_owned(),
        environment: environment.to_owned(),
        way: WishedWay::Back,
        by: who(),
    };
    show_and_move(common, &session, vec![wish], own.yes).await
}

/// Every environment of a watch that can be taken back.
async fn roll_all_back(
    common: &Common,
    session: &Session,
    own: &RollbackArguments,
) -> anyhow::Result<Exit> {
    let Some(watch) = check::named_watch(&session.settings, Some(&own.target))? else {
        bail!(WrongUsage(format!(
            "the config has no watch `{}`; --all takes a watch",
            own.target
        )));
    };
    let wishes = wishes_back(&session.service(), &watch, &who()).await?;
    if wishes.is_empty() {
        println!("No move of an environment of {watch} is remembered that was not taken back.");
        return Ok(Exit::Done);
    }
    show_and_move(common, session, wishes, own.yes).await
}

fn image_id(text: &str) -> anyhow::Result<ImageId> {
    match text
        .strip_prefix("ami-")
        .is_some_and(|rest| !rest.is_empty())
    {
        true => Ok(ImageId::new(text)),
        false => bail!(WrongUsage(format!(
            "`{text}` is no image; an image's id begins with ami-"
        ))),
    }
}

/// `shop-blue` or `shop/shop-blue`, as a target of the watch.
fn whose(session: &Session, watch: &WatchName, name: &str) -> anyhow::Result<(String, String)> {
    if let Some((application, environment)) = name.rsplit_once('/') {
        return Ok((application.to_owned(), environment.to_owned()));
    }
    let targets = session
        .settings
        .watches
        .get(watch)
        .map(|watch| &watch.targets);
    let mut fitting = targets
        .into_iter()
        .flatten()
        .filter(|pattern| pattern.names_environment(name));
    let applications = |pattern: &crate::model::watch::TargetPattern| pattern.application.clone();
    match (fitting.next().map(applications), fitting.next()) {
        (Some(application), None) if !application.contains(['*', '?', '[']) => {
            Ok((application, name.to_owned()))
        }
        (None, _) => bail!(WrongUsage(format!(
            "no target of the watch {watch} names an environment `{name}`; `amiwatch check {watch}` lists \
             them"
        ))),
        _ => bail!(WrongUsage(format!(
            "`{name}` may be of several applications; write APPLICATION/{name}"
        ))),
    }
}

/// The watch that names the environment; where several do, the one that was said. None is guessed: each has
/// rules of its own.
fn watching(
    session: &Session,
    said: Option<&WatchName>,
    application: &str,
    environment: &str,
) -> anyhow::Result<WatchName> {
    let watches = session.settings.watches.values();
    let naming = watches.filter(|watch| {
        let mut targets = watch.targets.iter();
        targets.any(|one| one.names_application(application) && one.names_environment(environment))
    });
    let naming: Vec<&str> = naming
        .map(|watch| watch.name.as_str())
        .filter(|name| said.is_none_or(|said| said.as_str() == *name))
        .collect();
    match naming.as_slice() {
        [one] => Ok(WatchName::new(*one)),
        [] => bail!(WrongUsage(match said {
            Some(said) => format!("the watch {said} has no target {application}/{environment}"),
            None => format!("no watch of the config has a target {application}/{environment}"),
        })),
        several => bail!(WrongUsage(format!(
            "several watches have the target {application}/{environment}: say which with --watch ({})",
            several.join(", ")
        ))),
    }
}

async fn show_and_move(
    common: &Common,
    session: &Session,
    wishes: Vec<MoveWish>,
    yes: bool,
) -> anyhow::Result<Exit> {
    session.settings.require_installation()?;
    let service = session.service();
    let mut plans = Vec::new();
    for wish in &wishes {
        if move_under_way(&service, wish).await? {
            continue; // it is joined
        }
        match plan_move(&service, wish).await {
            Ok(planned) => plans.push(planned.plan),
            Err(error) => return say_not_moved(&wish.name(), error),
        }
    }
    match common.format {
        Format::Json => draw::print_json(&PlanDocument {
            schema: SCHEMA,
            moves: &plans,
        })?,
        Format::Table => plans.iter().for_each(show),
    }
    if let Some(exit) = not_to_be_made(&plans) {
        return Ok(exit);
    }
    if !yes && !agreed(&wishes)? {
        eprintln!("amiwatch: nothing was moved");
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for wish in fixed(wishes, &plans) {
        let back = wish.way == WishedWay::Back;
        exit = exit.and(move_one(session, &wish).await?);
        // What failed for one is looked at before the next; on the way back each counts for itself.
        if exit != Exit::Done && !back {
            break;
        }
    }
    Ok(exit)
}

/// The image that was shown is the one that is moved to.
fn fixed(wishes: Vec<MoveWish>, plans: &[MovePlan]) -> Vec<MoveWish> {
    let fix = |mut wish: MoveWish| {
        let plan = plans.iter().find(|plan| plan.name() == wish.name());
        if let (WishedWay::To { image }, Some(plan)) = (&mut wish.way, plan) {
            *image = plan.to.as_ref().and_then(|to| to.image.clone());
        }
        wish
    };
    wishes.into_iter().map(fix).collect()
}

/// One that stands against it stops them all: nobody wants half of what was asked for.
fn not_to_be_made(plans: &[MovePlan]) -> Option<Exit> {
    let refusals = plans.iter().flat_map(|plan| &plan.refusals);
    let refusals: Vec<_> = refusals.collect();
    if refusals.iter().any(|one| one.code != "IN_STEP") {
        return Some(Exit::Failed);
    }
    let printed = plans.iter().any(|plan| plan.printed.is_some());
    let done = !plans.is_empty() && refusals.len() == plans.len();
    (printed || done).then_some(Exit::Done)
}

fn show(plan: &MovePlan) {
    let way = match (plan.back, plan.proof_only) {
        (true, _) => "back",
        (_, true) => "proof only",
        _ => "forward",
    };
    println!(
        "{} in {} (watch {}), {way}",
        plan.name(),
        plan.target.scope.region,
        plan.watch
    );
    for (word, what) in plan.lines() {
        println!(
            "{}",
            draw::wrapped_line(&format!("    {word:<11}{what}"), 15)
        );
    }
    for refusal in &plan.refusals {
        let line = format!("    {}  {}", refusal.code, refusal.why);
        println!("{}", draw::wrapped_line(&line, 8));
    }
    if let Some(printed) = &plan.printed {
        println!("\n{printed}");
    }
}

fn agreed(wishes: &[MoveWish]) -> anyhow::Result<bool> {
    let names: Vec<String> = wishes.iter().map(MoveWish::name).collect();
    person_agrees(
        format!("Move {}?", names.join(", ")),
        "moves as the plan says",
    )
}

async fn move_one(session: &Session, wish: &MoveWish) -> anyhow::Result<Exit> {
    let name = wish.name();
    let teller = MoveTeller {
        meanwhile: &|what| eprintln!("{name}: {}", meanwhile(what)),
        observers: &progress::move_observer,
    };
    let end = match move_environment(&session.service(), wish, &teller).await {
        Ok(end) => end,
        Err(error) => return say_not_moved(&wish.name(), error),
    };
    match &end {
        MoveEnd::Ended(results) => {
            for (fault, why) in results.iter().filter_map(|one| one.failure()) {
                eprintln!("amiwatch: {name} was not moved ({}): {why}", fault.as_str());
            }
        }
        MoveEnd::NothingToDo { why } => println!("{}", why.join("; ")),
        MoveEnd::Refused { why, .. } => why
            .iter()
            .for_each(|why| eprintln!("amiwatch: {name} is not moved: {why}")),
    }
    Ok(end.exit())
}

fn meanwhile(what: MoveMeanwhile) -> &'static str {
    match what {
        MoveMeanwhile::Joining => "a move is under way in another process: joining it",
        MoveMeanwhile::Waiting => "waiting for the amiwatch process that works on the store",
        MoveMeanwhile::GoingOn => "the process that drove the move is gone: going on with it",
    }
}
