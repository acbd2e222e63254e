//! `plan`: what `run` would do now, and why. Changes nothing.

use super::args::{Common, Format, NamedWatch};
use super::session::{Access, Session};
use super::{check, draw};
use crate::flow::exit_code::Exit;
use crate::flow::outcome::Cause;
use crate::service::desk::plan::{PlannedWatch, plan_watches};

pub(super) async fn run_plan(common: &Common, own: &NamedWatch) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let only = check::named_watch(&session.settings, own.watch())?;
    let planned = plan_watches(&session.service(), only.as_ref()).await?;
    match common.format {
        Format::Table => planned.watches.iter().for_each(show),
        Format::Json => draw::print_json(&planned)?,
    }
    Ok(planned.exit())
}

fn show(planned: &PlannedWatch) {
    let item = &planned.item;
    println!(
        "{}",
        draw::wrapped_line(&check::check_headline(&item.drift, &planned.base), 6)
    );
    println!("  {}", Cause::of_plan(item).would());
    item.because
        .iter()
        .for_each(|why| println!("{}", draw::wrapped_line(&format!("    because: {why}"), 13)));
    if let Some(order) = &planned.order {
        println!("    image name: {}", order.image_name);
        let first = order.launches.first();
        let first = first.map_or(String::new(), |one| {
            format!("{} in {}", one.instance_type, one.subnet)
        });
        let more = order.launches.len().saturating_sub(1);
        println!("    builder: {first}, then {more} other choices if there is no room");
        println!("    user data: {} of 16384 bytes", order.user_data_bytes);
    }
    if let Some(why) = &planned.cannot_order {
        println!("    cannot be baked: {why}");
    }
    check::show_notes(&item.drift);
}
