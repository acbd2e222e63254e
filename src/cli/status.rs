//! `status`: what is. Reads the store alone, so it works beside a running pass and without AWS.

use serde::Serialize;

use super::args::{Common, Format};
use super::hold::Held;
use super::session::{Access, Session};
use super::{draw, hold};
use crate::flow::bake::kind::BakeKind;
use crate::flow::verdict::Exit;
use crate::model::history::WatchHistory;
use crate::outbox::WaitingWritten;
use crate::store::left::{self, LeftBehind};
use crate::store::memory;
use crate::workflow::journal::Phase;
use crate::workflow::kind::step_word;
use crate::workflow::open::open_runs;
use crate::workflow::recovery::replay;

/// `status --format json`
#[derive(Serialize)]
struct Status {
    schema: &'static str,
    watches: Vec<Remembered>,
    bakes: Vec<UnderWay>,
    holds: Vec<Held>,
    notices_waiting: Vec<WaitingWritten>,
    /// What bakes could not remove: a person is needed.
    left: Vec<LeftBehind>,
}

#[derive(Serialize)]
struct Remembered {
    /// `<account>/<region>/<watch>`
    watch: String,
    #[serde(flatten)]
    history: WatchHistory,
}

#[derive(Serialize)]
struct UnderWay {
    watch: String,
    base_image: String,
    generation: u32,
    attempt: u32,
    step: String,
    journal: String,
}

pub(super) async fn run(common: &Common) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let status = read(&session).await?;
    match common.format {
        Format::Json => draw::json(&status)?,
        Format::Table => show(&status, &session),
    }
    Ok(Exit::Done)
}

async fn read(session: &Session) -> anyhow::Result<Status> {
    let store = &*session.store;
    let watches = memory::watches(store).await?;
    let mut bakes = Vec::new();
    for one in open_runs::<BakeKind>(store).await? {
        bakes.push(under_way(session, one.journal).await?);
    }
    let waiting = memory::outbox(store).await?;
    Ok(Status {
        schema: "amiwatch.status/1",
        watches: watches
            .into_iter()
            .map(|(watch, history)| Remembered { watch, history })
            .collect(),
        bakes,
        holds: hold::in_force(session).await?,
        left: left::left(store, None)
            .await?
            .into_iter()
            .map(|(_, entry)| entry.value)
            .collect(),
        notices_waiting: waiting
            .iter()
            .map(|(_, entry)| WaitingWritten::of(&entry.value))
            .collect(),
    })
}

async fn under_way(session: &Session, journal: String) -> anyhow::Result<UnderWay> {
    let run = replay::<BakeKind>(&*session.store, &journal).await?;
    let step = match run.phase() {
        Phase::Ready => "between steps".to_owned(),
        Phase::Running { step, .. } => step_word(step),
        Phase::Undoing { step, .. } => format!("undoing {}", step_word(step)),
        Phase::Failing => "failing".to_owned(),
        Phase::Closed(_) => "closed".to_owned(),
    };
    let order = run.input();
    Ok(UnderWay {
        watch: order.watch.to_string(),
        base_image: order.release.image.to_string(),
        generation: order.generation,
        attempt: order.attempt,
        step,
        journal,
    })
}

fn show(status: &Status, session: &Session) {
    let now = session.clock.now();
    if status.watches.is_empty() {
        println!("Nothing is remembered yet: no pass has been made on this store.");
    } else {
        let heads = ["WATCH", "IMAGE", "BASE", "VERSION", "AGE", "FAILING"];
        let rows = status.watches.iter().map(|one| {
            let current = one.history.current.as_ref();
            let cell = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            vec![
                one.watch.clone(),
                cell(current.map(|image| image.image.to_string())),
                cell(current.map(|image| image.base_image.to_string())),
                cell(current.map(|image| image.base_version.clone())),
                cell(current.map(|image| draw::age((now - image.baked_at).num_seconds()))),
                cell(one.history.failing.as_ref().map(|failing| {
                    let next = failing
                        .next_at
                        .map_or("held for a person".to_owned(), |at| {
                            format!("next try {}", at.format("%Y-%m-%d %H:%M UTC"))
                        });
                    format!(
                        "attempts: {}; {next}; {}",
                        failing.attempts, failing.last_why
                    )
                })),
            ]
        });
        println!("{}", draw::table(&heads, rows));
    }
    for bake in &status.bakes {
        println!(
            "baking {}: {} (generation {}, attempt {}): {}",
            bake.watch, bake.base_image, bake.generation, bake.attempt, bake.step
        );
    }
    if !status.holds.is_empty() {
        println!();
        hold::show(&status.holds);
    }
    for behind in &status.left {
        for one in &behind.what {
            println!("a person is needed for {}: {}", behind.watch, one.why);
            println!("    {}", one.by_hand);
        }
    }
    status.notices_waiting.iter().for_each(show_waiting);
}

/// Who waits for a notice, and who was given up and why.
fn show_waiting(waiting: &WaitingWritten) {
    let subject = &waiting.notice.subject;
    let (dead, alive): (Vec<_>, Vec<_>) = waiting.to.iter().partition(|(_, one)| one.dead);
    let alive: Vec<&str> = alive.iter().map(|(name, _)| name.as_str()).collect();
    if !alive.is_empty() {
        println!("waits to be told to {}: {subject}", alive.join(", "));
    }
    for (name, delivery) in dead {
        let why = delivery.last_why.as_deref().unwrap_or("no reason is known");
        println!(
            "not told to {name}, given up (attempts: {}): {subject}\n    because: {why}",
            delivery.attempts
        );
        if !why.contains("notify retry") {
            println!("    `amiwatch notify retry` tries again");
        }
    }
}
