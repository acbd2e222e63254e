//! amiwatch keeps custom AMIs in step with the base they were made from.

pub mod model;

pub mod settings;

pub mod clock;
