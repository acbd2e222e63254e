//! What is: how each watch stands, its image, bakes under way, holds, what was left behind, notices that
//! wait. Reads the store alone, so it works beside a running pass and without AWS.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::Desk;
use super::blind::BlindShown;
use super::hold::{HeldWatch, readable_holds};
use super::opening::driver;
use super::retire::{RetireShown, retire_shown};
use crate::flow::bake::kind::BakeKind;
use crate::flow::bake::story::story;
use crate::flow::exit_code::Exit;
use crate::flow::publish::document::LedgerShown;
use crate::flow::watch_state::{KnownOfWatch, WatchState, watch_state};
use crate::model::chronicle::{Chronicle, EntryWhat, SeenEntry};
use crate::model::history::WatchHistory;
use crate::model::hold::Hold;
use crate::model::story::{BakeStory, StepEnding};
use crate::outbox::WaitingWritten;
use crate::store::Store;
use crate::store::left::{self, LeftBehind};
use crate::store::publications::each_ledger;
use crate::store::records::chronicle::readable_chronicles;
use crate::store::records::{self, UnreadableRows, blind};
use crate::store::replicas;
pub use crate::store::replicas::{Leading, StandingBy};
use crate::workflow::RunError;
use crate::workflow::journal::Phase;
use crate::workflow::kind::step_word;
use crate::workflow::open::open_runs;
use crate::workflow::recovery::{events, replay};

/// Earlier bakes of a watch that say how long a step takes.
const BAKES_COMPARED: usize = 5;

/// `status --format json`, and `/api/status`.
#[derive(Debug, Serialize)]
pub struct Status {
    pub schema: &'static str,
    /// What the daemon says of itself, as `/healthz` has it; absent where none was asked or answered.
    pub daemon: Option<Value>,
    /// Who works on the store now: the daemon, or a command; absent when nobody does.
    pub driver: Option<String>,
    /// Since when the daemon leads that works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leading: Option<Leading>,
    /// Daemons that wait to lead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standing_by: Vec<StandingBy>,
    pub watches: Vec<RememberedWatch>,
    pub bakes: Vec<BakeUnderWay>,
    /// What stands where watches make their images known.
    pub published: Vec<LedgerShown>,
    /// Older images that are due to go, or with which something was begun.
    pub retire: Vec<RetireShown>,
    pub holds: Vec<HeldWatch>,
    /// What the last pass could not read.
    pub blind: Vec<BlindShown>,
    pub notices_waiting: Vec<WaitingWritten>,
    /// What bakes could not remove: a person is needed.
    pub left: Vec<LeftBehind>,
    /// Records and journals that make no sense, by name: everything else is above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

impl Status {
    /// How `status` ends: what could not be read may be what was asked for.
    pub fn exit(&self) -> Exit {
        match self.unreadable.is_empty() {
            true => Exit::Done,
            false => Exit::CannotTell,
        }
    }

    /// With what the daemon says of itself.
    #[must_use]
    pub fn beside(self, health: &impl Serialize) -> Self {
        Self {
            daemon: serde_json::to_value(health).ok(),
            ..self
        }
    }
}

/// A watch as the store remembers it.
#[derive(Debug, Serialize)]
pub struct RememberedWatch {
    /// `<account>/<region>/<watch>`
    pub watch: String,
    #[serde(flatten)]
    pub history: WatchHistory,
    pub state: WatchState,
}

/// A bake that goes on now.
#[derive(Debug, Serialize)]
pub struct BakeUnderWay {
    pub watch: String,
    /// `<account>/<region>`
    pub place: String,
    pub base_image: String,
    pub generation: u32,
    pub attempt: u32,
    pub step: String,
    pub journal: String,
    pub since: DateTime<Utc>,
    /// When the step began; absent between two steps.
    pub step_since: Option<DateTime<Utc>>,
    /// How long the step took in this watch's last verified bakes: the middle one.
    pub step_typically_s: Option<i64>,
}

/// Reads it. A record that makes no sense costs itself and is named.
///
/// # Errors
/// When the store cannot be read.
pub async fn status(desk: &Desk<'_>) -> Result<Status, RunError> {
    let (store, mut unreadable) = (desk.store, UnreadableRows::default());
    let mut left = Vec::new();
    for one in left::each_left(store, None).await? {
        left.extend(unreadable.pass_over(one)?);
    }
    let waiting = records::readable_outbox(store, &mut unreadable).await?;
    let spots = blind::load_blind(store, desk.settings.installation.as_ref()).await;
    let spots = unreadable.pass_over(spots)?;
    let chronicles = readable_chronicles(store, &mut unreadable).await?;
    let holds = readable_holds(desk, &mut unreadable).await?;
    let bakes = bakes_under_way(store, &chronicles, &mut unreadable).await?;
    let mut remembered = Vec::new();
    for one in records::each_watch(store).await? {
        remembered.extend(unreadable.pass_over(one)?);
    }
    let published = published(store, &mut unreadable).await?;
    let retire = retire_shown(store, desk.settings, &mut unreadable).await?;
    let driver = driver(store).await?;
    let leading = unreadable.pass_over(replicas::who_leads(store).await)?;
    let leading = leading
        .flatten()
        .filter(|one| driver.as_ref() == Some(&one.who));
    let standing_by = replicas::standing_by(store, desk.clock.now()).await;
    let standing_by = unreadable.pass_over(standing_by)?;
    Ok(Status {
        schema: "amiwatch.status/1",
        daemon: None,
        driver,
        leading,
        standing_by: standing_by.unwrap_or_default(),
        watches: watches(remembered, &chronicles, &holds, &bakes),
        bakes,
        published,
        retire,
        holds,
        blind: spots
            .iter()
            .flat_map(|all| all.spots().values())
            .map(BlindShown::of)
            .collect(),
        notices_waiting: waiting.iter().map(WaitingWritten::of_waiting).collect(),
        left: left.into_iter().map(|(_, entry)| entry.value).collect(),
        unreadable: unreadable.names(),
    })
}

async fn published(
    store: &dyn Store,
    unreadable: &mut UnreadableRows,
) -> Result<Vec<LedgerShown>, RunError> {
    let mut published = Vec::new();
    for one in each_ledger(store).await? {
        let shown = unreadable.pass_over(one)?.map(|one| LedgerShown {
            watch: one.watch,
            destination: one.destination,
            ledger: one.ledger,
        });
        published.extend(shown);
    }
    Ok(published)
}

fn watches(
    remembered: Vec<(String, WatchHistory)>,
    chronicles: &[Chronicle],
    holds: &[HeldWatch],
    bakes: &[BakeUnderWay],
) -> Vec<RememberedWatch> {
    let stands = remembered.into_iter().map(|(watch, history)| {
        let (place, name) = watch.rsplit_once('/').unwrap_or(("", watch.as_str()));
        let holds = holds.iter().filter(|held| held.watch.as_str() == name);
        let holds: Vec<Hold> = holds.map(|held| held.hold.clone()).collect();
        let mut bakes = bakes.iter();
        let bake = bakes.find(|bake| bake.watch == name && bake.place == place);
        let state = watch_state(&KnownOfWatch {
            history: &history,
            seen: last_seen(chronicles, &watch),
            holds: &holds,
            baking_since: bake.map(|bake| bake.since),
        });
        RememberedWatch {
            watch,
            history,
            state,
        }
    });
    stands.collect()
}

fn last_seen<'c>(
    chronicles: &'c [Chronicle],
    watch: &str,
) -> Option<(DateTime<Utc>, &'c SeenEntry)> {
    let chronicle = chronicles.iter().find(|one| one.watch == watch)?;
    let (at, seen) = chronicle.last_seen.as_ref()?;
    Some((*at, seen))
}

async fn bakes_under_way(
    store: &dyn Store,
    chronicles: &[Chronicle],
    unreadable: &mut UnreadableRows,
) -> Result<Vec<BakeUnderWay>, RunError> {
    let mut bakes = Vec::new();
    for one in open_runs::<BakeKind>(store).await? {
        match bake_under_way(store, one.journal, chronicles).await {
            Ok(bake) => bakes.extend(bake),
            Err(RunError::Illegal { journal, .. } | RunError::Unreadable { journal, .. }) => {
                unreadable.note(journal);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(bakes)
}

async fn bake_under_way(
    store: &dyn Store,
    journal: String,
    chronicles: &[Chronicle],
) -> Result<Option<BakeUnderWay>, RunError> {
    let run = replay::<BakeKind>(store, &journal).await?;
    let written = events::<BakeKind>(store, &journal).await?;
    let Some(told) = story(&journal, &written) else {
        return Ok(None);
    };
    let order = run.input();
    let (step, typically_s) = match run.phase() {
        Phase::Ready => ("between steps".to_owned(), None),
        Phase::Running { step, .. } => {
            let (word, watch) = (step_word(step), format!("{}/{}", order.scope, order.watch));
            let typically = typically_s(store, chronicles, &watch, &word).await?;
            (word, typically)
        }
        Phase::Undoing { step, .. } => (format!("undoing {}", step_word(step)), None),
        Phase::Failing => ("failing".to_owned(), None),
        Phase::Closed(_) => ("closed".to_owned(), None),
    };
    Ok(Some(BakeUnderWay {
        watch: order.watch.to_string(),
        place: order.scope.to_string(),
        base_image: order.release.image.to_string(),
        generation: order.generation,
        attempt: order.attempt,
        step,
        since: told.started_at,
        step_since: told.at_step().map(|step| step.started_at),
        step_typically_s: typically_s,
        journal,
    }))
}

/// How long the step took in the last verified bakes of the watch; absent when there was none.
async fn typically_s(
    store: &dyn Store,
    chronicles: &[Chronicle],
    watch: &str,
    step: &str,
) -> Result<Option<i64>, RunError> {
    let chronicle = chronicles.iter().find(|one| one.watch == watch);
    let entries = chronicle
        .map_or(&[][..], |one| &one.entries[..])
        .iter()
        .rev();
    let journals = entries.filter_map(|entry| match &entry.what {
        EntryWhat::Baked(baked) if baked.image.is_some() => Some(&baked.journal),
        _ => None,
    });
    let mut took = Vec::new();
    for journal in journals.take(BAKES_COMPARED) {
        let written = events::<BakeKind>(store, journal).await?;
        took.extend(story(journal, &written).and_then(|story| step_took_s(&story, step)));
    }
    took.sort_unstable();
    Ok(took.get(took.len() / 2).copied())
}

fn step_took_s(story: &BakeStory, step: &str) -> Option<i64> {
    let mut steps = story.steps.iter();
    let done = steps.find(|one| one.step == step && one.outcome == StepEnding::Done)?;
    Some(done.took()?.num_seconds())
}
