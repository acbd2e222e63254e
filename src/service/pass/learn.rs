//! What a look teaches of one watch: the records after it, what people are to be told, and the
//! chronicle's entry. A plain function of what is remembered and what was seen; [`super::remember`] reads
//! the one and writes the other.

use chrono::{DateTime, Utc};

use crate::flow::exit_code::{self, Exit};
use crate::flow::notify::{self, News, NewsLook};
use crate::model::bake::BakedImage;
use crate::model::chronicle::{Entry, EntryWhat, SeenEntry};
use crate::model::history::WatchHistory;
use crate::model::hold::Hold;
use crate::model::ids::{Installation, Scope};
use crate::model::notice::Notice;
use crate::model::plan::{Action, PlanItem};
use crate::model::reason::Class;
use crate::model::told::ToldDrift;
use crate::model::watch::Watch;

/// What is remembered of a watch before a look is written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before<'a> {
    pub history: &'a WatchHistory,
    pub holds: &'a [Hold],
    /// Absent when the watch was never looked at.
    pub told: Option<&'a ToldDrift>,
}

/// What the look saw and led to.
#[derive(Debug, Clone, Copy)]
pub(super) struct WatchLook<'a> {
    pub installation: Option<&'a Installation>,
    pub scope: &'a Scope,
    pub watch: &'a Watch,
    pub item: &'a PlanItem,
    /// The image that is to be adopted, as its tags tell it.
    pub adopted: Option<&'a BakedImage>,
    /// A move has an environment of the watch in hand.
    pub moving: bool,
    pub now: DateTime<Utc>,
}

/// What is to be written. A record that is absent stays as it is.
#[derive(Debug)]
pub(super) struct Learned {
    pub history: Option<WatchHistory>,
    /// Without those that have ended.
    pub holds: Option<Vec<Hold>>,
    pub told: Option<ToldDrift>,
    /// What is new in the drift and of the base: told in the batch that remembers it as told.
    pub news: Vec<Notice>,
    /// What people hold; whoever was told already is not told again.
    pub held: Vec<Notice>,
    pub entry: Entry,
}

/// What this look teaches.
pub(super) fn learn(before: &Before<'_>, look: &WatchLook<'_>) -> Learned {
    let holds = in_force(before.holds, look.now);
    let image = look.adopted.or(before.history.current.as_ref());
    // A config that makes nothing may have no installation, and is told of drift all the same.
    let installation = Installation::or_nobody(look.installation);
    let seen = NewsLook {
        installation: &installation,
        scope: look.scope,
        watch: look.watch,
        drift: &look.item.drift,
        image,
        moving: look.moving,
        at: look.now,
    };
    // Another release without a recipe that follows it, and the end of a branch or a base.
    let of_the_base = notify::of_the_base(&seen, before.told).into_iter();
    let (told, drift) = match notify::drift(&seen, before.told) {
        Some(News { notice, after }) => (Some(after), notice),
        None => (None, None),
    };
    let history = learned(before.history, look, told.as_ref().or(before.told));
    Learned {
        history: (history != *before.history).then_some(history),
        held: held(&holds, look),
        holds: (holds.len() < before.holds.len()).then_some(holds),
        told,
        news: of_the_base.chain(drift).collect(),
        entry: Entry {
            at: look.now,
            what: EntryWhat::Seen(SeenEntry::of_item(look.item)),
        },
    }
}

/// The memory after this look; an image that is adopted goes on with the story of its release.
fn learned(before: &WatchHistory, look: &WatchLook<'_>, told: Option<&ToldDrift>) -> WatchHistory {
    let mut after = before.clone();
    after.put_right(look.now);
    let (now, drift) = (look.now, &look.item.drift);
    if let Some(release) = &drift.release {
        // The very first release of a watch counts from its own date: nobody saw it come.
        let first = if before.first_seen.is_empty() {
            release.created.unwrap_or(now)
        } else {
            now
        };
        after.saw(&release.image, first);
    }
    if drift.has(Class::Drift) || drift.has(Class::Behind) {
        after.drifted_since.get_or_insert(now);
    } else if look.item.action != Action::CannotTell
        && exit_code::exit_of_drifts([drift]) == Exit::Done
    {
        after.drifted_since = None;
    }
    if let Action::Adopt { .. } = &look.item.action {
        let adopted = look.adopted.map(|image| image.clone().going_on(told));
        after.current = adopted.or(after.current);
        after.failing = None;
    }
    after
}

fn in_force(holds: &[Hold], now: DateTime<Utc>) -> Vec<Hold> {
    let holds = holds.iter().filter(|hold| hold.in_force(now));
    holds.cloned().collect()
}

/// What people hold of the watch, to be told.
fn held(holds: &[Hold], look: &WatchLook<'_>) -> Vec<Notice> {
    let Some(installation) = look.installation else {
        return Vec::new();
    };
    let (watch, now) = (&look.item.watch, look.now);
    holds
        .iter()
        .map(|hold| notify::held_by_a_person(installation, watch, hold, now))
        .collect()
}
