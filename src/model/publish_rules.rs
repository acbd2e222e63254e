//! Where a watch's image is made known beside its environments: what a person asked for. Values as
//! checked; `settings` makes them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::{AccountId, ImageId, Region};

/// `[watch.NAME.publish]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishRules {
    pub when: PublishWhen,
    /// The other regions that the image is copied to, each with the key of its copies; without one a copy is
    /// encrypted as EC2 does it by itself.
    pub copy_to: BTreeMap<Region, Option<String>>,
    /// The parameter that names the image, with the architecture in its name.
    pub ssm: Option<String>,
    /// Who else may launch the image. Empty: nobody.
    pub share: ShareWith,
}

/// Whom an image is shared with. Empty: nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ShareWith {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accounts: BTreeSet<AccountId>,
    /// By its ARN.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub organizations: BTreeSet<String>,
    /// By their ARNs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub units: BTreeSet<String>,
}

impl ShareWith {
    /// Nobody.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.organizations.is_empty() && self.units.is_empty()
    }

    /// Those of it that another has not.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let rest = |of: &BTreeSet<String>, other: &BTreeSet<String>| of - other;
        Self {
            accounts: &self.accounts - &other.accounts,
            organizations: rest(&self.organizations, &other.organizations),
            units: rest(&self.units, &other.units),
        }
    }

    /// `2 accounts, 1 organization`
    pub fn counted(&self) -> String {
        let counts = [
            (self.accounts.len(), "account"),
            (self.organizations.len(), "organization"),
            (self.units.len(), "unit"),
        ];
        let some = counts.into_iter().filter(|(count, _)| *count > 0);
        let words = some.map(|(count, word)| match count {
            1 => format!("1 {word}"),
            _ => format!("{count} {word}s"),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

/// From when on an image is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishWhen {
    /// As soon as it is proved. For a watch without a recipe: as soon as the release may be used.
    Verified,
    /// When it has gone through every wave.
    RolledOut,
}

/// One place where an image is made known; each is published to, tried and remembered by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Destination {
    pub kind: DestinationKind,
    pub region: Region,
}

/// The sorts of destinations, in the order in which they are published to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DestinationKind {
    /// A copy of the image, in another region than the watch's.
    Copy,
    /// The image itself, which others may launch.
    Share,
    /// An SSM parameter that names the image.
    Parameter,
}

/// What is made to hold at a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "as")]
pub enum PublishAs {
    Copy {
        /// A KMS key's ARN.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    Share {
        with: ShareWith,
    },
    Parameter {
        name: String,
    },
}

impl PublishRules {
    /// Every destination with what is made to hold there, in the order in which they are published to.
    pub fn destinations(&self, home: &Region) -> Vec<(Destination, PublishAs)> {
        let mut all = self.in_region(home);
        let others = self.copy_to.iter().filter(|(region, _)| *region != home);
        for (region, key) in others {
            let kind = DestinationKind::Copy;
            let region = region.clone();
            let copy = PublishAs::Copy { key: key.clone() };
            let promised = self.in_region(&region);
            all.push((Destination { kind, region }, copy));
            all.extend(promised);
        }
        all
    }

    /// What is made of the image that is in this region.
    fn in_region(&self, region: &Region) -> Vec<(Destination, PublishAs)> {
        let at = |kind| Destination {
            kind,
            region: region.clone(),
        };
        let share = (!self.share.is_empty()).then(|| {
            let with = self.share.clone();
            (at(DestinationKind::Share), PublishAs::Share { with })
        });
        let parameter = self.ssm.as_ref().map(|name| {
            let name = name.clone();
            (
                at(DestinationKind::Parameter),
                PublishAs::Parameter { name },
            )
        });
        share.into_iter().chain(parameter).collect()
    }
}

impl DestinationKind {
    /// Every one, in the order in which they are published to.
    pub const ALL: [Self; 3] = [Self::Copy, Self::Share, Self::Parameter];

    /// The word of a destination's name, which people write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Share => "share",
            Self::Parameter => "ssm",
        }
    }
}

impl PublishAs {
    /// What was once published there holds until it is taken back, whatever is published after it.
    pub fn lasts(&self) -> bool {
        matches!(self, Self::Copy { .. } | Self::Share { .. })
    }

    /// What holds there is what this says. A copy stays as it was made, whatever the key of later ones.
    pub fn holds_as(&self, other: &Self) -> bool {
        let copies = |one: &Self| matches!(one, Self::Copy { .. });
        self == other || (copies(self) && copies(other))
    }

    /// How it is with an image there: `parameter /amis/shop/x86_64 names ami-1`.
    pub fn said_of(&self, image: &ImageId) -> String {
        match self {
            Self::Copy { .. } => format!("{image} is {}", self.what()),
            Self::Share { .. } => format!("{image} is {}", self.what()),
            Self::Parameter { .. } => format!("{} names {image}", self.what()),
        }
    }

    /// What it is, for people: `parameter /amis/shop/x86_64`.
    pub fn what(&self) -> String {
        match self {
            Self::Copy { key: None } => "a copy in another region".to_owned(),
            Self::Copy { key: Some(key) } => {
                format!("a copy in another region, under the key {key}")
            }
            Self::Share { with } => format!("shared with {}", with.counted()),
            Self::Parameter { name } => format!("parameter {name}"),
        }
    }
}

impl Destination {
    /// What holds when an image was published there, or taken back from there, for people.
    pub fn said_done(&self, image: &ImageId, back: bool) -> String {
        match (self.kind, back) {
            (DestinationKind::Copy, false) => format!("{image} is the copy in {}", self.region),
            (DestinationKind::Copy, true) => {
                format!("{image} is marked as not for use in {}", self.region)
            }
            (DestinationKind::Share, false) => format!("{image} is shared ({self})"),
            (DestinationKind::Share, true) => format!("{image} is shared no more ({self})"),
            (DestinationKind::Parameter, false) => format!("{self} names {image}"),
            (DestinationKind::Parameter, true) => format!("{self} was taken back to {image}"),
        }
    }

    /// The same where it failed.
    pub fn said_failed(&self, image: &ImageId, back: bool) -> String {
        match (self.kind, back) {
            (DestinationKind::Copy, false) => {
                format!("{image} could not be copied to {}", self.region)
            }
            (DestinationKind::Copy, true) => {
                format!(
                    "{image} could not be marked as not for use in {}",
                    self.region
                )
            }
            (DestinationKind::Share, false) => format!("{image} could not be shared ({self})"),
            (DestinationKind::Share, true) => format!("{image} is still shared ({self})"),
            (DestinationKind::Parameter, _) => format!("{self} could not be made to name {image}"),
        }
    }
}

impl fmt::Display for Destination {
    /// `ssm:eu-west-1`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.region)
    }
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, region) = text.split_once(':').unwrap_or((text, ""));
        let mut kinds = DestinationKind::ALL.into_iter();
        match kinds.find(|known| known.as_str() == kind) {
            Some(kind) if !region.is_empty() => Ok(Self {
                kind,
                region: region.into(),
            }),
            _ => Err(format!("`{text}` is no destination, such as ssm:eu-west-1")),
        }
    }
}

impl From<Destination> for String {
    fn from(destination: Destination) -> Self {
        destination.to_string()
    }
}

impl TryFrom<String> for Destination {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_reads_back_as_it_is_written() {
        for kind in DestinationKind::ALL {
            let destination = Destination {
                kind,
                region: "eu-west-1".into(),
            };
            assert_eq!(destination.to_string().parse(), Ok(destination));
        }
        for wrong in ["", "ssm", "ssm:", "topic:eu-west-1", "eu-west-1"] {
            assert!(wrong.parse::<Destination>().is_err(), "{wrong}");
        }
    }
}
