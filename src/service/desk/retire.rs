//! What the last looks at older images found, for `plan` and `status`: one line a watch and place. Reads the store
//! alone.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::flow::retire::words::open_in_words;
use crate::model::ids::{ImageId, WatchName};
use crate::model::retire_record::RetireLook;
use crate::settings::Settings;
use crate::store::records::UnreadableRows;
use crate::store::{Store, StoreError, retired};

/// What is due of one watch in one account and region, or was begun there and is not through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetireShown {
    pub watch: WatchName,
    /// `<account>/<region>`: of the images, which may be copies.
    pub place: String,
    /// `tell` or `apply`; absent where the config says nothing of it any more.
    pub mode: Option<&'static str>,
    /// How many images: at the last look.
    pub due: usize,
    /// `2 to deprecate, 1 to disable`
    pub counted: String,
    pub looked_at: Option<DateTime<Utc>>,
    /// Images with which something was begun or did not succeed, and what.
    pub open: Vec<OpenAct>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenAct {
    pub image: ImageId,
    pub what: String,
}

impl RetireShown {
    /// `shop, 111122223333/eu-west-1: older images due: 2 to disable; ...`
    pub fn lines(&self) -> Vec<String> {
        let (watch, place) = (&self.watch, &self.place);
        let mut lines = Vec::new();
        if self.due > 0 {
            let then = match self.mode {
                Some("apply") => "the next looks do it",
                _ => "nothing is done to them",
            };
            lines.push(format!(
                "{watch}, {place}: older images: {}; {then}; `amiwatch images {watch}` shows all",
                self.counted
            ));
        }
        let open = self.open.iter();
        lines.extend(open.map(|one| format!("{watch}, {place}: {}: {}", one.image, one.what)));
        lines
    }
}

/// What is due or open of every watch; nothing of those of which all is well.
///
/// # Errors
/// When the store cannot be read. A record that makes no sense costs itself and is named.
pub async fn retire_shown(
    store: &dyn Store,
    settings: &Settings,
    unreadable: &mut UnreadableRows,
) -> Result<Vec<RetireShown>, StoreError> {
    let mut shown = Vec::new();
    for read in retired::each_retire_look(store).await? {
        if let Some((place, look)) = unreadable.pass_over(read)? {
            shown.extend(due_of(&place, &look, settings));
        }
    }
    for read in retired::each_image_record(store).await? {
        let Some((image, placed)) = unreadable.pass_over(read)? else {
            continue;
        };
        let open = placed.record.under_way.is_some() || placed.record.failing.is_some();
        let what = open_in_words(&placed.record).filter(|_| open);
        let Some(what) = what else {
            continue;
        };
        let (watch, place) = (placed.record.watch, placed.place);
        let at = shown
            .iter()
            .position(|one| one.watch == watch && one.place == place);
        let at = at.unwrap_or_else(|| {
            shown.push(nothing_due(watch, place, settings));
            shown.len() - 1
        });
        shown[at].open.push(OpenAct { image, what });
    }
    shown.sort_by(|one, other| (&one.watch, &one.place).cmp(&(&other.watch, &other.place)));
    Ok(shown)
}

fn due_of(place: &str, look: &RetireLook, settings: &Settings) -> Vec<RetireShown> {
    let watches = look.watches.iter();
    let due = watches.filter(|(_, watch)| !watch.due.is_empty());
    due.map(|(name, watch)| RetireShown {
        due: watch.due.values().sum(),
        counted: watch.counted(),
        looked_at: look.looked_at,
        ..nothing_due(name.clone(), place.to_owned(), settings)
    })
    .collect()
}

fn nothing_due(watch: WatchName, place: String, settings: &Settings) -> RetireShown {
    let rules = settings.watches.get(&watch);
    let rules = rules.and_then(|watch| watch.retire.as_ref());
    RetireShown {
        mode: rules.map(|rules| rules.mode.as_str()),
        watch,
        place,
        due: 0,
        counted: String::new(),
        looked_at: None,
        open: Vec::new(),
    }
}
