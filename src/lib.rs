//! amiwatch keeps custom AMIs in step with the base they were made from.

pub mod model;

pub mod settings;

pub mod clock;

pub mod store;

pub mod cloud;

pub mod workflow;

pub mod flow;
