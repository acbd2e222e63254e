//! `run`: the daemon. `run --once`: one full pass; waits for what it started.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use chrono::TimeDelta;
use serde::Serialize;

use super::args::{Common, Format, Run as Arguments};
use super::session::{Access, Session, leave};
use super::supervisor::Supervisor;
use super::{draw, progress};
use crate::clock::Clock;
use crate::flow::verdict::Exit;
use crate::model::plan::{Action, PlanItem};
use crate::service::daemon::{self, Generation, Ground, Rhythm};
use crate::service::http;
use crate::service::pass::{Passed, pass};
use crate::service::runs::DriveError;
use crate::service::runs::bake::BakeEnded;
use crate::service::telemetry::chain;
use crate::service::vitals::Vitals;
use crate::store::Lease;

/// What a start may take beside its first pass.
const FIRST_PASS_GRACE: Duration = Duration::from_secs(60);

/// `run --once --format json`
#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    watches: &'a [PlanItem],
    bakes: Vec<Baked>,
}

#[derive(Serialize)]
struct Baked {
    watch: String,
    /// The verified image; absent when it failed.
    image: Option<String>,
    why: Option<String>,
}

pub(super) async fn run(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?.unattended();
    let lease = session.drive().await?;
    if !own.once {
        return watch(session, lease).await;
    }
    let passed = pass(&session.service(), lease, &progress::observer).await?;
    session.leave(lease).await;
    match common.format {
        Format::Json => draw::json(&answer(&passed))?,
        Format::Table => show(&passed),
    }
    Ok(passed.exit())
}

/// Runs the daemon until it is told to stop.
async fn watch(session: Session, lease: Lease) -> anyhow::Result<Exit> {
    let Session {
        settings,
        connection,
        store,
        clock,
        outside,
    } = session;
    let host = Supervisor::listen(settings.path.clone(), clock.clone())
        .context("signals cannot be listened for; check the process's limits")?;
    let ground = Ground {
        store: &*store,
        clock: &clock,
        lease,
        outside: &outside,
    };
    let patience = TimeDelta::from_std(settings.schedule.pass_timeout + FIRST_PASS_GRACE)?;
    let vitals = Vitals::new(clock.now(), patience);
    let served = served(settings.http, &vitals, &clock).await?;
    let first = Generation {
        settings,
        connection,
    };
    let work = daemon::run(ground, first, &host, &vitals, Rhythm::default());
    tokio::select! {
        biased;
        ended = work => ended.context("the daemon must stop")?,
        () = served => {}
    }
    leave(&*store, lease).await;
    Ok(Exit::Done)
}

/// The pages, where the config wants them; else a future that never ends.
async fn served(
    address: Option<SocketAddr>,
    vitals: &Vitals,
    clock: &Clock,
) -> anyhow::Result<impl Future<Output = ()> + use<>> {
    let listener = match address {
        Some(address) => Some(http::listen(address).await.with_context(|| {
            format!("[http] listen = \"{address}\" cannot be listened on; name a free port")
        })?),
        None => None,
    };
    let (vitals, clock) = (vitals.clone(), clock.clone());
    Ok(async move {
        match listener {
            Some(listener) => http::serve(listener, vitals, clock).await,
            None => std::future::pending().await,
        }
    })
}

fn answer(passed: &Passed) -> Answer<'_> {
    let resumed = passed.resumed.iter().map(|one| {
        let watch = one.subject.as_deref().unwrap_or(&one.journal);
        baked(watch, one.ended.as_ref())
    });
    let bakes = passed
        .bakes
        .iter()
        .map(|(watch, ended)| baked(watch.as_str(), ended.as_ref()));
    Answer {
        schema: "amiwatch.run/1",
        watches: &passed.items,
        bakes: resumed.chain(bakes).collect(),
    }
}

fn baked(watch: &str, ended: Result<&BakeEnded, &DriveError>) -> Baked {
    let (image, why) = match ended {
        Ok(ended) => (
            ended.image.as_ref().map(ToString::to_string),
            ended.failure(),
        ),
        Err(error) => (None, Some(chain(error))),
    };
    Baked {
        watch: watch.to_owned(),
        image,
        why,
    }
}

fn show(passed: &Passed) {
    for item in &passed.items {
        println!("{}: {}", item.watch, did(&item.action));
        item.because
            .iter()
            .for_each(|why| println!("    because: {why}"));
    }
    for bake in answer(passed).bakes {
        match (bake.image, bake.why) {
            (Some(image), _) => println!("{}: baked and verified {image}", bake.watch),
            (None, why) => println!(
                "{}: the bake failed: {}",
                bake.watch,
                why.unwrap_or_default()
            ),
        }
    }
    if let Some(at) = passed.delivered.next_at {
        println!(
            "some notices could not be delivered; the next try is due {}",
            at.format("%Y-%m-%d %H:%M UTC")
        );
    }
}

/// What the pass did about a watch; how its bake ended is told apart.
fn did(action: &Action) -> String {
    match action {
        Action::Nothing => "in step, nothing to bake".to_owned(),
        Action::Tell => "drift was told; the watch does nothing more by itself".to_owned(),
        Action::Bake {
            release,
            generation,
            attempt,
        } => format!(
            "baked on {} ({}), generation {generation}, attempt {attempt}",
            release.image, release.version
        ),
        Action::Adopt { image, .. } => format!("adopted the verified {image}"),
        Action::Hold { until: Some(until) } => {
            format!("waits until {}", until.format("%Y-%m-%d %H:%M UTC"))
        }
        Action::Hold { until: None } => "is held until a person decides".to_owned(),
        Action::Blocked => "nothing was done: a person is needed".to_owned(),
        Action::CannotTell => "nothing was done: not everything could be read".to_owned(),
    }
}
