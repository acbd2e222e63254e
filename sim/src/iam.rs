//! Who may call what: a deny list, a policy for everybody, policies of roles.
//!
//! The policy for everybody is reduced to its actions, and to the calls that callers make themselves. A role's policy is read with resources and
//! conditions, for the calls whose resources are known here; what it says in a way that is not simulated
//! is refused when it is set, never passed over.

mod rights;
mod statement;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

pub(crate) use self::rights::{lacking, missing_right, of_call, refused_part, refused_tagging};
use self::statement::{Statement, action_statements, statements};

/// What callers of this account may do. Everything, until told otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Iam {
    denied: Vec<String>,
    statements: Option<Vec<Statement>>,
    /// By the role's ARN.
    roles: BTreeMap<String, Grant>,
}

/// What is asked for: an action, on what, in which circumstances.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) action: String,
    /// ARNs, all of which must be allowed; none: nothing is known of them, and any will do.
    pub(crate) resources: Vec<String>,
    /// Condition keys with what they are.
    pub(crate) context: BTreeMap<String, String>,
}

impl Asked {
    pub(crate) fn new(action: &str) -> Self {
        Self {
            action: action.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn on(mut self, resource: impl Into<String>) -> Self {
        self.resources.push(resource.into());
        self
    }

    pub(crate) fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.context.insert(key.to_owned(), value.into());
        self
    }
}

/// The policies of a role.
#[derive(Clone, Debug)]
pub(crate) struct Grant(Arc<Vec<Statement>>);

impl Grant {
    /// Every resource allowed, none denied; without resources, allowed on any.
    pub(crate) fn allows(&self, asked: &Asked) -> bool {
        let any = [String::new()];
        let resources = match asked.resources.is_empty() {
            true => any.as_slice(),
            false => asked.resources.as_slice(),
        };
        resources.iter().all(|resource| {
            let hits = |allow| {
                let mut of_kind = self.0.iter().filter(move |s| s.allow == allow);
                of_kind.any(|s| s.holds(asked, resource))
            };
            hits(true) && !hits(false)
        })
    }
}

impl Iam {
    pub(crate) fn deny(&mut self, action: &str) {
        self.denied.push(action.to_ascii_lowercase());
    }

    pub(crate) fn allow_again(&mut self, action: &str) {
        let action = action.to_ascii_lowercase();
        self.denied.retain(|denied| *denied != action);
    }

    /// Only what this policy document allows. None: everything again.
    pub(crate) fn set_policy(&mut self, policy: Option<&Value>) -> Result<(), String> {
        self.statements = policy.map(action_statements).transpose()?;
        Ok(())
    }

    /// Only what this policy document allows to sessions of a role. None: everything again.
    pub(crate) fn set_role_policy(
        &mut self,
        role: &str,
        policy: Option<&Value>,
    ) -> Result<(), String> {
        match policy {
            Some(policy) => {
                let grant = Grant(Arc::new(statements(policy)?));
                self.roles.insert(role.to_owned(), grant);
            }
            None => drop(self.roles.remove(role)),
        }
        Ok(())
    }

    /// What a role may do; nothing where everything.
    pub(crate) fn grant(&self, role: Option<&str>) -> Option<&Grant> {
        self.roles.get(role?)
    }

    pub(crate) fn may(&self, role: Option<&str>, asked: &Asked) -> bool {
        let action = asked.action.to_ascii_lowercase();
        !self.denied.iter().any(|pattern| glob(pattern, &action))
            && self.allowed(&action)
            && self.grant(role).is_none_or(|grant| grant.allows(asked))
    }

    /// As `may`, for what a service does on its caller's behalf: the policy for everybody, which is about
    /// his own calls, has no say in it.
    pub(crate) fn may_elsewhere(&self, role: Option<&str>, asked: &Asked) -> bool {
        let action = asked.action.to_ascii_lowercase();
        !self.denied.iter().any(|pattern| glob(pattern, &action))
            && self.grant(role).is_none_or(|grant| grant.allows(asked))
    }

    fn allowed(&self, action: &str) -> bool {
        let Some(statements) = &self.statements else {
            return true;
        };
        let hits = |allow| {
            let mut of_kind = statements.iter().filter(move |s| s.allow == allow);
            of_kind.any(|s| s.is_about(action))
        };
        hits(true) && !hits(false)
    }
}

/// `*` stands for any run of characters, `?` for one.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let (p, t) = (pattern.as_bytes(), text.as_bytes());
    let (mut pi, mut ti, mut star) = (0, 0, None);
    while ti < t.len() {
        if pi < p.len() && p[pi] == b'*' {
            star = Some((pi, ti));
            pi += 1;
        } else if pi < p.len() && (p[pi] == b'?' || p[pi] == t[ti]) {
            (pi, ti) = (pi + 1, ti + 1);
        } else if let Some((star_at, matched)) = star {
            star = Some((star_at, matched + 1));
            (pi, ti) = (star_at + 1, matched + 1);
        } else {
            return false;
        }
    }
    p[pi..].iter().all(|c| *c == b'*')
}
