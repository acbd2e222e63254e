//! SSM parameters that name an image (data type `aws:ec2:image`): as they stand, and written.
//!
//! SSM looks at the image after it has answered: a version that it finds wrong never appears, and nobody is
//! told by the call. Whoever writes reads back.

use std::collections::BTreeMap;

use aws_sdk_ssm::types::{ParameterType, Tag};

use super::beanstalk::PAGES_MAX;
use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use crate::model::ids::ImageId;

const PUT_PARAMETER: Operation = Operation::change("ssm:PutParameter");
const GET_HISTORY: Operation = Operation::read("ssm:GetParameterHistory");

/// The most that SSM gives at once.
const VERSIONS_PER_PAGE: i32 = 50;

/// The data type of a parameter that names an image.
const IMAGE_TYPE: &str = "aws:ec2:image";

/// A parameter as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterNow {
    pub value: String,
    /// Grows with every change.
    pub version: i64,
    /// Plain text; not a list, not a secret.
    pub plain: bool,
    /// SSM holds it to be an image's id.
    pub names_image: bool,
}

impl Cloud {
    /// A parameter as it stands. `None`: there is none of that name in the region.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn parameter_now(&self, name: &str) -> Result<Option<ParameterNow>, CloudError> {
        let Some(parameter) = self.ssm_parameter(name).await? else {
            return Ok(None);
        };
        Ok(Some(ParameterNow {
            value: parameter.value().unwrap_or_default().to_owned(),
            version: parameter.version(),
            plain: parameter.r#type() == Some(&ParameterType::String),
            names_image: parameter.data_type() == Some(IMAGE_TYPE),
        }))
    }

    /// The numbers of a parameter's versions after this one that name the image, oldest first. SSM keeps the
    /// newest hundred, and those that it found wrong are not among them.
    ///
    /// # Errors
    /// `NotFound` where there is no such parameter.
    pub async fn parameter_versions_of(
        &self,
        name: &str,
        image: &ImageId,
        after: i64,
    ) -> Result<Vec<i64>, CloudError> {
        let (mut found, mut token) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let request = self
                .ssm(GET_HISTORY)
                .get_parameter_history()
                .name(name)
                .max_results(VERSIONS_PER_PAGE)
                .set_next_token(token)
                .send();
            let page = self.call(GET_HISTORY, name, request).await?;
            let of_it = page
                .parameters()
                .iter()
                .filter(|one| one.version() > after && one.value() == Some(image.as_str()));
            found.extend(of_it.map(|one| one.version()));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                found.sort_unstable();
                return Ok(found);
            }
        }
        Err(self.endless(GET_HISTORY, name))
    }

    /// Makes a parameter that names an image, with these tags. The version, as SSM announces it: it may
    /// still find the image wrong.
    ///
    /// # Errors
    /// `Conflict` when there is one of that name.
    pub async fn create_image_parameter(
        &self,
        name: &str,
        image: &ImageId,
        tags: &BTreeMap<String, String>,
    ) -> Result<i64, CloudError> {
        let tags = tags
            .iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect::<Result<Vec<_>, _>>();
        let tags = tags.map_err(|error| {
            self.fault(PUT_PARAMETER, name, ErrorKind::Invalid, error.to_string())
        })?;
        let request = self
            .ssm(PUT_PARAMETER)
            .put_parameter()
            .name(name)
            .value(image.as_str())
            .r#type(ParameterType::String)
            .data_type(IMAGE_TYPE)
            .set_tags(Some(tags))
            .overwrite(false)
            .send();
        let answer = self.call(PUT_PARAMETER, name, request).await?;
        Ok(answer.version())
    }

    /// Has a parameter that is there name this image. The version, as SSM announces it: it may still find
    /// the image wrong. SSM takes no tags with this.
    ///
    /// # Errors
    /// `Unknown` when it may have happened (look at it).
    pub async fn set_image_parameter(
        &self,
        name: &str,
        image: &ImageId,
    ) -> Result<i64, CloudError> {
        let request = self
            .ssm(PUT_PARAMETER)
            .put_parameter()
            .name(name)
            .value(image.as_str())
            .r#type(ParameterType::String)
            .data_type(IMAGE_TYPE)
            .overwrite(true)
            .send();
        let answer = self.call(PUT_PARAMETER, name, request).await?;
        Ok(answer.version())
    }
}
