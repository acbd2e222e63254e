//! `rollout W`: a person's order for every environment of a watch. Shows how each stands, asks, gives the
//! order, and tells how it goes until everything that was ordered has ended, whoever does it.

use super::agree::person_agrees;
use super::args::{Common, RolloutArguments};
use super::hold::who;
use super::move_report::MoveReport;
use super::session::Session;
use super::{draw, progress};
use crate::flow::exit_code::Exit;
use crate::model::ids::{ImageId, WatchName};
use crate::service::desk::moving::{MoveMeanwhile, MoveTeller};
use crate::service::desk::whole_driving::order_whole;
use crate::service::desk::whole_rollout::{
    WholeEnd, WholeOrder, WholePlan, WholeTarget, plan_whole,
};

pub(super) async fn run_whole(
    common: &Common,
    session: &Session,
    watch: WatchName,
    own: &RolloutArguments,
) -> anyhow::Result<Exit> {
    session.settings.require_installation()?;
    let order = WholeOrder {
        watch,
        now: own.now,
        by: who(),
    };
    let mut report = MoveReport::new(common.format);
    let ended = order_and_tell(session, &order, own.yes, &mut report).await;
    report.close()?;
    ended
}

async fn order_and_tell(
    session: &Session,
    order: &WholeOrder,
    yes: bool,
    report: &mut MoveReport,
) -> anyhow::Result<Exit> {
    let (service, watch) = (session.service(), &order.watch);
    let plan = match plan_whole(&service, order).await {
        Ok(plan) => plan,
        Err(error) => return report.refused(watch.as_str(), error),
    };
    let (image, lines) = (plan.image.clone(), plan_lines(&plan));
    let in_step = plan.targets.iter().all(|one| one.stand == "in_step");
    report.ordered(plan, &lines);
    if in_step {
        return Ok(Exit::Done);
    }
    if !yes {
        report.show_beside(lines);
        let question = format!("Roll {image} out to {watch}?");
        if !person_agrees(question, "orders what is shown")? {
            eprintln!("amiwatch: nothing was ordered");
            return Ok(Exit::Done);
        }
    }
    let teller = MoveTeller {
        meanwhile: &|what| eprintln!("{watch}: {}", meanwhile(what)),
        observers: &progress::move_lines_observer,
    };
    match order_whole(&service, order, &image, &teller).await {
        Ok(end) => Ok(tell(watch, end, report)),
        Err(error) => report.refused(watch.as_str(), error),
    }
}

fn tell(watch: &WatchName, end: WholeEnd, report: &mut MoveReport) -> Exit {
    let exit = end.exit();
    let WholeEnd { ended, waits } = end;
    report.ended(ended);
    let some = !waits.is_empty();
    report.waits(waits);
    if some {
        report.say(&format!(
            "{watch}: the rest waits; `amiwatch run` goes on by itself, or give the order again"
        ));
    }
    exit
}

fn meanwhile(what: MoveMeanwhile) -> &'static str {
    match what {
        MoveMeanwhile::Joining => "its environments are moved by another process: following it",
        MoveMeanwhile::Waiting => {
            "ordered; the amiwatch process that works on the store moves the environments, wave by wave"
        }
        MoveMeanwhile::GoingOn => "nobody else works on the store any more: going on here",
    }
}

fn plan_lines(plan: &WholePlan) -> Vec<String> {
    let mut lines = vec![format!("{} -> {}", plan.watch, plan.image)];
    for one in &plan.targets {
        lines.push(draw::wrapped_line(&line(one, &plan.image), 8));
        lines.extend(one.gates.iter().map(draw::reason_line));
    }
    lines
}

fn line(one: &WholeTarget, to: &ImageId) -> String {
    let name = one.target.name();
    let wave = one
        .wave
        .map_or("no wave".to_owned(), |wave| format!("wave {wave}"));
    let from = one.from.as_ref();
    let from = from.map_or("its platform's own image", ImageId::as_str);
    let stands = match one.stand {
        "in_step" => format!("runs {to}"),
        "move" => format!("{from} -> {to}"),
        "prove" => format!("runs {to}, which is proved; nothing is changed"),
        "moving" => "a move is under way".to_owned(),
        "print" => format!("{from} -> {to}, by other hands"),
        "blocked" => format!("{from}; not moved"),
        "cannot_tell" => format!("{from}; not everything could be read"),
        _ => format!("{from} -> {to}, when nothing holds it any more"),
    };
    format!("    {name} ({wave}): {stands}")
}
