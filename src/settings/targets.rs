//! Reads `[[watch.NAME.target]]`: what uses the image, in the watch's own account or in one of `[account.NAME]`.

use std::collections::BTreeMap;

use crate::model::ids::{AccountId, Region};
use crate::model::watch::{OnDrift, TargetPattern};

use super::fault::{Problem, quoted_value};
use super::nearest::nearest;
use super::reading::{ConfigReading, ConfigSection};
use super::{FleetAccount, values};

/// The accounts that a target can be in.
pub(super) struct TargetAccounts<'a> {
    pub(super) accounts: &'a BTreeMap<String, FleetAccount>,
    /// Where a watch is that names no region, as far as the config says.
    pub(super) own_region: Option<&'a str>,
}

/// It names no account, or one that says by which role environments are changed there.
pub(super) fn may_be_moved(
    section: &ConfigSection<'_>,
    accounts: &BTreeMap<String, FleetAccount>,
) -> bool {
    let beanstalk = section.section("beanstalk");
    let named = beanstalk.text("account");
    let account = named.and_then(|named| accounts.get(named.text));
    beanstalk.place_of("account").is_none()
        || account.is_some_and(|account| account.rollout_role_arn.is_some())
}

/// Those of one watch; what is wrong is reported and left out.
pub(super) fn read_targets(
    sections: &[ConfigSection<'_>],
    region: Option<&Region>,
    on_drift: OnDrift,
    there: &TargetAccounts<'_>,
    reading: &mut ConfigReading<'_>,
) -> Vec<TargetPattern> {
    let region = region.map(Region::as_str).or(there.own_region);
    let read = sections.iter().filter_map(|section| {
        let target = target(section, there, region, reading);
        if on_drift == OnDrift::Rollout {
            warn_of_another_account(section, there, reading);
        }
        target
    });
    read.collect()
}

fn target(
    section: &ConfigSection<'_>,
    there: &TargetAccounts<'_>,
    region: Option<&str>,
    reading: &mut ConfigReading<'_>,
) -> Option<TargetPattern> {
    if section.place_of("beanstalk").is_none() {
        let right = "add `beanstalk = { application = \"...\", environment = \"*\" }`";
        let problem = Problem::new("the target names nothing", right);
        reading.fault_in_context(section.at.clone(), problem);
        return None;
    }
    let beanstalk = section.section("beanstalk");
    let written = beanstalk.text("account");
    let account_name = written.as_ref().map(|written| written.text.to_owned());
    let account =
        written.map(|written| reading.parsed(Some(written), |name| account(name, there, region)));
    let application = reading.required(&beanstalk, "application", values::name_pattern);
    let environment = reading.required(&beanstalk, "environment", values::environment_pattern);
    let account = match account {
        None => None,
        Some(read) => Some(read?),
    };
    Some(TargetPattern {
        account,
        account_name,
        movable: may_be_moved(section, there.accounts),
        application: application?,
        environment: environment?,
    })
}

fn account(
    name: &str,
    there: &TargetAccounts<'_>,
    region: Option<&str>,
) -> Result<AccountId, Problem> {
    let Some(account) = there.accounts.get(name) else {
        let names = there.accounts.keys().map(String::as_str);
        let right = match nearest(name, names) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "add `[account.NAME]` with that name and its `role_arn`".to_owned(),
        };
        let wrong = format!("there is no account {}", quoted_value(name));
        return Err(Problem::new(wrong, right));
    };
    let elsewhere = region.filter(|region| Region::from(*region).partition() != account.partition);
    match elsewhere {
        None => Ok(account.id.clone()),
        Some(region) => Err(Problem::new(
            format!(
                "the account is of the partition {}, and the watch is in {region}: no image goes from one to \
                 the other",
                account.partition
            ),
            "let a watch of that partition, with credentials of its own, bake there",
        )),
    }
}

/// Accepted, and never taken in silence for something that happens.
fn warn_of_another_account(
    section: &ConfigSection<'_>,
    there: &TargetAccounts<'_>,
    reading: &mut ConfigReading<'_>,
) {
    let account = section.section("beanstalk").place_of("account");
    if let Some(at) = account.filter(|_| !may_be_moved(section, there.accounts)) {
        let problem = Problem::new(
            "environments of that account are told of, with the command that moves them, and not moved",
            "name the role that may change them as the account's `rollout_role_arn`, or move them by hand or by \
             their own pipeline",
        );
        reading.warn(at, problem);
    }
}
