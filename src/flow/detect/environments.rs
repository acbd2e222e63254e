//! The environments and their deployed settings.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt};

use super::{IN_FLIGHT_MAX, LookScope, Which};
use crate::cloud::{Cloud, CloudError, ErrorKind};
use crate::model::ids::Scope;
use crate::model::sighting::{
    DeployedSettings, Environment, EnvironmentSighting, OtherEnvironments, Seen,
};

/// The list, before anything is read further.
pub(super) struct ListedEnvironments {
    pub scope: Seen<Scope>,
    /// Whether there was a list at all.
    pub list: Seen<()>,
    pub wanted: Vec<Environment>,
    pub others: usize,
    /// The others by application.
    pub elsewhere: BTreeMap<String, OtherEnvironments>,
}

/// Lists the environments and keeps those that the look is for.
pub(super) async fn list_environments(cloud: &Cloud, which: &Which) -> ListedEnvironments {
    let asked = match which {
        Which::Matching(patterns) if patterns.is_empty() => Ok(Vec::new()),
        Which::Matching(_) | Which::All => cloud.environments().await,
    };
    match asked {
        Ok(all) => {
            let scope = scope(cloud, &all).await;
            let (mut wanted, rest): (Vec<_>, Vec<_>) =
                all.into_iter().partition(|one| is_for(which, one));
            wanted.sort_by(|a, b| a.target.cmp(&b.target)); // AWS promises no order
            ListedEnvironments {
                scope,
                list: Seen::Known(()),
                others: rest.len(),
                elsewhere: by_application(&rest),
                wanted,
            }
        }
        Err(error) => {
            let trouble = error.trouble(format!("environments of {}", cloud.region()));
            ListedEnvironments {
                scope: Seen::Unreachable(trouble.clone()),
                list: Seen::Unreachable(trouble),
                wanted: Vec::new(),
                others: 0,
                elsewhere: BTreeMap::new(),
            }
        }
    }
}

fn by_application(rest: &[Environment]) -> BTreeMap<String, OtherEnvironments> {
    let mut all: BTreeMap<String, OtherEnvironments> = BTreeMap::new();
    for Environment { target, .. } in rest {
        let others = all.entry(target.application.clone()).or_default();
        others.add(&target.environment);
    }
    all
}

/// The account is in every environment's ARN; only without any of them is it asked for.
async fn scope(cloud: &Cloud, all: &[Environment]) -> Seen<Scope> {
    match all.first() {
        Some(environment) => Seen::Known(environment.target.scope.clone()),
        None => match cloud.caller().await {
            Ok(scope) => Seen::Known(scope),
            Err(error) => Seen::Unreachable(error.trouble("the account of the credentials")),
        },
    }
}

fn is_for(which: &Which, environment: &Environment) -> bool {
    match which {
        Which::All => true,
        Which::Matching(patterns) => patterns
            .iter()
            .any(|pattern| pattern.names_in_place(&environment.target)),
    }
}

/// The deployed settings of each, in the order of the list: read, or recalled.
pub(super) async fn read_environments(
    cloud: &Cloud,
    wanted: &[Environment],
    look: &LookScope,
    at: DateTime<Utc>,
) -> Vec<EnvironmentSighting> {
    stream::iter(wanted)
        .map(|environment| async move {
            EnvironmentSighting {
                environment: environment.clone(),
                settings: match look.recall.of(environment, at) {
                    Some(settings) => Seen::Known(settings.clone()),
                    None => settings(cloud, environment).await,
                },
                running: None,
                by_pages: false,
            }
        })
        .buffered(IN_FLIGHT_MAX)
        .collect()
        .await
}

/// What is not supported is not asked about.
pub(super) async fn settings(cloud: &Cloud, environment: &Environment) -> Seen<DeployedSettings> {
    if environment.unsupported().is_some() {
        return Seen::Absent;
    }
    let target = &environment.target;
    let answer = cloud
        .settings(&target.application, &target.environment)
        .await;
    answer.map_or_else(
        |error| unanswered(&error, || format!("settings of {}", target.name())),
        Seen::Known,
    )
}

/// An error as an answer: `NotFound` is one, everything else is none.
pub(super) fn unanswered<T>(error: &CloudError, what: impl FnOnce() -> String) -> Seen<T> {
    match error.kind {
        ErrorKind::NotFound => Seen::Absent,
        _ => Seen::Unreachable(error.trouble(what())),
    }
}
