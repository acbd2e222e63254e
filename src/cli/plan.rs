//! `plan`: what `run` would do now, and why. Changes nothing.

use super::args::{Common, Format, NamedWatch};
use super::session::{Access, Session};
use super::{check, draw};
use crate::flow::exit_code::Exit;
use crate::flow::outcome::Cause;
use crate::flow::rollout::said::rollout_lines;
use crate::service::desk::plan::{PlannedWatch, plan_watches};
use crate::service::desk::retire::RetireShown;

pub(super) async fn run_plan(common: &Common, own: &NamedWatch) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let only = check::named_watch(&session.settings, own.watch())?;
    let planned = plan_watches(&session.service(), only.as_ref()).await?;
    match common.format {
        Format::Table => {
            planned.watches.iter().for_each(show);
            let retire = planned.retire.iter().flat_map(RetireShown::lines);
            retire.for_each(|line| draw::say_line(&line, 4));
        }
        Format::Json => draw::print_json(&planned)?,
    }
    Ok(planned.exit())
}

fn show(planned: &PlannedWatch) {
    let item = &planned.item;
    draw::heading_line(&check::check_headline(&item.drift, &planned.base), 6);
    draw::say_line(&format!("  {}", Cause::of_plan(item).would()), 4);
    for why in &item.because {
        draw::say_line(&format!("    because: {why}"), 13);
    }
    if let Some(order) = &planned.order {
        draw::say_line(&format!("    image name: {}", order.image_name), 16);
        let first = order.launches.first();
        let first = first.map_or(String::new(), |one| {
            format!("{} in {}", one.instance_type, one.subnet)
        });
        let more = order.launches.len().saturating_sub(1);
        let builder = format!("{first}, then {more} other choices if there is no room");
        draw::say_line(&format!("    builder: {builder}"), 13);
        println!("    user data: {} of 16384 bytes", order.user_data_bytes);
    }
    if let Some(why) = &planned.cannot_order {
        draw::say_line(&format!("    cannot be baked: {why}"), 21);
    }
    for said in rollout_lines(item) {
        draw::say_line(&format!("    {}", said.line), 6);
        for gate in said.gates {
            draw::say_line(&format!("      {gate}"), 8);
        }
    }
    for publication in &item.publications {
        draw::say_line(&format!("    {}", publication.line()), 6);
    }
    check::show_notes(&item.drift);
}
