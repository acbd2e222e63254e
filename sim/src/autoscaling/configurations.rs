//! Launch configurations: those of environments from before launch templates, and other people's.

use chrono::{DateTime, Utc};

use super::model::AutoScaling;
use crate::beanstalk::resources::{has_launch_configuration, launch_configuration};
use crate::beanstalk::{Room, launch_templates, page};
use crate::clock::iso;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

const MOST: usize = 100;

struct Shown {
    name: String,
    image_id: String,
    instance_type: String,
    created: DateTime<Utc>,
}

/// Names that lead nowhere are left out, not refused.
pub(super) fn describe(room: &mut Room<'_>, others: &AutoScaling) -> Result<String, Fail> {
    let names = room.p.members("LaunchConfigurationNames");
    let mut all = of_environments(room);
    all.extend(others.configurations.values().map(|c| Shown {
        name: c.spec.name.clone(),
        image_id: c.spec.image_id.clone(),
        instance_type: c.spec.instance_type.clone(),
        created: c.created,
    }));
    all.retain(|one| names.is_empty() || names.contains(&one.name));
    let (shown, token) = page(room, all, MOST)?;
    let mut x = Xml::new();
    x.members("LaunchConfigurations", shown, |x, one| {
        write(x, (&room.core.account, room.region), &one)
    });
    x.opt("NextToken", token);
    Ok(x.into_string())
}

fn of_environments(room: &Room<'_>) -> Vec<Shown> {
    let live = room.beanstalk.environments.values();
    let live = live.filter(|e| e.status != "Terminated" && e.tier != "Cluster");
    let with_one = live.filter(|e| has_launch_configuration(e));
    let shown = with_one.map(|e| Shown {
        name: launch_configuration(e),
        image_id: launch_templates::group_image(room.beanstalk, e).unwrap_or_default(),
        instance_type: match e.architecture.as_str() {
            "arm64" => "t4g.micro".to_owned(),
            _ => "t3.micro".to_owned(),
        },
        created: e.launch_since,
    });
    shown.collect()
}

fn write(x: &mut Xml, (account, region): (&str, &str), one: &Shown) {
    x.text("LaunchConfigurationName", &one.name);
    x.text(
        "LaunchConfigurationARN",
        format!(
            "arn:aws:autoscaling:{region}:{account}:launchConfiguration:51300000-0000-4000-a000-000000000000:\
             launchConfigurationName/{}",
            one.name
        ),
    );
    x.text("ImageId", &one.image_id);
    x.text("KeyName", "");
    x.member_texts("SecurityGroups", [] as [&str; 0]);
    x.text("UserData", "");
    x.text("InstanceType", &one.instance_type);
    x.text("CreatedTime", iso(one.created));
    x.text("EbsOptimized", false);
}
