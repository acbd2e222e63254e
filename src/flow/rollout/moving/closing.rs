//! The facts that a move's end leaves, and the notices about them: one batch with the end itself. A
//! failed move's end opens the move that takes it back, in the same batch, so that no crash lies between.

use chrono::{DateTime, TimeDelta, Utc};

use super::ending::{Ending, back_order, ending, needs_back};
use super::hands::Move;
use super::steps::{MoveKind, MoveOutput, MoveStep, move_journal};
use crate::flow::notify;
use crate::flow::plan::retry::retry_after;
use crate::flow::rollout::by_hand::by_hand;
use crate::model::chronicle::{Entry, EntryWhat, MovedEntry};
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::ImageId;
use crate::model::notice::Notice;
use crate::model::rollout::{
    MoveEnded, MoveFailing, MoveFault, MoveOrder, MovingClaim, TargetMoves, UndoTo,
};
use crate::store::moves;
use crate::store::records::chronicle;
use crate::store::{Op, StoreError, records};
use crate::workflow::open::opening;
use crate::workflow::{Run, RunOutcome};

/// Characters of a quarantine's reason: a hold's longest.
const REASON_MAX_CHARS: usize = 300;

/// The writes that go with the end of a move.
pub(super) async fn ops(
    hands: &Move<'_>,
    run: &Run<MoveKind>,
    outcome: &RunOutcome,
    now: DateTime<Utc>,
) -> Result<Vec<Op>, StoreError> {
    let order = run.input();
    let mut remembered = moves::target_moves(hands.store, &order.target).await?;
    let mut rollout = moves::rollout(hands.store, order.home(), &order.watch).await?;
    let touched = needs_back(hands, run, outcome).await;
    let end = ending(order, outcome, touched);
    let mut ops = Vec::new();
    if let Some(image) = &end.quarantined {
        rollout.value.mark(image);
        ops.extend(quarantine(hands, order, image, &end, now).await?);
    }
    let back = end.back.as_ref().map(|back| {
        remembered.value.ordered = remembered.value.ordered.max(order.number) + 1;
        back_order(order, back, remembered.value.ordered)
    });
    remember(&mut remembered.value, run, &end, back.is_some(), now);
    ops.push(moves::put_target_moves(&order.target, &remembered));
    ops.push(moves::put_rollout(order.home(), &order.watch, &rollout));
    ops.extend(hand_over(hands, order, back.as_ref(), now).await?);
    for notice in notices(run, outcome, &end, back.is_some(), now) {
        ops.extend(records::notice_ops(hands.store, &notice, hands.told).await?);
    }
    let entry = Entry {
        at: now,
        what: EntryWhat::Moved(entry(order, &end).within_bounds()),
    };
    ops.extend(chronicle::append_entries(hands.store, order.home(), &order.watch, &entry).await?);
    Ok(ops)
}

/// The environment is given free, or handed to the move that takes this one back.
async fn hand_over(
    hands: &Move<'_>,
    order: &MoveOrder,
    back: Option<&MoveOrder>,
    now: DateTime<Utc>,
) -> Result<Vec<Op>, StoreError> {
    let claim = moves::moving(hands.store, &order.target).await?;
    let version = claim.map_or(0, |claim| claim.version);
    let Some(back) = back else {
        let free = (version > 0).then(|| moves::free_target(&order.target, version));
        return Ok(free.into_iter().collect());
    };
    let journal = move_journal(&back.target, back.number);
    let claim = MovingClaim {
        journal: journal.clone(),
        watch: order.watch.clone(),
    };
    let mut ops = vec![moves::claim_target(&order.target, version, &claim)];
    let opened = opening::<MoveKind>(&journal, back, now);
    ops.extend(opened.map_err(|error| StoreError::Unreadable {
        key: journal.clone(),
        source: serde_json::Error::io(std::io::Error::other(error.to_string())),
    })?);
    Ok(ops)
}

/// The image is held as a person would hold it, so that `unhold` ends it; the tag is put by the passes.
async fn quarantine(
    hands: &Move<'_>,
    order: &MoveOrder,
    image: &ImageId,
    end: &Ending,
    now: DateTime<Utc>,
) -> Result<Option<Op>, StoreError> {
    let installation = Some(&order.installation);
    let mut holds = records::remembered_holds(hands.store, installation, &order.watch).await?;
    let on = HeldThing::Image(image.clone());
    let known = holds
        .value
        .iter()
        .any(|hold| hold.on == on && hold.in_force(now));
    if known {
        return Ok(None);
    }
    let why = end.why.as_deref().unwrap_or("it failed");
    let reason = format!("moving {} to it failed: {why}", order.target.environment);
    holds
        .value
        .retain(|hold| hold.on != on && hold.in_force(now));
    holds.value.push(Hold {
        on,
        reason: reason.chars().take(REASON_MAX_CHARS).collect(),
        by: "amiwatch".to_owned(),
        since: now,
        until: None,
    });
    Ok(records::put_holds(installation, &order.watch, &holds))
}

/// What is remembered of the environment from now on.
fn remember(
    memory: &mut TargetMoves,
    run: &Run<MoveKind>,
    end: &Ending,
    goes_back: bool,
    now: DateTime<Utc>,
) {
    let order = run.input();
    let journal = move_journal(&order.target, order.number);
    memory.environment_id = Some(order.environment_id.clone());
    memory.ordered = memory.ordered.max(order.number);
    let (from, to) = order.from_to();
    memory.last = Some(MoveEnded {
        journal: journal.clone(),
        at: now,
        back: order.direction.is_back(),
        from: from.cloned(),
        to: to.cloned(),
        fault: end.fault,
        why: end.why.clone(),
    });
    match (order.direction.is_back(), end.fault) {
        // What it ran before is not known: there is no way back to remember.
        _ if order.direction.is_proof() => {}
        (false, None) => {
            memory.failing = None;
            memory.undo = Some(UndoTo {
                journal,
                before: order.before.clone(),
                from: order.to.image.clone(),
            });
        }
        (true, None) => memory.undo = None,
        (false, Some(_)) => {
            let image = order.to.image.image();
            let again = goes_back || end.as_before;
            memory.failing = failing(memory.failing.as_ref(), image, end, again, now);
            if !goes_back && run.output(MoveStep::Update).is_some() {
                memory.undo = Some(UndoTo {
                    journal,
                    before: order.before.clone(),
                    from: order.to.image.clone(),
                });
            }
        }
        (true, Some(_)) => {}
    }
}

/// A move that failed without the image being to blame is tried again, with pauses that grow. Another image
/// begins to count anew. Without `again` it is left as it is, for a person, and amiwatch tries no more.
fn failing(
    before: Option<&MoveFailing>,
    image: Option<&ImageId>,
    end: &Ending,
    again: bool,
    now: DateTime<Utc>,
) -> Option<MoveFailing> {
    let before = before.filter(|failing| failing.image.as_ref() == image);
    let attempts = before.map_or(0, |failing| failing.attempts) + 1;
    let pause = match end.fault {
        Some(MoveFault::Environment) if again => retry_after(attempts),
        _ => None,
    };
    let pause = pause.and_then(|pause| TimeDelta::from_std(pause).ok());
    Some(MoveFailing {
        attempts,
        next_at: pause.map(|pause| now + pause),
        why: end.why.clone().unwrap_or_default(),
        fault: end.fault,
        image: image.cloned(),
    })
}

fn notices(
    run: &Run<MoveKind>,
    outcome: &RunOutcome,
    end: &Ending,
    goes_back: bool,
    now: DateTime<Utc>,
) -> Vec<Notice> {
    let order = run.input();
    let journal = move_journal(&order.target, order.number);
    let left = match outcome {
        RunOutcome::Succeeded { left } | RunOutcome::Failed { left, .. } => left,
    };
    let Some(fault) = end.fault else {
        if order.told_with_wave && !order.direction.is_back() {
            return Vec::new();
        }
        let instances = match run.output(MoveStep::Settle) {
            Some(MoveOutput::Settled { instances }) => *instances,
            _ => 0,
        };
        let alone = matches!(
            run.output(MoveStep::Update),
            Some(MoveOutput::Updated {
                image_alone: true,
                ..
            })
        );
        return vec![notify::environment_moved(
            order, &journal, instances, alone, now,
        )];
    };
    let failed = notify::FailedMove {
        fault,
        why: end.why.as_deref().unwrap_or_default(),
        left: left
            .iter()
            .map(|one| format!("{}; {}", one.why, one.by_hand))
            .collect(),
        quarantined: end.quarantined.is_some(),
        goes_back,
        as_before: end.as_before,
        next_at: None,
        by_hand: by_hand(order),
    };
    vec![notify::move_failed(order, &journal, &failed, now)]
}

fn entry(order: &MoveOrder, end: &Ending) -> MovedEntry {
    let (from, to) = order.from_to();
    MovedEntry {
        journal: move_journal(&order.target, order.number),
        target: order.target.to_string(),
        from: from.cloned(),
        to: to.cloned(),
        back: order.direction.is_back(),
        proof: order.direction.is_proof(),
        fault: end.fault,
        why: end.why.clone(),
        by: Some(order.by.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left as it is, amiwatch does not move again by itself.
    #[test]
    fn only_what_left_nothing_is_tried_again() {
        let image: ImageId = "ami-new".into();
        let failing = |fault, again| {
            let end = Ending {
                fault: Some(fault),
                why: Some("replace: quota exceeded".to_owned()),
                quarantined: None,
                back: None,
                as_before: false,
            };
            let now = DateTime::UNIX_EPOCH;
            let failing = failing(None, Some(&image), &end, again, now).expect("it failed");
            assert_eq!((failing.attempts, failing.fault), (1, Some(fault)));
            failing.next_at.is_some()
        };
        assert!(failing(MoveFault::Environment, true));
        assert!(!failing(MoveFault::Environment, false));
        assert!(!failing(MoveFault::Inconclusive, true));
        assert!(!failing(MoveFault::Image, true));
    }
}
