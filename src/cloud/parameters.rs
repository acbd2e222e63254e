//! SSM parameters, and the release that a public image parameter announces.

use aws_sdk_ssm::types::Parameter as SsmParameter;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::tagging::our_time;
use crate::model::ids::ImageId;
use crate::model::secret::Secret;

const GET_PARAMETER: Operation = Operation::read("ssm:GetParameter");

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub value: String,
    /// Grows with every change.
    pub version: i64,
    pub modified: Option<DateTime<Utc>>,
}

/// The release that a parameter's value names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterRelease {
    pub image: ImageId,
    /// The value's own `image_version`, else `image_name`; absent for a plain image id.
    pub version: Option<String>,
    pub image_name: Option<String>,
    /// The value's `os`: `Amazon Linux 2023`.
    pub operating_system: Option<String>,
}

/// The fields that we read of a JSON value (the ECS-optimized images' `.../recommended`).
#[derive(Deserialize)]
struct Announced {
    image_id: Option<String>,
    image_name: Option<String>,
    image_version: Option<String>,
    os: Option<String>,
}

/// Reads a parameter's value: a plain image id, or JSON with an `image_id`.
///
/// # Errors
/// One line that says what the value is instead.
pub fn release_from_parameter(value: &str) -> Result<ParameterRelease, String> {
    let value = value.trim();
    if !value.starts_with('{') {
        return Ok(ParameterRelease {
            image: image_id(value)?,
            version: None,
            image_name: None,
            operating_system: None,
        });
    }
    let announced: Announced = serde_json::from_str(value)
        .map_err(|error| format!("the value looks like JSON and is not readable: {error}"))?;
    let id = announced
        .image_id
        .ok_or("the value is JSON without `image_id`; use the parameter that has one")?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let image_name = given(announced.image_name);
    Ok(ParameterRelease {
        image: image_id(&id)?,
        version: given(announced.image_version).or_else(|| image_name.clone()),
        image_name,
        operating_system: given(announced.os),
    })
}

fn image_id(text: &str) -> Result<ImageId, String> {
    let well_formed = text.strip_prefix("ami-").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if well_formed {
        return Ok(ImageId::from(text));
    }
    let shown: String = text.chars().take(40).collect();
    Err(format!(
        "the value is no image id (`{shown}`); name a parameter that holds `ami-...` or JSON with `image_id`"
    ))
}

impl Cloud {
    /// What SSM answers of a parameter. `None`: there is none of that name in the region.
    pub(super) async fn ssm_parameter(
        &self,
        name: &str,
    ) -> Result<Option<SsmParameter>, CloudError> {
        let request = self.ssm(GET_PARAMETER).get_parameter().name(name).send();
        let answer = match self.call(GET_PARAMETER, name, request).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        let nothing = || {
            let message = "the answer holds no parameter";
            self.fault(GET_PARAMETER, name, ErrorKind::Empty, message)
        };
        answer.parameter.ok_or_else(nothing).map(Some)
    }

    /// One parameter. `None`: there is none of that name in the region.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn parameter(&self, name: &str) -> Result<Option<Parameter>, CloudError> {
        let Some(parameter) = self.ssm_parameter(name).await? else {
            return Ok(None);
        };
        Ok(Some(Parameter {
            name: parameter.name().unwrap_or(name).to_owned(),
            value: parameter.value().unwrap_or_default().to_owned(),
            version: parameter.version(),
            modified: parameter.last_modified_date().and_then(our_time),
        }))
    }

    /// A parameter's value, decrypted. `None`: there is none of that name in the region.
    ///
    /// # Errors
    /// Any kind but `NotFound`; `Denied` also where the key may not be used (`kms:Decrypt`).
    pub async fn secret_parameter(&self, name: &str) -> Result<Option<Secret>, CloudError> {
        let ssm = self.ssm(GET_PARAMETER).get_parameter();
        let request = ssm.name(name).with_decryption(true).send();
        let answer = match self.call(GET_PARAMETER, name, request).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        let value = answer.parameter.and_then(|parameter| parameter.value);
        match value.filter(|value| !value.is_empty()) {
            Some(value) => Ok(Some(Secret::new(value))),
            None => {
                let message = "the answer holds no value";
                Err(self.fault(GET_PARAMETER, name, ErrorKind::Empty, message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_value_is_an_image_id() {
        let release = release_from_parameter(" ami-0abcdef1234567890\n").unwrap();
        assert_eq!(release.image.as_str(), "ami-0abcdef1234567890");
        assert_eq!(release.version, None);
    }

    #[test]
    fn a_json_value_names_image_and_version() {
        let value = r#"{"ecs_agent_version":"1.102.0","ecs_runtime_version":"Docker version 25.0.14",
            "image_id":"ami-0ab","image_name":"al2023-ami-ecs-hvm-2023.0.20260302-kernel-6.1-x86_64",
            "image_version":"2023.0.20260302","os":"Amazon Linux 2023","schema_version":1}"#;
        let release = release_from_parameter(value).unwrap();
        assert_eq!(release.image.as_str(), "ami-0ab");
        assert_eq!(release.version.as_deref(), Some("2023.0.20260302"));
        assert_eq!(
            release.operating_system.as_deref(),
            Some("Amazon Linux 2023")
        );
        let unversioned = r#"{"image_id":"ami-0ab","image_name":"some-image","image_version":""}"#;
        let release = release_from_parameter(unversioned).unwrap();
        assert_eq!(release.version.as_deref(), Some("some-image"));
    }

    #[test]
    fn anything_else_is_named_for_what_it_is() {
        for (value, part) in [
            ("", "no image id"),
            ("ami-", "no image id"),
            ("ami-0ab, ami-0cd", "no image id (`ami-0ab, ami-0cd`)"),
            ("subnet-1", "no image id (`subnet-1`)"),
            (r#"{"image_name":"x"}"#, "JSON without `image_id`"),
            (r#"{"image_id":"x"}"#, "no image id (`x`)"),
            (r#"{"image_id":"#, "not readable"),
        ] {
            let why = release_from_parameter(value).unwrap_err();
            assert!(why.contains(part), "{value}: {why}");
        }
    }
}
