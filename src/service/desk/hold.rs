//! People's no, written and read. Works without AWS and beside a daemon: only the store is touched, and
//! not under the driver's lease.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Desk;
use crate::model::chronicle::{DidEntry, Entry, EntryWhat};
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::WatchName;
use crate::store::records::{self, UnreadableRows, Versioned, chronicle};
use crate::store::{Batch, StoreError};

/// Holds of one watch. More are a script's mistake; so many, each as long as it may be, stay below the
/// store's 64 KB.
pub const HOLDS_MAX: usize = 30;

/// The longest reason, in characters: a sentence, not a report.
pub const REASON_MAX_CHARS: usize = 300;

/// `hold --format json`, `unhold --format json`
#[derive(Debug, Serialize)]
pub struct Holds {
    pub schema: &'static str,
    /// Everything that is held now, of every watch in the config.
    pub holds: Vec<HeldWatch>,
}

/// One hold of one watch.
#[derive(Debug, Serialize)]
pub struct HeldWatch {
    pub watch: WatchName,
    #[serde(flatten)]
    pub hold: Hold,
}

/// Why nothing was held, or no hold ended.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    #[error("{watch} has {max} holds; end some with `amiwatch unhold {watch} ...`", max = HOLDS_MAX)]
    TooMany { watch: WatchName },
    #[error("{on} of {watch} is not held; `amiwatch hold` shows what is")]
    NotHeld { on: HeldThing, watch: WatchName },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Everything that is held now.
///
/// # Errors
/// When the store cannot be read.
pub async fn list_holds(desk: &Desk<'_>) -> Result<Holds, StoreError> {
    Ok(Holds {
        schema: "amiwatch.hold/1",
        holds: in_force(desk).await?,
    })
}

/// Holds something of a watch from now on; a hold of the same thing is replaced.
///
/// # Errors
/// [`HoldError`]; nothing is written then.
pub async fn hold_watch(
    desk: &Desk<'_>,
    watch: &WatchName,
    hold: &Hold,
) -> Result<Holds, HoldError> {
    let now = hold.since;
    let until = hold
        .until
        .map_or(String::new(), |until| format!(" until {}", minute(until)));
    let sentence = format!("held {}{until}: {}", hold.on, hold.reason);
    let done = did("hold", &hold.on, &hold.by, sentence, now);
    change(desk, watch, done, |holds| {
        holds.retain(|other| other.on != hold.on && other.in_force(now));
        if holds.len() >= HOLDS_MAX {
            let watch = watch.clone();
            return Err(HoldError::TooMany { watch });
        }
        holds.push(hold.clone());
        Ok(())
    })
    .await?;
    Ok(list_holds(desk).await?)
}

/// Ends the hold of something.
///
/// # Errors
/// [`HoldError`]; nothing is written then.
pub async fn unhold_watch(
    desk: &Desk<'_>,
    watch: &WatchName,
    on: &HeldThing,
    by: &str,
) -> Result<Holds, HoldError> {
    let now = desk.clock.now();
    let done = did("unhold", on, by, format!("ended the hold of {on}"), now);
    change(desk, watch, done, |holds| {
        let before = holds.iter().filter(|hold| hold.in_force(now)).count();
        holds.retain(|hold| hold.in_force(now) && hold.on != *on);
        if holds.len() == before {
            let (on, watch) = (on.clone(), watch.clone());
            return Err(HoldError::NotHeld { on, watch });
        }
        Ok(())
    })
    .await?;
    Ok(Holds {
        schema: "amiwatch.unhold/1",
        holds: in_force(desk).await?,
    })
}

/// What the person does, for the history.
fn did(verb: &str, on: &HeldThing, by: &str, sentence: String, at: DateTime<Utc>) -> Entry {
    let facts = BTreeMap::from([("on".to_owned(), on.to_string())]);
    let did = DidEntry {
        verb: verb.to_owned(),
        sentence,
        by: Some(by.to_owned()),
        facts,
    };
    Entry {
        at,
        what: EntryWhat::Did(did),
    }
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// Changes a watch's holds; looks again when somebody else did meanwhile.
async fn change(
    desk: &Desk<'_>,
    watch: &WatchName,
    done: Entry,
    how: impl Fn(&mut Vec<Hold>) -> Result<(), HoldError>,
) -> Result<(), HoldError> {
    let (store, installation) = (desk.store, desk.settings.installation.as_ref());
    loop {
        let before = records::remembered_holds(store, installation, watch).await?;
        let mut after = before.value;
        how(&mut after)?;
        let changed = Versioned {
            version: before.version,
            value: after,
        };
        let Some(op) = records::put_holds(installation, watch, &changed) else {
            return Ok(());
        };
        let mut ops = vec![op];
        let everywhere = chronicle::append_everywhere(store, watch, &done).await?;
        ops.extend(everywhere.beside);
        match store.commit(Batch::of_ops(ops)).await {
            Err(StoreError::Conflict { .. }) => {}
            other => {
                other?;
                return Ok(chronicle::append_after(store, &everywhere.after, &done).await?);
            }
        }
    }
}

/// Everything that is held now, watch by watch in the config's order.
pub(super) async fn in_force(desk: &Desk<'_>) -> Result<Vec<HeldWatch>, StoreError> {
    let mut all = Vec::new();
    for watch in desk.settings.watches.keys() {
        all.extend(in_force_of(desk, watch).await?);
    }
    Ok(all)
}

/// The same of all watches whose holds make sense.
pub(super) async fn readable_holds(
    desk: &Desk<'_>,
    unreadable: &mut UnreadableRows,
) -> Result<Vec<HeldWatch>, StoreError> {
    let mut all = Vec::new();
    for watch in desk.settings.watches.keys() {
        let held = unreadable.pass_over(in_force_of(desk, watch).await)?;
        all.extend(held.into_iter().flatten());
    }
    Ok(all)
}

async fn in_force_of(desk: &Desk<'_>, watch: &WatchName) -> Result<Vec<HeldWatch>, StoreError> {
    let now = desk.clock.now();
    let installation = desk.settings.installation.as_ref();
    let holds = records::remembered_holds(desk.store, installation, watch).await?;
    let holds = holds.value.into_iter().filter(|hold| hold.in_force(now));
    let held = holds.map(|hold| HeldWatch {
        watch: watch.clone(),
        hold,
    });
    Ok(held.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_holds_fit_into_the_store() {
        let since = DateTime::<Utc>::UNIX_EPOCH;
        let hold = Hold {
            on: HeldThing::Release("x".repeat(200)),
            reason: "ä".repeat(REASON_MAX_CHARS),
            by: "ä".repeat(64),
            since,
            until: Some(since),
        };
        let watch = WatchName::new("w".repeat(40));
        let value = vec![hold; HOLDS_MAX];
        let holds = Versioned { version: 0, value };
        let op = records::put_holds(None, &watch, &holds);
        let batch = Batch::of_ops(op.into_iter().collect());
        assert!(batch.within_limits().is_ok());
    }
}
