//! Asking a guest over SSM Run Command (`proof = "ssm"`): its frames, a few lines a question, until they
//! hold a whole report; and, when asked to, its closing.
//!
//! A question changes nothing that asking again would not (`user_data/fetch.sh`), so a lost answer costs
//! a question and a restart begins anew: nothing of this is journaled. One look at AWS a call. What the
//! frames mean is `verify`'s to say, as for a console.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::conversation::{Conversation, ConversationNext, Heard};
use super::hands::BakeHands;
use super::trouble::step_error;
use crate::cloud::{CommandId, ErrorKind, Instance, InstanceState, Invocation};
use crate::model::bake::BakeOrder;
use crate::workflow::StepError;

/// How long one question may run in the guest.
const QUESTION_MAX: Duration = Duration::from_secs(60);
/// One step of the conversation with a guest: asks, or looks at what was asked, or rests.
pub(super) async fn ask_by_ssm(
    bake: &BakeHands<'_>,
    order: &BakeOrder,
    guest: &Instance,
    close: bool,
    now: DateTime<Utc>,
) -> Result<Heard, StepError> {
    let next = with(bake, guest, |talk| {
        if close {
            talk.close();
        }
        match guest.state {
            InstanceState::Running => talk.next(now),
            // Nobody is there (yet, or any more): what was heard is all there is.
            _ => ConversationNext::Rest,
        }
    });
    match next {
        ConversationNext::Rest => {}
        ConversationNext::Ask { script } => send(bake, order, guest, &script, now).await?,
        ConversationNext::Look { command } => look(bake, guest, &command, now).await?,
    }
    Ok(with(bake, guest, |talk| talk.heard()))
}

async fn send(
    bake: &BakeHands<'_>,
    order: &BakeOrder,
    guest: &Instance,
    script: &str,
    now: DateTime<Utc>,
) -> Result<(), StepError> {
    let comment = format!("amiwatch {} {}", order.watch, order.key.short());
    let sent = bake
        .cloud
        .send_script(&guest.id, script, QUESTION_MAX, &comment)
        .await;
    match sent {
        Ok(command) => with(bake, guest, |talk| talk.asked(command, now)),
        Err(error) if error.kind == ErrorKind::NotFound => {
            let why = format!("its SSM agent has not registered: {error}");
            with(bake, guest, |talk| talk.failed(why, now));
        }
        // Whether or not it runs: it may be asked again.
        Err(error) if error.kind == ErrorKind::Unknown => {
            with(bake, guest, |talk| talk.failed(error.to_string(), now));
        }
        Err(error) => return Err(step_error(&error)),
    }
    Ok(())
}

async fn look(
    bake: &BakeHands<'_>,
    guest: &Instance,
    command: &CommandId,
    now: DateTime<Utc>,
) -> Result<(), StepError> {
    let seen = bake.cloud.invocation(&guest.id, command).await;
    match seen.map_err(|error| step_error(&error))? {
        Invocation::Pending => {}
        Invocation::Done { stdout } => with(bake, guest, |talk| talk.answered(&stdout, now)),
        Invocation::Failed {
            status,
            exit,
            stderr,
        } => {
            let stderr: String = stderr.chars().take(300).collect();
            let why = format!("a command ended as {status} (exit {exit}): {stderr}");
            with(bake, guest, |talk| talk.failed(why, now));
        }
    }
    Ok(())
}

/// The conversation with this guest; never held across a call.
fn with<T>(
    bake: &BakeHands<'_>,
    guest: &Instance,
    change: impl FnOnce(&mut Conversation) -> T,
) -> T {
    let mut all = bake.conversations.borrow_mut();
    change(all.entry(guest.id.clone()).or_default())
}
