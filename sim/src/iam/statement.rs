//! Statements of a policy as they are read: actions, resources, conditions.

use serde_json::Value;

use super::{Asked, glob};

#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) allow: bool,
    /// Small letters.
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

/// One key of a condition: what it is must be one of these.
#[derive(Clone, Debug)]
struct Condition {
    key: String,
    /// With wildcards.
    like: bool,
    values: Vec<String>,
}

impl Condition {
    /// A key that the call has not is none of the values.
    fn holds(&self, asked: &Asked) -> bool {
        let mut context = asked.context.iter();
        let found = context.find(|(key, _)| key.eq_ignore_ascii_case(&self.key));
        found.is_some_and(|(_, have)| {
            let is = |value: &String| match self.like {
                true => glob(value, have),
                false => value == have,
            };
            self.values.iter().any(is)
        })
    }
}

impl Statement {
    pub(super) fn is_about(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| glob(pattern, action))
    }

    /// Whether it holds for a resource; an empty one is any.
    pub(super) fn holds(&self, asked: &Asked, resource: &str) -> bool {
        let named = resource.is_empty() || self.resources.iter().any(|r| glob(r, resource));
        self.is_about(&asked.action.to_ascii_lowercase())
            && named
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(asked))
    }
}

/// The statements of a policy document.
pub(super) fn statements(policy: &Value) -> Result<Vec<Statement>, String> {
    listed(policy)?.iter().map(statement).collect()
}

/// Its statements reduced to their actions: they hold for everything.
pub(super) fn action_statements(policy: &Value) -> Result<Vec<Statement>, String> {
    listed(policy)?.iter().map(about_actions).collect()
}

fn listed(policy: &Value) -> Result<&[Value], String> {
    match &policy["Statement"] {
        Value::Array(list) => Ok(list.as_slice()),
        one @ Value::Object(_) => Ok(std::slice::from_ref(one)),
        _ => Err("a policy needs a Statement: an object or a list of them".to_owned()),
    }
}

fn about_actions(statement: &Value) -> Result<Statement, String> {
    let actions = texts(&statement["Action"])
        .ok_or("a statement needs an Action: a string or a list of them")?;
    let allow = match statement["Effect"].as_str() {
        Some("Allow") => true,
        Some("Deny") => false,
        _ => return Err("a statement needs an Effect: Allow or Deny".to_owned()),
    };
    Ok(Statement {
        allow,
        actions: actions
            .iter()
            .map(|action| action.to_ascii_lowercase())
            .collect(),
        resources: Vec::new(),
        conditions: Vec::new(),
    })
}

fn statement(statement: &Value) -> Result<Statement, String> {
    for unknown in ["NotAction", "NotResource", "Principal", "NotPrincipal"] {
        if !statement[unknown].is_null() {
            return Err(format!(
                "{unknown} is not simulated; say what is meant without it"
            ));
        }
    }
    let resources = texts(&statement["Resource"])
        .ok_or("a statement needs a Resource: a string or a list of them")?;
    Ok(Statement {
        resources,
        conditions: conditions(&statement["Condition"])?,
        ..about_actions(statement)?
    })
}

fn conditions(of: &Value) -> Result<Vec<Condition>, String> {
    let mut all = Vec::new();
    for (operator, keys) in of.as_object().into_iter().flatten() {
        let like = match operator.as_str() {
            "StringEquals" => false,
            "StringLike" | "ArnLike" | "ArnEquals" => true,
            other => return Err(format!("the condition {other} is not simulated")),
        };
        for (key, values) in keys.as_object().into_iter().flatten() {
            let values = texts(values).ok_or_else(|| format!("{key} needs a string or a list"))?;
            all.push(Condition {
                key: key.clone(),
                like,
                values,
            });
        }
    }
    Ok(all)
}

fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Array(list) => list.iter().map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Asked, Iam};
    use super::*;

    const ROLE: &str = "arn:aws:iam::000000000000:role/mover";
    const SHOP: &str = "arn:aws:elasticbeanstalk:eu-west-1:000000000000:environment/shop/shop-live";

    fn allows(statements: Value, asked: &Asked) -> bool {
        let mut iam = Iam::default();
        let policy = json!({ "Statement": statements });
        iam.set_role_policy(ROLE, Some(&policy))
            .expect("it is a policy");
        iam.may(Some(ROLE), asked)
    }

    fn update(resource: &str) -> Asked {
        Asked::new("elasticbeanstalk:UpdateEnvironment").on(resource)
    }

    #[test]
    fn a_resource_must_be_allowed_and_not_denied() {
        let allow = json!({ "Effect": "Allow", "Action": "elasticbeanstalk:Update*",
            "Resource": "arn:aws:elasticbeanstalk:*:000000000000:environment/shop/*" });
        assert!(allows(json!([allow]), &update(SHOP)));
        assert!(!allows(
            json!([allow]),
            &update(&SHOP.replace("/shop/", "/other/"))
        ));
        let deny = json!({ "Effect": "Deny", "Action": "*", "Resource": "*live" });
        assert!(!allows(json!([allow, deny]), &update(SHOP)));
        assert!(
            !allows(json!([]), &update(SHOP)),
            "what is not allowed is denied"
        );
    }

    #[test]
    fn a_condition_asks_for_its_key() {
        let allow = json!({ "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": { "StringLike": { "elasticbeanstalk:InApplication": ["*/shop", "*/till"] } } });
        assert!(
            !allows(json!([allow]), &update(SHOP)),
            "the call has no such key"
        );
        let of =
            |application: &str| update(SHOP).with("elasticbeanstalk:inapplication", application);
        assert!(allows(json!([allow]), &of("arn:application/till")));
        assert!(!allows(json!([allow]), &of("arn:application/other")));
    }

    #[test]
    fn only_sessions_of_the_role_are_bound() {
        let mut iam = Iam::default();
        iam.set_role_policy(ROLE, Some(&json!({ "Statement": [] })))
            .expect("it is a policy");
        assert!(!iam.may(Some(ROLE), &update(SHOP)));
        assert!(iam.may(None, &update(SHOP)));
        iam.set_role_policy(ROLE, None)
            .expect("nothing is a policy");
        assert!(iam.may(Some(ROLE), &update(SHOP)));
    }

    #[test]
    fn what_is_not_simulated_is_refused() {
        for odd in [
            json!({ "Effect": "Allow", "NotAction": "s3:*", "Resource": "*" }),
            json!({ "Effect": "Allow", "Action": "*", "NotResource": "*" }),
            json!({ "Effect": "Allow", "Action": "*" }),
            json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "Bool": { "a": "b" } } }),
        ] {
            let policy = json!({ "Statement": odd });
            assert!(
                Iam::default().set_role_policy(ROLE, Some(&policy)).is_err(),
                "{odd}"
            );
        }
    }
}
