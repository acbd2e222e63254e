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
    /// The watch moves environments of other accounts, which must be able to launch the image before they can run
    /// it: then it is shared as soon as it is proved, whatever `when` says of the rest.
    pub share_first: bool,
    /// The launch template that gets a version with the image.
    pub template: Option<TemplateRules>,
}

/// A launch template of the user's, and how far it is pointed at the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRules {
    pub template: TemplateRef,
    /// The version becomes `$Default` as well; without it `$Default` stays as people set it.
    pub make_default: bool,
}

/// How a launch template is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateRef {
    /// Of the one region that it is in.
    Id(String),
    /// One in each region.
    Name(String),
}

impl TemplateRef {
    /// The id or the name itself.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Name(name) => name,
        }
    }

    /// `--launch-template-name shop`, as AWS's command line takes it.
    pub fn option(&self) -> &'static str {
        match self {
            Self::Id(_) => "--launch-template-id",
            Self::Name(_) => "--launch-template-name",
        }
    }
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
    /// A launch template that has a version with the image.
    Template,
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
    Template {
        template: TemplateRef,
        /// `$Default` is that version.
        make_default: bool,
    },
    Parameter {
        name: String,
    },
}

impl PublishRules {
    /// From when on an image is published there.
    pub fn when_at(&self, destination: &Destination, home: &Region) -> PublishWhen {
        let here = destination.kind == DestinationKind::Share && destination.region == *home;
        match self.share_first && here {
            true => PublishWhen::Verified,
            false => self.when,
        }
    }

    /// Every destination with what is made to hold there, in the order in which they are published to.
    pub fn destinations(&self, home: &Region) -> Vec<(Destination, PublishAs)> {
        let mut all = self.in_region(home, true);
        let others = self.copy_to.iter().filter(|(region, _)| *region != home);
        for (region, key) in others {
            let kind = DestinationKind::Copy;
            let region = region.clone();
            let copy = PublishAs::Copy { key: key.clone() };
            let promised = self.in_region(&region, false);
            all.push((Destination { kind, region }, copy));
            all.extend(promised);
        }
        all
    }

    /// What is made of the image that is in this region. A template's id is of the watch's own.
    fn in_region(&self, region: &Region, at_home: bool) -> Vec<(Destination, PublishAs)> {
        let at = |kind| Destination {
            kind,
            region: region.clone(),
        };
        let share = (!self.share.is_empty()).then(|| {
            let with = self.share.clone();
            (at(DestinationKind::Share), PublishAs::Share { with })
        });
        let template = self.template.as_ref();
        let template =
            template.filter(|one| at_home || matches!(one.template, TemplateRef::Name(_)));
        let template = template.map(|one| {
            let publish = PublishAs::Template {
                template: one.template.clone(),
                make_default: one.make_default,
            };
            (at(DestinationKind::Template), publish)
        });
        let parameter = self.ssm.as_ref().map(|name| {
            let name = name.clone();
            (
                at(DestinationKind::Parameter),
                PublishAs::Parameter { name },
            )
        });
        share.into_iter().chain(template).chain(parameter).collect()
    }
}

impl DestinationKind {
    /// Every one, in the order in which they are published to.
    pub const ALL: [Self; 4] = [Self::Copy, Self::Share, Self::Template, Self::Parameter];

    /// The word of a destination's name, which people write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Share => "share",
            Self::Template => "template",
            Self::Parameter => "ssm",
        }
    }

    /// What must hold of the image in its region before it is put there: a parameter names an image that is
    /// there, and that whoever it is shared with can launch; a template is launched by this account alone.
    pub fn promises(self) -> &'static [Self] {
        match self {
            Self::Copy => &[],
            Self::Share | Self::Template => &[Self::Copy],
            Self::Parameter => &[Self::Copy, Self::Share],
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
            Self::Template { .. } | Self::Parameter { .. } => {
                format!("{} names {image}", self.what())
            }
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
            Self::Template {
                template,
                make_default,
            } => {
                let version = match make_default {
                    true => "$Default",
                    false => "$Latest",
                };
                format!("launch template {} ({version})", template.as_str())
            }
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
            (DestinationKind::Template | DestinationKind::Parameter, false) => {
                format!("{self} names {image}")
            }
            (DestinationKind::Template | DestinationKind::Parameter, true) => {
                format!("{self} was taken back to {image}")
            }
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
            (DestinationKind::Template | DestinationKind::Parameter, _) => {
                format!("{self} could not be made to name {image}")
            }
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
#[path = "publish_rules_tests.rs"]
mod tests;
