//! Launching the guests of a bake.

use std::collections::BTreeMap;

use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, HttpTokensState, IamInstanceProfileSpecification,
    InstanceMetadataEndpointState, InstanceMetadataOptionsRequest,
    InstanceNetworkInterfaceSpecification, ResourceType, ShutdownBehavior,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::tagging::from_birth;
use crate::model::bake::RootVolume;
use crate::model::ids::{ImageId, InstanceId, InstanceType, SecurityGroupId, SubnetId};

const RUN_INSTANCES: Operation = Operation::change("ec2:RunInstances");

/// What a launch makes, and so what is tagged from birth.
const TAGGED: [ResourceType; 3] = [
    ResourceType::Instance,
    ResourceType::Volume,
    ResourceType::NetworkInterface,
];

/// One instance to launch. Everything is in it: the same request under the same token is the same
/// instance, and a changed request under an old token is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchRequest {
    pub image: ImageId,
    pub instance_type: InstanceType,
    pub subnet: SubnetId,
    pub groups: Vec<SecurityGroupId>,
    /// As the guest shall find it, before EC2's base64. At most 16,384 bytes.
    pub user_data: Vec<u8>,
    /// At most 64 ASCII characters. Zonal: the same token in another subnet is another instance.
    pub client_token: String,
    /// A name or an ARN.
    pub instance_profile: Option<String>,
    /// Absent: the subnet's own rule.
    pub public_ip: Option<bool>,
    pub root_volume: RootVolume,
    pub on_shutdown: OnShutdown,
    /// On the instance, its volumes and its network interface, from birth.
    pub tags: BTreeMap<String, String>,
}

/// What EC2 does when the guest powers itself off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnShutdown {
    Stop,
    Terminate,
}

impl Cloud {
    /// Launches one instance: IMDSv2 only, no key pair, tagged from birth.
    ///
    /// # Errors
    /// `Capacity`: nothing was launched, try the next type or subnet. `Unknown`: look for the token.
    /// `Conflict`: the token was used for another request. `Invalid` also where a root volume is to
    /// be changed without its device name.
    pub async fn launch(&self, request: &LaunchRequest) -> Result<InstanceId, CloudError> {
        let resource = format!("{} in {}", request.instance_type, request.subnet);
        let disks = root_volume(&request.root_volume)
            .map_err(|why| self.fault(RUN_INSTANCES, &resource, ErrorKind::Invalid, why))?;
        let call = self
            .ec2(RUN_INSTANCES)
            .run_instances()
            .min_count(1)
            .max_count(1)
            .image_id(request.image.as_str())
            .instance_type(request.instance_type.as_str().into())
            .client_token(&request.client_token)
            .user_data(STANDARD.encode(&request.user_data))
            .metadata_options(imds_v2_only())
            .instance_initiated_shutdown_behavior(shutdown(request.on_shutdown))
            .set_iam_instance_profile(request.instance_profile.as_deref().map(profile))
            .set_block_device_mappings(disks.map(|disk| vec![disk]))
            .set_tag_specifications(from_birth(&TAGGED, &request.tags));
        let call = in_network(call, request);
        let answer = self.call(RUN_INSTANCES, &resource, call.send()).await?;
        let launched = answer.instances().first();
        launched
            .and_then(|instance| instance.instance_id().map(InstanceId::from))
            .ok_or_else(|| {
                let message = "the answer names no instance";
                self.fault(RUN_INSTANCES, &resource, ErrorKind::Unknown, message)
            })
    }
}

/// Said in every launch: accounts that enforce IMDSv2 refuse one that leaves it open. One hop: the
/// guest's own processes reach it, containers do not, so a recipe's containers never see the
/// instance profile's credentials.
fn imds_v2_only() -> InstanceMetadataOptionsRequest {
    InstanceMetadataOptionsRequest::builder()
        .http_tokens(HttpTokensState::Required)
        .http_endpoint(InstanceMetadataEndpointState::Enabled)
        .http_put_response_hop_limit(1)
        .build()
}

fn shutdown(on_shutdown: OnShutdown) -> ShutdownBehavior {
    match on_shutdown {
        OnShutdown::Stop => ShutdownBehavior::Stop,
        OnShutdown::Terminate => ShutdownBehavior::Terminate,
    }
}

fn profile(name_or_arn: &str) -> IamInstanceProfileSpecification {
    let profile = IamInstanceProfileSpecification::builder();
    if name_or_arn.starts_with("arn:") {
        profile.arn(name_or_arn).build()
    } else {
        profile.name(name_or_arn).build()
    }
}

/// Subnet and groups go on the request, unless the public address is decided: then EC2 wants all
/// three on the network interface.
fn in_network(
    call: RunInstancesFluentBuilder,
    request: &LaunchRequest,
) -> RunInstancesFluentBuilder {
    let groups: Vec<_> = request.groups.iter().map(ToString::to_string).collect();
    let Some(public_ip) = request.public_ip else {
        return call
            .subnet_id(request.subnet.as_str())
            .set_security_group_ids(Some(groups));
    };
    let interface = InstanceNetworkInterfaceSpecification::builder()
        .device_index(0)
        .subnet_id(request.subnet.as_str())
        .set_groups(Some(groups))
        .associate_public_ip_address(public_ip)
        .delete_on_termination(true)
        .build();
    call.network_interfaces(interface)
}

/// The change to the root volume; `None` when nothing changes.
fn root_volume(wanted: &RootVolume) -> Result<Option<BlockDeviceMapping>, &'static str> {
    let RootVolume {
        device,
        size_gib,
        encrypted,
        kms_key,
    } = wanted;
    // EC2 refuses `Encrypted=false` for a root volume that comes from a snapshot; left out, the snapshot
    // and the account's own default decide.
    let encrypted = encrypted.filter(|encrypted| *encrypted);
    if size_gib.is_none() && encrypted.is_none() && kms_key.is_none() {
        return Ok(None);
    }
    let device = device
        .as_deref()
        .ok_or("the root volume is to be changed, but its device name is not known")?;
    let size = size_gib.map(i32::try_from).transpose();
    let volume = EbsBlockDevice::builder()
        .set_volume_size(size.map_err(|_| "the root volume is too large for EC2")?)
        .set_encrypted(encrypted)
        .set_kms_key_id(kms_key.clone())
        .delete_on_termination(true)
        .build();
    let mapping = BlockDeviceMapping::builder().device_name(device);
    Ok(Some(mapping.ebs(volume).build()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: RootVolume = RootVolume {
        device: None,
        size_gib: None,
        encrypted: None,
        kms_key: None,
    };

    #[test]
    fn the_root_volume_is_only_mentioned_to_change_it() {
        let device = Some("/dev/xvda".to_owned());
        let known = RootVolume { device, ..BASE };
        assert_eq!(root_volume(&known), Ok(None));
        let larger = RootVolume {
            size_gib: Some(20),
            ..known
        };
        let mapping = root_volume(&larger).unwrap().unwrap();
        assert_eq!(mapping.device_name(), Some("/dev/xvda"));
        let volume = mapping.ebs().unwrap();
        assert_eq!((volume.volume_size(), volume.encrypted()), (Some(20), None));
        assert_eq!(volume.delete_on_termination(), Some(true));
    }

    #[test]
    fn no_encryption_is_never_said() {
        let plain = RootVolume {
            encrypted: Some(false),
            ..BASE
        };
        assert_eq!(root_volume(&plain), Ok(None));
        let larger = RootVolume {
            device: Some("/dev/xvda".to_owned()),
            size_gib: Some(20),
            ..plain
        };
        let mapping = root_volume(&larger).unwrap().unwrap();
        assert_eq!(mapping.ebs().unwrap().encrypted(), None);
    }

    #[test]
    fn a_change_needs_the_device_name() {
        let encrypted = RootVolume {
            encrypted: Some(true),
            ..BASE
        };
        assert!(root_volume(&encrypted).is_err());
    }
}
