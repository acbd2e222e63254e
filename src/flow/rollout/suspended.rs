//! Which suspended processes of Auto Scaling stand against replacing an environment's instances. A plain
//! function of what its groups show.
//!
//! By AWS's own words of each process: without `Launch` nothing new comes, without `Terminate` nothing old
//! goes, and without `AddToLoadBalancer` what comes serves nobody, where a load balancer is. The others do
//! not stand against a move: `HealthCheck`, `ReplaceUnhealthy`, `AZRebalance`, `AlarmNotification` and
//! `ScheduledActions` are what CloudFormation's guide itself has suspended while a group is updated, and an
//! `InstanceRefresh` is not how Elastic Beanstalk replaces.

use crate::model::reason::RolloutGate;
use crate::model::scaling::{GroupStanding, SuspendedProcess};

const LAUNCH: &str = "Launch";
const TERMINATE: &str = "Terminate";
const ADD_TO_LOAD_BALANCER: &str = "AddToLoadBalancer";

/// The gate, where a process that a replacement needs is suspended. `balanced`: a load balancer stands
/// before the environment.
pub(super) fn suspended_groups(groups: &[GroupStanding], balanced: bool) -> Option<RolloutGate> {
    let mut said = Vec::new();
    let mut processes = Vec::new();
    for group in groups {
        let needed = |one: &&SuspendedProcess| is_needed(&one.process, balanced);
        let stand: Vec<SuspendedProcess> = group.suspended.iter().filter(needed).cloned().collect();
        if !stand.is_empty() {
            said.push(of_group(&group.name, &stand));
            processes.extend(stand);
        }
    }
    let why = said.join("; ");
    (!processes.is_empty()).then_some(RolloutGate::ScalingSuspended { why, processes })
}

fn is_needed(process: &str, balanced: bool) -> bool {
    match process {
        LAUNCH | TERMINATE => true,
        ADD_TO_LOAD_BALANCER => balanced,
        _ => false,
    }
}

/// `Launch of awseb-e-1 (User suspended at 2026-11-30T12:00:00Z)`
fn of_group(group: &str, stand: &[SuspendedProcess]) -> String {
    let names: Vec<&str> = stand.iter().map(|one| one.process.as_str()).collect();
    let mut reasons: Vec<&str> = stand.iter().map(|one| one.reason.as_str()).collect();
    reasons.retain(|reason| !reason.is_empty());
    reasons.dedup();
    let reasons = match reasons.is_empty() {
        true => String::new(),
        false => format!(" ({})", reasons.join(", ")),
    };
    format!("{} of {group}{reasons}", names.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, processes: &[&str]) -> GroupStanding {
        let suspended = processes.iter().map(|process| SuspendedProcess {
            group: name.to_owned(),
            process: (*process).to_owned(),
            reason: "User suspended at 2026-11-03T02:00:00Z".to_owned(),
            since: "2026-11-03T02:00:00Z".parse().ok(),
        });
        GroupStanding {
            name: name.to_owned(),
            role: None,
            suspended: suspended.collect(),
        }
    }

    fn stand(groups: &[GroupStanding], balanced: bool) -> Option<(String, Vec<String>)> {
        match suspended_groups(groups, balanced)? {
            RolloutGate::ScalingSuspended { why, processes } => {
                let processes = processes.into_iter().map(|one| one.process);
                Some((why, processes.collect()))
            }
            other => panic!("{other:?}"),
        }
    }

    /// Every process that Auto Scaling has, and whether a replacement needs it with a balancer and without.
    #[test]
    fn only_what_a_replacement_needs_stands_against_it() {
        for (process, with, without) in [
            ("AddToLoadBalancer", true, false),
            ("AlarmNotification", false, false),
            ("AZRebalance", false, false),
            ("HealthCheck", false, false),
            ("InstanceRefresh", false, false),
            ("Launch", true, true),
            ("ReplaceUnhealthy", false, false),
            ("ScheduledActions", false, false),
            ("Terminate", true, true),
        ] {
            let groups = [group("one", &[process])];
            assert_eq!(stand(&groups, true).is_some(), with, "{process}");
            assert_eq!(stand(&groups, false).is_some(), without, "{process}");
        }
        assert_eq!(stand(&[group("one", &[])], true), None);
        assert_eq!(stand(&[], true), None);
    }

    #[test]
    fn what_is_suspended_is_named_with_its_group_and_why() {
        let groups = [
            group("own", &["AZRebalance", "Launch", "Terminate"]),
            group("well", &[]),
            group("other", &["Terminate"]),
        ];
        let (why, processes) = stand(&groups, true).unwrap();
        assert_eq!(
            why,
            "Launch and Terminate of own (User suspended at 2026-11-03T02:00:00Z); \
             Terminate of other (User suspended at 2026-11-03T02:00:00Z)"
        );
        assert_eq!(processes, ["Launch", "Terminate", "Terminate"]);
    }
}
