//! Whether a person has to say first that an image may go, and what became of the question. A question is
//! about one image: no answer to an older one counts for it. Plain.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::bake::digest;
use crate::model::ids::{ImageId, Scope, WatchName};
use crate::model::reason::{AwaitedAnswer, RolloutGate};
use crate::model::rollout_memory::{ApprovalAnswer, ApprovalQuestion, ApprovalSaid, RolloutMemory};
use crate::model::rollout_rules::{RolloutApproval, RolloutOrder};

/// Characters of a question's id: people type it.
const ID_CHARS: usize = 8;
/// Who says that nobody said anything.
const AMIWATCH: &str = "amiwatch";

/// How the question about an image stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalStand {
    /// Nobody has to be asked, or somebody said yes.
    Open,
    /// This is to be asked now.
    Ask(ApprovalQuestion),
    /// This was asked, and answered in no way that opens it.
    Asked(ApprovalQuestion),
    /// This was asked, and nobody answered in time: it is remembered so from now on.
    Lapsed(ApprovalQuestion),
}

/// Weighs what was asked about this image.
pub fn approval_stand(
    order: &RolloutOrder,
    memory: &RolloutMemory,
    image: &ImageId,
    asked_as: impl FnOnce() -> String,
    now: DateTime<Utc>,
) -> ApprovalStand {
    let ordered = memory
        .rollout_of(image)
        .and_then(|one| one.ordered.as_ref());
    let needed = match order.approval {
        RolloutApproval::None => false,
        RolloutApproval::First => !memory.has_succeeded,
        RolloutApproval::Each => true,
    };
    if !needed || ordered.is_some() {
        return ApprovalStand::Open;
    }
    let deadline = TimeDelta::from_std(order.approval_deadline).unwrap_or(TimeDelta::MAX);
    let latest = now
        .checked_add_signed(deadline)
        .unwrap_or(DateTime::<Utc>::MAX_UTC);
    let Some(asked) = memory.question_of(image) else {
        return ApprovalStand::Ask(ApprovalQuestion {
            id: asked_as(),
            image: image.clone(),
            asked_at: now,
            lapses_at: latest,
            answer: None,
        });
    };
    let mut asked = asked.clone();
    // A clock that was ahead keeps nobody waiting for years.
    asked.lapses_at = asked.lapses_at.min(latest);
    match asked.answer.as_ref().map(|answer| answer.said) {
        Some(ApprovalSaid::Approved) => ApprovalStand::Open,
        None if asked.lapses_at <= now => {
            asked.answer = Some(ApprovalAnswer {
                said: ApprovalSaid::Lapsed,
                by: AMIWATCH.to_owned(),
                at: now,
            });
            ApprovalStand::Lapsed(asked)
        }
        None | Some(ApprovalSaid::Denied | ApprovalSaid::Lapsed) => ApprovalStand::Asked(asked),
    }
}

impl ApprovalStand {
    /// What stands in the way.
    pub fn gate(&self) -> Option<RolloutGate> {
        let asked = match self {
            Self::Open => return None,
            Self::Ask(asked) | Self::Asked(asked) | Self::Lapsed(asked) => asked,
        };
        let answer = match &asked.answer {
            Some(answer) if answer.said == ApprovalSaid::Denied => AwaitedAnswer::Denied {
                by: answer.by.clone(),
                at: answer.at,
            },
            Some(answer) => AwaitedAnswer::Lapsed { at: answer.at },
            None => AwaitedAnswer::None {
                lapses_at: asked.lapses_at,
            },
        };
        Some(RolloutGate::AwaitsApproval {
            id: asked.id.clone(),
            image: asked.image.clone(),
            since: asked.asked_at,
            answer,
        })
    }
}

/// What a question is called: the same for whoever asks it, so that a plan and a pass name the same one.
pub fn question_id(scope: &Scope, watch: &WatchName, image: &ImageId) -> String {
    let fields = [
        "amiwatch approval 1",
        &scope.to_string(),
        watch.as_str(),
        image.as_str(),
    ];
    let mut id = digest(&fields);
    id.truncate(ID_CHARS);
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::rollout::test_orders::{NEW, OLD, began, target};
    use crate::model::rollout_memory::{ImageRollout, PersonsOrder};

    fn stand(memory: &RolloutMemory, approval: RolloutApproval, hours: i64) -> ApprovalStand {
        let order = RolloutOrder {
            approval,
            ..RolloutOrder::default()
        };
        let now = began() + TimeDelta::hours(hours);
        approval_stand(&order, memory, &NEW.into(), || "id".to_owned(), now)
    }

    fn asked(image: &str, said: Option<ApprovalSaid>) -> RolloutMemory {
        RolloutMemory {
            approval: Some(ApprovalQuestion {
                id: "id".to_owned(),
                image: image.into(),
                asked_at: began(),
                lapses_at: began() + TimeDelta::days(3),
                answer: said.map(|said| ApprovalAnswer {
                    said,
                    by: "ann".to_owned(),
                    at: began(),
                }),
            }),
            ..RolloutMemory::default()
        }
    }

    #[test]
    fn the_first_is_asked_for_until_one_has_succeeded_and_each_always() {
        use RolloutApproval::{Each, First, None};
        let fresh = RolloutMemory::default();
        let succeeded = RolloutMemory {
            has_succeeded: true,
            ..RolloutMemory::default()
        };
        for (memory, approval, open) in [
            (&fresh, First, false),
            (&succeeded, First, true),
            (&fresh, Each, false),
            (&succeeded, Each, false),
            (&fresh, None, true),
        ] {
            let stands = stand(memory, approval, 0);
            assert_eq!(stands == ApprovalStand::Open, open, "{approval:?}");
            assert_eq!(stands.gate().is_none(), open);
        }
    }

    #[test]
    fn only_a_yes_to_this_very_image_opens_it() {
        use ApprovalSaid::{Approved, Denied, Lapsed};
        let of = |image, said| stand(&asked(image, said), RolloutApproval::Each, 1);
        assert_eq!(of(NEW, Some(Approved)), ApprovalStand::Open);
        for said in [None, Some(Denied), Some(Lapsed)] {
            assert!(matches!(of(NEW, said), ApprovalStand::Asked(_)), "{said:?}");
        }
        assert!(matches!(of(OLD, Some(Approved)), ApprovalStand::Ask(_)));
    }

    #[test]
    fn what_nobody_answers_lapses_at_its_time_and_not_before() {
        let of = |hours| stand(&asked(NEW, None), RolloutApproval::First, hours);
        assert!(matches!(of(71), ApprovalStand::Asked(_)));
        let ApprovalStand::Lapsed(lapsed) = of(72) else {
            panic!("it has not lapsed");
        };
        assert_eq!(
            lapsed.answer.map(|answer| answer.said),
            Some(ApprovalSaid::Lapsed)
        );
    }

    #[test]
    fn a_persons_order_needs_no_word() {
        let mut ordered = ImageRollout::begun(NEW.into(), began());
        ordered.ordered = Some(PersonsOrder {
            by: "ann".to_owned(),
            at: began(),
            now: false,
        });
        let memory = RolloutMemory {
            image: Some(ordered),
            ..asked(NEW, Some(ApprovalSaid::Denied))
        };
        assert_eq!(
            stand(&memory, RolloutApproval::Each, 0),
            ApprovalStand::Open
        );
    }

    #[test]
    fn a_question_is_called_by_watch_place_and_image() {
        let id =
            |watch: &str, image: &str| question_id(&target().scope, &watch.into(), &image.into());
        assert_eq!(id("shop", NEW), id("shop", NEW));
        assert_ne!(id("shop", NEW), id("shop", OLD));
        assert_ne!(id("shop", NEW), id("till", NEW));
        assert_eq!(id("shop", NEW).len(), ID_CHARS);
    }
}
