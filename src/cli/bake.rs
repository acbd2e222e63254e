//! `bake W`: bakes now. Joins a bake that is under way, adopts a verified image of the same key,
//! and with `--force` starts the next generation. Soaking does not bind a person; a hold does.
//!
//! Drives the bake itself where nobody drives the store; else the driver is asked ([`super::beside`]).

use anyhow::bail;

use super::args::{Bake as Arguments, Common};
use super::beside::{self, Beside};
use super::session::{Access, Session, WrongUsage};
use super::{check, follow, progress};
use crate::flow::bake::kind::BakeKind;
use crate::flow::verdict::Exit;
use crate::model::ids::WatchName;
use crate::outbox;
use crate::service::ask::{Asked, ask};
use crate::service::pass::{TELL_MAX, bake_one};
use crate::service::runs;
use crate::store::Lease;

pub(super) async fn run(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?;
    let watch = bakeable(&session, &own.watch)?;
    match beside::drive_or_ask(&session, &watch, own.force).await? {
        Beside::Ended(exit) => Ok(exit),
        Beside::Mine { lease, journal } => {
            let exit = drive(&session, lease, &watch, own.force, journal).await;
            let delivered = deliver(&session).await;
            session.leave(lease).await;
            delivered?;
            exit
        }
    }
}

/// The watch, when the config has it and says enough to bake it.
fn bakeable(session: &Session, name: &str) -> anyhow::Result<WatchName> {
    let Some(watch) = check::named(&session.settings, Some(name))? else {
        bail!(WrongUsage(format!("the config has no watch `{name}`")));
    };
    session.settings.require_installation()?;
    let named = session.settings.watches.get(&watch);
    if named.is_some_and(|watch| watch.recipe.is_none()) {
        bail!(WrongUsage(format!(
            "the watch {watch} has no recipe; give it one to bake"
        )));
    }
    Ok(watch)
}

/// Goes on with the bake that is under way, or asks what there is to bake. `journal`: what another
/// process began for this very request, before it was gone.
async fn drive(
    session: &Session,
    lease: Lease,
    watch: &WatchName,
    force: bool,
    journal: Option<String>,
) -> anyhow::Result<Exit> {
    let service = session.service();
    let begun = match journal {
        Some(journal) if session.store.journal(&journal).await?.is_empty() => None,
        journal => journal,
    };
    let asked_for = begun.is_some();
    let open = match begun {
        Some(journal) => Some(journal),
        None => follow::open_bake(session, watch).await?,
    };
    if let Some(journal) = open {
        let ended =
            runs::resume_one::<BakeKind>(&service, lease, &journal, &progress::observer).await?;
        if force && !asked_for {
            eprintln!("a bake was under way and has ended; ask again to force another");
        }
        return Ok(follow::say(&ended));
    }
    let asked = ask(&service, lease, watch, force).await?;
    if let Some(words) = asked.words() {
        println!("{words}");
        return Ok(Exit::Done);
    }
    match asked {
        Asked::Start(start) => {
            let ended = bake_one(&service, lease, &start, &progress::observer).await?;
            Ok(follow::say(&ended))
        }
        Asked::Refused { why, exit } => Ok(beside::refused(&why, exit)),
        Asked::Adopted { .. } | Asked::InStep { .. } => Ok(Exit::Done),
    }
}

async fn deliver(session: &Session) -> anyhow::Result<()> {
    let service = session.service();
    outbox::drain(service.store, &service.senders()?, service.clock, TELL_MAX).await?;
    Ok(())
}
