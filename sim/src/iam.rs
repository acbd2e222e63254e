//! Who may call what: a deny list, and policies reduced to their actions.
//!
//! Resources and conditions are not looked at: a statement holds for everything.

use serde_json::Value;

/// What the one caller of this account may do. Everything, until told otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Iam {
    denied: Vec<String>,
    statements: Option<Vec<Statement>>,
}

#[derive(Clone, Debug)]
struct Statement {
    allow: bool,
    actions: Vec<String>,
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
        self.statements = policy.map(statements).transpose()?;
        Ok(())
    }

    pub(crate) fn may(&self, service: &str, operation: &str) -> bool {
        let action = format!("{service}:{operation}").to_ascii_lowercase();
        !self.denied.iter().any(|pattern| glob(pattern, &action)) && self.allowed(&action)
    }

    fn allowed(&self, action: &str) -> bool {
        let Some(statements) = &self.statements else {
            return true;
        };
        let hits = |allow| {
            let mut of_kind = statements.iter().filter(move |s| s.allow == allow);
            of_kind.any(|s| s.actions.iter().any(|pattern| glob(pattern, action)))
        };
        hits(true) && !hits(false)
    }
}

fn statements(policy: &Value) -> Result<Vec<Statement>, String> {
    let list = match &policy["Statement"] {
        Value::Array(list) => list.as_slice(),
        one @ Value::Object(_) => std::slice::from_ref(one),
        _ => return Err("a policy needs a Statement: an object or a list of them".to_owned()),
    };
    list.iter().map(statement).collect()
}

fn statement(statement: &Value) -> Result<Statement, String> {
    let actions = match &statement["Action"] {
        Value::String(one) => vec![one.to_ascii_lowercase()],
        Value::Array(list) => list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_ascii_lowercase)
            .collect(),
        _ => return Err("a statement needs an Action: a string or a list of them".to_owned()),
    };
    match statement["Effect"].as_str() {
        Some("Allow") => Ok(Statement {
            allow: true,
            actions,
        }),
        Some("Deny") => Ok(Statement {
            allow: false,
            actions,
        }),
        _ => Err("a statement needs an Effect: Allow or Deny".to_owned()),
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
