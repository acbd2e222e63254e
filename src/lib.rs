//! amiwatch keeps custom AMIs in step with the base they were made from.

pub mod model;

pub mod clock;

pub mod cloud;

pub mod flow;
