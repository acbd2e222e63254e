//! What helps where a role cannot be assumed: whose trust policy is to change, and the statement to add there.
//! A plain function of what was asked and of AWS's words.

use serde_json::json;

use super::identity::AssumedRole;

/// What AWS says for whatever reason it is: the role is not there, it does not trust, it wants another external
/// id, or who asks may not ask.
const REFUSED: &str = "AccessDenied";

/// What to do about a refusal; absent where it was refused for something else than trust.
pub(super) fn remedy(role: &AssumedRole, code: Option<&str>, message: &str) -> Option<String> {
    let who = principal(message).filter(|_| code == Some(REFUSED))?;
    let (account, name) = account_and_name(&role.arn)?;
    let statement = statement(&who, role.external_id.as_deref());
    Some(format!(
        "add to the trust policy of the role {name} in account {account}: {statement}; AWS says the same where \
         that role is not there, and where the policy of {who} does not allow sts:AssumeRole on it"
    ))
}

/// The one to trust: for a session, the role that it is of.
fn principal(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("User: ")?;
    let (arn, _) = rest.split_once(" is not authorized")?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let &["arn", partition, service, _, account, resource] = parts.as_slice() else {
        return None;
    };
    let session = resource
        .strip_prefix("assumed-role/")
        .filter(|_| service == "sts");
    Some(match session {
        Some(session) => {
            let role = session.split('/').next().unwrap_or_default();
            format!("arn:{partition}:iam::{account}:role/{role}")
        }
        None => arn.to_owned(),
    })
}

fn account_and_name(role: &str) -> Option<(&str, &str)> {
    let mut parts = role.splitn(6, ':').skip(4);
    let (account, resource) = (parts.next()?, parts.next()?);
    Some((account, resource.strip_prefix("role/")?))
}

fn statement(who: &str, external_id: Option<&str>) -> String {
    let condition = external_id.map(|id| json!({ "StringEquals": { "sts:ExternalId": id } }));
    let condition = condition.map(|condition| format!(",\"Condition\":{condition}"));
    format!(
        "{{\"Effect\":\"Allow\",\"Principal\":{},\"Action\":\"sts:AssumeRole\"{}}}",
        json!({ "AWS": who }),
        condition.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(external_id: Option<&str>) -> AssumedRole {
        AssumedRole {
            external_id: external_id.map(str::to_owned),
            ..AssumedRole::by_arn("arn:aws-cn:iam::222233334444:role/ops/amiwatch")
        }
    }

    const REFUSAL: &str = "is not authorized to perform: sts:AssumeRole on resource: x";

    #[test]
    fn the_statement_lets_in_who_asked() {
        let user = format!("User: arn:aws-cn:iam::111122223333:user/me {REFUSAL}");
        let said = remedy(&role(None), Some("AccessDenied"), &user).unwrap();
        insta::assert_snapshot!(said, @r#"add to the trust policy of the role ops/amiwatch in account 222233334444: {"Effect":"Allow","Principal":{"AWS":"arn:aws-cn:iam::111122223333:user/me"},"Action":"sts:AssumeRole"}; AWS says the same where that role is not there, and where the policy of arn:aws-cn:iam::111122223333:user/me does not allow sts:AssumeRole on it"#);
    }

    #[test]
    fn a_session_is_let_in_as_its_role_and_by_the_external_id_that_is_given() {
        let session = format!("User: arn:aws:sts::111122223333:assumed-role/hub/i-1 {REFUSAL}");
        let said = remedy(&role(Some("of-us")), Some("AccessDenied"), &session).unwrap();
        assert!(
            said.contains(
                r#"{"AWS":"arn:aws:iam::111122223333:role/hub"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"of-us"}}}"#
            ),
            "{said}"
        );
        let statement = said
            .split_once(": ")
            .and_then(|(_, rest)| rest.split_once("; "));
        let parsed: serde_json::Value = serde_json::from_str(statement.unwrap().0).unwrap();
        assert_eq!(parsed["Effect"], "Allow");
    }

    #[test]
    fn another_refusal_is_not_about_trust() {
        let message = "1 validation error detected";
        assert_eq!(remedy(&role(None), Some("ValidationError"), message), None);
        assert_eq!(remedy(&role(None), Some("AccessDenied"), "no"), None);
    }
}
