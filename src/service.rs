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

mod receivers;

pub mod retire;

pub mod telemetry;

pub mod watchdog;

pub mod web;

use crate::clock::Clock;
use crate::cloud::Connection;
use crate::http_send::HttpSend;
use crate::model::ids::Region;
use crate::outbox::Pacing;
use crate::secrets::{ReadVariable, Secrets};
use crate::settings::Settings;
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

/// The region in an ARN; absent where it is none.
fn region_of(arn: &str) -> Option<Region> {
    let region = arn.strip_prefix("arn:")?.split(':').nth(2)?;
    (!region.is_empty()).then(|| Region::from(region))
}
