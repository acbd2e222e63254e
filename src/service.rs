//! What runs the stages: when, one look, one pass, the driving of bakes, logging. Decides nothing itself.

pub mod schedule;

pub mod look;

pub mod recall;

pub mod drive;

pub mod remember;

pub mod pass;

pub mod adopt;

pub mod history;

pub mod explain;
pub mod ask;

pub mod vitals;

pub mod metrics;

pub mod http;

pub mod daemon;

pub mod telemetry;

use std::collections::BTreeMap;

use crate::clock::Clock;
use crate::cloud::{CloudError, Connection};
use crate::model::ids::Region;
use crate::model::notice::Told;
use crate::outbox::{LOG, Sender};
use crate::settings::{NotifierKind, Settings};
use crate::store::Store;

/// Everything that a pass works with, built once by the command line.
#[derive(Clone, Copy)]
pub struct Service<'a> {
    pub settings: &'a Settings,
    pub connection: &'a Connection,
    pub store: &'a dyn Store,
    pub clock: &'a Clock,
}

impl Service<'_> {
    /// Where notices go, by name: the log, and what the config names.
    ///
    /// # Errors
    /// When there is no region to reach AWS in.
    pub fn senders(&self) -> Result<BTreeMap<String, Sender>, CloudError> {
        let mut senders = BTreeMap::from([(LOG.to_owned(), Sender::Log)]);
        for (name, notifier) in &self.settings.notifiers {
            let NotifierKind::Sns { topic_arn } = &notifier.kind;
            let region = topic_arn.split(':').nth(3).map(Region::from);
            let cloud = self.connection.cloud(region.as_ref())?;
            senders.insert(
                name.clone(),
                Sender::Sns {
                    cloud,
                    topic_arn: topic_arn.clone(),
                },
            );
        }
        Ok(senders)
    }

    /// Who is told of which events: the log of all, a notifier of those that it asked for.
    pub fn told(&self) -> Told {
        Told::from_fn(|event| {
            let notifiers = self.settings.notifiers.iter();
            let asked = notifiers.filter(|(_, one)| one.events.contains(&event));
            std::iter::once(LOG.to_owned())
                .chain(asked.map(|(name, _)| name.clone()))
                .collect()
        })
    }
}
