//! DescribeParameters: what there is, by filters; values are not shown.

use serde_json::{Value, json};

use super::invalid;
use super::model::{Parameter, Version};
use super::names::arn;
use super::read::{page, seconds, with_token};
use crate::door::Call;
use crate::state::{Core, Region};
use crate::wire::fail::Fail;

const KEYS: [&str; 6] = ["Name", "Type", "KeyId", "Path", "Tier", "DataType"];

/// Filters of a call: all must hold; of one filter's values any.
pub(super) struct Filters(Vec<Filter>);

struct Filter {
    key: String,
    option: String,
    values: Vec<String>,
}

impl Filters {
    /// `ParameterFilters`, with these keys; and the older `Filters`, which know equality alone.
    pub(super) fn of(call: &Call, keys: &[&str]) -> Result<Self, Fail> {
        let mut all = Vec::new();
        for list in ["ParameterFilters", "Filters"] {
            for group in call.params.groups(list) {
                let key = call.params.need(&format!("{group}.Key"))?.to_owned();
                let option = call.params.get(&format!("{group}.Option"));
                let values = call.params.list(&format!("{group}.Values"));
                let default = if key == "Path" { "OneLevel" } else { "Equals" };
                let option = option.unwrap_or(default).to_owned();
                let filter = Filter {
                    key,
                    option,
                    values,
                };
                filter.check(keys)?;
                all.push(filter);
            }
        }
        if !call.params.groups("Filters").is_empty()
            && all.len() > call.params.groups("Filters").len()
        {
            let message = "You can use either Filters or ParameterFilters in a single request.";
            return Err(invalid(message));
        }
        Ok(Self(all))
    }

    pub(super) fn pass(&self, name: &str, parameter: &Parameter, version: &Version) -> bool {
        let mut all = self.0.iter();
        all.all(|filter| filter.holds(name, parameter, version))
    }
}

impl Filter {
    fn check(&self, keys: &[&str]) -> Result<(), Fail> {
        let (key, option) = (self.key.as_str(), self.option.as_str());
        let is_tag = key.starts_with("tag:") && keys.contains(&"Name");
        if !is_tag && !keys.contains(&key) {
            let message = format!(
                "The following filter key is not valid: {key}. Valid filter keys include: [{}].",
                keys.join(", ")
            );
            return Err(Fail::new("InvalidFilterKey", message));
        }
        let options: &[&str] = match key {
            "Path" => &["Recursive", "OneLevel"],
            "Name" => &["Equals", "BeginsWith", "Contains"],
            "Type" | "KeyId" => &["Equals", "BeginsWith"],
            _ => &["Equals"],
        };
        if !options.contains(&option) {
            let message = format!(
                "The following filter option is not valid: {option}. Valid options include: [{}].",
                options.join(", ")
            );
            return Err(Fail::new("InvalidFilterOption", message));
        }
        if self.values.is_empty() && !is_tag {
            let message =
                format!("The following filter values are missing : null for filter key {key}");
            return Err(Fail::new("InvalidFilterValue", message));
        }
        Ok(())
    }

    fn holds(&self, name: &str, parameter: &Parameter, version: &Version) -> bool {
        let have = match self.key.as_str() {
            "Name" => Some(name),
            "Type" => Some(version.kind.as_str()),
            "KeyId" => version.key.as_deref(),
            "Tier" => Some(version.tier.as_str()),
            "DataType" => Some(version.data_type.as_str()),
            "Path" => return self.values.iter().any(|path| self.lies_under(name, path)),
            "Label" => return self.values.iter().any(|l| version.labels.contains(l)),
            tag => {
                let key = tag.trim_start_matches("tag:");
                let have = parameter.tags.get(key);
                return have.is_some_and(|h| self.values.is_empty() || self.values.contains(h));
            }
        };
        have.is_some_and(|have| {
            self.values.iter().any(|value| match self.option.as_str() {
                "BeginsWith" => have.starts_with(value.as_str()),
                "Contains" => have.contains(value.as_str()),
                _ => have == value,
            })
        })
    }

    fn lies_under(&self, name: &str, path: &str) -> bool {
        let path = format!("{}/", path.trim_end_matches('/'));
        let below = name.strip_prefix(&path);
        below.is_some_and(|below| self.option == "Recursive" || !below.contains('/'))
    }
}

pub(super) fn describe(core: &Core, here: &Region, call: &Call) -> Result<Value, Fail> {
    let filters = Filters::of(call, &KEYS)?;
    let own = here
        .parameters
        .iter()
        .filter(|(name, _)| !name.starts_with("/aws/service/"));
    let found = own.filter_map(|(name, parameter)| {
        let version = parameter.latest()?;
        let passes = filters.pass(name, parameter, version);
        passes.then(|| (name.clone(), metadata(&core.account, call, name, version)))
    });
    let (page, token) = page(core, call, found.collect(), 50)?;
    Ok(with_token(json!({ "Parameters": page }), token))
}

fn metadata(account: &str, call: &Call, name: &str, version: &Version) -> Value {
    let mut metadata = json!({
        "Name": name,
        "ARN": arn(account, &call.region, name),
        "Type": version.kind,
        "LastModifiedDate": seconds(version.at),
        "LastModifiedUser": version.by,
        "Version": version.number,
        "Tier": version.tier,
        "Policies": [],
        "DataType": version.data_type,
    });
    for (key, text) in [
        ("Description", version.description.as_str()),
        ("AllowedPattern", version.pattern.as_str()),
        ("KeyId", version.key.as_deref().unwrap_or_default()),
    ] {
        if !text.is_empty() {
            metadata[key] = json!(text);
        }
    }
    metadata
}
