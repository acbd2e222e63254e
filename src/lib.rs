//! amiwatch keeps custom AMIs in step with the base they were made from.
//!
//! The story, in reading order: the [`model`] names things. The [`flow`] looks at AWS (through the
//! one door, [`cloud`]), compares, plans, bakes, proves and words what is worth telling. A bake is a
//! [`workflow`], which survives a crash anywhere because its journal and every fact go through the
//! one write of the [`store`]. The [`outbox`] delivers notices; what is not AWS it reaches through
//! [`http_send`], with [`secrets`] read when they are needed. [`settings`] reads the config, and files
//! that people name come in by [`file_read`];
//! [`service`] runs the stages; [`cli`] is how people start it. Time comes from the [`clock`] alone.
//! What a recipe's [`template`] may take is told before it runs.
//! Beside the story, [`rehearse`] boots a recipe on this machine, and [`cloud_init`] knows what
//! cloud-init makes of one.

pub mod model;

pub mod clock;

pub mod cloud_init;

pub mod store;

pub mod template;

pub mod cloud;

pub mod file_read;

pub mod http_send;

pub mod secrets;

pub mod outbox;

pub mod settings;

pub mod workflow;

pub mod flow;

pub mod rehearse;

pub mod service;

pub mod cli;
