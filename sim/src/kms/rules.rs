//! Whether Auto Scaling's role may launch by a key: a plain function of the key. Conditions are taken for
//! fulfilled; AWS's policy of the service-linked role names no customer's key, so that a statement for the
//! account's root lets it do nothing.

use serde_json::{Value, json};

use super::model::{CmkState, CustomerKey};
use crate::autoscaling::groups::launching_role;
use crate::ec2::model::Ec2;

/// Without these an instance that is launched from an encrypted snapshot ends.
const NEEDED: [&str; 2] = ["CreateGrant", "Decrypt"];

/// Auto Scaling's role may not launch from this snapshot. A key that nobody made in KMS is taken for usable.
pub(crate) fn refuses_launch(ec2: &Ec2, snapshot_id: &str) -> bool {
    let snapshot = ec2.snapshots.get(snapshot_id);
    let key = snapshot.and_then(|snapshot| snapshot.key.as_ref());
    let key = key.and_then(|arn| ec2.customer_keys.get(arn));
    key.is_some_and(|key| {
        let role = launching_role(&ec2.account);
        let may = |operation: &&str| may(key, &role, operation);
        key.state != CmkState::Enabled || !NEEDED.iter().all(may)
    })
}

fn may(key: &CustomerKey, role: &str, operation: &str) -> bool {
    let policy: Value = serde_json::from_str(&key.policy).unwrap_or_default();
    let statements = match &policy["Statement"] {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    let said = |effect: &str| {
        let mut of_effect = statements.iter().filter(|one| one["Effect"] == effect);
        of_effect.any(|one| is_for(one, role) && covers(one, operation))
    };
    let mut grants = key.grants.iter();
    let granted = grants.any(|grant| {
        let names = |one: &String| one == operation;
        grant.grantee == role && grant.operations.iter().any(names)
    });
    !said("Deny") && (said("Allow") || granted)
}

fn is_for(statement: &Value, role: &str) -> bool {
    let principal = &statement["Principal"];
    let anybody = |value: &Value| value == "*" || value == role;
    match &principal["AWS"] {
        Value::Array(all) => all.iter().any(anybody),
        one => anybody(one) || principal == "*",
    }
}

fn covers(statement: &Value, operation: &str) -> bool {
    let fits = |written: &Value| {
        let written = written.as_str().unwrap_or_default();
        let written = written.strip_prefix("kms:").unwrap_or(written);
        match written.split_once('*') {
            Some((start, "")) => operation.starts_with(start),
            _ => written == operation,
        }
    };
    match &statement["Action"] {
        Value::Array(all) => all.iter().any(fits),
        one => one == "*" || fits(one),
    }
}

/// The policy that AWS gives the account's own key for EBS.
pub(super) fn of_ebs(account: &str, region: &str) -> String {
    let through_ec2 = json!({ "StringEquals": {
        "kms:CallerAccount": account,
        "kms:ViaService": format!("ec2.{region}.amazonaws.com"),
    } });
    json!({
        "Version": "2012-10-17",
        "Id": "auto-ebs-2",
        "Statement": [{
            "Sid": "Allow access through EBS for all principals in the account that are authorized to use EBS",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"],
            "Resource": "*",
            "Condition": through_ec2,
        }],
    })
    .to_string()
}
