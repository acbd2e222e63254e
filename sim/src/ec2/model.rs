//! What EC2 holds in one region: plain data, and how a region looks when it opens.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::console::Console;
pub(crate) use super::image_model::{Image, Permission, Protection, Snapshot};
use super::launch_templates::LaunchTemplate;
use crate::guest::{Agent, Disk};
use crate::kms::model::CustomerKey;
use crate::state::{Core, Tags, Visibility};
use crate::world::InstanceTypeSpec;

#[derive(Clone, Debug, Default)]
pub(crate) struct Ec2 {
    /// Whose this is.
    pub(crate) account: String,
    pub(crate) images: BTreeMap<String, Image>,
    /// Images that were deregistered: what still runs them is described with their facts.
    pub(crate) gone_images: BTreeMap<String, Image>,
    pub(crate) instances: BTreeMap<String, Instance>,
    pub(crate) snapshots: BTreeMap<String, Snapshot>,
    pub(crate) volumes: BTreeMap<String, Volume>,
    pub(crate) vpcs: BTreeMap<String, Vpc>,
    pub(crate) subnets: BTreeMap<String, Subnet>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) types: BTreeMap<String, InstanceTypeSpec>,
    pub(crate) zones: Vec<String>,
    /// (type, zone) without capacity; `*` stands for all.
    pub(crate) exhausted: BTreeSet<(String, String)>,
    pub(crate) vcpu_quota: Option<u32>,
    /// Code and message with which EC2 ends whatever is launched.
    pub(crate) launches_end: Option<(String, String)>,
    /// (token, zone or empty) of RunInstances: what was asked, and what came of it.
    pub(crate) run_tokens: BTreeMap<(String, String), (String, Vec<String>)>,
    /// Images may be made public; an account that is new may not do that.
    pub(crate) public_images: bool,
    /// Keys that EC2 may not use for copies.
    pub(crate) unusable_keys: BTreeSet<String>,
    /// Customers' keys that KMS knows, by ARN.
    pub(crate) customer_keys: BTreeMap<String, CustomerKey>,
    /// Code and message with which copies that begin now will fail.
    pub(crate) copies_fail: Option<(String, String)>,
    /// By id; those of environments are not among them.
    pub(crate) launch_templates: BTreeMap<String, LaunchTemplate>,
    /// (`template` or `version`, token): what was asked, and the template and version that came of it.
    pub(crate) template_tokens: BTreeMap<(String, String), (String, String, u64)>,
    /// SSM finds no image where it looks for one.
    pub(crate) parameter_checks_fail: bool,
    /// Token of CopyImage: what was asked, and the image.
    pub(crate) copy_tokens: BTreeMap<String, (String, String)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) reservation_id: String,
    pub(crate) image_id: String,
    pub(crate) kind: String,
    pub(crate) architecture: String,
    pub(crate) nitro: bool,
    pub(crate) state: Phase,
    pub(crate) state_reason: Option<(String, String)>,
    pub(crate) transition_reason: String,
    pub(crate) launched: DateTime<Utc>,
    pub(crate) subnet_id: String,
    pub(crate) vpc_id: String,
    pub(crate) zone: String,
    pub(crate) group_ids: Vec<String>,
    pub(crate) interface_id: String,
    pub(crate) interface_tags: Tags,
    pub(crate) public_ip: bool,
    pub(crate) address: u32,
    pub(crate) user_data: Vec<u8>,
    pub(crate) client_token: String,
    pub(crate) terminates_on_shutdown: bool,
    pub(crate) profile: Option<String>,
    pub(crate) key_name: Option<String>,
    pub(crate) imds_required: bool,
    pub(crate) imds_hops: String,
    pub(crate) volume_id: String,
    pub(crate) tags: Tags,
    pub(crate) disk: Disk,
    pub(crate) boot_number: u32,
    /// The SSM agent of this boot, once it has registered.
    pub(crate) agent: Option<Agent>,
    /// Grows with each change of state that was asked for, so that a stale event does nothing.
    pub(crate) generation: u32,
    pub(crate) console: Console,
    pub(crate) visibility: Visibility,
    pub(crate) world: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Pending,
    Running,
    ShuttingDown,
    Terminated,
    Stopping,
    Stopped,
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    pub(crate) fn code(self) -> u32 {
        match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Terminated => 48,
            Self::Stopping => 64,
            Self::Stopped => 80,
        }
    }

    pub(crate) fn over(self) -> bool {
        matches!(self, Self::Terminated | Self::ShuttingDown)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Volume {
    pub(crate) id: String,
    pub(crate) instance_id: String,
    pub(crate) device: String,
    pub(crate) zone: String,
    pub(crate) snapshot_id: String,
    pub(crate) gib: u32,
    pub(crate) kind: String,
    /// The key that it is encrypted with.
    pub(crate) key: Option<String>,
    pub(crate) deletes_on_termination: bool,
    pub(crate) attached: bool,
    pub(crate) created: DateTime<Utc>,
    pub(crate) tags: Tags,
    pub(crate) world: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Vpc {
    pub(crate) id: String,
    pub(crate) is_default: bool,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    pub(crate) zone: String,
    pub(crate) is_default: bool,
    pub(crate) number: u32,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) vpc_id: String,
    pub(crate) ingress: Vec<Rule>,
    pub(crate) egress: Vec<Rule>,
    pub(crate) tags: Tags,
    pub(crate) world: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) protocol: String,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) cidr: String,
}

impl Rule {
    pub(crate) fn everything() -> Self {
        Self {
            protocol: "-1".to_owned(),
            from: None,
            to: None,
            cidr: "0.0.0.0/0".to_owned(),
        }
    }
}

impl Ec2 {
    /// A region as it is before anyone did anything: three zones, a default VPC, common types.
    pub(crate) fn open(&mut self, core: &mut Core, region: &str) {
        self.account.clone_from(&core.account);
        self.zones = ["a", "b", "c"]
            .iter()
            .map(|letter| format!("{region}{letter}"))
            .collect();
        for spec in common_types() {
            self.types.insert(spec.name.clone(), spec);
        }
        let vpc_id = self.add_vpc(core, true);
        for zone in self.zones.clone() {
            self.add_subnet(core, &vpc_id, &zone, true);
        }
    }

    /// Its name.
    pub(crate) fn region(&self) -> &str {
        let zone = self.zones.first().map_or("", String::as_str);
        zone.trim_end_matches(|c: char| c.is_ascii_lowercase())
    }

    pub(crate) fn add_vpc(&mut self, core: &mut Core, is_default: bool) -> String {
        let id = core.id("vpc");
        self.vpcs.insert(
            id.clone(),
            Vpc {
                id: id.clone(),
                is_default,
                tags: Tags::new(),
            },
        );
        let group = Group {
            id: core.id("sg"),
            name: "default".to_owned(),
            description: "default VPC security group".to_owned(),
            vpc_id: id.clone(),
            ingress: Vec::new(),
            egress: vec![Rule::everything()],
            tags: Tags::new(),
            world: true,
        };
        self.groups.insert(group.id.clone(), group);
        id
    }

    pub(crate) fn add_subnet(
        &mut self,
        core: &mut Core,
        vpc_id: &str,
        zone: &str,
        is_default: bool,
    ) -> String {
        let id = core.id("subnet");
        let number = u32::try_from(self.subnets.len()).unwrap_or(0);
        let subnet = Subnet {
            id: id.clone(),
            vpc_id: vpc_id.to_owned(),
            zone: zone.to_owned(),
            is_default,
            number,
            tags: Tags::new(),
        };
        self.subnets.insert(id.clone(), subnet);
        id
    }

    pub(crate) fn default_vpc(&self) -> Option<&Vpc> {
        self.vpcs.values().find(|vpc| vpc.is_default)
    }

    pub(crate) fn boot_is_current(&self, id: &str, boot: u32) -> bool {
        let instance = self.instances.get(id);
        instance.is_some_and(|i| i.state == Phase::Running && i.boot_number == boot)
    }

    /// Whether launches of this type in this zone find no capacity.
    pub(crate) fn is_exhausted(&self, kind: &str, zone: &str) -> bool {
        let is = |pattern: &str, name: &str| pattern == "*" || pattern == name;
        self.exhausted
            .iter()
            .any(|(k, z)| is(k, kind) && is(z, zone))
    }

    /// vCPUs of everything that counts against the quota.
    pub(crate) fn vcpus_in_use(&self) -> u32 {
        let counted = |phase| matches!(phase, Phase::Pending | Phase::Running);
        let running = self.instances.values().filter(|i| counted(i.state));
        running
            .map(|i| self.types.get(&i.kind).map_or(2, |t| t.vcpus))
            .sum()
    }

    /// An image is deregistered.
    pub(crate) fn deregister(&mut self, id: &str) {
        if let Some(image) = self.images.remove(id) {
            self.gone_images.insert(id.to_owned(), image);
        }
    }

    /// The tags of any resource, by id.
    pub(crate) fn tags_mut(&mut self, id: &str) -> Option<&mut Tags> {
        let kind = id.split('-').next()?;
        match kind {
            "ami" => self.images.get_mut(id).map(|x| &mut x.tags),
            "i" => self.instances.get_mut(id).map(|x| &mut x.tags),
            "snap" => self.snapshots.get_mut(id).map(|x| &mut x.tags),
            "vol" => self.volumes.get_mut(id).map(|x| &mut x.tags),
            "sg" => self.groups.get_mut(id).map(|x| &mut x.tags),
            "lt" => self.launch_templates.get_mut(id).map(|x| &mut x.tags),
            "subnet" => self.subnets.get_mut(id).map(|x| &mut x.tags),
            "vpc" => self.vpcs.get_mut(id).map(|x| &mut x.tags),
            "eni" => {
                let mut owners = self.instances.values_mut();
                owners
                    .find(|i| i.interface_id == id)
                    .map(|i| &mut i.interface_tags)
            }
            _ => None,
        }
    }
}

fn common_types() -> Vec<InstanceTypeSpec> {
    let rows = [
        ("t2.micro", "xen", "x86_64", 1),
        ("t2.small", "xen", "x86_64", 1),
        ("t3.micro", "nitro", "x86_64", 2),
        ("t3.small", "nitro", "x86_64", 2),
        ("t3.medium", "nitro", "x86_64", 2),
        ("t3a.small", "nitro", "x86_64", 2),
        ("m5.large", "nitro", "x86_64", 2),
        ("c5.large", "nitro", "x86_64", 2),
        ("t4g.micro", "nitro", "arm64", 2),
        ("t4g.small", "nitro", "arm64", 2),
        ("t4g.medium", "nitro", "arm64", 2),
        ("m6g.large", "nitro", "arm64", 2),
    ];
    let spec =
        |(name, hypervisor, architecture, vcpus): (&str, &str, &str, u32)| InstanceTypeSpec {
            name: name.to_owned(),
            hypervisor: hypervisor.to_owned(),
            architecture: architecture.to_owned(),
            vcpus,
            zones: Vec::new(),
        };
    rows.into_iter().map(spec).collect()
}
