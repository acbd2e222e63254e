//! Who is asking, and where: STS and the list of regions.

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use crate::model::ids::{AccountId, Partition, Region, Scope};

const GET_CALLER_IDENTITY: Operation = Operation::read("sts:GetCallerIdentity");
const DESCRIBE_REGIONS: Operation = Operation::read("ec2:DescribeRegions");

impl Cloud {
    /// Account and partition of the credentials, with this door's region. Asked once an
    /// identity, and not at all where an environment's ARN has told it.
    ///
    /// # Errors
    /// Any kind; `NoCredentials` is the usual one.
    pub async fn caller(&self) -> Result<Scope, CloudError> {
        let known = &self.principal.payer.told;
        let (partition, account) = known.get_or_try_init(|| self.ask_who_calls()).await?;
        Ok(Scope {
            partition: partition.clone(),
            account: account.clone(),
            region: self.region().clone(),
        })
    }

    /// The regions that are enabled for the account, sorted.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn regions(&self) -> Result<Vec<Region>, CloudError> {
        let request = self.ec2(DESCRIBE_REGIONS).describe_regions().send();
        let answer = self.call(DESCRIBE_REGIONS, "", request).await?;
        let mut regions: Vec<_> = answer
            .regions()
            .iter()
            .filter_map(|region| region.region_name().map(Region::from))
            .collect();
        regions.sort();
        Ok(regions)
    }

    async fn ask_who_calls(&self) -> Result<(Partition, AccountId), CloudError> {
        let request = self.sts(GET_CALLER_IDENTITY).get_caller_identity().send();
        let answer = self.call(GET_CALLER_IDENTITY, "", request).await?;
        match (answer.arn().and_then(partition_of), answer.account()) {
            (Some(partition), Some(account)) => Ok((partition, account.into())),
            _ => Err(self.fault(
                GET_CALLER_IDENTITY,
                "",
                ErrorKind::Transient,
                "the answer names no account",
            )),
        }
    }
}

/// The partition in an ARN.
fn partition_of(arn: &str) -> Option<Partition> {
    match arn.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", partition, ..] if !partition.is_empty() => Some(Partition::from(*partition)),
        _ => None,
    }
}
