//! The bake: from an order that leaves nothing to choose to a verified image.

pub mod user_data;
