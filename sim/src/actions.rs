//! Carries out the vocabulary of `world` on the state: what happens behind the callers' backs.

use crate::account::At;
use crate::autoscaling;
use crate::beanstalk;
use crate::ec2::images;
use crate::ec2::model::{Group, Rule};
use crate::messaging::model::{Subscription, queue_arn, topic_arn};
use crate::roles::{RoleSpec, book};
use crate::state::{Core, Region, State, Tags};
use crate::world::{
    Action, Branch, EnvironmentChange, EnvironmentSpec, ImageChange, ImageSpec, InstanceTypeSpec,
    Release, WorldError,
};

/// One action, now. Returns the id, ARN or name of what was made or changed.
pub(crate) fn perform(
    state: &mut State,
    region: &str,
    action: Action,
) -> Result<String, WorldError> {
    state.stirred = true;
    if let Action::Role(role) = action {
        return role_of(state, role);
    }
    state.core.building = true;
    let (core, here) = state.enter(region);
    let done = carry_out(core, here, region, action);
    state.core.building = false;
    done
}

/// A role, or what is said of one now.
fn role_of(state: &mut State, role: RoleSpec) -> Result<String, WorldError> {
    let arn = format!("arn:aws:iam::{}:role/{}", state.core.account, role.name);
    let policy = role.policy.as_ref();
    let set = state.iam.set_role_policy(&arn, policy);
    set.map_err(WorldError::Contradiction)?;
    book(&state.roles).by_arn.insert(arn.clone(), role);
    Ok(arn)
}

fn carry_out(
    core: &mut Core,
    here: &mut Region,
    region: &str,
    action: Action,
) -> Result<String, WorldError> {
    match action {
        Action::Branch(spec) => Ok(beanstalk::world::branch(&mut here.beanstalk, spec)),
        Action::Release(spec) => beanstalk::world::release(core, here, region, spec),
        Action::Withdraw { branch } => beanstalk::world::withdraw(here, region, &branch),
        Action::CustomPlatform {
            name,
            version,
            image_id,
        } => Ok(beanstalk::world::custom_platform(
            core, here, region, &name, version, image_id,
        )),
        Action::HideVersion { branch, version } => {
            beanstalk::world::hide_version(here, region, &branch, &version)
        }
        Action::Lifecycle {
            branch,
            lifecycle,
            images_private,
        } => beanstalk::world::lifecycle(here, region, &branch, lifecycle, images_private),
        Action::Image(spec) => images::place(core, &mut here.ec2, spec),
        Action::ChangeImage { image_id, change } => {
            let Region { ec2, beanstalk, .. } = here;
            let changed = images::change(ec2, region, &image_id, change)?;
            beanstalk::history::image_changed(core, ec2, beanstalk, region, &image_id);
            Ok(changed)
        }
        Action::LaunchTemplate(spec) => Ok(autoscaling::world::template(core, here, spec)),
        Action::Group(spec) => autoscaling::world::group(core, here, region, spec),
        Action::GroupGone { name } => {
            here.autoscaling.groups.remove(&name);
            Ok(name)
        }
        Action::LaunchConfiguration(spec) => {
            Ok(autoscaling::world::configuration(core, here, spec))
        }
        Action::SavedConfiguration(spec) => Ok(beanstalk::world::save(core, here, spec)),
        Action::Environment(spec) => beanstalk::world::environment(core, here, region, spec),
        Action::ChangeEnvironment {
            environment,
            change,
        } => beanstalk::world::change(core, here, region, &environment, change),
        Action::OnMoment {
            environment,
            moment,
            action,
        } => beanstalk::world::on_moment(here, region, &environment, moment, *action),
        other => Ok(plain(core, here, region, other)?),
    }
}

/// Actions outside images and Elastic Beanstalk.
fn plain(
    core: &mut Core,
    here: &mut Region,
    region: &str,
    action: Action,
) -> Result<String, WorldError> {
    match action {
        Action::Parameter { name, value } => {
            let parameter = here.parameters.entry(name.clone()).or_default();
            parameter.add_text(&value, core.now, "arn:aws:iam::000000000001:root");
            Ok(name)
        }
        Action::Topic { name } => {
            let arn = topic_arn(&core.account, region, &name);
            here.messaging.topics.entry(arn.clone()).or_default();
            Ok(arn)
        }
        Action::Queue { name } => {
            here.messaging.queues.entry(name.clone()).or_default();
            Ok(queue_arn(&core.account, region, &name))
        }
        Action::Subscription { topic, queue } => subscribe(core, here, region, &topic, &queue),
        Action::InstanceType(spec) => {
            let name = spec.name.clone();
            here.ec2.types.insert(name.clone(), spec);
            Ok(name)
        }
        other => network(core, here, other),
    }
}

fn network(core: &mut Core, here: &mut Region, action: Action) -> Result<String, WorldError> {
    let ec2 = &mut here.ec2;
    match action {
        Action::Capacity {
            instance_type,
            zone,
            available,
        } => {
            let what = format!("{instance_type} in {zone}");
            match available {
                true => ec2.exhausted.remove(&(instance_type, zone)),
                false => ec2.exhausted.insert((instance_type, zone)),
            };
            Ok(what)
        }
        Action::LaunchesEnd { code, message } => {
            ec2.launches_end = code.map(|code| (code, message));
            Ok(String::new())
        }
        Action::CopiesFail { code, message } => {
            ec2.copies_fail = code.map(|code| (code, message));
            Ok(String::new())
        }
        Action::ParameterChecksFail { failing } => {
            ec2.parameter_checks_fail = failing;
            Ok(failing.to_string())
        }
        Action::PublicImages { allowed } => {
            ec2.public_images = allowed;
            Ok(allowed.to_string())
        }
        Action::KeyDenied { key, denied } => {
            match denied {
                true => drop(ec2.unusable_keys.insert(key.clone())),
                false => drop(ec2.unusable_keys.remove(&key)),
            }
            Ok(key)
        }
        Action::VcpuQuota { vcpus } => {
            ec2.vcpu_quota = Some(vcpus);
            Ok(vcpus.to_string())
        }
        Action::DropDefaultVpc => {
            let gone = ec2
                .default_vpc()
                .map(|vpc| vpc.id.clone())
                .unwrap_or_default();
            ec2.vpcs.remove(&gone);
            ec2.subnets.retain(|_, subnet| subnet.vpc_id != gone);
            ec2.groups.retain(|_, group| group.vpc_id != gone);
            Ok(gone)
        }
        Action::Subnet { zone, vpc_id } => {
            let known = vpc_id.filter(|id| ec2.vpcs.contains_key(id));
            let vpc = known.unwrap_or_else(|| ec2.add_vpc(core, false));
            Ok(ec2.add_subnet(core, &vpc, &zone, false))
        }
        Action::SecurityGroup { name } => {
            let vpc_id = ec2
                .default_vpc()
                .map(|vpc| vpc.id.clone())
                .unwrap_or_default();
            let group = Group {
                id: core.id("sg"),
                description: name.clone(),
                name,
                vpc_id,
                ingress: Vec::new(),
                egress: vec![Rule::everything()],
                tags: Tags::new(),
                world: true,
            };
            let id = group.id.clone();
            ec2.groups.insert(id.clone(), group);
            Ok(id)
        }
        other => Err(WorldError::Contradiction(format!(
            "{other:?} cannot be carried out here"
        ))),
    }
}

fn subscribe(
    core: &mut Core,
    here: &mut Region,
    region: &str,
    topic: &str,
    queue: &str,
) -> Result<String, WorldError> {
    let missing = |kind, name: &str| WorldError::Missing {
        kind,
        name: name.to_owned(),
        region: region.to_owned(),
    };
    if !here.messaging.queues.contains_key(queue) {
        return Err(missing("queue", queue));
    }
    let arn = topic_arn(&core.account, region, topic);
    let found = here
        .messaging
        .topics
        .get_mut(&arn)
        .ok_or_else(|| missing("topic", topic))?;
    let subscription = Subscription {
        arn: format!("{arn}:51300000-0000-4000-8000-{:012}", core.number()),
        protocol: "sqs".to_owned(),
        endpoint: queue_arn(&core.account, region, queue),
        raw: false,
    };
    found.subscriptions.push(subscription.clone());
    Ok(subscription.arn)
}

/// The vocabulary as methods. Each returns the id, ARN or name of what was made or changed.
///
/// All of them fail only with [`WorldError`]: something is named that is not there, or the step
/// contradicts what is.
impl At {
    fn perform(&self, action: Action) -> Result<String, WorldError> {
        self.account.perform(&self.region, action)
    }

    /// A platform branch.
    pub fn branch(&self, branch: Branch) -> Result<String, WorldError> {
        self.perform(Action::Branch(branch))
    }

    /// A new platform version; returns its ARN.
    pub fn release(&self, release: Release) -> Result<String, WorldError> {
        self.perform(Action::Release(release))
    }

    /// The recommendation moves back; returns the ARN that is recommended now.
    pub fn withdraw(&self, branch: &str) -> Result<String, WorldError> {
        self.perform(Action::Withdraw {
            branch: branch.to_owned(),
        })
    }

    /// A platform of the account's own, with this image; returns its ARN.
    pub fn custom_platform(
        &self,
        name: &str,
        version: &str,
        image_id: &str,
    ) -> Result<String, WorldError> {
        self.perform(Action::CustomPlatform {
            name: name.to_owned(),
            version: version.to_owned(),
            image_id: image_id.to_owned(),
        })
    }

    /// A version is listed from now on, and not described; returns its ARN.
    pub fn hide_version(&self, branch: &str, version: &str) -> Result<String, WorldError> {
        let (branch, version) = (branch.to_owned(), version.to_owned());
        self.perform(Action::HideVersion { branch, version })
    }

    /// The branch's lifecycle changes.
    pub fn lifecycle(&self, branch: &str, lifecycle: &str) -> Result<String, WorldError> {
        let (branch, lifecycle) = (branch.to_owned(), lifecycle.to_owned());
        self.perform(Action::Lifecycle {
            branch,
            lifecycle,
            images_private: false,
        })
    }

    /// An image; returns its id.
    pub fn image(&self, image: ImageSpec) -> Result<String, WorldError> {
        self.perform(Action::Image(image))
    }

    /// Something happens to an image.
    pub fn change_image(&self, id: &str, change: ImageChange) -> Result<String, WorldError> {
        self.perform(Action::ChangeImage {
            image_id: id.to_owned(),
            change,
        })
    }

    /// An environment; returns its id.
    pub fn environment(&self, environment: EnvironmentSpec) -> Result<String, WorldError> {
        self.perform(Action::Environment(environment))
    }

    /// Something happens to an environment.
    pub fn change_environment(
        &self,
        name: &str,
        change: EnvironmentChange,
    ) -> Result<String, WorldError> {
        self.perform(Action::ChangeEnvironment {
            environment: name.to_owned(),
            change,
        })
    }

    /// An SSM parameter, or its next version.
    pub fn parameter(&self, name: &str, value: &str) -> Result<String, WorldError> {
        self.perform(Action::Parameter {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }

    /// An SNS topic; returns its ARN.
    pub fn topic(&self, name: &str) -> Result<String, WorldError> {
        self.perform(Action::Topic {
            name: name.to_owned(),
        })
    }

    /// An SQS queue; returns its ARN.
    pub fn queue(&self, name: &str) -> Result<String, WorldError> {
        self.perform(Action::Queue {
            name: name.to_owned(),
        })
    }

    /// A topic's messages go to a queue.
    pub fn subscribe(&self, topic: &str, queue: &str) -> Result<String, WorldError> {
        self.perform(Action::Subscription {
            topic: topic.to_owned(),
            queue: queue.to_owned(),
        })
    }

    /// An instance type.
    pub fn instance_type(&self, spec: InstanceTypeSpec) -> Result<String, WorldError> {
        self.perform(Action::InstanceType(spec))
    }

    /// Whether launches of a type in a zone find capacity; `*` for all.
    pub fn capacity(
        &self,
        instance_type: &str,
        zone: &str,
        available: bool,
    ) -> Result<String, WorldError> {
        let (instance_type, zone) = (instance_type.to_owned(), zone.to_owned());
        self.perform(Action::Capacity {
            instance_type,
            zone,
            available,
        })
    }

    /// Any action.
    pub fn act(&self, action: Action) -> Result<String, WorldError> {
        self.perform(action)
    }
}
