//! survey: what runs where, without any config. Sightings of regions in, one value out, whose JSON is
//! contract (`amiwatch.survey/1`): field names and their order do not change within a version.
//!
//! A plain function of values. Drawing tables is the command line's; [`Survey::rows`] gives it cells.

#[cfg(test)]
mod tests;

mod unread;

use std::collections::BTreeSet;

use serde::Serialize;

pub use unread::{PAGES_STATEMENT, PageUnread};

use super::compare::environment;
use super::compare::standing::EnvironmentStanding;
use super::exit_code::{self, Exit};
use crate::model::ids::{AccountId, ImageId, PlatformArn, Region, TargetId};
use crate::model::image::ImageKind;
use crate::model::reason::Reason;
use crate::model::sighting::{EnvironmentSighting, Sighting};

/// The JSON's version.
pub const SCHEMA: &str = "amiwatch.survey/1";

/// Every environment of the regions looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survey {
    pub schema: &'static str,
    pub environments: Vec<Surveyed>,
    /// Environments that amiwatch has nothing to do with.
    pub skipped: Vec<Skipped>,
    /// Questions without an answer: what is missing above is not "no drift".
    pub unreachable: Vec<Unanswered>,
    /// Pages without an answer, in whose place settings were read: nothing is missing because of them.
    pub pages_unread: Vec<PageUnread>,
}

/// One environment with everything that applies to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Surveyed {
    pub account: AccountId,
    pub region: Region,
    pub application: String,
    pub environment: String,
    pub platform_arn: Option<PlatformArn>,
    pub image_id: Option<ImageId>,
    pub image_kind: ImageKind,
    pub base_image_id: Option<ImageId>,
    pub reasons: Vec<Reason>,
    pub told_by: ImageToldBy,
}

/// Who told an environment's image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageToldBy {
    /// What Auto Scaling launches and what runs, which agree. Its stored options were not read.
    Pages,
    /// Its deployed settings.
    Settings,
}

/// One environment that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub environment: String,
    pub why: String,
}

/// One question that got no answer, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unanswered {
    pub what: String,
    pub why: String,
}

/// The cells of one environment, for a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyRow {
    pub account: String,
    pub region: String,
    /// `application/environment`
    pub environment: String,
    /// `4.5.0`, the last part of the platform's ARN.
    pub platform: String,
    pub image: String,
    pub kind: &'static str,
    pub base: String,
    /// The codes, most grave first; empty when nothing is to be said.
    pub codes: Vec<&'static str>,
}

/// Merges sightings of regions into one survey; environments by account, region and name.
pub fn survey(sightings: &[Sighting]) -> Survey {
    let mut survey = Survey {
        schema: SCHEMA,
        environments: Vec::new(),
        skipped: Vec::new(),
        unreachable: Vec::new(),
        pages_unread: unread::pages_unread(sightings),
    };
    for sighting in sightings {
        for seen in sighting.environments.known().into_iter().flatten() {
            match seen.environment.unsupported() {
                Some(why) => survey.skipped.push(skipped(&seen.environment.target, why)),
                None => survey.environments.push(surveyed(sighting, seen)),
            }
        }
        survey.unreachable.extend(unanswered(sighting));
    }
    survey.environments.sort_by(|a, b| key(a).cmp(&key(b)));
    survey
        .skipped
        .sort_by(|a, b| a.environment.cmp(&b.environment));
    survey
}

impl Survey {
    /// How the command ends: 4 when something had no answer, 3 for drift when the caller asked for it.
    pub fn exit(&self, exit_code: bool) -> Exit {
        let reasons = self.environments.iter().flat_map(|one| &one.reasons);
        match exit_code::exit_of_reasons(reasons) {
            _ if !self.unreachable.is_empty() => Exit::CannotTell,
            Exit::Drift if !exit_code => Exit::Done,
            exit => exit,
        }
    }

    /// The cells of every environment, in the survey's order.
    pub fn rows(&self) -> Vec<SurveyRow> {
        self.environments.iter().map(row).collect()
    }

    /// Its environments are of more accounts than one.
    pub fn is_of_several_accounts(&self) -> bool {
        let accounts = self.environments.iter().map(|one| &one.account);
        accounts.collect::<BTreeSet<_>>().len() > 1
    }

    /// What the codes mean, a line each: `shop/shop-blue: BASE_NEWER: ...`, and in which account and region
    /// where there are several.
    pub fn sentences(&self) -> Vec<String> {
        let regions = self.environments.iter().map(|one| &one.region);
        let several = regions.collect::<BTreeSet<_>>().len() > 1;
        let accounts = self.is_of_several_accounts();
        let lines = self.environments.iter().flat_map(|one| {
            let name = format!("{}/{}", one.application, one.environment);
            let name = match (accounts, several) {
                (true, _) => format!("{}/{}: {name}", one.account, one.region),
                (false, true) => format!("{}: {name}", one.region),
                (false, false) => name,
            };
            one.reasons
                .iter()
                .map(move |reason| format!("{name}: {}: {}", reason.code, reason.message))
        });
        lines.collect()
    }
}

fn surveyed(sighting: &Sighting, seen: &EnvironmentSighting) -> Surveyed {
    let standing = EnvironmentStanding::of_environment(sighting, seen);
    let TargetId {
        scope,
        application,
        environment: name,
    } = &seen.environment.target;
    Surveyed {
        account: scope.account.clone(),
        region: scope.region.clone(),
        application: application.clone(),
        environment: name.clone(),
        platform_arn: seen.environment.platform.clone(),
        image_id: standing.image.cloned(),
        image_kind: standing.kind,
        base_image_id: standing.base.cloned(),
        reasons: environment::environment_reasons(sighting, &standing, sighting.at),
        told_by: match seen.by_pages {
            true => ImageToldBy::Pages,
            false => ImageToldBy::Settings,
        },
    }
}

fn skipped(target: &TargetId, why: &str) -> Skipped {
    Skipped {
        environment: target.environment.clone(),
        why: format!(
            "UNSUPPORTED: {why} (application {}, {})",
            target.application, target.scope.region
        ),
    }
}

fn unanswered(sighting: &Sighting) -> impl Iterator<Item = Unanswered> {
    sighting.troubles.iter().map(|trouble| Unanswered {
        what: trouble.what.clone(),
        why: trouble.why.clone(),
    })
}

fn key(one: &Surveyed) -> (&AccountId, &Region, &str, &str) {
    (
        &one.account,
        &one.region,
        &one.application,
        &one.environment,
    )
}

fn row(one: &Surveyed) -> SurveyRow {
    let text = |id: Option<&str>| id.unwrap_or("-").to_owned();
    let version = one.platform_arn.as_ref().map(PlatformArn::as_str);
    SurveyRow {
        account: one.account.to_string(),
        region: one.region.to_string(),
        environment: format!("{}/{}", one.application, one.environment),
        platform: text(version.and_then(|arn| arn.rsplit('/').next())),
        image: text(one.image_id.as_ref().map(ImageId::as_str)),
        kind: one.image_kind.as_str(),
        base: text(one.base_image_id.as_ref().map(ImageId::as_str)),
        codes: codes(&one.reasons),
    }
}

/// Each code once, in the reasons' order: two questions without an answer are one `UNREACHABLE`.
fn codes(reasons: &[Reason]) -> Vec<&'static str> {
    let mut codes: Vec<&'static str> = Vec::new();
    for code in reasons.iter().map(|reason| reason.code.as_str()) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}
