//! Rehearses a recipe on this machine: boots the user data that a bake would send, in a container or
//! in QEMU, under a real cloud-init, and judges the report with the bake's own parser and rules.
//!
//! Guarantees: the root or image that is named stays as it is, and no guest outlives the rehearsal.
//! Touches processes and one folder of its own; never AWS, a store or a config. Prints nothing.
//!
//! What it cannot show: what only the real base has (its packages, its agents, its own cloud-init),
//! and what EC2 does. It shows in seconds what a bake would show after minutes that cost money.

use std::path::Path;

use crate::clock::Clock;
use crate::flow::verify::GuestRole;
use crate::model::report::Report;

pub mod engine;

pub mod guests;

pub mod nspawn;

pub mod outcome;

pub mod qemu;

pub mod root;

mod seed;

mod stage;

pub mod tools;

use engine::Engine;
use guests::{RehearsalSubject, SentGuest};
use outcome::{GuestOutcome, Rehearsed, conclude};
use tools::EngineError;

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    #[error("the recipe cannot be sent to a guest")]
    UserData(#[from] crate::flow::bake::user_data::UserDataError),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Boots the builder and, when it passed, a fresh guest of its disk.
///
/// `folder` is empty and this rehearsal's own. `began` is told of each guest before it boots.
///
/// # Errors
/// When the recipe cannot be sent, or the engine does not work here. A recipe that fails is no error.
pub async fn rehearse(
    engine: &Engine,
    subject: &RehearsalSubject,
    folder: &Path,
    boot_test: bool,
    clock: &Clock,
    began: &mut dyn FnMut(GuestRole),
) -> Result<Rehearsed, RehearseError> {
    let builder = guests::builder(subject)?;
    let user_data_bytes = builder.user_data.len();
    let fresh = boot_test.then(|| guests::boot_test(subject)).transpose()?;
    engine.ready()?;
    engine.prepare(folder)?;
    began(GuestRole::Builder);
    let mut guests = vec![one(engine, &builder, None, folder, clock).await?];
    if let (Some(fresh), Some(report)) = (fresh, passed(&guests)) {
        began(GuestRole::BootTest);
        guests.push(one(engine, &fresh, Some(&report), folder, clock).await?);
    }
    Ok(Rehearsed {
        engine: engine.name(),
        user_data_bytes,
        guests,
    })
}

async fn one(
    engine: &Engine,
    sent: &SentGuest,
    builder: Option<&Report>,
    folder: &Path,
    clock: &Clock,
) -> Result<GuestOutcome, EngineError> {
    let booted = stage::boot(engine, sent, folder, clock).await?;
    Ok(conclude(&booted, sent, builder))
}

/// The builder's report, when it passed.
fn passed(guests: &[GuestOutcome]) -> Option<Report> {
    let builder = guests.first().filter(|guest| guest.passed())?;
    builder.report.clone()
}
