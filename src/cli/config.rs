//! `config check`: reads the config, says everything that is wrong with it, calls nobody.

use super::args::{Common, Config, ConfigCommand};
use super::session::settings;
use crate::flow::verdict::Exit;

pub(super) fn run(common: &Common, own: &Config) -> anyhow::Result<Exit> {
    match own.command {
        ConfigCommand::Check => check(common),
    }
}

fn check(common: &Common) -> anyhow::Result<Exit> {
    let settings = settings(common)?;
    println!(
        "{}: nothing is wrong with it (watches: {}, notifiers: {})",
        settings.path.display(),
        settings.watches.len(),
        settings.notifiers.len()
    );
    Ok(Exit::Done)
}
