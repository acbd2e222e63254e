//! SSM Parameter Store: named values with versions; and Run Command, in `commands`.

mod commands;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::door::{Call, unknown_operation};
use crate::state::{ACCOUNT_ID, State};
use crate::wire::fail::Fail;

pub(crate) use commands::Command;

/// A parameter's versions, oldest first; the last one is what reads give.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameter {
    pub(crate) kind: String,
    pub(crate) data_type: String,
    pub(crate) versions: Vec<(String, DateTime<Utc>)>,
}

impl Parameter {
    pub(crate) fn put(&mut self, value: &str, now: DateTime<Utc>) -> usize {
        self.versions.push((value.to_owned(), now));
        self.versions.len()
    }
}

pub(crate) fn call(state: &mut State, call: &Call) -> Result<Value, Fail> {
    let now = state.core.now;
    let (core, here) = state.enter(&call.region);
    match call.operation.as_str() {
        "SendCommand" => return commands::send(core, here, call),
        "GetCommandInvocation" => return commands::invocation(core, here, call),
        _ => {}
    }
    let parameters = &mut here.parameters;
    match call.operation.as_str() {
        "GetParameter" => {
            let name = call.params.need("Name")?;
            let found = one(parameters, &call.region, name);
            found
                .map(|p| json!({ "Parameter": p }))
                .ok_or_else(|| not_found(name))
        }
        "GetParameters" => Ok(several(
            parameters,
            &call.region,
            &call.params.list("Names"),
        )),
        "GetParametersByPath" => by_path(parameters, call),
        "PutParameter" => put(parameters, call, now),
        other => Err(unknown_operation(other)),
    }
}

fn not_found(name: &str) -> Fail {
    Fail::new("ParameterNotFound", format!("Parameter {name} not found."))
}

type Parameters = BTreeMap<String, Parameter>;

/// A parameter by name, `name:version` or ARN.
fn one(parameters: &Parameters, region: &str, asked: &str) -> Option<Value> {
    let name = match asked.strip_prefix("arn:") {
        Some(arn) => arn.split_once(":parameter").map(|(_, name)| name)?,
        None => asked,
    };
    if let Some(parameter) = parameters.get(name) {
        return shown(parameter, region, name, parameter.versions.len());
    }
    let (name, version) = name.rsplit_once(':')?;
    shown(parameters.get(name)?, region, name, version.parse().ok()?)
}

fn shown(parameter: &Parameter, region: &str, name: &str, version: usize) -> Option<Value> {
    let (value, at) = parameter.versions.get(version.checked_sub(1)?)?;
    let owner = if name.starts_with("/aws/service/") {
        ""
    } else {
        ACCOUNT_ID
    };
    let slash = if name.starts_with('/') { "" } else { "/" };
    Some(json!({
        "Name": name,
        "Type": parameter.kind,
        "Value": value,
        "Version": version,
        "LastModifiedDate": at.timestamp_millis() as f64 / 1000.0,
        "ARN": format!("arn:aws:ssm:{region}:{owner}:parameter{slash}{name}"),
        "DataType": parameter.data_type,
    }))
}

fn several(parameters: &Parameters, region: &str, names: &[String]) -> Value {
    let (mut found, mut invalid) = (Vec::new(), Vec::new());
    for name in names {
        match one(parameters, region, name) {
            Some(parameter) => found.push(parameter),
            None => invalid.push(name),
        }
    }
    json!({ "Parameters": found, "InvalidParameters": invalid })
}

fn by_path(parameters: &Parameters, call: &Call) -> Result<Value, Fail> {
    let path = call.params.need("Path")?.trim_end_matches('/').to_owned() + "/";
    let deep = call.params.flag("Recursive");
    let size = call.params.number("MaxResults")?.unwrap_or(10).clamp(1, 10);
    let after = call.params.get("NextToken").unwrap_or_default();
    let under = parameters
        .range(path.clone()..)
        .take_while(|(name, _)| name.starts_with(&path));
    let mut wanted = under
        .filter(|(name, _)| deep || !name[path.len()..].contains('/'))
        .filter(|(name, _)| name.as_str() > after);
    let page: Vec<_> = wanted.by_ref().take(size).collect();
    let more = wanted.next().is_some();
    let last = page.last().map(|(name, _)| (*name).clone());
    let shown: Vec<_> = page
        .into_iter()
        .filter_map(|(name, p)| shown(p, &call.region, name, p.versions.len()))
        .collect();
    let mut answer = json!({ "Parameters": shown });
    if let (true, Some(last)) = (more, last) {
        answer["NextToken"] = json!(last);
    }
    Ok(answer)
}

fn put(parameters: &mut Parameters, call: &Call, now: DateTime<Utc>) -> Result<Value, Fail> {
    let (name, value) = (call.params.need("Name")?, call.params.need("Value")?);
    if name.starts_with("/aws/") || name.starts_with("aws/") {
        let message = format!("No access to reserved parameter name: {name}.");
        return Err(Fail::new("AccessDeniedException", message));
    }
    if parameters.contains_key(name) && !call.params.flag("Overwrite") {
        let message = "The parameter already exists. To overwrite this value, set the overwrite \
                       option in the request to true.";
        return Err(Fail::new("ParameterAlreadyExists", message));
    }
    let parameter = parameters.entry(name.to_owned()).or_default();
    if let Some(kind) = call.params.get("Type") {
        parameter.kind = kind.to_owned();
    } else if parameter.kind.is_empty() {
        parameter.kind = "String".to_owned();
    }
    parameter.data_type = call.params.get("DataType").unwrap_or("text").to_owned();
    Ok(json!({ "Version": parameter.put(value, now), "Tier": "Standard" }))
}
