//! Turns a plan's decision into an order: names, tags, tokens' inputs, instance types, subnets.
//!
//! A plain function of values. What it returns is journaled as it is, so that a config edited in
//! the middle of a bake changes nothing about that bake.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::render::{RenderError, render_recipe};
use super::user_data::{self, BuilderGuest, UserDataError};
use crate::cloud::{InstanceTypeFacts, Offering, Subnet};
use crate::flow::verify::GuestRole;
use crate::model::bake::{
    BakeKey, BakeOrder, KeyInputs, LaunchChoice, NetworkOrder, Proof, RecipeDigest, RootVolume,
    group_name,
};
use crate::model::ids::{Installation, InstanceType, Scope, VpcId};
use crate::model::plan::BakeDecision;
use crate::model::tags;
use crate::model::watch::{Builder, Check, Encrypt, Recipe, Watch};

/// How much of the base's version an image's name carries.
const VERSION_MAX: usize = 40;

/// The largest order. A record of the store holds 64 KiB, and the journal's first entry is the order and
/// a few words more.
const ORDER_MAX_BYTES: usize = 63 * 1024;
/// How long after its launch a guest may be needed, beside its own deadline: until its image is begun.
const NEEDED_S: u64 = 3600;

/// Everything that an order is made from.
#[derive(Debug, Clone, Copy)]
pub struct OrderInputs<'a> {
    pub scope: &'a Scope,
    pub installation: &'a Installation,
    pub watch: &'a Watch,
    pub recipe: &'a Recipe,
    pub builder: &'a Builder,
    /// The config's own tags.
    pub tags: &'a BTreeMap<String, String>,
    pub bake: &'a BakeDecision,
    /// Why, one sentence each.
    pub because: &'a [String],
    pub site: &'a Site,
}

/// What EC2 offers in the region, as far as the builder may use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The config's subnets, or the default VPC's.
    pub subnets: Vec<Subnet>,
    pub offerings: Vec<Offering>,
    pub types: Vec<InstanceTypeFacts>,
    /// The base image's root device.
    pub root_device: Option<String>,
}

/// Why no order can be given. Each names what to change in the config.
#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error(
        "there is no subnet to launch a builder in: this region has no default VPC; name one in \
         [builder] subnets"
    )]
    NoSubnet,
    #[error("the subnets {subnets} lie in different VPCs; name subnets of one VPC in [builder]")]
    SeveralVpcs { subnets: String },
    #[error(
        "[builder] instance_types has no entry for {architecture}; add one, such as \
         {architecture} = [\"{example}\"]"
    )]
    NoTypes {
        architecture: &'static str,
        example: &'static str,
    },
    #[error(
        "{instance_type} cannot be a builder: {why}; name a Nitro type of the base's architecture in \
         [builder] instance_types (only proof = \"ssm\" does without Nitro's console)"
    )]
    UnfitType {
        instance_type: InstanceType,
        why: &'static str,
    },
    #[error(
        "none of the instance types is offered in the subnets' availability zones ({zones}); add \
         types or subnets to [builder]"
    )]
    NotOffered { zones: String },
    #[error(
        "the order for this bake is {bytes} bytes large, and the store takes {}: it has {choices} pairs \
         of instance type and subnet; name fewer in [builder], or make the recipe smaller",
        ORDER_MAX_BYTES
    )]
    TooLarge { bytes: usize, choices: usize },
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error(transparent)]
    UserData(#[from] UserDataError),
}

/// The key of this bake with this recipe.
pub fn key_of_order(
    installation: &Installation,
    watch: &Watch,
    recipe: &Recipe,
    bake: &BakeDecision,
) -> BakeKey {
    BakeKey::derive(&KeyInputs {
        installation,
        watch: &watch.name,
        release_image: &bake.release.image,
        recipe_digest: &RecipeDigest::of_user_data(&recipe.user_data, recipe.template),
        architecture: watch.base.architecture,
        generation: bake.generation,
    })
}

/// Gives the order. Where the config and what EC2 offers leave no way, the order says why in
/// [`BakeOrder::impossible`] and holds nothing that could be launched.
pub fn order(inputs: &OrderInputs<'_>) -> BakeOrder {
    let bare = bare(inputs);
    match fill(bare.clone(), inputs).and_then(fits) {
        Ok(order) => order,
        Err(error) => BakeOrder {
            impossible: Some(error.to_string()),
            ..bare
        },
    }
}

/// An order that the store would not take could never be given, and would be put off for ever.
fn fits(order: BakeOrder) -> Result<BakeOrder, OrderError> {
    let bytes = serde_json::json!(order).to_string().len();
    match bytes <= ORDER_MAX_BYTES {
        true => Ok(order),
        false => Err(OrderError::TooLarge {
            bytes,
            choices: order.launches.len(),
        }),
    }
}

/// What is known of every bake: identity, names, tags.
fn bare(inputs: &OrderInputs<'_>) -> BakeOrder {
    let OrderInputs {
        installation,
        watch,
        recipe,
        builder,
        bake,
        ..
    } = *inputs;
    let release = &bake.release;
    let key = key_of_order(installation, watch, recipe, bake);
    BakeOrder {
        installation: installation.clone(),
        scope: inputs.scope.clone(),
        watch: watch.name.clone(),
        generation: bake.generation,
        attempt: bake.attempt,
        release: release.clone(),
        recipe_name: recipe.name.clone(),
        recipe_digest: RecipeDigest::of_user_data(&recipe.user_data, recipe.template),
        architecture: watch.base.architecture,
        image_name: image_name(watch.name.as_str(), &release.version, &key, bake.generation),
        builder_user_data: Vec::new(),
        boot_test_user_data: Vec::new(),
        builder_nonce: user_data::nonce(&key, bake.attempt, GuestRole::Builder),
        boot_test_nonce: user_data::nonce(&key, bake.attempt, GuestRole::BootTest),
        checks_digest: Some(recipe.checks_digest()),
        checks: names(&recipe.checks),
        boot_checks: names(&recipe.boot_checks),
        proof: builder.proof,
        launches: Vec::new(),
        network: NetworkOrder::Given(Vec::new()),
        allow_inbound: builder.allow_inbound,
        instance_profile: builder.instance_profile.clone(),
        public_ip: builder.public_ip,
        root_volume: root_volume(builder, inputs.site),
        guest_timeout_s: builder.timeout.as_secs(),
        keep_failed_s: builder.keep_failed.map(|kept| kept.as_secs()),
        tags: all_tags(inputs, &key),
        because: inputs.because.to_vec(),
        story: None,
        impossible: None,
        key,
    }
}

fn names(checks: &[Check]) -> Vec<String> {
    checks.iter().map(|check| check.name.clone()).collect()
}

/// What can fail: the user data and the places to launch in.
fn fill(bare: BakeOrder, inputs: &OrderInputs<'_>) -> Result<BakeOrder, OrderError> {
    let OrderInputs {
        recipe,
        builder,
        site,
        ..
    } = *inputs;
    let rendered = render_recipe(recipe, &inputs.bake.release)?;
    let (checks, deadline_s) = (recipe.checks.as_slice(), bare.guest_timeout_s);
    let nonce = &bare.builder_nonce;
    let guest = BuilderGuest {
        user_data: &rendered,
        checks,
        nonce,
        deadline_s,
        proof: bare.proof,
        kept: bare.keep_failed_s.is_some(),
    };
    Ok(BakeOrder {
        builder_user_data: user_data::compose_builder(&guest)?,
        boot_test_user_data: user_data::compose_boot_test(
            &[checks, &recipe.boot_checks].concat(),
            &bare.boot_test_nonce,
            deadline_s,
            bare.proof,
        )?,
        network: network(builder, inputs.installation, one_vpc(&site.subnets)?),
        launches: launches(inputs)?,
        ..bare
    })
}

/// `amiwatch/<watch>/<base version>/<key>-<generation>`, inside what EC2 allows in a name.
fn image_name(watch: &str, version: &str, key: &BakeKey, generation: u32) -> String {
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.()".contains(c) {
            c
        } else {
            '-'
        }
    };
    let version: String = version.chars().take(VERSION_MAX).map(allowed).collect();
    format!("amiwatch/{watch}/{version}/{}-{generation}", key.short())
}

fn one_vpc(subnets: &[Subnet]) -> Result<VpcId, OrderError> {
    let vpcs: BTreeSet<&VpcId> = subnets.iter().map(|subnet| &subnet.vpc).collect();
    match (vpcs.first(), vpcs.len()) {
        (Some(vpc), 1) => Ok((*vpc).clone()),
        (None, _) => Err(OrderError::NoSubnet),
        (Some(_), _) => {
            let subnets: Vec<&str> = subnets.iter().map(|subnet| subnet.id.as_str()).collect();
            Err(OrderError::SeveralVpcs {
                subnets: subnets.join(", "),
            })
        }
    }
}

fn network(builder: &Builder, installation: &Installation, vpc: VpcId) -> NetworkOrder {
    if builder.security_groups.is_empty() {
        NetworkOrder::Own {
            vpc,
            group_name: group_name(installation),
        }
    } else {
        NetworkOrder::Given(builder.security_groups.clone())
    }
}

fn root_volume(builder: &Builder, site: &Site) -> RootVolume {
    let (encrypted, kms_key) = match &builder.encrypt {
        Encrypt::AccountDefault => (None, None),
        // EC2 refuses to hear `false` of a disk that comes from a snapshot.
        Encrypt::None => (None, None),
        Encrypt::Key(key) => (Some(true), Some(key.clone())),
    };
    RootVolume {
        device: site.root_device.clone(),
        size_gib: builder.root_volume_gib,
        encrypted,
        kms_key,
    }
}

/// Every fit type in every subnet whose zone offers it: the types in the config's order first.
fn launches(inputs: &OrderInputs<'_>) -> Result<Vec<LaunchChoice>, OrderError> {
    let architecture = inputs.watch.base.architecture;
    let types = inputs
        .builder
        .instance_types
        .get(&architecture)
        .map_or(&[][..], Vec::as_slice);
    if types.is_empty() {
        let example = match architecture {
            crate::model::ids::Architecture::X86_64 => "t3.small",
            crate::model::ids::Architecture::Arm64 => "t4g.small",
        };
        return Err(OrderError::NoTypes {
            architecture: architecture.as_str(),
            example,
        });
    }
    types
        .iter()
        .try_for_each(|instance_type| fit(instance_type, inputs))?;
    let choices: Vec<LaunchChoice> = types
        .iter()
        .flat_map(|instance_type| {
            inputs
                .site
                .subnets
                .iter()
                .filter(|subnet| offered(instance_type, subnet, &inputs.site.offerings))
                .map(|subnet| LaunchChoice {
                    instance_type: instance_type.clone(),
                    subnet: subnet.id.clone(),
                })
        })
        .collect();
    if choices.is_empty() {
        let zones: BTreeSet<&str> = inputs
            .site
            .subnets
            .iter()
            .map(|subnet| subnet.availability_zone.as_str())
            .collect();
        let zones = zones.into_iter().collect::<Vec<_>>().join(", ");
        return Err(OrderError::NotOffered { zones });
    }
    Ok(choices)
}

/// Refuses a type that EC2 says is unfit. A type that EC2 did not describe is not judged here: it
/// is not offered in this region, and so never chosen.
fn fit(instance_type: &InstanceType, inputs: &OrderInputs<'_>) -> Result<(), OrderError> {
    let known = inputs
        .site
        .types
        .iter()
        .find(|facts| facts.instance_type == *instance_type);
    let why = match known {
        Some(facts) if !facts.nitro && inputs.builder.proof == Proof::Console => {
            "it is not a Nitro type"
        }
        Some(facts)
            if !facts
                .architectures
                .contains(&inputs.watch.base.architecture) =>
        {
            "it is of another architecture"
        }
        _ => return Ok(()),
    };
    Err(OrderError::UnfitType {
        instance_type: instance_type.clone(),
        why,
    })
}

fn offered(instance_type: &InstanceType, subnet: &Subnet, offerings: &[Offering]) -> bool {
    offerings.iter().any(|offering| {
        offering.instance_type == *instance_type
            && offering.availability_zone == subnet.availability_zone
    })
}

/// The config's tags and ours; ours win.
fn all_tags(inputs: &OrderInputs<'_>, key: &BakeKey) -> BTreeMap<String, String> {
    let digest = RecipeDigest::of_user_data(&inputs.recipe.user_data, inputs.recipe.template);
    let deadline = inputs.builder.timeout.as_secs().saturating_add(NEEDED_S);
    let ours = [
        (tags::INSTALLATION, inputs.installation.to_string()),
        (tags::WATCH, inputs.watch.name.to_string()),
        (tags::KEY, key.to_string()),
        (tags::GENERATION, inputs.bake.generation.to_string()),
        (tags::BASE_IMAGE, inputs.bake.release.image.to_string()),
        (tags::BASE_VERSION, inputs.bake.release.version.clone()),
        (tags::RECIPE_DIGEST, digest.as_str().to_owned()),
        (tags::DEADLINE, deadline.to_string()),
    ];
    let mut all = inputs.tags.clone();
    all.extend(ours.map(|(key, value)| (key.to_owned(), value)));
    all
}
