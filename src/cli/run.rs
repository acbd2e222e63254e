//! `run`: the daemon. `run --once`: one full pass; waits for what it started.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::TimeDelta;
use tokio::net::TcpListener;

use super::args::{Common, Format, RunArguments as Arguments};
use super::moved::move_ended;
use super::session::{Access, Session};
use super::supervisor::Supervisor;
use super::{draw, progress, shells};
use crate::flow::exit_code::Exit;
use crate::flow::outcome::{BakeSoFar, Cause};
use crate::model::plan::PlanItem;
use crate::service::daemon::{LiveConfig, Replica, Rhythm, SettingsInUse};
use crate::service::desk::once::{BakedOnce, Once, PublishedOnce, once};
use crate::service::desk::opening::drive;
use crate::service::retire::keeping::RetiredImage;
use crate::service::vitals::Vitals;
use crate::service::web::{self, Pages};

/// What a start may take beside its first pass.
const FIRST_PASS_GRACE: Duration = Duration::from_secs(60);

pub(super) async fn run_passes(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?.unattended();
    if !own.once {
        return watch(session).await;
    }
    let once = once(&session.service(), &progress::progress_observer).await?;
    match common.format {
        Format::Json => draw::print_json(&once)?,
        Format::Table => show(&once),
    }
    Ok(once.exit())
}

/// Runs the daemon until it is told to stop.
async fn watch(session: Session) -> anyhow::Result<Exit> {
    // Before anything else is opened: a store in a file has no standbys, and a second daemon says why it ends.
    if !session.settings.store.is_shared() {
        drive(&session.desk()).await?;
    }
    for doubt in shells::unread_checks(&session.settings) {
        let (key, what, advice) = (doubt.key, doubt.what, doubt.advice);
        tracing::warn!(key, what, advice, "the config is doubtful");
    }
    let Session {
        settings,
        connection,
        fence,
        store,
        clock,
        outside,
    } = session;
    let host = Supervisor::listen(settings.path.clone(), clock.clone())
        .context("signals cannot be listened for; check the process's limits")?;
    let patience = TimeDelta::from_std(settings.schedule.pass_timeout + FIRST_PASS_GRACE)?;
    let vitals = Vitals::new(clock.now(), clock.steady(), patience).behind(&fence);
    let listener = listener(settings.http).await?;
    let (shared, place) = (settings.store.is_shared(), settings.store.to_string());
    let first = LiveConfig {
        settings: Rc::new(settings),
        connection,
    };
    let in_use = SettingsInUse::new(&first.settings);
    let pages = Pages {
        vitals: &vitals,
        settings: &in_use,
        store: store.as_store(),
        clock: &clock,
    };
    let replica = Replica {
        store: store.as_store(),
        clock: &clock,
        outside: &outside,
        in_use: &in_use,
        host: &host,
        vitals: &vitals,
        shared,
        place,
    };
    tokio::select! {
        biased;
        ended = replica.run(first, Rhythm::default()) => ended.context("the daemon must stop")?,
        () = serve(listener, pages) => {}
    }
    Ok(Exit::Done)
}

/// Where the config wants the pages; absent where it wants none.
async fn listener(address: Option<SocketAddr>) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = address else {
        return Ok(None);
    };
    let listener = web::listen_on(address).await.with_context(|| {
        format!("[http] listen = \"{address}\" cannot be listened on; name a free port")
    })?;
    Ok(Some(listener))
}

/// Serves the pages; for ever nothing where there are none.
async fn serve(listener: Option<TcpListener>, pages: Pages<'_>) {
    match listener {
        Some(listener) => web::serve_pages(listener, pages).await,
        None => std::future::pending().await,
    }
}

fn show(once: &Once) {
    for item in &once.watches {
        let cause = Cause::of_plan(item).ended(bake_end(once, item));
        println!("{}: {}", item.watch, cause.did());
        item.because
            .iter()
            .for_each(|why| println!("    because: {why}"));
    }
    for bake in &once.bakes {
        println!("{}", ended(bake));
    }
    for moved in &once.moves {
        println!("{}", move_ended(moved));
    }
    for watch in &once.undecided {
        println!(
            "{watch}: no environment was moved: what is remembered of it changed again and again; the next pass \
             decides"
        );
    }
    for published in &once.published {
        println!("{}", publish_ended(published));
    }
    for retired in &once.retired {
        println!("{}", retire_ended(retired));
    }
    if let Some(at) = once.delivered.next_at {
        println!(
            "some notices could not be delivered; the next try is due {}",
            at.format("%Y-%m-%d %H:%M UTC")
        );
    }
}

/// How a bake ended. Why a step failed stands in the progress already.
fn ended(bake: &BakedOnce) -> String {
    let watch = &bake.watch;
    match (&bake.image, &bake.failed_step) {
        (Some(image), _) => format!("{watch}: baked and verified {image}"),
        (None, Some(step)) => {
            format!("{watch}: the bake failed in {step}; `amiwatch history {watch}` says why")
        }
        (None, None) => {
            let why = bake.why.as_deref().unwrap_or("no reason is known");
            format!("{watch}: the bake failed: {why}")
        }
    }
}

/// How publishing to one destination ended.
fn publish_ended(one: &PublishedOnce) -> String {
    let PublishedOnce { watch, why, .. } = one;
    let (Some(destination), Some(image)) = (&one.destination, &one.image) else {
        let why = why.as_deref().unwrap_or("no reason is known");
        return format!("{watch}: nothing more could be published: {why}");
    };
    match (why, one.back) {
        (None, back) => format!("{watch}: {}", destination.said_done(image, back)),
        (Some(why), back) => {
            format!("{watch}: {}: {why}", destination.said_failed(image, back))
        }
    }
}

/// How an act on an older image ended.
fn retire_ended(one: &RetiredImage) -> String {
    let RetiredImage {
        watch, image, act, ..
    } = one;
    let (region, done) = (&one.region, act.done());
    match (one.end, &one.why) {
        ("done", _) => format!("{watch}: {image} in {region} is {done}"),
        (_, Some(why)) => format!("{watch}: {image} in {region} is not {done}: {why}"),
        (_, None) => format!("{watch}: {image} in {region} is not shown as {done} yet"),
    }
}

/// How the bake ended that the pass began for this watch, if it began one.
fn bake_end(once: &Once, item: &PlanItem) -> BakeSoFar {
    let mut bakes = once.bakes.iter();
    match bakes.find(|bake| bake.watch == item.watch.as_str()) {
        None => BakeSoFar::NotYet,
        Some(bake) if bake.image.is_some() => BakeSoFar::Verified,
        Some(_) => BakeSoFar::Failed,
    }
}
