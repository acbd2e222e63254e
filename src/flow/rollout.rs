//! Moving environments to the watch's image.
//!
//! [`platform`] chooses the platform version that moves along.

pub mod platform;
