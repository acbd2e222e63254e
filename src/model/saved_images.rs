//! What lies below an environment's option for its image, and shows where that option is removed: as far as
//! it can be read from outside. Values; nothing is concluded here.

use serde::Serialize;

use super::ids::ImageId;

/// What an application's saved configurations say of images.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SavedImages {
    /// The saved configuration that the environment was launched with, if any: what it names comes back.
    pub launched_with: Option<SavedImage>,
    /// The name of that one, where it could not be read.
    pub launched_unread: Option<String>,
    /// Others of the application that name an image: they count where somebody applies one.
    pub others: Vec<SavedImage>,
    /// What could not be read, and why.
    pub unread: Vec<String>,
}

/// A saved configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SavedImage {
    pub name: String,
    /// Absent where it names none.
    pub image: Option<ImageId>,
}
