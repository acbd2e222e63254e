//! KMS in one region: customers' keys with policy, state and grants, and the account's own key for EBS. Only
//! what a launch by Auto Scaling hangs on; nothing is ever encrypted.

mod grants;
pub(crate) mod model;
mod rules;

use serde_json::{Value, json};

use self::model::{CmkState, CustomerKey};
use crate::door::{Call, unknown_operation};
use crate::ec2::keys::{default_key, named};
use crate::ec2::model::Ec2;
use crate::state::State;
use crate::wire::fail::Fail;

pub(crate) use rules::refuses_launch;

/// The only policy that a key has.
const POLICY: &str = "default";

pub(crate) fn call(state: &mut State, call: &Call) -> Result<Value, Fail> {
    let (core, here) = state.enter(&call.region);
    let ec2 = &mut here.ec2;
    match call.operation.as_str() {
        "CreateKey" => {
            let policy = call.params.get("Policy").map(str::to_owned);
            let number = core.number();
            let key = CustomerKey::new(&core.account, &call.region, number, core.now, policy);
            checked(&key.policy)?;
            let shown = metadata(ec2, &key.arn, Some(&key));
            ec2.customer_keys.insert(key.arn.clone(), key);
            Ok(json!({ "KeyMetadata": shown }))
        }
        "DescribeKey" => describe(ec2, call),
        "GetKeyPolicy" => policy(ec2, call),
        "PutKeyPolicy" => {
            let policy = call.params.need("Policy")?.to_owned();
            checked(&policy)?;
            customers(ec2, call)?.policy = policy;
            Ok(json!({}))
        }
        "EnableKey" => turned(ec2, call, CmkState::Enabled),
        "DisableKey" => turned(ec2, call, CmkState::Disabled),
        "ScheduleKeyDeletion" => turned(ec2, call, CmkState::PendingDeletion),
        "CancelKeyDeletion" => turned(ec2, call, CmkState::Disabled),
        "CreateGrant" => grants::create(core, customers(ec2, call)?, call),
        "ListGrants" => grants::list(customers(ec2, call)?, call),
        "RevokeGrant" => grants::revoke(customers(ec2, call)?, call),
        other => Err(unknown_operation(other)),
    }
}

/// The ARN that a call means.
fn asked(ec2: &Ec2, call: &Call) -> Result<String, Fail> {
    let key = call.params.need("KeyId")?;
    Ok(named(ec2, Some(key)))
}

fn not_found(arn: &str) -> Fail {
    Fail::new("NotFoundException", format!("Key '{arn}' does not exist"))
}

/// A key of a customer's. The account's own for EBS takes no change, and shows no grants here.
fn customers<'a>(ec2: &'a mut Ec2, call: &Call) -> Result<&'a mut CustomerKey, Fail> {
    let arn = asked(ec2, call)?;
    if arn == default_key(ec2) {
        let message = format!(
            "{arn} is an AWS managed key and not authorized for {}",
            call.operation
        );
        return Err(Fail::new("AccessDeniedException", message));
    }
    let key = ec2.customer_keys.get_mut(&arn);
    key.ok_or_else(|| not_found(&arn))
}

fn describe(ec2: &Ec2, call: &Call) -> Result<Value, Fail> {
    let arn = asked(ec2, call)?;
    let key = ec2.customer_keys.get(&arn);
    if key.is_none() && arn != default_key(ec2) {
        return Err(not_found(&arn));
    }
    Ok(json!({ "KeyMetadata": metadata(ec2, &arn, key) }))
}

/// As KMS describes a key; without a customer's it is the account's own for EBS.
fn metadata(ec2: &Ec2, arn: &str, key: Option<&CustomerKey>) -> Value {
    let id = arn.rsplit('/').next().unwrap_or_default();
    let state = key.map_or(CmkState::Enabled, |key| key.state);
    let created = key.map_or(0.0, |key| key.created.timestamp() as f64);
    json!({
        "AWSAccountId": ec2.account,
        "KeyId": id,
        "Arn": arn,
        "CreationDate": created,
        "Enabled": state == CmkState::Enabled,
        "Description": if key.is_some() { "" } else { "Default key that protects my EBS volumes when no other key is defined" },
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": state.word(),
        "Origin": "AWS_KMS",
        "KeyManager": if key.is_some() { "CUSTOMER" } else { "AWS" },
        "KeySpec": "SYMMETRIC_DEFAULT",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": false,
    })
}

fn policy(ec2: &mut Ec2, call: &Call) -> Result<Value, Fail> {
    if call
        .params
        .get("PolicyName")
        .is_some_and(|name| name != POLICY)
    {
        return Err(Fail::new("NotFoundException", "No such policy exists"));
    }
    if asked(ec2, call)? == default_key(ec2) {
        return Ok(
            json!({ "PolicyName": POLICY, "Policy": rules::of_ebs(&ec2.account, &call.region) }),
        );
    }
    let key = customers(ec2, call)?;
    Ok(json!({ "PolicyName": POLICY, "Policy": key.policy }))
}

fn turned(ec2: &mut Ec2, call: &Call, state: CmkState) -> Result<Value, Fail> {
    let key = customers(ec2, call)?;
    let leaves_deletion = call.operation == "CancelKeyDeletion";
    if (key.state == CmkState::PendingDeletion) != leaves_deletion {
        let message = format!("{} is {}.", key.arn, key.state.word().to_lowercase());
        return Err(Fail::new("KMSInvalidStateException", message));
    }
    key.state = state;
    Ok(json!({ "KeyId": key.arn }))
}

fn checked(policy: &str) -> Result<(), Fail> {
    let statements =
        serde_json::from_str::<Value>(policy).map(|policy| policy["Statement"].clone());
    match statements {
        Ok(Value::Array(_) | Value::Object(_)) => Ok(()),
        _ => Err(Fail::new(
            "MalformedPolicyDocumentException",
            "The new key policy is not valid JSON, or has no statement.",
        )),
    }
}
