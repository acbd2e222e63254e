//! Names and ids: what a thing is called, in which scope. No behaviour beyond parsing and printing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Declares a string id that cannot be mistaken for another one.
macro_rules! string_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the id as AWS gave it; nothing is checked.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }
    )+};
}

string_id! {
    /// `ami-...`
    ImageId,
    /// `i-...`
    InstanceId,
    /// `snap-...`
    SnapshotId,
    /// `subnet-...`
    SubnetId,
    /// `vpc-...`
    VpcId,
    /// `sg-...`
    SecurityGroupId,
    /// Twelve digits.
    AccountId,
    /// `eu-west-1`
    Region,
    /// `aws`, `aws-cn`, `aws-us-gov`
    Partition,
    /// `arn:aws:elasticbeanstalk:<region>::platform/<branch>/<version>`
    PlatformArn,
    /// The name under which one fleet of daemons owns what it makes. It outlives the store.
    Installation,
    /// The name of a watch, `[a-z0-9-]{1,40}`.
    WatchName,
    /// `t3.small`
    InstanceType,
}

/// Stands for the installation of a config that names none. No installation is called so.
const NOBODY: &str = "~";

impl Installation {
    /// The installation of a config, or the name that stands for none. No config can give that name;
    /// keys in the store hold it.
    pub fn or_nobody(named: Option<&Self>) -> Self {
        named.cloned().unwrap_or_else(|| Self::new(NOBODY))
    }

    /// The installation as people are told of it; absent where the config names none.
    pub fn named(&self) -> Option<&Self> {
        (self.as_str() != NOBODY).then_some(self)
    }
}

impl Region {
    /// The partition that it is of, by how its name begins.
    pub fn partition(&self) -> Partition {
        const BEGINS: [(&str, &str); 8] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-iso-", "aws-iso"),
            ("us-isob-", "aws-iso-b"),
            ("eu-isoe-", "aws-iso-e"),
            ("us-isof-", "aws-iso-f"),
            ("eu-isof-", "aws-iso-f"),
            ("eusc-", "aws-eusc"),
        ];
        let mut known = BEGINS.into_iter();
        let found = known.find(|(begins, _)| self.as_str().starts_with(begins));
        Partition::new(found.map_or("aws", |(_, partition)| partition))
    }
}

/// Account, region and partition: every id that enters carries one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    pub partition: Partition,
    pub account: AccountId,
    pub region: Region,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

/// The processor architectures that Elastic Beanstalk knows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    #[default]
    #[serde(rename = "x86_64")]
    X86_64,
    Arm64,
}

impl Architecture {
    /// As EC2 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Architecture {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "x86_64" => Ok(Self::X86_64),
            "arm64" => Ok(Self::Arm64),
            other => Err(format!(
                "`{other}` is not an architecture: use \"x86_64\" or \"arm64\""
            )),
        }
    }
}

/// An Elastic Beanstalk environment as a target: `beanstalk:<account>/<region>/<application>/<environment>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TargetId {
    pub scope: Scope,
    pub application: String,
    pub environment: String,
}

impl TargetId {
    /// `application/environment`: what people call it.
    pub fn name(&self) -> String {
        format!("{}/{}", self.application, self.environment)
    }

    /// `<account>/<region>/<application>/<environment>`: what it is called in what is remembered, where another
    /// account or region may have one of the same name.
    pub fn key(&self) -> String {
        format!("{}/{}", self.scope, self.name())
    }
}

impl fmt::Display for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "beanstalk:{}", self.key())
    }
}
