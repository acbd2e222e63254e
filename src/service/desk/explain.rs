//! Gathers what an explanation is made from: a look at AWS, or what the store remembers of the last
//! one; what it remembers beside that; a bake that goes on; the schedule. Writes nothing.

use super::changes::in_full;
use super::history::under_way;
use crate::flow::detect::LookDepth;
use crate::flow::explain::{ExplainSubject, Explanation, Passes, Silence, View, explain};
use crate::flow::publish::document::LedgerShown;
use crate::model::changes::ChangesInFull;
use crate::model::history::WatchHistory;
use crate::model::plan::PlannedPublication;
use crate::model::watch::Watch;
use crate::service::Service;
use crate::service::pass::look::{LookedWatch, look_for_reader};
use crate::service::pass::publish::look_at_publishing;
use crate::service::schedule::pass_times;
use crate::store::publications::{NamedLedger, each_ledger};
use crate::store::records;
use crate::store::records::chronicle::chronicles;
use crate::workflow::error::RunError;

/// Explains one watch; `ask` looks at AWS first.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in the explanation.
pub async fn read_explanation(
    service: &Service<'_>,
    watch: &Watch,
    ask: bool,
) -> Result<Explanation, RunError> {
    let looked = match ask {
        true => look_for_reader(service, Some(&watch.name), LookDepth::Settings)
            .await?
            .pop(),
        false => None,
    };
    let published = match &looked {
        Some(looked) => planned(service, looked).await?,
        None => None,
    };
    let found = match looked {
        Some(LookedWatch {
            item,
            place: Some(place),
            ..
        }) => Found {
            view: Some(View::live(&item, service.clock.now())),
            name: Some(format!("{}/{}", place.scope, watch.name)),
            history: Some(place.history.value),
            silence: None,
        },
        Some(LookedWatch { item, .. }) => {
            let why = Silence::NoAnswer(item.because.join(" "));
            remembered(service, watch, why).await?
        }
        None => remembered(service, watch, Silence::NotAsked).await?,
    };
    let under_way = under_way(service.store, Some(&watch.name)).await?;
    let here = |name: &String| found.name.as_ref().is_none_or(|found| found == name);
    let story = under_way.iter().find(|(name, _)| here(name));
    let changes = changes_of(service, &found).await?;
    let published = match published {
        Some(planned) => planned,
        None => stands(service, watch, &found).await?,
    };
    Ok(explain(&ExplainSubject {
        watch,
        view: found.view,
        history: found.history.as_ref(),
        changes,
        published,
        under_way: story.map(|(_, story)| story),
        passes: &passes(service),
        silence: found.silence,
        now: service.clock.now(),
    }))
}

/// What is to be done at each destination; nothing where the look did not come so far.
async fn planned(
    service: &Service<'_>,
    looked: &LookedWatch<'_>,
) -> Result<Option<Vec<String>>, RunError> {
    let Some(one) = looked.publishing() else {
        return Ok(None);
    };
    let known = look_at_publishing(service, &one).await?;
    Ok(known.map(|known| {
        let planned = known.planned(&known.decide(false));
        planned.iter().map(PlannedPublication::line).collect()
    }))
}

/// What stands at each destination, as it is remembered.
async fn stands(
    service: &Service<'_>,
    watch: &Watch,
    found: &Found,
) -> Result<Vec<String>, RunError> {
    let (Some(name), Some(_)) = (&found.name, &watch.publish) else {
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    for read in each_ledger(service.store).await? {
        let NamedLedger {
            watch,
            destination,
            ledger,
        } = read?;
        let shown = LedgerShown {
            watch,
            destination,
            ledger,
        };
        if shown.watch == *name {
            lines.push(shown.line());
        }
    }
    Ok(lines)
}

/// What changed with the present image.
async fn changes_of(
    service: &Service<'_>,
    found: &Found,
) -> Result<Option<ChangesInFull>, RunError> {
    let current = found
        .history
        .as_ref()
        .and_then(|history| history.current.as_ref());
    let known = current.and_then(|baked| Some((&baked.image, baked.changes.clone()?)));
    Ok(match (&found.name, known) {
        (Some(watch), Some((image, short))) => {
            Some(in_full(service.store, watch, image, short).await?)
        }
        _ => None,
    })
}

/// What is known of the watch, from AWS or from memory.
struct Found {
    view: Option<View>,
    /// `<account>/<region>/<watch>`, when it is known.
    name: Option<String>,
    history: Option<WatchHistory>,
    silence: Option<Silence>,
}

/// The memory of the watch. Whose account it is cannot be asked: with several the newest counts.
async fn remembered(
    service: &Service<'_>,
    watch: &Watch,
    silence: Silence,
) -> Result<Found, RunError> {
    let region = watch.region.as_ref();
    let fits = |name: &str| {
        let mut parts = name.rsplit('/').skip(1);
        region.is_none_or(|region| parts.next() == Some(region.as_str()))
    };
    let chronicles = chronicles(service.store, Some(&watch.name)).await?;
    let last = chronicles
        .into_iter()
        .filter(|chronicle| fits(&chronicle.watch))
        .filter_map(|chronicle| Some((chronicle.last_seen?, chronicle.watch)))
        .max_by_key(|((at, _), _)| *at);
    let Some(((at, seen), name)) = last else {
        return Ok(Found {
            view: None,
            name: None,
            history: None,
            silence: Some(silence),
        });
    };
    let all = records::remembered_watches(service.store).await?;
    let history = all.into_iter().find(|(of, _)| *of == name);
    let history = history.map(|(_, history)| history);
    Ok(Found {
        view: Some(View::stored(&seen, at, history.as_ref())),
        name: Some(name),
        history,
        silence: Some(silence),
    })
}

fn passes(service: &Service<'_>) -> Passes {
    let schedule = &service.settings.schedule;
    Passes {
        cron: schedule.cron.as_str().to_owned(),
        timezone: schedule.timezone.name().to_owned(),
        jitter_s: schedule.jitter.as_secs(),
        next: pass_times(schedule).next_after(service.clock.now()),
    }
}
