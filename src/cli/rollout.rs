//! `rollout W --environment E`, `rollback APPLICATION/ENVIRONMENT` and `rollback W --all`: shows the plan,
//! asks, moves, and tells how it goes. What is decided and done is the desk's.

use anyhow::bail;

use super::agree::person_agrees;
use super::args::{Common, RollbackArguments, RolloutArguments};
use super::hold::who;
use super::move_report::{MoveReport, plan_lines};
use super::session::{Access, Session, WrongUsage, exit_of};
use super::{check, draw, progress, whole_rollout};
use crate::flow::exit_code::Exit;
use crate::flow::rollout::document::MovePlan;
use crate::flow::rollout::order::IN_STEP;
use crate::model::ids::{ImageId, WatchName};
use crate::model::request::{MoveWish, WishedWay};
use crate::service::desk::back_all::{WishesBack, move_each, plan_each, wishes_back};
use crate::service::desk::moved::MovedEnvironment;
use crate::service::desk::moving::{
    MoveEnd, MoveMeanwhile, MoveTeller, move_environment, move_under_way,
};
use crate::service::desk::rollout::{MoveError, plan_move};

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
        let (account, application, environment) = whose(&session, &watch, name)?;
        wishes.push(MoveWish {
            watch: watch.clone(),
            account,
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
    let (account, name) = account_of(&session, &own.target);
    let Some((application, environment)) = name.rsplit_once('/') else {
        bail!(WrongUsage(format!(
            "`{}` is no environment; write APPLICATION/ENVIRONMENT",
            own.target
        )));
    };
    let named = check::named_watch(&session.settings, own.watch.as_deref())?;
    let wish = MoveWish {
        watch: watching(
            &session,
            named.as_ref(),
            (account, application, environment),
        )?,
        account: account.map(str::to_owned),
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
    let back = wishes_back(&session.service(), &watch, &who()).await?;
    let mut report = MoveReport::new(common.format);
    if back.wishes.is_empty() && back.unreadable.is_empty() {
        let none =
            format!("no move of an environment of {watch} is remembered that was not taken back");
        report.nothing_to_do(watch.as_str(), vec![none]);
        report.close()?;
        return Ok(Exit::Done);
    }
    let ended = show_and_take_back(session, back, own.yes, &mut report).await;
    report.close()?;
    ended
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

/// `prod:shop/shop-blue`: the account and the rest. An application's name may have a colon in it, so that what
/// is no account of the config is not one.
fn account_of<'n>(session: &Session, name: &'n str) -> (Option<&'n str>, &'n str) {
    match name.split_once(':') {
        Some((account, rest)) if session.settings.accounts.contains_key(account) => {
            (Some(account), rest)
        }
        _ => (None, name),
    }
}

/// `shop-blue` or `shop/shop-blue`, as a target of the watch; in another account `prod:shop/shop-blue`.
fn whose(
    session: &Session,
    watch: &WatchName,
    name: &str,
) -> anyhow::Result<(Option<String>, String, String)> {
    let (account, name) = account_of(session, name);
    let in_account = |application: &str, environment: &str| {
        let account = account.map(str::to_owned);
        (account, application.to_owned(), environment.to_owned())
    };
    if let Some((application, environment)) = name.rsplit_once('/') {
        return Ok(in_account(application, environment));
    }
    let targets = session
        .settings
        .watches
        .get(watch)
        .map(|watch| &watch.targets);
    let mut fitting = targets.into_iter().flatten().filter(|pattern| {
        pattern.account_name.as_deref() == account && pattern.names_environment(name)
    });
    let applications = |pattern: &crate::model::watch::TargetPattern| pattern.application.clone();
    match (fitting.next().map(applications), fitting.next()) {
        (Some(application), None) if !application.contains(['*', '?', '[']) => {
            Ok(in_account(&application, name))
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
    (account, application, environment): (Option<&str>, &str, &str),
) -> anyhow::Result<WatchName> {
    let watches = session.settings.watches.values();
    let naming = watches.filter(|watch| {
        let mut targets = watch.targets.iter();
        targets.any(|one| {
            one.account_name.as_deref() == account && one.names_both(application, environment)
        })
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

/// One that stands against it stops them all: nobody wants half of what was asked for.
async fn show_and_move(
    common: &Common,
    session: &Session,
    wishes: Vec<MoveWish>,
    yes: bool,
) -> anyhow::Result<Exit> {
    session.settings.require_installation()?;
    let mut report = MoveReport::new(common.format);
    let ended = plan_and_move(session, wishes, yes, &mut report).await;
    report.close()?;
    ended
}

async fn plan_and_move(
    session: &Session,
    wishes: Vec<MoveWish>,
    yes: bool,
    report: &mut MoveReport,
) -> anyhow::Result<Exit> {
    let service = session.service();
    let mut plans = Vec::new();
    for wish in &wishes {
        if move_under_way(&service, wish).await? {
            continue; // it is joined
        }
        match plan_move(&service, wish).await {
            Ok(planned) => plans.push(planned.plan),
            Err(error) => return report.refused(&wish.name(), error),
        }
    }
    report.planned(plans.clone());
    if let Some(exit) = not_to_be_made(&plans) {
        return Ok(exit);
    }
    if !yes && !agreed(&wishes, &plans, report)? {
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for wish in fixed(wishes, &plans) {
        let ended = move_one(session, &wish).await;
        exit = exit.and(tell_end(&wish, ended, report)?);
        // What failed for one is looked at before the next.
        if exit != Exit::Done {
            break;
        }
    }
    Ok(exit)
}

/// Each for itself: what cannot be taken back is said, and the others go back.
async fn show_and_take_back(
    session: &Session,
    back: WishesBack,
    yes: bool,
    report: &mut MoveReport,
) -> anyhow::Result<Exit> {
    session.settings.require_installation()?;
    let service = session.service();
    let mut exit = Exit::Done;
    for key in back.unreadable {
        let why = "what is remembered of its moves makes no sense, and is left as it is";
        report.not_moved(&key, vec![why.to_owned()]);
        exit = exit.and(Exit::Failed);
    }
    let (mut plans, mut wishes) = (Vec::new(), Vec::new());
    for (wish, planned) in plan_each(&service, &back.wishes).await {
        match planned {
            // It is joined.
            Ok(None) => wishes.push(wish.clone()),
            Ok(Some(plan)) => {
                match plan.refusals.is_empty() && plan.printed.is_none() {
                    true => wishes.push(wish.clone()),
                    false => exit = exit.and(not_to_be_made([&plan]).unwrap_or_default()),
                }
                plans.push(plan);
            }
            Err(error) => exit = exit.and(tell_error(wish, error, report)),
        }
    }
    report.planned(plans.clone());
    if wishes.is_empty() || (!yes && !agreed(&wishes, &plans, report)?) {
        return Ok(exit);
    }
    let teller = MoveTeller {
        meanwhile: &|what| eprintln!("{}", meanwhile(what)),
        observers: &progress::move_lines_observer,
    };
    for (wish, ended) in move_each(&service, &wishes, &teller).await? {
        exit = exit.and(match ended {
            Ok(end) => tell_end(&wish, Ok(end), report)?,
            Err(error) => tell_error(&wish, error, report),
        });
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

/// How it ends where nothing is to be moved.
fn not_to_be_made<'p>(plans: impl IntoIterator<Item = &'p MovePlan>) -> Option<Exit> {
    let plans: Vec<&MovePlan> = plans.into_iter().collect();
    let refusals = plans.iter().flat_map(|plan| &plan.refusals);
    let refusals: Vec<_> = refusals.collect();
    if refusals.iter().any(|one| one.code != IN_STEP) {
        return Some(Exit::Failed);
    }
    let printed = plans.iter().any(|plan| plan.printed.is_some());
    let done = !plans.is_empty() && refusals.len() == plans.len();
    (printed || done).then_some(Exit::Done)
}

fn agreed(wishes: &[MoveWish], plans: &[MovePlan], report: &MoveReport) -> anyhow::Result<bool> {
    report.show_beside(plans.iter().flat_map(plan_lines));
    let names: Vec<String> = wishes.iter().map(MoveWish::name).collect();
    let agreed = person_agrees(
        format!("Move {}?", names.join(", ")),
        "moves as the plan says",
    )?;
    if !agreed {
        eprintln!("amiwatch: nothing was moved");
    }
    Ok(agreed)
}

async fn move_one(session: &Session, wish: &MoveWish) -> Result<MoveEnd, MoveError> {
    let name = wish.name();
    let teller = MoveTeller {
        meanwhile: &|what| eprintln!("{name}: {}", meanwhile(what)),
        observers: &progress::move_observer,
    };
    move_environment(&session.service(), wish, &teller).await
}

fn tell_end(
    wish: &MoveWish,
    ended: Result<MoveEnd, MoveError>,
    report: &mut MoveReport,
) -> anyhow::Result<Exit> {
    let name = wish.name();
    let end = match ended {
        Ok(end) => end,
        Err(error) => return report.refused(&name, error),
    };
    let exit = end.exit();
    match end {
        MoveEnd::Ended(results) => {
            report.ended(results.iter().map(MovedEnvironment::of_result).collect());
        }
        MoveEnd::NothingToDo { why } => report.nothing_to_do(&name, why),
        MoveEnd::Refused { why, .. } => report.not_moved(&name, why),
    }
    Ok(exit)
}

/// An error that is one environment's own, whatever it is.
fn tell_error(wish: &MoveWish, error: MoveError, report: &mut MoveReport) -> Exit {
    let name = wish.name();
    report.refused(&name, error).unwrap_or_else(|error| {
        report.not_moved(&name, vec![draw::error_chain(&error)]);
        exit_of(&error)
    })
}

fn meanwhile(what: MoveMeanwhile) -> &'static str {
    match what {
        MoveMeanwhile::Joining => "a move is under way in another process: joining it",
        MoveMeanwhile::Waiting => "waiting for the amiwatch process that works on the store",
        MoveMeanwhile::GoingOn => "the process that drove the move is gone: going on with it",
    }
}
