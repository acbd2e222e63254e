//! The step that sends the update, the only change that a move makes. It is found by what it leaves in
//! the environment, since UpdateEnvironment takes no token; and broken off where Beanstalk allows that.

use super::aim::{IMAGE_ALONE, SentUpdate, may_go_alone, order_by_choice};
use super::hands::Move;
use super::steps::{MoveKind, MoveOutput, MoveStep};
use super::trouble::{change_error, failed, gone, look_error, undo_error};
use crate::cloud::{CloudError, ErrorKind};
use crate::flow::rollout::attribution::{Attribution, attribute};
use crate::model::environment::EnvironmentChange;
use crate::model::ids::PlatformArn;
use crate::model::rollout::{MoveFault, MoveOrder};
use crate::workflow::{At, StepError, StepLook, Undo};

const SILENT: &str = "the environment was changed meanwhile, and not one event of it is shown: the permission \
                      elasticbeanstalk:DescribeEvents is missing, or this machine's clock was wrong when it was sent";

pub(super) async fn find(
    hands: &Move<'_>,
    at: &At<'_, MoveKind>,
) -> Result<Option<MoveOutput>, StepError> {
    let order = order_by_choice(at.run.input(), at.choice);
    let seen = hands.look(&order, at.since).await;
    let Some(seen) = seen.map_err(|error| look_error(&error))? else {
        return Err(gone());
    };
    let proof = order.direction.is_proof();
    let never_sent = at.never_sent() || proof;
    let attribution = attribute(&order, at.since, never_sent, &seen);
    if !matches!(attribution, Attribution::NoTrace | Attribution::Silent) {
        hands.agreement.borrow_mut().broken();
    }
    match attribution {
        Attribution::Sent {
            request_id,
            already,
        } => Ok(Some(updated(at, request_id, already))),
        Attribution::Busy { so_far } => Err(StepError::Again { why: so_far }),
        Attribution::Unclear { why } => Err(failed(MoveFault::Inconclusive, why)),
        // A proof sends nothing, whatever somebody made of the environment meanwhile.
        Attribution::NoTrace if proof => {
            let why = "it does not run what was to be proved any more";
            Err(failed(MoveFault::Inconclusive, why))
        }
        Attribution::NoTrace if never_sent => Ok(None),
        Attribution::Silent => match hands.agreement.borrow_mut().look("silent", at.now) {
            true => Err(failed(MoveFault::Inconclusive, SILENT)),
            false => Err(StepError::Again {
                why: "it was changed, and no event says how; looking again".to_owned(),
            }),
        },
        Attribution::NoTrace => {
            let says = format!("{:?}", seen.sets.deployed.as_ref().map(|set| set.updated));
            let agreed = hands.agreement.borrow_mut().look(&says, at.now);
            match agreed {
                true => Ok(None),
                false => Err(StepError::Again {
                    why: "no trace of the update; looking again before it is sent again".to_owned(),
                }),
            }
        }
    }
}

pub(super) async fn start(
    hands: &Move<'_>,
    at: &At<'_, MoveKind>,
) -> Result<StepLook<MoveOutput>, StepError> {
    hands.agreement.borrow_mut().broken();
    let order = order_by_choice(at.run.input(), at.choice);
    let id = &order.environment_id;
    let now = hands.cloud.environment_by_id(id).await;
    let Some(now) = now.map_err(|error| look_error(&error))? else {
        return Err(gone());
    };
    let change = change(&order, now.platform.as_ref());
    valid(hands, &order, &change).await?;
    let name = &order.target.environment;
    match hands.cloud.update_environment(id, name, &change).await {
        Ok(request_id) => Ok(StepLook::Done(updated(at, request_id, false))),
        Err(error) => Err(refused(at, &error)),
    }
}

/// What is sent. A platform version that the environment has already is left out, so that where Beanstalk
/// refuses the two together, only who needs both is refused.
fn change(order: &MoveOrder, has: Option<&PlatformArn>) -> EnvironmentChange {
    let wanted = order.to.platform.as_ref();
    EnvironmentChange {
        image: order.to.image.clone(),
        platform: wanted.filter(|wanted| has != Some(*wanted)).cloned(),
    }
}

/// Beanstalk's own validation, before anything is changed. A role that may not ask it is not held up.
async fn valid(
    hands: &Move<'_>,
    order: &MoveOrder,
    change: &EnvironmentChange,
) -> Result<(), StepError> {
    let said = match hands.cloud.validate_change(&order.target, change).await {
        Ok(said) => said,
        Err(error) if error.kind == ErrorKind::Denied => return Ok(()),
        Err(error) => return Err(change_error(&error)),
    };
    let errors: Vec<_> = said.iter().filter(|one| one.error).collect();
    if errors.is_empty() {
        return Ok(());
    }
    let why: Vec<&str> = errors.iter().map(|one| one.message.as_str()).collect();
    let why = format!("Beanstalk refuses the settings: {}", why.join("; "));
    Err(failed(MoveFault::Environment, why))
}

/// Where an old platform version may not be used any more, an image of ours is restored alone.
fn refused(at: &At<'_, MoveKind>, error: &CloudError) -> StepError {
    let order = at.run.input();
    let about_platform = error.kind == ErrorKind::Invalid && {
        let said = error.message.to_ascii_lowercase();
        said.contains("platform") || said.contains("solution stack")
    };
    if about_platform && at.choice < IMAGE_ALONE && may_go_alone(order) {
        let why = format!("the old platform version cannot be used any more: {error}");
        return StepError::NextChoice { why };
    }
    change_error(error)
}

fn updated(at: &At<'_, MoveKind>, request_id: Option<String>, already: bool) -> MoveOutput {
    MoveOutput::Updated {
        request_id,
        already,
        began: at.since,
        image_alone: at.choice == IMAGE_ALONE,
    }
}

/// Breaks off what is under way of ours, waits until the environment is ready, and removes the draft that
/// a failed update of ours leaves. What was replaced by then is taken back by a move of its own.
pub(super) async fn undo(hands: &Move<'_>, at: &At<'_, MoveKind>) -> Result<Undo, StepError> {
    let sent = SentUpdate::of(at.run);
    let order = &sent.order;
    if order.direction.is_proof() {
        return Ok(Undo::Gone); // nothing was sent: what is under way is somebody else's
    }
    let seen = hands.look(order, sent.began).await;
    let Some(seen) = seen.map_err(|error| undo_error(&error))? else {
        return Ok(Undo::Gone);
    };
    let known = at.run.output(MoveStep::Update).is_some() && !sent.already;
    let ours = known || seen.pending_is(&order.to);
    if seen.ready() {
        if (known && seen.draft_is(&order.to)) || seen.failed_is(order, sent.began) {
            return remove_draft(hands, order).await;
        }
        return Ok(Undo::Gone);
    }
    if !ours {
        return Ok(Undo::Gone);
    }
    if seen.now.abortable && seen.pending_is(&order.to) {
        let id = &order.environment_id;
        match hands.cloud.abort_environment_update(id).await {
            Ok(()) => {}
            // Too late to break it off: it ends by itself.
            Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Invalid) => {}
            Err(error) => return Err(undo_error(&error)),
        }
    }
    Ok(Undo::Pending {
        so_far: format!("the environment is {}", seen.now.status.as_str()),
    })
}

async fn remove_draft(hands: &Move<'_>, order: &MoveOrder) -> Result<Undo, StepError> {
    let target = &order.target;
    let removed = hands
        .cloud
        .delete_draft(&target.application, &target.environment)
        .await;
    match removed {
        Ok(()) => Ok(Undo::Pending {
            so_far: "the failed draft is removed".to_owned(),
        }),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Undo::Gone),
        Err(error) => Err(undo_error(&error)),
    }
}
