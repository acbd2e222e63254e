//! Driving runs: starts them, resumes what an earlier process left, and says how they ended; any kind of
//! workflow, in the same way. What is a kind's own stands in a file of its own ([`bake`]).
//!
//! Must not decide what is to be done: that is a pass's, or a person's.

use chrono::{DateTime, Utc};

use super::Service;
use crate::cloud::{Cloud, CloudError};
use crate::model::notice::ToldBy;
use crate::store::{Lease, Op, StoreError};
use crate::workflow::observer::ObserverOf;
use crate::workflow::{Run, RunOutcome, Runner, Workflow, WorkflowKind};

pub mod bake;

pub mod ended;

pub mod moving;

pub mod observe;

pub mod publication_room;
pub mod publishing;

pub mod resume;

pub mod start;

pub use ended::{DriveError, Stuck};
pub use resume::{Resumed, RunUnderWay, resume_all, resume_one, under_way};
pub use start::start_run;

/// A kind of workflow as the service drives it.
pub trait Driven: WorkflowKind {
    /// Its hands, in one account and region.
    type Hands<'a>: Workflow<Kind = Self>;
    /// The end of a run, for whoever asked for it.
    type Ended;

    /// The name of the journal of the run with this input.
    fn journal(input: &Self::Input) -> String;

    /// The way to where a run works.
    ///
    /// # Errors
    /// When there is none.
    fn cloud(service: &Service<'_>, input: &Self::Input) -> Result<Cloud, CloudError>;

    /// Hands that go this way.
    fn hands<'a>(service: &Service<'a>, cloud: Cloud, told: &'a ToldBy) -> Self::Hands<'a>;

    /// Reads the end of a run.
    fn conclude(outcome: RunOutcome, run: &Run<Self>) -> Self::Ended;

    /// The writes that tell people of an undo that cannot go on, since no end of the journal tells it.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn stuck(
        service: &Service<'_>,
        input: &Self::Input,
        stuck: &Stuck<'_>,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Vec<Op>, StoreError>>;
}

fn runner<'a, 'b, K: Driven>(
    service: &Service<'a>,
    lease: Lease,
    hands: &'a K::Hands<'b>,
    observer: &'a ObserverOf<K>,
) -> Runner<'a, K::Hands<'b>> {
    Runner {
        workflow: hands,
        store: service.store,
        clock: service.clock,
        epoch: lease.epoch,
        observer,
    }
}
