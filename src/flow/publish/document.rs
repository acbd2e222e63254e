//! What is done at each destination of a watch, as people and programs read it. Plain.

use serde::Serialize;

use super::decide::{DestinationStand, PublishCandidate, PublishStep, PublishWait};
use crate::model::ids::ImageId;
use crate::model::plan::PlannedPublication;
use crate::model::publish::DestinationLedger;
use crate::model::publish_rules::Destination;

/// `publish --format json`
pub const SCHEMA: &str = "amiwatch.publish/1";

/// A destination as it is remembered, for `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerShown {
    /// `<account>/<region>/<watch>`
    pub watch: String,
    pub destination: Destination,
    #[serde(flatten)]
    pub ledger: DestinationLedger,
}

impl LedgerShown {
    /// One line: `shop, ssm:eu-west-1: parameter /amis/shop names ami-1 (4.5.1), version 3`.
    pub fn line(&self) -> String {
        let name = self.watch.rsplit('/').next().unwrap_or(&self.watch);
        let stands = match &self.ledger.now {
            None => "nothing stands there yet".to_owned(),
            Some(now) => {
                let release = now.base_version.as_ref();
                let release = release.map_or(String::new(), |version| format!(" ({version})"));
                let version = now.version;
                let version = version.map_or(String::new(), |at| format!(", version {at}"));
                let at = now.at.format("%Y-%m-%d %H:%M UTC");
                let what = now.published.said_of(now.image_here());
                format!("{what}{release}{version}, since {at}")
            }
        };
        let trouble = self.ledger.failing.as_ref().map(|failing| {
            let next = match failing.next_at {
                Some(at) => format!("tried again {}", at.format("%Y-%m-%d %H:%M UTC")),
                None => "a person is needed".to_owned(),
            };
            format!("; {} failed: {}; {next}", failing.image, failing.why)
        });
        let under_way = self
            .ledger
            .under_way
            .as_ref()
            .map(|_| "; a run is under way");
        format!(
            "{name}, {}: {stands}{}{}",
            self.destination,
            trouble.unwrap_or_default(),
            under_way.unwrap_or_default()
        )
    }
}

/// The plan's part for one destination.
pub fn planned_publication(
    stand: &DestinationStand,
    candidate: Option<&PublishCandidate>,
    ledger: Option<&DestinationLedger>,
) -> PlannedPublication {
    let now = ledger.and_then(|ledger| ledger.now.as_ref());
    let from = match &stand.does {
        PublishStep::TakeBack { from, .. } | PublishStep::Withdraw { from } => {
            Some(from.copy.as_ref().unwrap_or(&from.image).clone())
        }
        _ => now.map(|now| now.image_here().clone()),
    };
    PlannedPublication {
        destination: stand.destination.clone(),
        publishes: stand.publish.what(),
        action: stand.does.as_str(),
        from,
        to: image_after(stand, candidate),
        until: match &stand.does {
            PublishStep::Wait(PublishWait::Pause { until, .. }) => Some(*until),
            _ => None,
        },
        why: why(&stand.does),
        waits_for: match &stand.does {
            PublishStep::Wait(PublishWait::Before { destination }) => Some(destination.clone()),
            _ => None,
        },
    }
}

fn image_after(stand: &DestinationStand, candidate: Option<&PublishCandidate>) -> Option<ImageId> {
    match &stand.does {
        PublishStep::TakeBack { to, .. } => Some(to.image_here().clone()),
        PublishStep::Publish | PublishStep::Wait(_) => {
            candidate.map(|one| stand.copy.as_ref().unwrap_or(&one.image).clone())
        }
        PublishStep::Stands
        | PublishStep::UnderWay { .. }
        | PublishStep::Withdraw { .. }
        | PublishStep::Person { .. } => None,
    }
}

/// Why not now, or why it is taken back.
fn why(does: &PublishStep) -> Option<String> {
    Some(match does {
        PublishStep::Stands | PublishStep::Publish => return None,
        PublishStep::TakeBack { from, .. } | PublishStep::Withdraw { from } => {
            format!("{} is not for use: {}", from.image, from.why)
        }
        PublishStep::UnderWay { journal } => format!("{journal} has it in hand"),
        PublishStep::Person { why } => format!("a person is needed: {why}"),
        PublishStep::Wait(wait) => match wait {
            PublishWait::NoImage => "there is no image to publish".to_owned(),
            PublishWait::Held { why } => format!("the watch is held: {why}"),
            PublishWait::Withheld { why } => format!("the image is not for use: {why}"),
            PublishWait::Before { destination } => format!("{destination} comes first"),
            PublishWait::Rollout => "it has not gone through every wave".to_owned(),
            PublishWait::Pause { until, why } => format!(
                "the last run failed, and the next begins after {}: {why}",
                until.format("%Y-%m-%d %H:%M UTC")
            ),
        },
    })
}
