//! Finds the bakes of a watch, and what the guests of one wrote to their consoles. Reads the store alone, so
//! that it works beside a running daemon, without AWS, and long after the guests are gone.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::flow::bake::kind::BakeKind;
use crate::flow::bake::story::story;
use crate::model::chronicle::EntryWhat;
use crate::model::ids::WatchName;
use crate::model::story::BakeStory;
use crate::store::Store;
use crate::store::records::chronicle::chronicles;
use crate::store::records::consoles::consoles_of;
use crate::workflow::error::RunError;
use crate::workflow::open::open_runs;
use crate::workflow::recovery::events;

/// The JSON's version.
const SCHEMA: &str = "amiwatch.logs/1";

/// `logs --format json`
#[derive(Debug, Serialize)]
pub struct BakeLogs {
    pub schema: &'static str,
    pub watch: String,
    /// 1 is the newest.
    pub number: u32,
    /// How many there are.
    pub bakes: usize,
    /// Absent when there are fewer.
    pub bake: Option<BakeStory>,
    pub consoles: Vec<GuestConsole>,
}

/// What one guest wrote.
#[derive(Debug, Serialize)]
pub struct GuestConsole {
    /// `builder` or `boot-test`
    pub guest: String,
    pub read_at: DateTime<Utc>,
    /// Its beginning is not kept.
    pub cut: bool,
    pub text: String,
}

/// The consoles of the watch's bake of this number, counted from the newest.
///
/// # Errors
/// When the store cannot be read, or a journal in it was written by a newer amiwatch.
pub async fn read_logs(
    store: &dyn Store,
    watch: &WatchName,
    number: u32,
) -> Result<BakeLogs, RunError> {
    let journals = journals_newest_first(store, watch).await?;
    let index = usize::try_from(number).unwrap_or(usize::MAX);
    let wanted = index.checked_sub(1).and_then(|index| journals.get(index));
    let mut logs = BakeLogs {
        schema: SCHEMA,
        watch: watch.to_string(),
        number,
        bakes: journals.len(),
        bake: None,
        consoles: Vec::new(),
    };
    if let Some(journal) = wanted {
        logs.bake = story(journal, &events::<BakeKind>(store, journal).await?);
        logs.consoles = consoles(store, journal).await?;
    }
    Ok(logs)
}

/// Those under way come first.
async fn journals_newest_first(
    store: &dyn Store,
    watch: &WatchName,
) -> Result<Vec<String>, RunError> {
    let mut open = Vec::new();
    for one in open_runs::<BakeKind>(store).await? {
        let header = one.known()?;
        if header.subject == watch.as_str() {
            open.push((header.at, one.journal));
        }
    }
    let mut ended = Vec::new();
    for chronicle in chronicles(store, Some(watch)).await? {
        ended.extend(
            chronicle
                .entries
                .into_iter()
                .filter_map(|entry| match entry.what {
                    EntryWhat::Baked(baked) => Some((entry.at, baked.journal)),
                    _ => None,
                }),
        );
    }
    for some in [&mut open, &mut ended] {
        some.sort_by(|one, other| other.cmp(one));
    }
    Ok(open
        .into_iter()
        .chain(ended)
        .map(|(_, journal)| journal)
        .collect())
}

/// In the order in which the guests were launched.
async fn consoles(store: &dyn Store, journal: &str) -> Result<Vec<GuestConsole>, RunError> {
    let rows = consoles_of(store, journal).await?.into_iter();
    let mut consoles: Vec<GuestConsole> = rows
        .map(|(guest, row)| GuestConsole {
            guest,
            read_at: row.value.read_at,
            cut: row.value.cut,
            text: row.value.text().unwrap_or_default(),
        })
        .collect();
    consoles.sort_by_key(|console| console.guest != "builder");
    Ok(consoles)
}
