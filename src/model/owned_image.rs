//! An image of the account with what only its owner is told. Values; nothing is decided here.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::AccountId;
use super::image::Image;
use super::image_uses::LaunchFacts;

/// One of the account's own images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedImage {
    pub image: Image,
    /// EC2 refuses to deregister it, or will for another day.
    pub protected: bool,
    /// A day late; absent where EC2 says nothing.
    pub last_launched: Option<DateTime<Utc>>,
}

impl OwnedImage {
    /// What tells what cannot have named it.
    pub fn launch_facts(&self) -> LaunchFacts {
        LaunchFacts {
            created: self.image.created,
            last_launched: self.last_launched,
        }
    }
}

/// Somebody besides the owner who may launch an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaunchGrant {
    Account(AccountId),
    /// The ARN of an organization, or of a unit of one.
    Organization(String),
    Everybody,
    /// A form that this version does not know.
    Other(String),
}

impl LaunchGrant {
    /// The words for people.
    pub fn named(&self) -> String {
        match self {
            Self::Account(account) => account.to_string(),
            Self::Organization(arn) => arn.clone(),
            Self::Everybody => "everybody".to_owned(),
            Self::Other(text) => text.clone(),
        }
    }
}
