//! Keeps what a guest wrote to its console, for people to read when the instance is gone: when a step that
//! reads it ends, and before the guest is ended.
//!
//! Nothing is asked of EC2 for it, and nothing hangs on it: a console that cannot be kept is a line in the
//! log, and the bake goes on.

use super::hands::BakeHands;
use super::steps::{BakeKind, BakeOutput, BakeStep, journal_name};
use crate::flow::verify::GuestRole;
use crate::store::records::consoles::{KeptConsole, put_console};
use crate::store::{Batch, StoreError};
use crate::workflow::{At, StepError, StepLook};

/// After a look: keeps the console of the guest whose step has ended with it.
pub(super) async fn keep_at_an_end(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
    looked: &Result<StepLook<BakeOutput>, StepError>,
) {
    let ended = matches!(looked, Ok(StepLook::Done(_)) | Err(StepError::Failed(_)));
    let role = match at.step {
        BakeStep::Report | BakeStep::Stopped => GuestRole::Builder,
        BakeStep::BootReport => GuestRole::BootTest,
        _ => return,
    };
    if ended {
        keep_console(bake, at, role).await;
    }
}

/// Keeps what was read last on the console of this guest, if it is not kept yet.
pub(super) async fn keep_console(bake: &BakeHands<'_>, at: &At<'_, BakeKind>, role: GuestRole) {
    let launch = match role {
        GuestRole::Builder => BakeStep::LaunchBuilder,
        GuestRole::BootTest => BakeStep::LaunchBootTest,
    };
    let Some(BakeOutput::Instance { id }) = at.run.output(launch) else {
        return;
    };
    let Some(text) = bake.consoles_read.borrow_mut().remove(id) else {
        return;
    };
    let order = at.run.input();
    let journal = journal_name(&order.key, order.attempt);
    let console = KeptConsole::pack(&text, at.now);
    if let Err(error) = keep(bake, &journal, role, &console).await {
        let (guest, why) = (id.as_str(), error.to_string());
        tracing::warn!(guest, why, "its console is not kept");
    }
}

async fn keep(
    bake: &BakeHands<'_>,
    journal: &str,
    role: GuestRole,
    console: &KeptConsole,
) -> Result<(), StoreError> {
    let op = put_console(bake.store, journal, role.as_str(), console).await?;
    bake.store.commit(Batch::of_ops(vec![op])).await
}
