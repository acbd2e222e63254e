//! Roles of all accounts of a world, whom they trust, and the sessions that were made of them.
//!
//! One book for the world: whoever assumes a role is mostly of another account than the role. It says
//! yes or no; the words are STS's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A role, as a world describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoleSpec {
    /// Its name, with its path where it has one.
    pub name: String,
    /// Whom its trust policy names: `*`, an account's id or root ARN, the ARN of a user, a role or a session.
    pub trusts: Vec<String>,
    /// What its trust policy wants to be told.
    pub external_id: Option<String>,
    /// The longest session that it gives.
    pub max_session_s: i64,
    /// Its own policy; none: it may do everything.
    pub policy: Option<Value>,
}

impl Default for RoleSpec {
    fn default() -> Self {
        Self {
            name: String::new(),
            trusts: vec!["*".to_owned()],
            external_id: None,
            max_session_s: 3600,
            policy: None,
        }
    }
}

impl RoleSpec {
    /// A role that trusts these principals and may do everything.
    pub fn trusting(name: &str, trusts: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            trusts: trusts.iter().map(|one| (*one).to_owned()).collect(),
            ..Self::default()
        }
    }

    /// Which wants to be told this.
    pub fn external_id(mut self, id: &str) -> Self {
        self.external_id = Some(id.to_owned());
        self
    }
}

/// Who asks to assume a role.
pub(crate) struct Principal<'a> {
    pub(crate) account: &'a str,
    pub(crate) arn: &'a str,
    /// The role that it is a session of.
    pub(crate) role: Option<&'a str>,
}

impl RoleSpec {
    /// Whether the trust policy lets this one in.
    pub(crate) fn lets_in(&self, who: &Principal<'_>, external_id: Option<&str>) -> bool {
        let told = self.external_id.is_none() || self.external_id.as_deref() == external_id;
        told && self.trusts.iter().any(|named| names(named, who))
    }
}

fn names(named: &str, who: &Principal<'_>) -> bool {
    let root = named
        .strip_prefix("arn:aws:iam::")
        .and_then(|rest| rest.strip_suffix(":root"));
    named == "*"
        || root.unwrap_or(named) == who.account
        || named == who.arn
        || Some(named) == who.role
}

/// A session of a role.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) account: String,
    pub(crate) arn: String,
    /// The role's ARN.
    pub(crate) role: String,
    pub(crate) expires: DateTime<Utc>,
    pub(crate) token: String,
}

/// What there is, by ARN and by access key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roles {
    pub(crate) by_arn: BTreeMap<String, RoleSpec>,
    pub(crate) sessions: BTreeMap<String, Session>,
}

/// Locked for one look or one entry, and nothing else is locked meanwhile.
pub(crate) type SharedRoles = Arc<Mutex<Roles>>;

pub(crate) fn book(roles: &SharedRoles) -> MutexGuard<'_, Roles> {
    roles.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The session of a key.
pub(crate) fn session(roles: &SharedRoles, access_key: &str) -> Option<Session> {
    book(roles).sessions.get(access_key).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trust_policy_lets_in_whom_it_names_and_nobody_else() {
        let who = Principal {
            account: "000000000011",
            arn: "arn:aws:sts::000000000011:assumed-role/hub/amiwatch-acme",
            role: Some("arn:aws:iam::000000000011:role/hub"),
        };
        let cases = [
            ("*", true),
            ("000000000011", true),
            ("arn:aws:iam::000000000011:root", true),
            ("arn:aws:iam::000000000011:role/hub", true),
            (who.arn, true),
            ("000000000012", false),
            ("arn:aws:iam::000000000012:root", false),
            ("arn:aws:iam::000000000011:role/other", false),
            ("arn:aws:iam::000000000011:user/simulated", false),
        ];
        for (named, expected) in cases {
            let role = RoleSpec::trusting("member", &[named]);
            assert_eq!(role.lets_in(&who, None), expected, "{named}");
            let asks = role.external_id("of-us");
            assert!(!asks.lets_in(&who, None), "{named}");
            assert!(!asks.lets_in(&who, Some("of-others")), "{named}");
            assert_eq!(asks.lets_in(&who, Some("of-us")), expected, "{named}");
        }
    }
}
