//! `config check`: reads the config and says everything that is wrong with it. It calls nobody; with
//! `--online` it also looks whether what the config names is there.

use super::args::{Common, Config, ConfigCheck, ConfigCommand, Format};
use super::session::{Access, Session, load_settings, missing_profile_finding};
use super::{draw, shells};
use crate::flow::exit_code::Exit;
use crate::service::desk::config::{CheckedConfig, check_config};
use crate::service::named::NamedFinding;
use crate::settings::Settings;

pub(super) async fn run_config(common: &Common, own: &Config) -> anyhow::Result<Exit> {
    match &own.command {
        ConfigCommand::Check(own) => check(common, own).await,
    }
}

async fn check(common: &Common, own: &ConfigCheck) -> anyhow::Result<Exit> {
    if !own.online {
        let settings = load_settings(common)?;
        let doubts = shells::unread_checks(&settings);
        return show(common, &settings, CheckedConfig::offline(&settings, doubts));
    }
    let session = Session::open(common, Access::Read).await?;
    let mut findings = shells::unread_checks(&session.settings);
    findings.extend(missing_profile_finding(&session.settings).await);
    let checked = check_config(&session.service(), findings).await?;
    show(common, &session.settings, checked)
}

fn show(common: &Common, settings: &Settings, checked: CheckedConfig) -> anyhow::Result<Exit> {
    match common.format {
        Format::Json => draw::print_json(&checked)?,
        Format::Table => {
            println!("{}", headline(settings, &checked));
            checked.findings.iter().for_each(finding);
        }
    }
    Ok(checked.exit())
}

fn headline(settings: &Settings, checked: &CheckedConfig) -> String {
    let counts = format!(
        "(watches: {}, notifiers: {})",
        settings.watches.len(),
        settings.notifiers.len()
    );
    let path = settings.path.display();
    match (checked.exit(), checked.online) {
        (Exit::Done, false) => format!("{path}: nothing is wrong with it {counts}"),
        (Exit::Done, true) => {
            format!("{path}: nothing is wrong with it, and what it names is there {counts}")
        }
        _ => format!("{path}: it can be read {counts}, and names what cannot be had:"),
    }
}

/// `  wrong: [notify.ops] sns.topic_arn: the topic ... is not there; make it, or ...`
fn finding(one: &NamedFinding) {
    let NamedFinding {
        is,
        key,
        what,
        advice,
    } = one;
    let line = format!("  {}: {key}: {what}; {advice}", is.as_str());
    println!("{}", draw::wrapped_line(&line, 4));
}
