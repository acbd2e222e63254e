//! How Auto Scaling groups stand: which of their processes are suspended, and the role by which each
//! launches. Must not conclude: which process a replacement needs is not told here.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::{AutoScalingGroup, SuspendedProcess as SdkSuspended};
use chrono::{DateTime, Utc};

use super::beanstalk::PAGES_MAX;
use super::call::Cloud;
use super::error::CloudError;
use super::scaling::DESCRIBE_GROUPS;
use crate::model::scaling::{GroupStanding, SuspendedProcess};

/// Names that one call takes, whatever a page holds.
const NAMES_PER_CALL: usize = 50;
/// What stands between the words and the moment of a suspension's reason.
const AT: &str = " at ";

impl Cloud {
    /// These groups, by name. One that Auto Scaling does not show is not in the answer.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn group_standings(
        &self,
        groups: &[String],
    ) -> Result<BTreeMap<String, GroupStanding>, CloudError> {
        let mut found = BTreeMap::new();
        for names in groups.chunks(NAMES_PER_CALL) {
            self.add_standings(names, &mut found).await?;
        }
        Ok(found)
    }

    async fn add_standings(
        &self,
        names: &[String],
        found: &mut BTreeMap<String, GroupStanding>,
    ) -> Result<(), CloudError> {
        let resource = format!("{} groups", names.len());
        let mut token = None;
        for _ in 0..PAGES_MAX {
            let request = self
                .autoscaling(DESCRIBE_GROUPS)
                .describe_auto_scaling_groups()
                .set_auto_scaling_group_names(Some(names.to_vec()))
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_GROUPS, &resource, request).await?;
            let shown = page.auto_scaling_groups().iter().map(standing);
            found.extend(shown.map(|one| (one.name.clone(), one)));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(());
            }
        }
        Err(self.endless(DESCRIBE_GROUPS, &resource))
    }
}

fn standing(said: &AutoScalingGroup) -> GroupStanding {
    let name = said.auto_scaling_group_name().unwrap_or_default();
    let suspended = said.suspended_processes().iter();
    GroupStanding {
        name: name.to_owned(),
        role: said
            .service_linked_role_arn()
            .filter(|role| !role.is_empty())
            .map(str::to_owned),
        suspended: suspended.map(|one| our_suspended(name, one)).collect(),
    }
}

fn our_suspended(group: &str, said: &SdkSuspended) -> SuspendedProcess {
    let reason = said.suspension_reason().unwrap_or_default();
    SuspendedProcess {
        group: group.to_owned(),
        process: said.process_name().unwrap_or_default().to_owned(),
        reason: reason.to_owned(),
        since: moment_in(reason),
    }
}

/// The moment that the words end in: `User suspended at 2026-11-30T12:00:00Z`.
fn moment_in(reason: &str) -> Option<DateTime<Utc>> {
    let (_, moment) = reason.rsplit_once(AT)?;
    moment.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::cloud::canned::{answering_cloud, query_answer};

    #[tokio::test(start_paused = true)]
    async fn what_is_suspended_is_read_with_words_and_moment() {
        let groups = "<AutoScalingGroups><member><AutoScalingGroupName>one</AutoScalingGroupName>\
             <ServiceLinkedRoleARN>arn:aws:iam::1:role/x</ServiceLinkedRoleARN><SuspendedProcesses>\
             <member><ProcessName>Launch</ProcessName><SuspensionReason>User suspended at \
             2026-11-03T02:00:00Z</SuspensionReason></member><member><ProcessName>Terminate</ProcessName>\
             <SuspensionReason>Administrative suspension</SuspensionReason></member></SuspendedProcesses>\
             </member><member><AutoScalingGroupName>two</AutoScalingGroupName></member></AutoScalingGroups>";
        let (cloud, asked) =
            answering_cloud(move |_, _| query_answer("DescribeAutoScalingGroups", groups));
        let names = ["one", "two"].map(str::to_owned);
        let found = cloud.group_standings(&names).await.unwrap();
        let one = &found["one"];
        assert_eq!(one.role.as_deref(), Some("arn:aws:iam::1:role/x"));
        let said: Vec<_> = one
            .suspended
            .iter()
            .map(|one| (one.process.as_str(), one.since.map(|at| at.to_rfc3339())))
            .collect();
        let at = "2026-11-03T02:00:00+00:00".to_owned();
        assert_eq!(said, [("Launch", Some(at)), ("Terminate", None)]);
        assert_eq!(one.suspended[1].reason, "Administrative suspension");
        assert_eq!(
            (&found["two"].role, found["two"].suspended.len()),
            (&None, 0)
        );
        let asked = asked.lock().unwrap();
        assert_eq!(asked.len(), 1, "{asked:?}");
        let names = "AutoScalingGroupNames.member.1=one&AutoScalingGroupNames.member.2=two";
        assert!(asked[0].contains(names), "{asked:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn many_names_take_several_calls_and_none_takes_none() {
        let (cloud, asked) = answering_cloud(|_, _| query_answer("DescribeAutoScalingGroups", ""));
        let names: Vec<String> = (0..51).map(|n| format!("group-{n}")).collect();
        assert!(cloud.group_standings(&names).await.unwrap().is_empty());
        assert_eq!(asked.lock().unwrap().len(), 2);
        assert!(cloud.group_standings(&[]).await.unwrap().is_empty());
        assert_eq!(asked.lock().unwrap().len(), 2);
    }
}
