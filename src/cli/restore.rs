//! `restore AMI`: shows how an older image would come back, asks, and brings it back. What is done is the desk's.

use super::agree::person_agrees;
use super::args::{Common, Format, RestoreArguments};
use super::draw;
use super::hold::who;
use super::session::{Access, Session};
use crate::flow::exit_code::Exit;
use crate::model::ids::ImageId;
use crate::service::desk::restore::{RestorePlan, plan_restore, restore_now};

pub(super) async fn run_restore(common: &Common, own: &RestoreArguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?;
    session.settings.require_installation()?;
    let image = ImageId::from(own.image.as_str());
    let service = session.service();
    let plan = plan_restore(&service, &image).await?;
    let table = common.format == Format::Table;
    if table {
        show(&plan);
    }
    if !plan.to_do() {
        return finished(common, &plan);
    }
    let question = format!("Bring {image} back?");
    if !own.yes && !person_agrees(question, "brings it back as the plan says")? {
        eprintln!("amiwatch: nothing was done to {image}");
        return finished(common, &plan);
    }
    let plan = restore_now(&service, plan, &who()).await?;
    if table {
        say_end(&plan);
    }
    finished(common, &plan)
}

fn finished(common: &Common, plan: &RestorePlan) -> anyhow::Result<Exit> {
    if common.format == Format::Json {
        draw::print_json(plan)?;
    }
    Ok(plan.exit())
}

fn show(plan: &RestorePlan) {
    draw::heading_line(&format!("{} in {}", plan.image, plan.region), 0);
    if !plan.to_do() {
        draw::say_line("  it is in force: there is nothing to bring back", 4);
        return;
    }
    for does in &plan.does {
        draw::say_line(&format!("  {does}"), 4);
    }
    for cannot in &plan.cannot {
        draw::say_line(&format!("  not given back: {cannot}"), 4);
    }
    let until = plan.left_alone_until.format("%Y-%m-%d");
    let watch = &plan.watch;
    draw::say_line(
        &format!(
            "  it counts as young again: {watch} leaves it alone until {until}, and its dates begin anew then"
        ),
        4,
    );
}

fn say_end(plan: &RestorePlan) {
    let image = &plan.image;
    match plan.end {
        "restored" => println!("{image} is restored"),
        "gone" => eprintln!("amiwatch: {image} is gone meanwhile"),
        _ => eprintln!(
            "amiwatch: {image} is not whole yet: the daemon, or this command once more, goes on with it"
        ),
    }
}
