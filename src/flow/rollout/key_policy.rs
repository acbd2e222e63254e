//! Whether a key's policy and grants admit the role by which Auto Scaling launches. A plain function of the
//! policy document, the grants and the role.
//!
//! Only what is known bars a move: a policy with words that are not weighed here (`NotPrincipal`, conditions,
//! a service as principal) may admit the role, and then it is not told. What the account's own IAM policies
//! say does not count: AWS's policy of the service-linked role names no key of a customer's, and nobody can
//! attach another one to it, so that a statement for the account's root admits it in nothing.

use serde_json::Value;

use crate::model::key_access::KeyBar;

/// What the documents say of the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyWord {
    Admits,
    /// It is known that the role may not use it.
    Bars(KeyBar),
    /// It is not told, and why.
    Untold(String),
}

/// What one statement says of the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Nothing,
    Allows,
    Denies,
    /// Perhaps it allows it.
    Perhaps(&'static str),
}

/// What a launch from an encrypted snapshot needs of its key.
const NEEDED: [&str; 5] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
];

/// Weighs a key's policy and the number of grants that it has for the role.
pub(super) fn key_word(policy: &str, grants: usize, role: &str) -> KeyWord {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else {
        return KeyWord::Untold("its policy is no JSON".to_owned());
    };
    let said: Vec<Says> = listed(&policy["Statement"])
        .into_iter()
        .map(|statement| says(statement, role))
        .collect();
    if said.contains(&Says::Denies) {
        return KeyWord::Bars(KeyBar::PolicyDenies);
    }
    if grants > 0 || said.contains(&Says::Allows) {
        return KeyWord::Admits;
    }
    let perhaps = said.iter().find_map(|one| match one {
        Says::Perhaps(what) => Some(*what),
        Says::Nothing | Says::Allows | Says::Denies => None,
    });
    match perhaps {
        Some(what) => KeyWord::Untold(format!("a statement of its policy has {what}")),
        None => KeyWord::Bars(KeyBar::NotAdmitted),
    }
}

fn says(statement: &Value, role: &str) -> Says {
    let about = names_role(statement, role);
    let conditional = statement.get("Condition").is_some();
    match (statement["Effect"].as_str(), about) {
        (Some("Deny"), Says::Allows) if !conditional && every_needed(statement) => Says::Denies,
        (Some("Allow"), Says::Allows) if some_needed(statement) => Says::Allows,
        (Some("Allow"), Says::Perhaps(what)) if some_needed(statement) => Says::Perhaps(what),
        _ => Says::Nothing,
    }
}

/// Whether a statement is about the role: `Allows` stands for "it is".
fn names_role(statement: &Value, role: &str) -> Says {
    if statement.get("NotPrincipal").is_some() {
        return Says::Perhaps("NotPrincipal");
    }
    let principal = &statement["Principal"];
    if principal.as_str() == Some("*") {
        return Says::Allows;
    }
    let of_aws = listed(&principal["AWS"]);
    let named = |one: &&Value| matches!(one.as_str(), Some(word) if word == "*" || word == role);
    if of_aws.iter().any(named) {
        return Says::Allows;
    }
    match principal.get("Service").is_some() {
        true => Says::Perhaps("a service as its principal"),
        false => Says::Nothing,
    }
}

/// Something of what a launch needs: who is given a part of it is not known to lack the rest.
fn some_needed(statement: &Value) -> bool {
    NEEDED.iter().any(|action| covers(statement, action))
}

fn every_needed(statement: &Value) -> bool {
    NEEDED.iter().all(|action| covers(statement, action))
}

fn covers(statement: &Value, action: &str) -> bool {
    if let Some(not) = statement.get("NotAction") {
        return !listed(not).iter().any(|one| fits(one, action));
    }
    listed(&statement["Action"])
        .iter()
        .any(|one| fits(one, action))
}

/// An action as a policy writes it, with `*` and `?`, in whatever case.
fn fits(written: &Value, action: &str) -> bool {
    let Some(written) = written.as_str() else {
        return false;
    };
    let pattern = glob::Pattern::new(&written.to_ascii_lowercase());
    pattern.is_ok_and(|pattern| pattern.matches(&action.to_ascii_lowercase()))
}

/// One, or a list of them.
fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/\
                        AWSServiceRoleForAutoScaling";

    fn word(statements: &Value, grants: usize) -> KeyWord {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        key_word(&policy.to_string(), grants, ROLE)
    }

    /// What KMS gives a key that is made without a policy.
    fn root() -> Value {
        json!({
            "Sid": "Enable IAM User Permissions", "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::111122223333:root" }, "Action": "kms:*", "Resource": "*"
        })
    }

    fn allow(principal: Value, action: Value) -> Value {
        json!({ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*" })
    }

    /// The account's own policies cannot let the service-linked role in: root alone is "no".
    #[test]
    fn the_default_policy_admits_nobody_of_auto_scaling() {
        let barred = KeyWord::Bars(KeyBar::NotAdmitted);
        assert_eq!(word(&json!([root()]), 0), barred);
        assert_eq!(word(&root(), 0), barred, "one statement without a list");
        assert_eq!(word(&json!([]), 0), barred);
        assert_eq!(word(&json!([root()]), 1), KeyWord::Admits, "a grant");
    }

    /// The two statements of AWS's guide.
    #[test]
    fn the_guide_s_statements_admit_it() {
        let uses = json!([
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncrypt*",
            "kms:GenerateDataKey*",
            "kms:DescribeKey"
        ]);
        let uses = allow(json!({ "AWS": [ROLE] }), uses);
        let mut grants = allow(json!({ "AWS": ROLE }), json!("kms:CreateGrant"));
        grants["Condition"] = json!({ "Bool": { "kms:GrantIsForAWSResource": true } });
        assert_eq!(word(&json!([root(), uses, grants]), 0), KeyWord::Admits);
        assert_eq!(word(&json!([grants]), 0), KeyWord::Admits);
    }

    #[test]
    fn whoever_may_be_meant_is_not_barred() {
        for (principal, action, wanted) in [
            (json!("*"), json!("kms:*"), KeyWord::Admits),
            (json!({ "AWS": "*" }), json!("KMS:decrypt"), KeyWord::Admits),
            (
                json!({ "AWS": ROLE }),
                json!("kms:Sign"),
                KeyWord::Bars(KeyBar::NotAdmitted),
            ),
            (
                json!({ "AWS": "arn:aws:iam::111122223333:role/other" }),
                json!("kms:*"),
                KeyWord::Bars(KeyBar::NotAdmitted),
            ),
            (
                json!({ "Service": "autoscaling.amazonaws.com" }),
                json!("kms:*"),
                KeyWord::Untold(
                    "a statement of its policy has a service as its principal".to_owned(),
                ),
            ),
        ] {
            assert_eq!(
                word(&json!([root(), allow(principal.clone(), action)]), 0),
                wanted,
                "{principal}"
            );
        }
        let not =
            json!({ "Effect": "Allow", "NotPrincipal": { "AWS": "x" }, "NotAction": "kms:Sign" });
        let untold = KeyWord::Untold("a statement of its policy has NotPrincipal".to_owned());
        assert_eq!(word(&json!([not]), 0), untold);
        assert!(matches!(key_word("no", 0, ROLE), KeyWord::Untold(_)));
    }

    #[test]
    fn what_is_denied_to_it_stands_above_every_grant() {
        let mut deny = allow(json!({ "AWS": ROLE }), json!("kms:*"));
        deny["Effect"] = json!("Deny");
        let barred = KeyWord::Bars(KeyBar::PolicyDenies);
        assert_eq!(word(&json!([root(), deny]), 1), barred);
        deny["Condition"] =
            json!({ "StringNotEquals": { "kms:ViaService": "ec2.eu-west-1.amazonaws.com" } });
        assert_eq!(
            word(&json!([root(), deny]), 1),
            KeyWord::Admits,
            "perhaps not of this call"
        );
    }
}
