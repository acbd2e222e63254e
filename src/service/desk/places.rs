//! Where a survey looks: accounts, by their roles, and regions of each. An account whose regions cannot be
//! listed is a place that could not be looked at, and keeps no other from it.

use crate::cloud::{Cloud, CloudError, Connection, Identity, has_beanstalk};
use crate::model::ids::{AccountId, Region};
use crate::model::sighting::Trouble;
use crate::service::side_by_side::look_side_by_side;
use crate::settings::{FleetAccount, Settings};

/// Every account; the config has none of that name.
const ALL: &str = "all";
/// The credentials' own; the config has none of that name.
const OWN: &str = "own";

/// An account to survey, and as whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SurveyWay {
    /// Behind `account.` in the config; absent for the credentials' own account.
    pub name: Option<String>,
    pub identity: Identity,
    /// Where the config says that it has environments.
    pub regions: Vec<Region>,
    /// Known beforehand where a role is assumed.
    pub account: Option<AccountId>,
}

impl SurveyWay {
    fn of_account(settings: &Settings, name: &str, account: &FleetAccount) -> Self {
        Self {
            name: Some(name.to_owned()),
            identity: settings.looker(account),
            regions: account.regions.clone(),
            account: Some(account.id.clone()),
        }
    }
}

/// `--account` names what the config does not have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", said(.named, .there))]
pub struct NoSuchAccount {
    named: String,
    there: Vec<String>,
}

fn said(named: &str, there: &[String]) -> String {
    match there.is_empty() {
        true => format!(
            "the config has no account `{named}`, and no other; add `[account.{named}]` with its `role_arn`"
        ),
        false => format!(
            "the config has no account `{named}`; it has {}, and there are `own` and `all`",
            there.join(", ")
        ),
    }
}

/// The accounts that a person named: those of the config, `own` for that of the credentials, `all` for it and
/// every one of the config. Each once.
///
/// # Errors
/// When the config has no account of that name.
pub fn survey_ways(settings: &Settings, named: &[String]) -> Result<Vec<SurveyWay>, NoSuchAccount> {
    let of =
        |(name, account): (&String, &FleetAccount)| SurveyWay::of_account(settings, name, account);
    let mut ways: Vec<SurveyWay> = Vec::new();
    for name in named {
        let found: Vec<SurveyWay> = match name.as_str() {
            OWN => vec![SurveyWay::default()],
            ALL => {
                let every = settings.accounts.iter().map(of);
                std::iter::once(SurveyWay::default()).chain(every).collect()
            }
            _ => {
                let one = settings.accounts.get_key_value(name);
                let one = one.ok_or_else(|| NoSuchAccount {
                    named: name.clone(),
                    there: settings.accounts.keys().cloned().collect(),
                })?;
                vec![of(one)]
            }
        };
        let new = found.into_iter().filter(|way| !ways.contains(way));
        let new: Vec<SurveyWay> = new.collect();
        ways.extend(new);
    }
    Ok(ways)
}

/// An account and region to look at.
pub(super) struct SurveyPlace {
    pub(super) way: SurveyWay,
    pub(super) cloud: Cloud,
}

/// An account in which no region could be told.
pub(super) struct LostAccount {
    pub(super) way: SurveyWay,
    pub(super) trouble: Trouble,
}

/// The places of every way, in their order. `named` regions (`all` among them) go before the config's; with
/// neither, the connection's own.
///
/// # Errors
/// When there is no region to look in, or nothing but the credentials' own account is asked for and its regions
/// cannot be listed.
pub(super) async fn survey_places(
    connection: &Connection,
    ways: &[SurveyWay],
    named: &[String],
    at_once: usize,
) -> Result<(Vec<SurveyPlace>, Vec<LostAccount>), CloudError> {
    let found = ways.iter().map(|way| async move {
        let regions = regions(connection, way, named).await;
        (way, regions)
    });
    let found = look_side_by_side(found, at_once).await;
    let (mut places, mut lost) = (Vec::new(), Vec::new());
    for (way, regions) in found {
        match regions {
            Ok(regions) => places.extend(doors(connection, way, &regions)?),
            Err(error) if way.name.is_some() => lost.push(LostAccount {
                way: way.clone(),
                trouble: error.trouble("which regions are enabled"),
            }),
            Err(error) => return Err(error),
        }
    }
    Ok((places, lost))
}

fn doors(
    connection: &Connection,
    way: &SurveyWay,
    regions: &[Region],
) -> Result<Vec<SurveyPlace>, CloudError> {
    let own = match regions.is_empty() {
        true => Some(None),
        false => None,
    };
    let regions = own.into_iter().chain(regions.iter().map(Some));
    let doors = regions.map(|region| {
        let cloud = connection.cloud(&way.identity, region)?;
        let way = way.clone();
        Ok(SurveyPlace { way, cloud })
    });
    doors.collect()
}

/// Sorted, each once; empty for the connection's own.
async fn regions(
    connection: &Connection,
    way: &SurveyWay,
    named: &[String],
) -> Result<Vec<Region>, CloudError> {
    if named.is_empty() {
        return Ok(way.regions.clone());
    }
    let mut regions: Vec<Region> = Vec::new();
    for name in named {
        match name.as_str() {
            "all" => regions.extend(enabled(connection, way).await?),
            name => regions.push(Region::new(name)),
        }
    }
    regions.sort();
    regions.dedup();
    Ok(regions)
}

/// Those of the account that have Elastic Beanstalk.
async fn enabled(connection: &Connection, way: &SurveyWay) -> Result<Vec<Region>, CloudError> {
    // Any region can list the others; one must be named to ask in.
    let first = way.regions.first().cloned();
    let ask = first
        .or(connection.region())
        .unwrap_or_else(|| Region::new("us-east-1"));
    let cloud = connection.cloud(&way.identity, Some(&ask))?;
    let enabled = cloud.regions().await?;
    let (with, without): (Vec<_>, Vec<_>) = enabled.into_iter().partition(has_beanstalk);
    say_left_out(&without);
    Ok(with)
}

/// No region is left out in silence: asking there would end every survey with "could not tell".
fn say_left_out(regions: &[Region]) {
    if !regions.is_empty() {
        let names: Vec<&str> = regions.iter().map(Region::as_str).collect();
        let names = names.join(", ");
        tracing::warn!(
            left_out = names,
            "AWS has no Elastic Beanstalk in these regions; `--region NAME` asks all the same"
        );
    }
}
