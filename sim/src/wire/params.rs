//! The parameters of a call, flat, as the query protocols send them.
//!
//! JSON bodies are flattened into the same form for the ledger.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fail::Fail;

/// Name to value, names as on the wire (`Filter.1.Value.2`).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Params(pub(crate) BTreeMap<String, String>);

impl Params {
    /// From `application/x-www-form-urlencoded`.
    pub(crate) fn from_form(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// From a JSON body.
    pub(crate) fn from_json(body: &Value) -> Self {
        let mut flat = BTreeMap::new();
        flatten("", body, &mut flat);
        Self(flat)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A value that must be there.
    pub(crate) fn need(&self, name: &str) -> Result<&str, Fail> {
        self.get(name)
            .filter(|v| !v.is_empty())
            .ok_or_else(|| Fail::missing(name))
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|v| v.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, Fail> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let parsed = text.parse();
        parsed
            .map(Some)
            .map_err(|_| Fail::invalid(format!("Value ({text}) for {name} is invalid.")))
    }

    /// `Name.1`, `Name.2`, ... for as long as they go on.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let values = (1..).map_while(|n| self.get(&format!("{name}.{n}")));
        values.map(str::to_owned).collect()
    }

    /// `Name.member.1`, ... of the query protocol.
    pub(crate) fn members(&self, name: &str) -> Vec<String> {
        self.list(&format!("{name}.member"))
    }

    /// The prefixes `Name.1`, `Name.2`, ... under which there is anything.
    pub(crate) fn groups(&self, name: &str) -> Vec<String> {
        let has = |prefix: &str| {
            let from = format!("{prefix}.");
            self.0
                .range(from.clone()..)
                .next()
                .is_some_and(|(key, _)| key.starts_with(&from))
        };
        (1..)
            .map(|n| format!("{name}.{n}"))
            .take_while(|prefix| has(prefix))
            .collect()
    }

    /// All parameters except these, as one comparable text: what makes two requests the same.
    pub(crate) fn fingerprint(&self, except: &[&str]) -> String {
        let kept = self
            .0
            .iter()
            .filter(|(name, _)| !except.contains(&name.as_str()));
        kept.map(|(name, value)| format!("{name}={value}\n"))
            .collect()
    }
}

fn flatten(prefix: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    let join = |key: &str| match prefix {
        "" => key.to_owned(),
        prefix => format!("{prefix}.{key}"),
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, v)| flatten(&join(key), v, into)),
        Value::Array(list) => {
            for (n, v) in list.iter().enumerate() {
                flatten(&join(&(n + 1).to_string()), v, into);
            }
        }
        Value::String(text) => drop(into.insert(prefix.to_owned(), text.clone())),
        Value::Null => {}
        other => drop(into.insert(prefix.to_owned(), other.to_string())),
    }
}
