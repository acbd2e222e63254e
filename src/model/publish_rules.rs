//! Where a watch's image is made known beside its environments: what a person asked for. Values as
//! checked; `settings` makes them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::Region;

/// `[watch.NAME.publish]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishRules {
    pub when: PublishWhen,
    /// The parameter that names the image, with the architecture in its name.
    pub ssm: Option<String>,
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
    /// An SSM parameter that names the image.
    Parameter,
}

/// What is made to hold at a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "as")]
pub enum PublishAs {
    Parameter { name: String },
}

impl PublishRules {
    /// Every destination with what is made to hold there, in the order in which they are published to.
    pub fn destinations(&self, home: &Region) -> Vec<(Destination, PublishAs)> {
        let parameter = self.ssm.as_ref().map(|name| {
            let destination = Destination {
                kind: DestinationKind::Parameter,
                region: home.clone(),
            };
            (destination, PublishAs::Parameter { name: name.clone() })
        });
        parameter.into_iter().collect()
    }
}

impl DestinationKind {
    /// Every one, in the order in which they are published to.
    pub const ALL: [Self; 1] = [Self::Parameter];

    /// The word of a destination's name, which people write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parameter => "ssm",
        }
    }
}

impl PublishAs {
    /// What it is, for people: `parameter /amis/shop/x86_64`.
    pub fn what(&self) -> String {
        match self {
            Self::Parameter { name } => format!("parameter {name}"),
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
