//! A bake's nouns: its key, its order (which leaves nothing to choose), and how it ended.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::base::Release;
use super::changes::ChangesInShort;
use super::ids::{Architecture, ImageId, Installation, InstanceType, Scope, SubnetId, WatchName};

/// hash(installation, watch, release image, recipe digest, architecture, generation): one key, one image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BakeKey(String);

impl BakeKey {
    /// Derives the key from what goes into the image.
    pub fn derive(inputs: &KeyInputs<'_>) -> Self {
        let KeyInputs {
            installation,
            watch,
            release_image,
            recipe_digest,
            architecture,
            generation,
        } = inputs;
        Self(digest(&[
            "amiwatch bake key 1",
            installation.as_str(),
            watch.as_str(),
            release_image.as_str(),
            recipe_digest.as_str(),
            architecture.as_str(),
            &generation.to_string(),
        ]))
    }

    /// Takes one that was written down (a tag).
    pub fn from_tag(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// 64 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The story that a bake begins where nothing was told that it goes on with.
    pub fn own_story(&self) -> String {
        format!("bake:{self}")
    }

    /// The first 12 digits, as names carry them.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for BakeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a bake's key is made of.
#[derive(Debug, Clone, Copy)]
pub struct KeyInputs<'a> {
    pub installation: &'a Installation,
    pub watch: &'a WatchName,
    pub release_image: &'a ImageId,
    pub recipe_digest: &'a RecipeDigest,
    pub architecture: Architecture,
    pub generation: u32,
}

/// SHA-256 over the user data as written and whatever else changes the disk. Checks are not in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecipeDigest(String);

impl RecipeDigest {
    /// Digests what changes the disk.
    pub fn of_user_data(user_data: &str, template: bool) -> Self {
        let rendered = if template { "template" } else { "verbatim" };
        Self(digest(&["amiwatch recipe 1", rendered, user_data]))
    }

    /// Takes one that was written down (a tag).
    pub fn from_tag(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// 64 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 in hex over length-prefixed fields, so that no two lists run together.
pub fn digest(fields: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for field in fields {
        hasher.update((field.len() as u64).to_be_bytes());
        hasher.update(field.as_bytes());
    }
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Everything that a bake will use, decided beforehand. It goes into the journal as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BakeOrder {
    pub key: BakeKey,
    pub installation: Installation,
    /// Where it is baked: a restart goes on in this account and region, whatever the config says by then.
    pub scope: Scope,
    pub watch: WatchName,
    pub generation: u32,
    /// 1 for the first try of this key; every failed try adds one, so that tokens and nonces differ.
    pub attempt: u32,
    pub release: Release,
    pub recipe_name: String,
    pub recipe_digest: RecipeDigest,
    pub architecture: Architecture,
    /// `amiwatch/<watch>/<base version>/<key>-<generation>`
    pub image_name: String,
    /// The user data of builder and boot test, as sent (before EC2's base64).
    #[serde(with = "base64_bytes")]
    pub builder_user_data: Vec<u8>,
    #[serde(with = "base64_bytes")]
    pub boot_test_user_data: Vec<u8>,
    /// The words under which the two guests report.
    pub builder_nonce: String,
    pub boot_test_nonce: String,
    /// Names of the checks whose results must be in each report, in order.
    pub checks: Vec<String>,
    /// Digest of the checks as they were written, remembered with the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks_digest: Option<String>,
    /// Names of those that the boot test's report must hold besides, after the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boot_checks: Vec<String>,
    #[serde(default)]
    pub proof: Proof,
    /// Tried in turn on capacity errors.
    pub launches: Vec<LaunchChoice>,
    pub network: NetworkOrder,
    /// Guests are launched although a security group lets something in.
    #[serde(default)]
    pub allow_inbound: bool,
    pub instance_profile: Option<String>,
    pub public_ip: Option<bool>,
    pub root_volume: RootVolume,
    /// From launch to a stopped builder with a report; the boot test has the same again.
    pub guest_timeout_s: u64,
    /// For how long the builder is kept where the bake fails on what it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_failed_s: Option<u64>,
    /// Tags on everything that is made, except `amiwatch:role` and `amiwatch:state`.
    pub tags: BTreeMap<String, String>,
    /// Why this bake, in one line each.
    pub because: Vec<String>,
    /// The story that its notices go on with; absent where it begins one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<String>,
    /// Why it cannot even be started. Such an order is journaled like any other and fails at its
    /// first step, so that it is told, paused and held as any failed attempt is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impossible: Option<String>,
}

impl BakeOrder {
    /// The story of its notices.
    pub fn told_in(&self) -> String {
        self.story.clone().unwrap_or_else(|| self.key.own_story())
    }
}

/// How a guest's report reaches us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// On its serial console.
    #[default]
    Console,
    /// Fetched over SSM Run Command, which needs an instance profile and an agent in the image.
    Ssm,
}

/// One combination of instance type and subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchChoice {
    pub instance_type: InstanceType,
    pub subnet: SubnetId,
}

/// Which security groups the guests get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkOrder {
    /// Named by the config.
    Given(Vec<super::ids::SecurityGroupId>),
    /// One without any inbound rule, found or made in this VPC under this name.
    Own {
        vpc: super::ids::VpcId,
        group_name: String,
    },
}

/// What the group that amiwatch makes says of itself. EC2 lets nobody change it.
pub const GROUP_DESCRIPTION: &str = "amiwatch builders: nothing may come in";

/// The name of that group, in every VPC.
pub fn group_name(installation: &Installation) -> String {
    format!("amiwatch-{installation}-no-inbound")
}

/// What is changed about the root volume; absent fields keep the base's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootVolume {
    /// `/dev/xvda`; needed by EC2 to change anything.
    pub device: Option<String>,
    pub size_gib: Option<u32>,
    pub encrypted: Option<bool>,
    pub kms_key: Option<String>,
}

/// A custom image that passed everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BakedImage {
    pub image: ImageId,
    pub key: BakeKey,
    pub generation: u32,
    pub base_image: ImageId,
    pub base_version: String,
    pub recipe_digest: RecipeDigest,
    pub baked_at: DateTime<Utc>,
    /// Every check passed on the untouched base: the recipe may not be needed any more.
    pub redundant: bool,
    /// Digest of the checks that proved it; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks_digest: Option<String>,
    /// When a person took it as the watch's image; absent for one that was baked here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted_at: Option<DateTime<Utc>>,
    /// Against the image before this one; absent for the first, and where nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangesInShort>,
    /// The story that it was made in, where its bake went on with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<String>,
}

impl BakedImage {
    /// The story that it was made in.
    pub fn told_in(&self) -> String {
        self.story.clone().unwrap_or_else(|| self.key.own_story())
    }
}

/// Bytes as base64 text, so that a journal's entry stays a third over their size.
mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}
