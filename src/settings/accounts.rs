//! Reads `[account.NAME]`: other accounts, by a role in each. Which account it is, and of which partition,
//! stands in the role's ARN.

use std::collections::BTreeMap;

use crate::model::ids::{AccountId, Partition, Region};

use super::fault::{Problem, quoted_value};
use super::reading::{ConfigReading, ConfigSection, WrittenText};
use super::{FleetAccount, arns, values};

/// What `survey --account` calls everything, and the credentials' own account.
pub(super) const RESERVED: [&str; 2] = ["all", "own"];

/// By name. What is wrong is reported and left out.
pub(super) fn read_accounts(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> BTreeMap<String, FleetAccount> {
    let mut accounts = BTreeMap::new();
    let mut taken: BTreeMap<AccountId, String> = BTreeMap::new();
    for (written, section) in section.named_sections() {
        let name = reading.parsed(Some(written), account_name);
        let read = account(&section, reading);
        let (Some(name), Some(account)) = (name, read) else {
            continue;
        };
        if let Some(other) = taken.insert(account.id.clone(), name.clone()) {
            let problem = Problem::new(
                format!("account {} is [account.{other}] already", account.id),
                "keep one of the two, or correct its `role_arn`",
            );
            reading.fault(section.place_of("role_arn").unwrap_or_default(), problem);
        }
        accounts.insert(name, account);
    }
    accounts
}

fn account_name(text: &str) -> Result<String, Problem> {
    match RESERVED.contains(&text) {
        true => Err(Problem::new(
            format!("an account cannot be called {}", quoted_value(text)),
            "choose another name: `survey --account` means something else by that one",
        )),
        false => values::parse_name(text),
    }
}

fn account(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<FleetAccount> {
    let role = reading.required(section, "role_arn", arns::role_arn);
    let external_id = reading.parsed(section.text("external_id"), external_id);
    let (id, partition) = role.as_deref().and_then(arns::owner_of)?;
    let mover = reading.parsed(section.text("rollout_role_arn"), |text| {
        role_of(&id, &partition, text)
    });
    let written = section.texts("regions").unwrap_or_default();
    if section.is_empty_list("regions") {
        let at = section.place_of("regions").unwrap_or_default();
        let problem = Problem::new(
            "`regions` names none",
            "name some, or leave it out for the region of everything else",
        );
        reading.fault(at, problem);
    }
    Some(FleetAccount {
        regions: regions(written, &partition, reading),
        id,
        partition,
        role_arn: role?,
        rollout_role_arn: mover,
        external_id,
    })
}

/// Another role of the same account.
fn role_of(id: &AccountId, partition: &Partition, text: &str) -> Result<String, Problem> {
    let role = arns::role_arn(text)?;
    match arns::owner_of(&role) {
        Some((owner, of)) if owner == *id && of == *partition => Ok(role),
        _ => Err(Problem::new(
            format!(
                "{} is of another account than `role_arn`",
                quoted_value(text)
            ),
            format!("name a role of the account {id}"),
        )),
    }
}

/// Each once, as written; all of the partition that the role is of.
fn regions(
    written: Vec<WrittenText<'_>>,
    partition: &Partition,
    reading: &mut ConfigReading<'_>,
) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    for one in written {
        let region = reading.parsed(Some(one), |text| {
            let region = values::parse_region(text)?;
            match region.partition() == *partition {
                true => Ok(region),
                false => Err(Problem::new(
                    format!(
                        "{region} is of another partition of AWS than the role, which is of {partition}"
                    ),
                    "name regions of the role's partition; an account is of one",
                )),
            }
        });
        regions.extend(region.filter(|region| !regions.contains(region)));
    }
    regions
}

/// As STS takes it.
fn external_id(text: &str) -> Result<String, Problem> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    match (2..=1224).contains(&text.len()) && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err(Problem::new(
            format!("{} is not an external id", quoted_value(text)),
            "write 2 to 1224 of letters, digits and _+=,.@:/-, as the role's trust policy has it",
        )),
    }
}
