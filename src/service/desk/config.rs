//! `config check`: what is found of the config, offline and online.

use serde::Serialize;

use crate::flow::exit_code::Exit;
use crate::model::plan::PlanItem;
use crate::model::reason::{About, Reason};
use crate::service::Service;
use crate::service::named::{FindingSort, NamedFinding, named_findings, shared_targets};
use crate::service::pass::look::{Patience, look_afresh};
use crate::settings::Settings;
use crate::store::StoreError;

/// `config check --format json`. Its `schema` is contract.
#[derive(Debug, Serialize)]
pub struct CheckedConfig {
    schema: &'static str,
    config: String,
    watches: usize,
    notifiers: usize,
    pub online: bool,
    pub findings: Vec<NamedFinding>,
}

impl CheckedConfig {
    /// Nobody was called.
    pub fn offline(settings: &Settings, findings: Vec<NamedFinding>) -> Self {
        Self {
            schema: "amiwatch.config_check/1",
            config: settings.path.display().to_string(),
            watches: settings.watches.len(),
            notifiers: settings.notifiers.len(),
            online: false,
            findings,
        }
    }

    /// 2 when something is wrong, 4 when something could not be told; doubts change nothing.
    pub fn exit(&self) -> Exit {
        let exits = self.findings.iter().map(|one| match one.is {
            FindingSort::Wrong => Exit::Usage,
            FindingSort::Untold => Exit::CannotTell,
            FindingSort::Doubtful => Exit::Done,
        });
        exits.fold(Exit::Done, Exit::and)
    }
}

/// Looks for everything that the config names, and once at what its watches look at; adds it to what is
/// known already.
///
/// # Errors
/// When the store cannot be read.
pub async fn check_config(
    service: &Service<'_>,
    known: Vec<NamedFinding>,
) -> Result<CheckedConfig, StoreError> {
    let mut findings = known;
    findings.extend(named_findings(service).await);
    let looked = look_afresh(service, None, Patience::Waits).await?;
    let items: Vec<PlanItem> = looked.into_iter().map(|one| one.item).collect();
    findings.extend(items.iter().flat_map(of_watch));
    findings.extend(shared_targets(service.settings, &items));
    Ok(CheckedConfig {
        online: true,
        ..CheckedConfig::offline(service.settings, findings)
    })
}

/// What a watch looks at and cannot see, as its own look says it.
fn of_watch(item: &PlanItem) -> Vec<NamedFinding> {
    let finding = |reason: &Reason| {
        let is = match &reason.about {
            About::NoTarget { exact: true, .. } => FindingSort::Wrong,
            About::NoTarget { .. } => FindingSort::Doubtful,
            About::Untold { .. } | About::ReleaseNotListed { .. } => FindingSort::Untold,
            // The account itself has been told of.
            _ => return None,
        };
        Some(NamedFinding {
            is,
            key: format!("[watch.{}]", item.watch),
            what: reason.message.trim_end_matches('.').to_owned(),
            advice: format!("`amiwatch check {}` says more", item.watch),
        })
    };
    item.drift.all_reasons().filter_map(finding).collect()
}
