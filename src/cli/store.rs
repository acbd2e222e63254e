//! `store`: makes, checks, copies and moves what must survive.

use super::args::{Common, Format, StoreArguments, StoreVerb};
use super::draw;
use super::session::{Access, Session, WrongUsage};
use crate::flow::exit_code::Exit;
use crate::service::desk::store::{
    StoreChecked, StoreCopied, back_up_store, check_store, init_store, move_store,
};
use crate::settings::parse_store_url;

pub(super) async fn run_store(common: &Common, own: &StoreArguments) -> anyhow::Result<Exit> {
    let access = match own.verb {
        StoreVerb::Init | StoreVerb::Move { .. } => Access::Write,
        StoreVerb::Check | StoreVerb::Backup { .. } => Access::Read,
    };
    let session = Session::open(common, access).await?;
    let service = session.service();
    match &own.verb {
        StoreVerb::Init => checked(common, &init_store(&service).await?),
        StoreVerb::Check => checked(common, &check_store(&service).await?),
        StoreVerb::Backup { file } => copied(common, &back_up_store(&service, file).await?, false),
        StoreVerb::Move { to } => {
            let to = parse_store_url(to).map_err(WrongUsage)?;
            copied(common, &move_store(&service, &to).await?, true)
        }
    }
}

fn checked(common: &Common, checked: &StoreChecked) -> anyhow::Result<Exit> {
    if common.format == Format::Json {
        draw::print_json(checked)?;
        return Ok(checked.exit());
    }
    checked.did.iter().for_each(|did| println!("{did}"));
    let StoreChecked {
        store,
        records,
        journals,
        events,
        ..
    } = checked;
    println!("{store}: {records} records, {events} events in {journals} journals");
    match (&checked.driver, &checked.leading) {
        (None, _) => println!("nobody works on it"),
        (Some(who), None) => println!("{who} works on it"),
        (Some(who), Some(leading)) => {
            println!(
                "{who} leads, since {}",
                leading.since.format("%Y-%m-%d %H:%M UTC")
            );
        }
    }
    for one in &checked.standing_by {
        println!("{} stands by", one.who);
    }
    for problem in &checked.problems {
        println!("{}", draw::wrapped_line(&format!("not well: {problem}"), 4));
    }
    Ok(checked.exit())
}

fn copied(common: &Common, copied: &StoreCopied, moved: bool) -> anyhow::Result<Exit> {
    if common.format == Format::Json {
        draw::print_json(copied)?;
        return Ok(Exit::Done);
    }
    let StoreCopied {
        from,
        to,
        records,
        journals,
        events,
        ..
    } = copied;
    println!(
        "{from} -> {to}: {records} records and {events} events in {journals} journals, each compared"
    );
    if moved {
        println!(
            "now set [store] url to it, start `amiwatch run`, and put the old one away: whoever starts on that goes on from old memory"
        );
    }
    Ok(Exit::Done)
}
