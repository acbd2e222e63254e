//! The nouns. Imports nothing of ours; nothing here waits, reads a clock or touches the world.

pub mod aws_command;

pub mod ids;

pub mod image;

pub mod image_uses;

pub mod owned_image;

pub mod counted;

pub mod version;

pub mod base;

pub mod watch;

pub mod sighting;

pub mod recall;

pub mod publish;

pub mod publish_rules;

pub mod reason;

pub mod request;
pub mod rollout;

pub mod rollout_memory;

pub mod cron_text;

pub mod drift;

pub mod environment;

pub mod rollout_rules;

pub mod retire_rules;

pub mod retiring;

pub mod retire_record;

pub mod platform_choice;

pub mod report;

pub mod changes;

pub mod bake;

pub mod tags;

pub mod made;

pub mod notice;

pub mod hold;

pub mod key_access;

pub mod saved_images;

pub mod scaling;

pub mod secret;

pub mod told;

pub mod blind;

pub mod genuine;
pub mod history;
pub mod kept;
pub mod loopback;

pub mod plain_text;

pub mod plan;

pub mod chronicle;

pub mod story;

pub mod stray;
