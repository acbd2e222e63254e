//! KMS keys as far as EC2 cares: the account's own for EBS, which nothing can be shared with, and others.

use super::model::Ec2;

/// Why a copy whose key cannot be used fails, long after it was accepted.
pub(crate) const NOT_ACCESSIBLE: &str =
    "Given key ID is not accessible. You must have DescribeKey permissions on the default CMK";

/// The key `alias/aws/ebs` of a region: what is encrypted without a key of one's own has it.
pub(crate) fn default_key(ec2: &Ec2) -> String {
    format!("{}:key/51300000-0000-4000-8000-0000000000eb", here(ec2))
}

/// What the ARNs of the account's keys begin with.
fn here(ec2: &Ec2) -> String {
    format!("arn:aws:kms:{}:{}", ec2.region(), ec2.account)
}

/// The ARN of the key that a call names by ARN, alias or id; the default one when it names none.
pub(crate) fn named(ec2: &Ec2, asked: Option<&str>) -> String {
    match asked {
        None | Some("" | "alias/aws/ebs") => default_key(ec2),
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        Some(alias) if alias.starts_with("alias/") => format!("{}:{alias}", here(ec2)),
        Some(id) => format!("{}:key/{id}", here(ec2)),
    }
}

/// Whether EC2 can use a key here. It looks only once it has accepted the call.
pub(crate) fn is_usable(ec2: &Ec2, region: &str, key: &str) -> bool {
    key.starts_with(&format!("arn:aws:kms:{region}:")) && !ec2.unusable_keys.contains(key)
}
