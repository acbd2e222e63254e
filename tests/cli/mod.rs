//! The real binary, with a cleared environment, in a folder of its own: exit codes, what it prints,
//! and what it leaves in an account that is served on loopback.

mod accounts;
mod adopt;
mod approval;
mod bake;
mod bounds;
mod colours;
mod config;
mod daemon;
mod demo;
mod harness;
mod health;
mod hold;
mod images;
mod init;
mod json;
mod look;
mod notify;
mod publish;
mod receiver;
mod recipe;
mod rehearse;
mod rollout;
mod status;
mod store;
mod story;
mod sweep;
mod usage;
