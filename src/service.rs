//! What runs the stages: when, one pass, the driving of runs, the daemon, the desk, its pages. Decides nothing
//! itself.

pub mod schedule;

pub mod moves_counted;

pub mod runs;

pub mod pass;

pub mod place;

pub mod vitals;

pub mod daemon;

pub mod desk;

mod identities;

mod side_by_side;

pub mod named;

pub mod sweep;

pub mod pruning;

pub mod publications_counted;
pub mod retire;

pub mod telemetry;

pub mod web;

use std::collections::BTreeMap;

use crate::clock::Clock;
use crate::cloud::{Cloud, CloudError, Connection, Identity};
use crate::http_send::HttpSend;
use crate::model::ids::Region;
use crate::model::notice::ToldBy;
use crate::model::secret::SecretSource;
use crate::outbox::{LOG, Pacing, Sender, Slack};
use crate::secrets::{ReadVariable, Secrets};
use crate::settings::{NotifierKind, Settings};
use crate::store::Store;

/// Everything that a pass works with, built once by the command line.
#[derive(Clone, Copy)]
pub struct Service<'a> {
    pub settings: &'a Settings,
    pub connection: &'a Connection,
    pub store: &'a dyn Store,
    pub clock: &'a Clock,
    pub outside: &'a Outside,
}

/// The ways to whatever is not AWS, kept for as long as the process: with the secrets that were read
/// and the patience of those who are told. Cheap to clone.
#[derive(Clone)]
pub struct Outside {
    pub http: HttpSend,
    pub secrets: Secrets,
    pub pacing: Pacing,
}

impl Outside {
    /// By this way out; `environment` reads a variable.
    pub fn new(http: HttpSend, environment: ReadVariable, clock: &Clock) -> Self {
        Self {
            http,
            secrets: Secrets::new(environment, clock),
            pacing: Pacing::new(clock),
        }
    }
}

impl Service<'_> {
    /// Where notices go, by name: the log, and what the config names.
    ///
    /// # Errors
    /// When there is no region to reach AWS in.
    pub fn senders(&self) -> Result<BTreeMap<String, Sender>, CloudError> {
        let mut senders = BTreeMap::from([(LOG.to_owned(), Sender::Log)]);
        for (name, notifier) in &self.settings.notifiers {
            senders.insert(name.clone(), self.sender(&notifier.kind)?);
        }
        Ok(senders)
    }

    fn sender(&self, kind: &NotifierKind) -> Result<Sender, CloudError> {
        Ok(match kind {
            NotifierKind::Sns { topic_arn } => Sender::Sns {
                cloud: self
                    .connection
                    .cloud(&Identity::Own, region_of(topic_arn).as_ref())?,
                topic_arn: topic_arn.clone(),
            },
            NotifierKind::Slack { webhook_url } => Sender::Slack(Slack {
                http: self.outside.http.clone(),
                secrets: self.outside.secrets.clone(),
                pacing: self.outside.pacing.clone(),
                webhook_url: webhook_url.clone(),
                cloud: self.door_to(webhook_url),
            }),
        })
    }

    /// The door by which a secret is read. Where no region is named, whoever reads it says so.
    fn door_to(&self, secret: &SecretSource) -> Option<Cloud> {
        match secret {
            SecretSource::Ssm(name) => self
                .connection
                .cloud(&Identity::Own, region_of(name).as_ref())
                .ok(),
            _ => None,
        }
    }

    /// Who is told of which events: the log of all, a notifier of those that it asked for.
    pub fn told(&self) -> ToldBy {
        ToldBy::from_fn(|event| {
            let notifiers = self.settings.notifiers.iter();
            let asked = notifiers.filter(|(_, one)| one.events.contains(&event));
            std::iter::once(LOG.to_owned())
                .chain(asked.map(|(name, _)| name.clone()))
                .collect()
        })
    }
}

/// The region in an ARN; absent where it is none.
fn region_of(arn: &str) -> Option<Region> {
    let region = arn.strip_prefix("arn:")?.split(':').nth(2)?;
    (!region.is_empty()).then(|| Region::from(region))
}
