//! What is said of a key that bars a launch: what lets the role in, as a command and as the statements of a
//! policy, both ready to be pasted.

use super::gate::BarredRole;
use crate::model::aws_command::AwsCommand;
use crate::model::ids::{ImageId, TargetId};
use crate::model::key_access::KeyBar;

/// What Auto Scaling's role must be let do with a key.
const KEY_OPERATIONS: [&str; 8] = [
    "Encrypt",
    "Decrypt",
    "ReEncryptFrom",
    "ReEncryptTo",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "DescribeKey",
    "CreateGrant",
];
/// KMS's word for a key that is to be deleted.
const PENDING_DELETION: &str = "PendingDeletion";

/// One sentence that reads alone.
pub(super) fn key_sentence(
    target: &TargetId,
    image: &ImageId,
    key: Option<&str>,
    known: Option<&BarredRole>,
) -> String {
    let name = &target.environment;
    let named = key.unwrap_or("KEY");
    let of_key =
        |operation: &str| AwsCommand::new(operation, &target.scope.region).with("--key-id", named);
    let Some(BarredRole { role, bar }) = known else {
        return format!(
            "The Auto Scaling group of {name} may not use the key of {image}: the key's policy must let its \
             role do so, or a grant does: `{}`.",
            create_grant(target, named, &usual_role(target))
        );
    };
    match bar {
        KeyBar::NotAdmitted => format!(
            "The Auto Scaling group of {name} may not use {named}, the key of {image}: neither the key's policy \
             nor a grant lets its role in. A grant does it, `{}`, or these statements in the key's policy: {}",
            create_grant(target, named, role),
            key_statements(role)
        ),
        KeyBar::PolicyDenies => format!(
            "The Auto Scaling group of {name} may not use {named}, the key of {image}: a statement of the key's \
             policy denies it to {role}. Take that out: `{}` shows it.",
            of_key("kms get-key-policy").with("--policy-name", "default")
        ),
        KeyBar::State { state } => format!(
            "The Auto Scaling group of {name} cannot use {named}, the key of {image}: the key is {state}, and \
             nothing is launched by it. `{}` ends that.",
            match state.as_str() {
                PENDING_DELETION => of_key("kms cancel-key-deletion"),
                _ => of_key("kms enable-key"),
            }
        ),
    }
}

/// The role by which groups launch, unless they name another.
fn usual_role(target: &TargetId) -> String {
    let scope = &target.scope;
    format!(
        "arn:{}:iam::{}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        scope.partition, scope.account
    )
}

/// The command that lets a role use a key.
fn create_grant(target: &TargetId, key: &str, role: &str) -> AwsCommand {
    AwsCommand::new("kms create-grant", &target.scope.region)
        .with("--key-id", key)
        .with("--grantee-principal", role)
        .with_each("--operations", KEY_OPERATIONS)
}

/// The statements of a key's policy that do the same, as AWS's guide has them.
pub(super) fn key_statements(role: &str) -> String {
    format!(
        "[{{\"Effect\":\"Allow\",\"Principal\":{{\"AWS\":\"{role}\"}},\"Action\":[\"kms:Encrypt\",\
         \"kms:Decrypt\",\"kms:ReEncrypt*\",\"kms:GenerateDataKey*\",\"kms:DescribeKey\"],\"Resource\":\"*\"}},\
         {{\"Effect\":\"Allow\",\"Principal\":{{\"AWS\":\"{role}\"}},\"Action\":\"kms:CreateGrant\",\
         \"Resource\":\"*\",\"Condition\":{{\"Bool\":{{\"kms:GrantIsForAWSResource\":true}}}}}}]"
    )
}
