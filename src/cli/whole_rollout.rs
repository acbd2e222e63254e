//! `rollout W`: a person's order for every environment of a watch. Shows how each stands, asks, gives the
//! order, and tells how it goes where it is done here.

use serde::Serialize;

use super::agree::person_agrees;
use super::args::{Common, Format, RolloutArguments};
use super::hold::who;
use super::not_moved::say_not_moved;
use super::session::Session;
use super::{draw, progress};
use crate::flow::exit_code::Exit;
use crate::flow::rollout::document::SCHEMA;
use crate::model::ids::{ImageId, WatchName};
use crate::model::reason::Reason;
use crate::service::desk::moving::MoveTeller;
use crate::service::desk::whole_rollout::{
    WholeEnd, WholeOrder, WholePlan, WholeTarget, order_whole, plan_whole,
};

/// `rollout --format json` without `--environment`
#[derive(Serialize)]
struct OrderDocument<'a> {
    schema: &'static str,
    /// Nothing was named.
    moves: [(); 0],
    order: &'a WholePlan,
}

pub(super) async fn run_whole(
    common: &Common,
    session: &Session,
    watch: WatchName,
    own: &RolloutArguments,
) -> anyhow::Result<Exit> {
    session.settings.require_installation()?;
    let service = session.service();
    let order = WholeOrder {
        watch,
        now: own.now,
        by: who(),
    };
    let plan = match plan_whole(&service, &order).await {
        Ok(plan) => plan,
        Err(error) => return say_not_moved(order.watch.as_str(), error),
    };
    match common.format {
        Format::Json => draw::print_json(&OrderDocument {
            schema: SCHEMA,
            moves: [],
            order: &plan,
        })?,
        Format::Table => show(&plan),
    }
    if plan.targets.iter().all(|one| one.stand == "in_step") {
        return Ok(Exit::Done);
    }
    let question = format!("Roll {} out to {}?", plan.image, plan.watch);
    if !own.yes && !person_agrees(question, "orders what is shown")? {
        eprintln!("amiwatch: nothing was ordered");
        return Ok(Exit::Done);
    }
    let teller = MoveTeller {
        meanwhile: &|_| {},
        observers: &progress::move_observer,
    };
    match order_whole(&service, &order, &plan.image, &teller).await {
        Ok(end) => {
            tell(&order, &end);
            Ok(end.exit())
        }
        Err(error) => say_not_moved(order.watch.as_str(), error),
    }
}

fn show(plan: &WholePlan) {
    println!("{} -> {}", plan.watch, plan.image);
    for one in &plan.targets {
        println!("{}", draw::wrapped_line(&line(one, &plan.image), 8));
        for gate in &one.gates {
            draw::reason(gate);
        }
    }
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

fn tell(order: &WholeOrder, end: &WholeEnd) {
    let watch = &order.watch;
    match end {
        WholeEnd::LeftToDriver => println!(
            "{watch}: ordered; the process that works on the store moves the environments, wave by wave. \
             `amiwatch explain {watch}` says how far it has come."
        ),
        WholeEnd::Ended { results, waits } => {
            for result in results {
                let name = result.order.target.name();
                match result.failure() {
                    None => println!("{watch}: {name} is moved"),
                    Some((fault, why)) => {
                        eprintln!("amiwatch: {name} was not moved ({}): {why}", fault.as_str());
                    }
                }
            }
            waits.iter().for_each(still);
            if !waits.is_empty() {
                println!(
                    "{watch}: the rest waits; `amiwatch run` goes on by itself, or give the order again"
                );
            }
        }
    }
}

fn still(gate: &Reason) {
    draw::reason(gate);
}
