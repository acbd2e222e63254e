//! Auto Scaling as far as it shows groups and what they launch from: which verb goes where, and what it did.
//!
//! Groups of environments follow from them; launching and terminating is `beanstalk::fleet`'s. Other people's
//! groups launch nothing here.

mod configurations;
pub(crate) mod groups;
mod model;
pub(crate) mod world;

use chrono::{DateTime, Utc};

use crate::beanstalk::{Room, page};
use crate::clock::iso;
use crate::door::{Call, unknown_operation};
use crate::state::{Core, Region, State};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

const MOST: usize = 100;

pub(crate) use model::{AutoScaling, LaunchConfiguration, OtherGroup};

pub(crate) fn call(state: &mut State, call: &Call) -> Result<String, Fail> {
    let (core, here) = state.enter(&call.region);
    let Region {
        ec2,
        beanstalk,
        autoscaling,
        ..
    } = here;
    let mut room = Room {
        core,
        beanstalk,
        ec2,
        region: &call.region,
        p: &call.params,
    };
    match call.operation.as_str() {
        "DescribeAutoScalingGroups" => groups::describe(&mut room, autoscaling),
        "DescribeLaunchConfigurations" => configurations::describe(&mut room, autoscaling),
        "DescribeScalingActivities" => activities(&mut room, autoscaling),
        "SuspendProcesses" => groups::suspend(&mut room, autoscaling, true),
        "ResumeProcesses" => groups::suspend(&mut room, autoscaling, false),
        other => Err(unknown_operation(other)),
    }
}

/// What Auto Scaling did, newest first.
fn activities(room: &mut Room<'_>, others: &AutoScaling) -> Result<String, Fail> {
    let group = match room.p.get("AutoScalingGroupName") {
        Some(_) => Some(groups::named(room, others)?),
        None => None,
    };
    let is = |a: &&Activity| group.as_ref().is_none_or(|group| *group == a.group);
    let all = room.beanstalk.activities.iter().rev().filter(is).collect();
    let (shown, token) = page(room, all, MOST)?;
    let mut x = Xml::new();
    x.members("Activities", shown, |x, activity| {
        activity.write(x, (&room.core.account, room.region))
    });
    x.opt("NextToken", token);
    Ok(x.into_string())
}

/// Something that Auto Scaling did, or could not do.
#[derive(Clone, Debug)]
pub(crate) struct Activity {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) description: String,
    pub(crate) cause: String,
    pub(crate) at: DateTime<Utc>,
    /// Why it failed; nothing when it did not.
    pub(crate) failure: Option<String>,
}

impl Activity {
    fn write(&self, x: &mut Xml, (account, region): (&str, &str)) {
        x.text("ActivityId", &self.id);
        x.text("AutoScalingGroupName", &self.group);
        x.text("Description", &self.description);
        x.text("Cause", &self.cause);
        x.text("StartTime", iso(self.at));
        x.text("EndTime", iso(self.at));
        x.text(
            "StatusCode",
            if self.failure.is_some() {
                "Failed"
            } else {
                "Successful"
            },
        );
        x.opt("StatusMessage", self.failure.as_ref());
        x.text("Progress", 100);
        x.text(
            "AutoScalingGroupARN",
            groups::arn(account, region, &self.group),
        );
    }

    fn new(core: &mut Core, group: &str, description: String, cause: &str) -> Self {
        Self {
            id: format!("51300000-0000-4000-b000-{:012}", core.number()),
            group: group.to_owned(),
            description,
            cause: format!("At {} {cause}", core.now.format("%Y-%m-%dT%H:%M:%SZ")),
            at: core.now,
            failure: None,
        }
    }

    pub(crate) fn launched(core: &mut Core, group: &str, id: &str) -> Self {
        let cause = "an instance was started in response to a difference between desired and actual capacity.";
        Self::new(
            core,
            group,
            format!("Launching a new EC2 instance: {id}"),
            cause,
        )
    }

    pub(crate) fn terminated(core: &mut Core, group: &str, id: &str) -> Self {
        let cause = "an instance was taken out of service in response to a user request.";
        Self::new(
            core,
            group,
            format!("Terminating EC2 instance: {id}"),
            cause,
        )
    }

    pub(crate) fn failed(core: &mut Core, group: &str, why: &str) -> Self {
        let cause = "an instance was started in response to a difference between desired and actual capacity.";
        let failed = Self::new(
            core,
            group,
            "Launching a new EC2 instance".to_owned(),
            cause,
        );
        Self {
            failure: Some(why.to_owned()),
            ..failed
        }
    }
}
