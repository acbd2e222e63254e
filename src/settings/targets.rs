//! Reads `[[watch.NAME.target]]`: what uses the image, in the watch's own account and region or in others.

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

/// Some of what it names is in the watch's own region, in no other account or in one that says by which role
/// environments are changed there.
pub(super) fn may_be_moved(
    section: &ConfigSection<'_>,
    region: Option<&Region>,
    there: &TargetAccounts<'_>,
) -> bool {
    let home = region.map(Region::as_str).or(there.own_region);
    let beanstalk = section.section("beanstalk");
    let account = named_account(&beanstalk, there);
    let here = match (beanstalk.text("region"), account) {
        (Some(written), _) => Some(written.text) == home,
        (None, Some(account)) if beanstalk.place_of("regions").is_some() => {
            let mut regions = account.regions.iter();
            regions.any(|one| Some(one.as_str()) == home)
        }
        (None, _) => true,
    };
    let ours = beanstalk.place_of("account").is_none()
        || account.is_some_and(|account| account.rollout_role_arn.is_some());
    here && ours
}

fn named_account<'a>(
    beanstalk: &ConfigSection<'_>,
    there: &TargetAccounts<'a>,
) -> Option<&'a FleetAccount> {
    let named = beanstalk.text("account")?;
    there.accounts.get(named.text)
}

/// Those of one watch; what is wrong is reported and left out.
pub(super) fn read_targets(
    sections: &[ConfigSection<'_>],
    region: Option<&Region>,
    on_drift: OnDrift,
    there: &TargetAccounts<'_>,
    reading: &mut ConfigReading<'_>,
) -> Vec<TargetPattern> {
    let home = region.map(Region::as_str).or(there.own_region);
    let read = sections.iter().filter_map(|section| {
        let patterns = read_target(section, there, home, reading);
        if on_drift == OnDrift::Rollout {
            warn_of_others(section, (home, there), patterns.as_deref(), reading);
        }
        patterns
    });
    read.flatten().collect()
}

/// One pattern, or one for each region of its account.
fn read_target(
    section: &ConfigSection<'_>,
    there: &TargetAccounts<'_>,
    home: Option<&str>,
    reading: &mut ConfigReading<'_>,
) -> Option<Vec<TargetPattern>> {
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
        written.map(|written| reading.parsed(Some(written), |name| account(name, there, home)));
    let regions = regions(&beanstalk, home, there, reading);
    let application = reading.required(&beanstalk, "application", values::name_pattern);
    let environment = reading.required(&beanstalk, "environment", values::environment_pattern);
    let account = match account {
        None => None,
        Some(read) => Some(read?),
    };
    let (application, environment) = (application?, environment?);
    let may_move = account.is_none()
        || named_account(&beanstalk, there).is_some_and(|one| one.rollout_role_arn.is_some());
    let of_region = |region: Option<Region>| TargetPattern {
        account: account.clone(),
        account_name: account_name.clone(),
        movable: may_move && region.is_none(),
        region,
        application: application.clone(),
        environment: environment.clone(),
    };
    Some(regions?.into_iter().map(of_region).collect())
}

/// The regions that it names; the watch's own is none of them, and stands as `None`.
fn regions(
    beanstalk: &ConfigSection<'_>,
    home: Option<&str>,
    there: &TargetAccounts<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<Vec<Option<Region>>> {
    let one = beanstalk.place_of("region").is_some();
    let wrong = match (one, beanstalk.place_of("regions")) {
        (false, None) => return Some(vec![None]),
        (true, Some(at)) => Some((at, both_regions())),
        (true, None) => None,
        (false, Some(at)) => regions_fault(beanstalk, there).map(|problem| (at, problem)),
    };
    if let Some((at, problem)) = wrong {
        reading.fault(at, problem);
        return None;
    }
    let named = match one {
        true => vec![region(beanstalk, home, reading)?],
        false => named_account(beanstalk, there)?.regions.clone(),
    };
    let Some(home) = home else {
        let at = beanstalk.place_of(if one { "region" } else { "regions" });
        reading.fault_in_context(at.unwrap_or_default(), no_home());
        return None;
    };
    let elsewhere = |region: Region| (region.as_str() != home).then_some(region);
    Some(named.into_iter().map(elsewhere).collect())
}

fn region(
    beanstalk: &ConfigSection<'_>,
    home: Option<&str>,
    reading: &mut ConfigReading<'_>,
) -> Option<Region> {
    reading.parsed(beanstalk.text("region"), |text| {
        let region = values::parse_region(text)?;
        let other = home.filter(|home| Region::from(*home).partition() != region.partition());
        match other {
            None => Ok(region),
            Some(home) => Err(Problem::new(
                format!(
                    "the watch is in {home}, and {region} is of another partition of AWS: no image goes from one \
                     to the other"
                ),
                "let a watch of that region, with credentials of its own, bake there",
            )),
        }
    })
}

fn both_regions() -> Problem {
    Problem::new(
        "the target has both `region` and `regions`",
        "keep `region` for one, or `regions = \"account\"` for those of the account",
    )
}

/// Where the watch is decides what is a copy; the environment's variables are not the config's to hang on.
fn no_home() -> Problem {
    Problem::new(
        "the target names a region, and the config does not say which is the watch's own",
        "add `region` to the watch, or to `[aws]`",
    )
}

/// What `regions` says is not what it can.
fn regions_fault(beanstalk: &ConfigSection<'_>, there: &TargetAccounts<'_>) -> Option<Problem> {
    let text = beanstalk.text("regions").map(|written| written.text);
    if text != Some("account") {
        return Some(Problem::new(
            "`regions` of a target can only be \"account\"",
            "write `regions = \"account\"`, or `region = \"...\"` for one region and a target each for several",
        ));
    }
    match (
        beanstalk.place_of("account"),
        named_account(beanstalk, there),
    ) {
        (None, _) => Some(Problem::new(
            "`regions = \"account\"` without an account",
            "add `account = \"...\"`, or name one region by `region = \"...\"`",
        )),
        (Some(_), Some(account)) if account.regions.is_empty() => Some(Problem::new(
            "that account names no regions",
            "add `regions = [\"...\"]` to its [account.NAME]",
        )),
        // One that there is none of is reported where it is named.
        (Some(_), _) => None,
    }
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
fn warn_of_others(
    section: &ConfigSection<'_>,
    (home, there): (Option<&str>, &TargetAccounts<'_>),
    patterns: Option<&[TargetPattern]>,
    reading: &mut ConfigReading<'_>,
) {
    let beanstalk = section.section("beanstalk");
    let far = patterns.and_then(|all| all.iter().find_map(|one| one.region.as_ref()));
    if let Some(region) = far {
        let key = if beanstalk.place_of("region").is_some() {
            "region"
        } else {
            "regions"
        };
        let problem = Problem::new(
            format!(
                "environments of {region} are told of, with the command that moves them, and not moved: the watch is \
                 in {}",
                home.unwrap_or("another region")
            ),
            "give them a watch of that region, or move them by hand or by their own pipeline",
        );
        reading.warn(beanstalk.place_of(key).unwrap_or_default(), problem);
        return;
    }
    let no_role = named_account(&beanstalk, there).is_none_or(|one| one.rollout_role_arn.is_none());
    if let Some(at) = beanstalk.place_of("account").filter(|_| no_role) {
        let problem = Problem::new(
            "environments of that account are told of, with the command that moves them, and not moved",
            "name the role that may change them as the account's `rollout_role_arn`, or move them by hand or by \
             their own pipeline",
        );
        reading.warn(at, problem);
    }
}
