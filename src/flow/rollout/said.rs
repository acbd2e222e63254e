//! What a plan says of the environments of a watch that rolls out: a line each, and the gates that stand
//! before it. Plain.

use chrono::{DateTime, Utc};

use crate::model::drift::TargetDrift;
use crate::model::ids::ImageId;
use crate::model::plan::{PlanItem, TargetAction, TargetPlan};

/// One environment, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSaid {
    pub line: String,
    /// What stands in its way, and what opens it: `CODE: sentence`.
    pub gates: Vec<String>,
}

/// Every environment that is moved, is to be moved, or would be if nothing stood in its way. Of a watch that
/// rolls out nothing, none.
pub fn rollout_lines(item: &PlanItem) -> Vec<TargetSaid> {
    let targets = item.targets.iter().zip(&item.drift.targets);
    let said = targets.filter_map(|(plan, drift)| said(plan, drift));
    said.collect()
}

fn said(plan: &TargetPlan, drift: &TargetDrift) -> Option<TargetSaid> {
    let gates: Vec<String> = drift
        .reasons
        .iter()
        .filter(|reason| reason.is_gate())
        .map(|reason| format!("{}: {}", reason.code, reason.message))
        .collect();
    let to = drift.move_to.as_ref();
    let to = to.map_or_else(String::new, |to| format!(" to {}", to.image));
    let what = match &plan.action {
        TargetAction::Move => format!("would be moved{to} now"),
        TargetAction::Prove => format!("would be proved on {} now", image_of(drift)),
        TargetAction::Wait { until: Some(until) } => format!("waits until {}", minute(*until)),
        TargetAction::Wait { until: None } => "waits".to_owned(),
        TargetAction::Moving { journal } => format!("is being moved ({journal})"),
        TargetAction::Blocked if !gates.is_empty() => "is not moved: a person is needed".to_owned(),
        TargetAction::CannotTell if !to.is_empty() => {
            "is not moved: not everything could be read".to_owned()
        }
        _ => return None,
    };
    let name = plan.target.name();
    Some(TargetSaid {
        line: format!("{name} {what}"),
        gates,
    })
}

/// What it runs: a proof is only of an image that was read.
fn image_of(drift: &TargetDrift) -> &str {
    drift.image.as_ref().map_or("its image", ImageId::as_str)
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::rollout::tests_rollouts::RollingWorld;

    #[test]
    fn each_environment_says_what_becomes_of_it_and_why() {
        let mut one = RollingWorld::usual();
        one.reads("shop-canary", |_| {});
        let decision = one.decide();
        let said: Vec<String> = rollout_lines(&one.planned(&decision))
            .into_iter()
            .flat_map(|said| [vec![said.line], said.gates].concat())
            .collect();
        let all = said.join("\n");
        assert!(
            all.contains("shop/shop-canary would be moved to ami-ours451 now"),
            "{all}"
        );
        assert!(
            all.contains("shop/shop-1 waits\nEARLIER_WAVE: Wave 1"),
            "{all}"
        );
    }

    #[test]
    fn of_a_watch_that_rolls_out_nothing_nothing_is_said() {
        let one = RollingWorld::usual();
        assert_eq!(rollout_lines(&one.world.plan()), []);
    }
}
