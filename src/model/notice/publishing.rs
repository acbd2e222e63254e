//! What notices about publishing tell, as data.

use serde::{Deserialize, Serialize};

use crate::model::ids::ImageId;
use crate::model::publish::TakenFrom;
use crate::model::publish_rules::{Destination, PublishAs};

/// One destination, and what was to stand there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishTold {
    pub destination: Destination,
    pub publish: PublishAs,
    pub journal: String,
    /// What stood there before; absent where nothing did, or it was no image.
    pub from: Option<ImageId>,
    pub image: ImageId,
    /// The watch's image, where `image` is its copy in another region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<ImageId>,
    /// What its release is called.
    pub base_version: Option<String>,
    /// What it takes back, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<TakenFrom>,
    /// Who ordered it.
    pub by: String,
}
