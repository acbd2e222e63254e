//! What runs where, with which base, and what drifted. Needs no config and no store; reads only.

use serde::Serialize;

use super::places::{LostAccount, SurveyPlace, survey_places};
use crate::clock::Clock;
use crate::cloud::{Calls, Cloud, CloudError, Connection};
use crate::flow::detect::{LookDepth, LookScope, sight};
use crate::flow::survey::{Survey, Unanswered, survey};
use crate::model::ids::{AccountId, Region};
use crate::model::sighting::Sighting;
use crate::service::side_by_side::look_side_by_side;

pub use super::places::{NoSuchAccount, SurveyWay, survey_ways};

/// Accounts and regions looked at side by side where no config says how many.
pub const PLACES_AT_ONCE: usize = 16;

/// What to survey.
#[derive(Debug, Clone)]
pub struct SurveyAsk {
    pub ways: Vec<SurveyWay>,
    /// `all` among them for every region of each account; empty: those of the config, or the SDK's own.
    pub regions: Vec<String>,
    pub depth: LookDepth,
    /// Places looked at side by side. Never 0.
    pub at_once: usize,
}

impl SurveyAsk {
    /// The credentials' own account, without any config.
    pub fn of_own(regions: &[String], depth: LookDepth) -> Self {
        Self {
            ways: vec![SurveyWay::default()],
            regions: regions.to_vec(),
            depth,
            at_once: PLACES_AT_ONCE,
        }
    }
}

/// `survey --format json`
#[derive(Serialize)]
pub struct SurveyedPlaces {
    #[serde(flatten)]
    pub survey: Survey,
    /// Where was looked, whatever was found there.
    pub looked_at: Vec<LookedAt>,
    /// What was asked of AWS; absent where no region was looked at.
    #[serde(skip)]
    pub calls: Option<Calls>,
}

/// A region of an account.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct LookedAt {
    /// Absent when it could not be told.
    pub account: Option<AccountId>,
    /// What the config calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    pub region: Region,
}

/// Surveys what is asked for.
///
/// # Errors
/// When there is no region to look in, or the regions of the credentials' own account are asked for and cannot be
/// listed. An account of the config that does not answer is said in what is returned.
pub async fn look_everywhere(
    connection: &Connection,
    clock: &Clock,
    ask: &SurveyAsk,
) -> Result<SurveyedPlaces, CloudError> {
    let (places, lost) = survey_places(connection, &ask.ways, &ask.regions, ask.at_once).await?;
    let seen = sightings(&places, clock, ask).await;
    let looked_at = places.iter().zip(&seen).map(looked_at);
    let mut survey = survey(&seen);
    survey.unreachable.extend(lost.iter().map(unlisted));
    Ok(SurveyedPlaces {
        survey,
        looked_at: looked_at.collect(),
        calls: places.first().map(|place| Cloud::calls(&place.cloud)),
    })
}

/// Everything there is in these regions of the credentials' own account, as seen.
///
/// # Errors
/// As [`look_everywhere`].
pub async fn see_everything(
    connection: &Connection,
    clock: &Clock,
    regions: &[String],
) -> Result<Vec<Sighting>, CloudError> {
    let ask = SurveyAsk::of_own(regions, LookDepth::Settings);
    let (places, _) = survey_places(connection, &ask.ways, &ask.regions, ask.at_once).await?;
    Ok(sightings(&places, clock, &ask).await)
}

async fn sightings(places: &[SurveyPlace], clock: &Clock, ask: &SurveyAsk) -> Vec<Sighting> {
    let scope = LookScope {
        depth: ask.depth,
        ..LookScope::everything()
    };
    let looks = places.iter().map(|place| {
        let scope = &scope;
        async move {
            let mut seen = sight(&place.cloud, clock, scope).await;
            for trouble in &mut seen.troubles {
                trouble.what = of_account(&place.way, &trouble.what);
            }
            seen
        }
    });
    look_side_by_side(looks, ask.at_once).await
}

/// What was asked, and in which account of the config.
fn of_account(way: &SurveyWay, what: &str) -> String {
    match &way.name {
        Some(name) => format!("[account.{name}] {what}"),
        None => what.to_owned(),
    }
}

fn looked_at((place, seen): (&SurveyPlace, &Sighting)) -> LookedAt {
    let told = seen.scope.known().map(|scope| scope.account.clone());
    LookedAt {
        account: told.or(place.way.account.clone()),
        account_name: place.way.name.clone(),
        region: place.cloud.region().clone(),
    }
}

fn unlisted(lost: &LostAccount) -> Unanswered {
    Unanswered {
        what: of_account(&lost.way, &lost.trouble.what),
        why: lost.trouble.why.clone(),
    }
}
