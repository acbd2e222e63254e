//! `bake W`: bakes now. Joins a bake that is under way, adopts a verified image of the same key,
//! and with `--force` starts the next generation. Soaking does not bind a person; a hold does.

use anyhow::bail;

use super::args::{Bake as Arguments, Common};
use super::follow::{self, Follow};
use super::session::{Access, Session, WrongUsage};
use super::{check, progress};
use crate::flow::plan;
use crate::flow::verdict::{self, Exit};
use crate::model::base::Release;
use crate::model::drift::Drift;
use crate::model::ids::WatchName;
use crate::model::plan::Action;
use crate::model::watch::OnDrift;
use crate::outbox;
use crate::service::drive::{self, Ended, Wish};
use crate::service::look::{Looked, Patience, Place, look, wanted};
use crate::service::pass::TELL_MAX;
use crate::service::remember::remember;
use crate::store::Lease;

pub(super) async fn run(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let mut session = Session::open(common, Access::Write).await?;
    let Some(watch) = check::named(&session.settings, Some(&own.watch))? else {
        bail!(WrongUsage(format!(
            "the config has no watch `{}`",
            own.watch
        )));
    };
    session.settings.require_installation()?;
    if session
        .settings
        .watches
        .get(&watch)
        .is_some_and(|watch| watch.recipe.is_none())
    {
        bail!(WrongUsage(format!(
            "the watch {watch} has no recipe; give it one to bake"
        )));
    }
    ask_for_it(&mut session, &watch);
    let mut follow = Follow::default();
    match session
        .drive_unless(async || follow.look(&session, &watch).await)
        .await?
    {
        Err(outcome) => Ok(follow::say(&watch, &outcome)),
        Ok(lease) => bake(&session, lease, &watch, own.force).await,
    }
}

/// A person asks: the watch's own caution (soak, only telling) does not bind.
fn ask_for_it(session: &mut Session, name: &WatchName) {
    if let Some(watch) = session.settings.watches.get_mut(name) {
        watch.soak = None;
        watch.on_drift = OnDrift::Bake;
    }
}

async fn bake(
    session: &Session,
    lease: Lease,
    name: &WatchName,
    force: bool,
) -> anyhow::Result<Exit> {
    let service = session.service();
    let mut own = drive::under_way(&service).await?;
    own.retain(|(_, watch)| watch.as_ref() == Some(name));
    let resumed = drive::resume(&service, lease, own, &progress::observer).await;
    if let Some(one) = resumed.into_iter().next() {
        deliver(session).await?;
        if force {
            eprintln!("a bake was under way and has ended; ask again to force another");
        }
        return Ok(say(&one.ended?));
    }
    let looked = look(&service, Some(name), Patience::AskedNow).await?;
    let Some(one) = looked.first() else {
        bail!(WrongUsage(format!("the config has no watch `{name}`")));
    };
    remember(&service, lease, one).await?;
    let exit = act(session, lease, one, force).await?;
    deliver(session).await?;
    Ok(exit)
}

async fn act(
    session: &Session,
    lease: Lease,
    one: &Looked<'_>,
    force: bool,
) -> anyhow::Result<Exit> {
    if let (true, Some(release), Some(place)) = (force, &one.item.drift.release, &one.place) {
        let Some(generation) = next_generation(session, one, release, place) else {
            bail!(
                "it cannot be told which images of this watch exist, and so which generation is \
                 next; try again, or see what `amiwatch check` says"
            );
        };
        let because = ["asked for with --force".to_owned()];
        let wish = Wish {
            release,
            generation,
            attempt: 1,
            because: &because,
        };
        return bake_now(session, lease, one, place, &wish).await;
    }
    if let (Some(wish), Some(place)) = (Wish::planned(&one.item), &one.place) {
        return bake_now(session, lease, one, place, &wish).await;
    }
    match &one.item.action {
        Action::Adopt { image, .. } => {
            println!("adopted {image}: it is verified and of the wanted key; nothing to bake");
            Ok(Exit::Done)
        }
        Action::Nothing | Action::Tell => {
            let image = one
                .item
                .drift
                .current
                .as_ref()
                .map_or("", |image| image.as_str());
            println!("{image} is verified and in step; --force bakes the next generation");
            Ok(Exit::Done)
        }
        Action::Hold { .. } | Action::Blocked | Action::CannotTell | Action::Bake { .. } => {
            one.item
                .because
                .iter()
                .for_each(|why| eprintln!("amiwatch: not baked: {why}"));
            Ok(refused(&one.item.drift))
        }
    }
}

/// Asked for and not done: 4 where it could not be told, else a failure.
fn refused(drift: &Drift) -> Exit {
    match verdict::exit([drift]) {
        Exit::CannotTell => Exit::CannotTell,
        _ => Exit::Failed,
    }
}

/// One more than any generation of the same inputs; absent while our images could not be read.
fn next_generation(
    session: &Session,
    one: &Looked<'_>,
    release: &Release,
    place: &Place,
) -> Option<u32> {
    let recipe = wanted(&session.service(), one.watch).recipe_digest?;
    let seen = one.seen.as_ref()?;
    seen.ours.known()?;
    let history = &place.history.value;
    Some(plan::next_generation(release, &recipe, seen, history))
}

async fn bake_now(
    session: &Session,
    lease: Lease,
    one: &Looked<'_>,
    place: &Place,
    wish: &Wish<'_>,
) -> anyhow::Result<Exit> {
    let service = session.service();
    let order = drive::give_order(&service, one.watch, place, wish).await?;
    let ended = drive::bake(&service, lease, &order, &progress::observer).await?;
    Ok(say(&ended))
}

fn say(ended: &Ended) -> Exit {
    match &ended.image {
        Some(image) => {
            println!("{image}");
            Exit::Done
        }
        None => {
            eprintln!("amiwatch: {}", ended.failure().unwrap_or_default());
            Exit::Failed
        }
    }
}

async fn deliver(session: &Session) -> anyhow::Result<()> {
    let service = session.service();
    outbox::drain(service.store, &service.senders()?, service.clock, TELL_MAX).await?;
    Ok(())
}
