//! `config check`: reads the config, says everything that is wrong with it, calls nobody.

use super::args::{Common, Config, ConfigCommand};
use super::session::load_settings;
use crate::flow::exit_code::Exit;

pub(super) fn run_config(common: &Common, own: &Config) -> anyhow::Result<Exit> {
    match own.command {
        ConfigCommand::Check => check(common),
    }
}

fn check(common: &Common) -> anyhow::Result<Exit> {
    let settings = load_settings(common)?;
    println!(
        "{}: nothing is wrong with it (watches: {}, notifiers: {})",
        settings.path.display(),
        settings.watches.len(),
        settings.notifiers.len()
    );
    Ok(Exit::Done)
}
