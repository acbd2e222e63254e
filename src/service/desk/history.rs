//! Reads what is remembered and tells it: chronicles, and the journals of the bakes in them. Reads the
//! store alone, so that it works beside a running daemon and without AWS.

use std::collections::BTreeMap;

use super::changes::in_full;
use crate::flow::bake::kind::BakeKind;
use crate::flow::bake::story::story;
use crate::flow::history::{self, History, ToldWhat, Window};
use crate::model::ids::WatchName;
use crate::model::story::BakeStory;
use crate::store::Store;
use crate::store::records::chronicle::chronicles;
use crate::workflow::error::RunError;
use crate::workflow::open::open_runs;
use crate::workflow::recovery::events;

/// The history of every watch, or of one.
///
/// # Errors
/// When the store cannot be read, or a journal in it was written by a newer amiwatch.
pub async fn read_history(
    store: &dyn Store,
    only: Option<&WatchName>,
    window: Window,
) -> Result<History, RunError> {
    let list = history::history(&chronicles(store, only).await?, window);
    let mut ended = BTreeMap::new();
    for journal in history::journals(&list) {
        let written = events::<BakeKind>(store, &journal).await?;
        ended.extend(story(&journal, &written).map(|story| (journal, story)));
    }
    let under_way = under_way(store, only).await?;
    let mut told = history::with_stories(list, ended, under_way);
    for entry in &mut told.entries {
        if let ToldWhat::Bake(story) = &mut entry.what
            && let (Some(image), Some(known)) = (&story.image, story.changes.take())
        {
            let whole = in_full(store, &entry.watch, image, known.short).await?;
            story.changes = Some(whole);
        }
    }
    Ok(told)
}

/// The bakes that go on now, by `<account>/<region>/<watch>`.
///
/// # Errors
/// As [`read_history`].
pub async fn under_way(
    store: &dyn Store,
    only: Option<&WatchName>,
) -> Result<Vec<(String, BakeStory)>, RunError> {
    let mut found = Vec::new();
    for one in open_runs::<BakeKind>(store).await? {
        let header = one.known()?;
        if only.is_some_and(|name| name.as_str() != header.subject) {
            continue;
        }
        let name = format!("{}/{}", header.scope, header.subject);
        let written = events::<BakeKind>(store, &one.journal).await?;
        found.extend(story(&one.journal, &written).map(|story| (name, story)));
    }
    Ok(found)
}
