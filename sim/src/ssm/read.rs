//! Reading parameters: one, several, by path, and one's history.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::model::{Parameter, Selector, Version};
use super::names::{arn, asked};
use super::{describe, invalid, not_found};
use crate::door::Call;
use crate::state::{Core, Region};
use crate::wire::fail::Fail;

/// Seconds, as the JSON protocol writes times.
pub(super) fn seconds(at: chrono::DateTime<chrono::Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1000.0
}

/// What a version holds; a secret unread without `WithDecryption`.
fn value(call: &Call, version: &Version) -> String {
    match version.kind == "SecureString" && !call.params.flag("WithDecryption") {
        true => format!("AQICAH{}", STANDARD.encode(&version.value)),
        false => version.value.clone(),
    }
}

fn shown(account: &str, call: &Call, name: &str, version: &Version, selector: &Selector) -> Value {
    let mut shown = json!({
        "Name": name,
        "Type": version.kind,
        "Value": value(call, version),
        "Version": version.number,
        "LastModifiedDate": seconds(version.at),
        "ARN": arn(account, &call.region, name),
        "DataType": version.data_type,
    });
    match selector {
        Selector::Latest => {}
        Selector::Number(number) => shown["Selector"] = json!(format!(":{number}")),
        Selector::Label(label) => shown["Selector"] = json!(format!(":{label}")),
    }
    shown
}

/// A parameter by name, with or without a version or label, or by ARN.
fn find(core: &Core, here: &Region, call: &Call, text: &str) -> Result<Value, Fail> {
    let (name, selector) = asked(text);
    let there = here.parameters.get(&name);
    let parameter = there.filter(|parameter| !parameter.versions.is_empty());
    let parameter = parameter.ok_or_else(|| not_found(text))?;
    let version = parameter.select(&selector).ok_or_else(|| {
        let which = match &selector {
            Selector::Label(label) => format!("label {label} for parameter {name}"),
            Selector::Number(number) => format!("version {number} of {name}"),
            Selector::Latest => name.clone(),
        };
        let message =
            format!("Systems Manager could not find {which}. Verify the version and try again.");
        Fail::new("ParameterVersionNotFound", message)
    })?;
    Ok(shown(&core.account, call, &name, version, &selector))
}

pub(super) fn one(core: &Core, here: &Region, call: &Call) -> Result<Value, Fail> {
    let found = find(core, here, call, call.params.need("Name")?)?;
    Ok(json!({ "Parameter": found }))
}

pub(super) fn several(core: &Core, here: &Region, call: &Call) -> Result<Value, Fail> {
    let (mut found, mut lost) = (Vec::new(), Vec::new());
    for name in call.params.list("Names") {
        match find(core, here, call, &name) {
            Ok(parameter) => found.push(parameter),
            Err(_) => lost.push(name),
        }
    }
    Ok(json!({ "Parameters": found, "InvalidParameters": lost }))
}

pub(super) fn by_path(core: &Core, here: &Region, call: &Call) -> Result<Value, Fail> {
    let path = call.params.need("Path")?.trim_end_matches('/').to_owned() + "/";
    if !path.starts_with('/') {
        return Err(invalid("The parameter path must begin with a slash."));
    }
    let deep = call.params.flag("Recursive");
    let filters = describe::Filters::of(call, &["Type", "KeyId", "Label"])?;
    let under = here
        .parameters
        .range(path.clone()..)
        .take_while(|(name, _)| name.starts_with(&path));
    let mut wanted = Vec::new();
    for (name, parameter) in under {
        let at_this_level = deep || !name[path.len()..].contains('/');
        if let Some(version) = parameter.latest().filter(|_| at_this_level)
            && filters.pass(name, parameter, version)
        {
            wanted.push((
                name.clone(),
                shown(&core.account, call, name, version, &Selector::Latest),
            ));
        }
    }
    let (page, token) = page(core, call, wanted, 10)?;
    Ok(with_token(json!({ "Parameters": page }), token))
}

/// All versions that are kept, oldest first.
pub(super) fn history(core: &Core, here: &Region, call: &Call) -> Result<Value, Fail> {
    let name = call.params.need("Name")?;
    let (bare, _) = asked(name);
    let parameter: &Parameter = here
        .parameters
        .get(&bare)
        .filter(|parameter| !parameter.versions.is_empty())
        .ok_or_else(|| not_found(name))?;
    let of = |version: &Version| {
        let shown = json!({
            "Name": bare,
            "Type": version.kind,
            "Value": value(call, version),
            "Version": version.number,
            "LastModifiedDate": seconds(version.at),
            "LastModifiedUser": version.by,
            "Description": version.description,
            "AllowedPattern": version.pattern,
            "Labels": version.labels,
            "Tier": version.tier,
            "Policies": [],
            "DataType": version.data_type,
        });
        (format!("{:020}", version.number), shown)
    };
    let versions = parameter.versions.iter().map(of).collect();
    let (page, token) = page(core, call, versions, 50)?;
    Ok(with_token(json!({ "Parameters": page }), token))
}

/// Cuts a page out of things sorted by key: at most as many as the call asks for, or the account imposes.
pub(super) fn page(
    core: &Core,
    call: &Call,
    things: Vec<(String, Value)>,
    most: usize,
) -> Result<(Vec<Value>, Option<String>), Fail> {
    let bad = || Fail::new("InvalidNextToken", "The specified token is not valid.");
    let after = match call.params.get("NextToken").filter(|t| !t.is_empty()) {
        Some(token) => {
            let bytes = STANDARD.decode(token).map_err(|_| bad())?;
            Some(String::from_utf8(bytes).map_err(|_| bad())?)
        }
        None => None,
    };
    let asked = call.params.number("MaxResults")?;
    if asked.is_some_and(|asked| !(1..=most).contains(&asked)) {
        return Err(invalid(format!(
            "1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member must \
             have value less than or equal to {most}"
        )));
    }
    let imposed = Some(core.timing.page).filter(|page| *page > 0);
    let size = asked.into_iter().chain(imposed).min().unwrap_or(most);
    let mut rest = things
        .into_iter()
        .filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let page: Vec<_> = rest.by_ref().take(size.clamp(1, most)).collect();
    let more = rest.next().is_some();
    let token = page
        .last()
        .filter(|_| more)
        .map(|(key, _)| STANDARD.encode(key));
    Ok((page.into_iter().map(|(_, thing)| thing).collect(), token))
}

pub(super) fn with_token(mut answer: Value, token: Option<String>) -> Value {
    if let Some(token) = token {
        answer["NextToken"] = json!(token);
    }
    answer
}
