//! The step that waits until the environment has stayed well for long enough, and then proves the whole
//! once more. Looks, asks the probe, and changes nothing.

use super::aim::SentUpdate;
use super::hands::Move;
use super::replace::pending;
use super::steps::{MoveKind, MoveOutput, MoveStep};
use super::trouble::{failed, gone, look_error};
use crate::flow::rollout::progress::{MoveProgress, progress};
use crate::flow::rollout::settling::{HealthWeight, Settling, SettlingState, weigh_health};
use crate::model::environment::{EnvironmentNow, EnvironmentStatus};
use crate::model::rollout::{MoveFault, MoveProof};
use crate::workflow::{At, StepError, StepLook};

/// Somebody may deploy or swap so often before a person is asked.
const DISTURBED_MAX: u32 = 2;

pub(super) async fn check_settled(
    hands: &Move<'_>,
    at: &At<'_, MoveKind>,
) -> Result<StepLook<MoveOutput>, StepError> {
    let sent = SentUpdate::of(at.run);
    let now = hands
        .cloud
        .environment_by_id(&sent.order.environment_id)
        .await;
    let now = now.map_err(|error| look_error(&error))?;
    let Some(now) = now.filter(|now| !now.status.gone()) else {
        return Err(gone());
    };
    let counted = Counted::of(at);
    if let Some(what) = counted.changed(&now) {
        *hands.settling.borrow_mut() = Settling::default();
        return counted.disturbed(&now, &what);
    }
    if now.status != EnvironmentStatus::Ready {
        *hands.settling.borrow_mut() = Settling::default();
        let status = now.status.as_str();
        return Ok(pending(format!("the environment is {status}")));
    }
    let weight = weigh(hands, &now, &sent.order.proof).await?;
    let state = hands
        .settling
        .borrow_mut()
        .look(&weight, &sent.order.proof, at.now);
    match state {
        SettlingState::Settling { so_far } => Ok(pending(so_far)),
        SettlingState::Broken { why } => Err(failed(MoveFault::Image, why)),
        SettlingState::Settled => proved(hands, &sent).await,
    }
}

/// Health, and the page that must answer.
async fn weigh(
    hands: &Move<'_>,
    now: &EnvironmentNow,
    proof: &MoveProof,
) -> Result<HealthWeight, StepError> {
    let health = hands.cloud.environment_health(now).await;
    let health = health.map_err(|error| look_error(&error))?;
    let weight = weigh_health(&health, proof.bar);
    match (&weight, &proof.probe) {
        (HealthWeight::Passes, Some(probe)) => Ok(super::probe::ask(&hands.http, probe).await),
        _ => Ok(weight),
    }
}

/// Well for long enough: the settings and every instance are looked at once more.
async fn proved(hands: &Move<'_>, sent: &SentUpdate) -> Result<StepLook<MoveOutput>, StepError> {
    let seen = hands.look(&sent.order, sent.began).await;
    let Some(seen) = seen.map_err(|error| look_error(&error))? else {
        return Err(gone());
    };
    match progress(&sent.order, &sent.update(), &seen) {
        MoveProgress::Replaced { instances } => {
            Ok(StepLook::Done(MoveOutput::Settled { instances }))
        }
        MoveProgress::NotYet { so_far } => Ok(pending(so_far)),
        // It was replaced and well: what it is not any more, somebody changed.
        MoveProgress::Unmoved { why, .. } | MoveProgress::Failed { why, .. } => {
            Err(failed(MoveFault::Inconclusive, why))
        }
    }
}

/// What the settling counts from: what was before the move, or what somebody made of it meanwhile.
struct Counted {
    times: u32,
    version_label: Option<String>,
    cname: Option<String>,
}

impl Counted {
    fn of(at: &At<'_, MoveKind>) -> Self {
        match at.run.kept(MoveStep::Settle) {
            Some(MoveOutput::Disturbed {
                times,
                version_label,
                cname,
            }) => Self {
                times: *times,
                version_label: version_label.clone(),
                cname: cname.clone(),
            },
            _ => {
                let before = &at.run.input().before;
                Self {
                    times: 0,
                    version_label: before.version_label.clone(),
                    cname: before.cname.clone(),
                }
            }
        }
    }

    fn changed(&self, now: &EnvironmentNow) -> Option<String> {
        let word = |value: &Option<String>| value.clone().unwrap_or("none".to_owned());
        let said = |what: &str, was: &Option<String>, is: &Option<String>| {
            (was != is).then(|| format!("{what} was {} and is {}", word(was), word(is)))
        };
        let label = said(
            "the application version",
            &self.version_label,
            &now.version_label,
        );
        label.or_else(|| said("the CNAME", &self.cname, &now.cname))
    }

    /// Whose health it is from now on, nobody can tell: the time begins anew, twice at most.
    fn disturbed(
        &self,
        now: &EnvironmentNow,
        what: &str,
    ) -> Result<StepLook<MoveOutput>, StepError> {
        let times = self.times + 1;
        if times > DISTURBED_MAX {
            let why = format!("somebody changed the environment {times} times meanwhile: {what}");
            return Err(failed(MoveFault::Inconclusive, why));
        }
        Ok(StepLook::Kept(MoveOutput::Disturbed {
            times,
            version_label: now.version_label.clone(),
            cname: now.cname.clone(),
        }))
    }
}
