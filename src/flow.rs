//! The stages between a sighting and a finished image. Data goes down this list.

pub mod bake;

pub mod verify;
