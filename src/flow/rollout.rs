//! Moving environments to the watch's image.
//!
//! [`platform`] chooses the platform version that moves along; [`commands`] and [`print`] say how a
//! person does it by hand.

pub mod platform;

pub mod commands;

pub mod print;
