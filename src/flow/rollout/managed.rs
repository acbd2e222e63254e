//! What Beanstalk does to an environment by itself: what a list of managed actions tells, and what the plan
//! says of managed updates that are on. Plain functions; asks nobody, and what stands against a move is the
//! gates' to say.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::flow::move_commands::managed_updates_off_command;
use crate::model::environment::{ManagedAction, ManagedActions, OptionSets};
use crate::model::ids::TargetId;

/// An empty list, where actions may be scheduled.
const EMPTY: &str = "the list of actions is empty, as it is for credentials without \
                     elasticbeanstalk:DescribeEnvironmentManagedActions";

/// What a list tells. One that is empty says "none" only where managed updates are off: Beanstalk leaves
/// out what the credentials may not see.
pub fn listed_actions(sets: &OptionSets, actions: Vec<ManagedAction>) -> ManagedActions {
    match actions.is_empty() && updates_itself(sets) != Some(false) {
        true => ManagedActions::Untold(EMPTY.to_owned()),
        false => ManagedActions::Told(actions),
    }
}

/// Whether managed updates are on, by the deployed settings; `None` where those are not shown.
fn updates_itself(sets: &OptionSets) -> Option<bool> {
    let deployed = sets.deployed.as_ref()?;
    Some(deployed.updates_itself())
}

/// Managed updates that are on: they change the platform version every week, and leave the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManagedOn {
    /// What is scheduled next, as far as it is told.
    pub next: Option<ManagedNext>,
    /// Why it is not told whether anything is scheduled.
    pub untold: Option<String>,
    /// The command that turns them off.
    pub command: String,
}

/// The next thing that Beanstalk means to do by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManagedNext {
    pub kind: String,
    pub at: Option<DateTime<Utc>>,
}

/// Whether they are on, and what is to come.
pub fn managed_on(
    target: &TargetId,
    sets: &OptionSets,
    managed: &ManagedActions,
) -> Option<ManagedOn> {
    let on = updates_itself(sets) == Some(true);
    let (next, untold) = match managed {
        ManagedActions::Told(actions) => (next_of(actions), None),
        ManagedActions::Untold(why) => (None, Some(why.clone())),
    };
    on.then(|| ManagedOn {
        next,
        untold,
        command: managed_updates_off_command(target).to_string(),
    })
}

fn next_of(actions: &[ManagedAction]) -> Option<ManagedNext> {
    let next = actions.iter().min_by_key(|action| action.at)?;
    Some(ManagedNext {
        kind: next.kind.clone(),
        at: next.at,
    })
}

impl ManagedOn {
    /// One sentence, with the command.
    pub fn sentence(&self) -> String {
        let next = match (&self.next, &self.untold) {
            (Some(ManagedNext { kind, at: Some(at) }), _) => {
                let at = at.format("%Y-%m-%d %H:%M UTC");
                format!("{kind} is scheduled for {at}")
            }
            (Some(ManagedNext { kind, at: None }), _) => format!("{kind} is scheduled"),
            (None, Some(why)) => format!("whether one is scheduled is not told: {why}"),
            (None, None) => "none is scheduled".to_owned(),
        };
        format!(
            "managed updates are on ({next}): they change the platform version and leave the image behind; \
             `{}` turns them off",
            self.command
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::flow::rollout::test_orders::{set, target};
    use crate::model::environment::{MANAGED_ACTIONS, MANAGED_ACTIONS_ENABLED, OptionSet};

    fn action(status: &str) -> ManagedAction {
        ManagedAction {
            id: "a-1".to_owned(),
            kind: "PlatformUpdate".to_owned(),
            status: status.to_owned(),
            description: "to 4.5.1".to_owned(),
            at: None,
        }
    }

    fn sets(enabled: &str) -> OptionSets {
        let key = (
            MANAGED_ACTIONS.to_owned(),
            MANAGED_ACTIONS_ENABLED.to_owned(),
        );
        OptionSets {
            deployed: Some(OptionSet {
                values: BTreeMap::from([(key, enabled.to_owned())]),
                ..set("ami-old", "4.5.0", 0)
            }),
            ..OptionSets::default()
        }
    }

    #[test]
    fn an_empty_list_is_none_only_where_managed_updates_are_off() {
        let none = ManagedActions::Told(Vec::new());
        assert_eq!(listed_actions(&sets("false"), Vec::new()), none);
        for unsure in [sets("true"), OptionSets::default()] {
            let untold = listed_actions(&unsure, Vec::new());
            let ManagedActions::Untold(why) = &untold else {
                panic!("{untold:?}")
            };
            assert!(why.contains("DescribeEnvironmentManagedActions"), "{why}");
        }
        let one = vec![action("Scheduled")];
        let told = listed_actions(&sets("true"), one.clone());
        assert_eq!(told, ManagedActions::Told(one));
    }

    #[test]
    fn a_plan_names_what_is_next_or_that_it_is_not_told() {
        let said = |managed: &ManagedActions, enabled: &str| {
            managed_on(&target(), &sets(enabled), managed).map(|on| on.sentence())
        };
        let told = said(&ManagedActions::Told(vec![action("Scheduled")]), "true").unwrap();
        assert!(told.contains("on (PlatformUpdate is scheduled):"), "{told}");
        let denied = ManagedActions::Untold("it was denied".to_owned());
        let untold = said(&denied, "true").unwrap();
        let part = "on (whether one is scheduled is not told: it was denied):";
        assert!(untold.contains(part), "{untold}");
        assert_eq!(said(&denied, "false"), None);
    }
}
