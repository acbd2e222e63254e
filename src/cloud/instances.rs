//! Looking at instances, their console, and ending them.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, HttpTokensState, Instance as SdkInstance, InstanceStateName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::image_changes::gone_is_fine;
use super::images::reason_text;
use super::tagging::{filter, our_tags, our_time, tag_filters};
use crate::model::ids::{ImageId, InstanceId, InstanceType, SubnetId, VpcId};

pub(super) const DESCRIBE_INSTANCES: Operation = Operation::read("ec2:DescribeInstances");
const GET_CONSOLE: Operation = Operation::read("ec2:GetConsoleOutput");
const STOP_INSTANCES: Operation = Operation::change("ec2:StopInstances");
const TERMINATE_INSTANCES: Operation = Operation::change("ec2:TerminateInstances");

/// Unpaginated looks have a request bucket of half the size.
const INSTANCES_PER_PAGE: i32 = 1_000;
/// EC2 takes at most 200 values in one filter.
pub(super) const VALUES_PER_FILTER: usize = 200;

/// An instance as `DescribeInstances` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub id: InstanceId,
    pub state: InstanceState,
    /// Why it is in that state, in AWS's words: `Server.InsufficientInstanceCapacity: ...`.
    pub state_reason: Option<String>,
    pub launched: Option<DateTime<Utc>>,
    pub image: Option<ImageId>,
    pub instance_type: Option<InstanceType>,
    pub subnet: Option<SubnetId>,
    pub vpc: Option<VpcId>,
    pub availability_zone: Option<String>,
    pub client_token: Option<String>,
    /// Its metadata is given to who has a session token only.
    pub imds_v2_only: bool,
    pub tags: BTreeMap<String, String>,
}

/// The life of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceState {
    Pending,
    Running,
    Stopping,
    Stopped,
    ShuttingDown,
    Terminated,
    /// A state that this version does not know.
    Other,
}

impl InstanceState {
    /// It is gone or on its way: nothing will bring it back.
    pub fn ended(self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }
}

impl Cloud {
    /// One instance. `None`: EC2 does not list it, which soon after its launch (or long after its
    /// end) says nothing; the caller knows which.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn instance(&self, id: &InstanceId) -> Result<Option<Instance>, CloudError> {
        let request = self
            .ec2(DESCRIBE_INSTANCES)
            .describe_instances()
            .instance_ids(id.as_str())
            .send();
        match self.call(DESCRIBE_INSTANCES, id, request).await {
            Ok(answer) => Ok(answer
                .reservations()
                .iter()
                .flat_map(|reservation| reservation.instances())
                .find_map(our_instance)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The instances that carry all of these tags, terminated ones included while EC2 lists them,
    /// sorted by id.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn instances_tagged(
        &self,
        tags: &[(&str, &str)],
    ) -> Result<Vec<Instance>, CloudError> {
        self.describe_instances("instances by tag", tag_filters(tags))
            .await
    }

    /// The instances that were launched from any of these images, whoever launched them, sorted by id.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn instances_of_images(
        &self,
        images: &[ImageId],
    ) -> Result<Vec<Instance>, CloudError> {
        let mut found = Vec::new();
        for batch in images.chunks(VALUES_PER_FILTER) {
            let by_image = vec![filter("image-id", batch.iter().map(|id| id.as_str()))];
            found.extend(
                self.describe_instances("instances by image", by_image)
                    .await?,
            );
        }
        Ok(found)
    }

    /// The instance that a launch with this client token made, in any state. Where the token was
    /// used in several subnets, one that has not ended comes first.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn instance_by_token(
        &self,
        client_token: &str,
    ) -> Result<Option<Instance>, CloudError> {
        let by_token = vec![filter("client-token", [client_token])];
        let mut found = self.describe_instances(client_token, by_token).await?;
        found.sort_by_key(|instance| instance.state.ended());
        Ok(found.into_iter().next())
    }

    /// Stops an instance. Stopping a stopped one changes nothing.
    ///
    /// # Errors
    /// `NotFound` when EC2 does not list it (yet); `Conflict` when it has ended.
    pub async fn stop(&self, id: &InstanceId) -> Result<(), CloudError> {
        let request = self
            .ec2(STOP_INSTANCES)
            .stop_instances()
            .instance_ids(id.as_str())
            .send();
        self.call(STOP_INSTANCES, id, request).await.map(drop)
    }

    /// Ends an instance; one that is gone already counts as ended.
    ///
    /// Soon after a launch "gone" can also mean "not visible yet": look before believing it.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn terminate(&self, id: &InstanceId) -> Result<(), CloudError> {
        let request = self
            .ec2(TERMINATE_INSTANCES)
            .terminate_instances()
            .instance_ids(id.as_str())
            .send();
        gone_is_fine(self.call(TERMINATE_INSTANCES, id, request).await)
    }

    /// What the guest wrote to its serial console, the last 64 KB of it, as far as EC2 has it: the
    /// `latest` output, or what was posted after the last start, stop or reboot. Empty before the
    /// first output is there.
    ///
    /// # Errors
    /// `NotFound` when EC2 does not list the instance; `Invalid` for the latest output of types that
    /// are not Nitro.
    pub async fn console(&self, id: &InstanceId, latest: bool) -> Result<Vec<u8>, CloudError> {
        let request = self
            .ec2(GET_CONSOLE)
            .get_console_output()
            .instance_id(id.as_str())
            .set_latest(latest.then_some(true))
            .send();
        let answer = self.call(GET_CONSOLE, id, request).await?;
        let mut encoded = answer.output.unwrap_or_default();
        encoded.retain(|c| !c.is_whitespace());
        STANDARD.decode(encoded).map_err(|_| {
            let message = "the console output is not base64";
            self.fault(GET_CONSOLE, id, ErrorKind::Transient, message)
        })
    }

    /// Every page of one question, sorted by id.
    pub(super) async fn describe_instances(
        &self,
        resource: &str,
        filters: Vec<Filter>,
    ) -> Result<Vec<Instance>, CloudError> {
        let per_page = INSTANCES_PER_PAGE;
        self.describe_instances_by(resource, filters, per_page)
            .await
    }

    /// The same, by pages of so many.
    pub(super) async fn describe_instances_by(
        &self,
        resource: &str,
        filters: Vec<Filter>,
        per_page: i32,
    ) -> Result<Vec<Instance>, CloudError> {
        let mut instances = Vec::new();
        let mut token = None;
        loop {
            let request = self
                .ec2(DESCRIBE_INSTANCES)
                .describe_instances()
                .set_filters(Some(filters.clone()))
                .max_results(per_page)
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_INSTANCES, resource, request).await?;
            let reservations = page.reservations().iter();
            let described = reservations.flat_map(|reservation| reservation.instances());
            instances.extend(described.filter_map(our_instance));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        instances.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(instances)
    }
}

/// `None` for an entry without an id, which names nothing.
fn our_instance(instance: &SdkInstance) -> Option<Instance> {
    let state = instance.state().and_then(|state| state.name());
    let because = instance.state_reason().and_then(reason_text);
    let transition = instance.state_transition_reason();
    Some(Instance {
        id: InstanceId::from(instance.instance_id()?),
        state: state.map_or(InstanceState::Other, our_state),
        state_reason: because
            .or_else(|| transition.map(str::to_owned))
            .filter(|reason| !reason.is_empty()),
        launched: instance.launch_time().and_then(our_time),
        image: instance.image_id().map(ImageId::from),
        instance_type: instance
            .instance_type()
            .map(|of| InstanceType::from(of.as_str())),
        subnet: instance.subnet_id().map(SubnetId::from),
        vpc: instance.vpc_id().map(VpcId::from),
        availability_zone: instance
            .placement()
            .and_then(|placement| placement.availability_zone())
            .map(str::to_owned),
        client_token: instance
            .client_token()
            .filter(|token| !token.is_empty())
            .map(str::to_owned),
        imds_v2_only: instance
            .metadata_options()
            .is_some_and(|options| options.http_tokens() == Some(&HttpTokensState::Required)),
        tags: our_tags(instance.tags()),
    })
}

fn our_state(state: &InstanceStateName) -> InstanceState {
    match state {
        InstanceStateName::Pending => InstanceState::Pending,
        InstanceStateName::Running => InstanceState::Running,
        InstanceStateName::Stopping => InstanceState::Stopping,
        InstanceStateName::Stopped => InstanceState::Stopped,
        InstanceStateName::ShuttingDown => InstanceState::ShuttingDown,
        InstanceStateName::Terminated => InstanceState::Terminated,
        _ => InstanceState::Other,
    }
}
