//! The account's own SSM parameters that name an image: those of the data type, and those of plain text, which
//! templates and people launch by as well. Only their values tell which: each is read once for each version. Secure
//! strings are never read.

use std::collections::BTreeMap;

use aws_sdk_ssm::types::ParameterStringFilter;

use super::beanstalk::PAGES_MAX;
use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::known_texts::{NamingParameter, TextVersion};
use super::parameters::release_from_parameter;
use super::tagging::our_time;
use crate::model::ids::ImageId;

const DESCRIBE_PARAMETERS: Operation = Operation::read("ssm:DescribeParameters");
const GET_PARAMETERS: Operation = Operation::read("ssm:GetParameters");

const NAMES_PER_PAGE: i32 = 50;
/// SSM takes no more at once.
const VALUES_PER_CALL: usize = 10;
/// Those that can be read without a key. A parameter of the data type is a `String` as well.
const PLAIN_TYPES: [&str; 2] = ["String", "StringList"];
const RESOURCE: &str = "parameters that name images";

/// The images that a text names: an id, a list of them, or JSON with one.
fn images_in(text: &str) -> Vec<ImageId> {
    let one = |text: &str| {
        release_from_parameter(text)
            .ok()
            .map(|release| release.image)
    };
    match one(text) {
        Some(image) => vec![image],
        None => text.split(',').filter_map(one).collect(),
    }
}

impl Cloud {
    /// Every parameter of plain text or of an image that names an image, by its latest version, sorted by name.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn parameters_naming_images(&self) -> Result<Vec<NamingParameter>, CloudError> {
        let listed = self.plain_parameters().await?;
        let texts = &self.clients.texts;
        for batch in texts.unread(&listed).chunks(VALUES_PER_CALL) {
            self.read_texts(batch).await?;
        }
        Ok(texts.naming())
    }

    /// The names of the parameters that can be read without a key, with their versions.
    async fn plain_parameters(&self) -> Result<BTreeMap<String, TextVersion>, CloudError> {
        let mut listed = BTreeMap::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            let plain = ParameterStringFilter::builder()
                .key("Type")
                .option("Equals")
                .set_values(Some(PLAIN_TYPES.map(str::to_owned).to_vec()))
                .build()
                .map_err(|error| {
                    let message = error.to_string();
                    self.fault(DESCRIBE_PARAMETERS, RESOURCE, ErrorKind::Invalid, message)
                })?;
            let request = self
                .ssm(DESCRIBE_PARAMETERS)
                .describe_parameters()
                .parameter_filters(plain)
                .max_results(NAMES_PER_PAGE)
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_PARAMETERS, RESOURCE, request).await?;
            for one in page.parameters() {
                let number = one.version();
                let at = one.last_modified_date().and_then(our_time);
                let name = one.name().unwrap_or_default().to_owned();
                listed.insert(name, TextVersion { number, at });
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(listed);
            }
        }
        Err(self.endless(DESCRIBE_PARAMETERS, RESOURCE))
    }

    /// One that is gone meanwhile names nothing.
    async fn read_texts(&self, names: &[String]) -> Result<(), CloudError> {
        let request = self
            .ssm(GET_PARAMETERS)
            .get_parameters()
            .set_names(Some(names.to_vec()))
            .send();
        let resource = match names {
            [one] => one.clone(),
            many => format!("{} parameters", many.len()),
        };
        let answer = self.call(GET_PARAMETERS, resource, request).await?;
        let read = answer.parameters().iter().map(|one| {
            let number = one.version();
            let at = one.last_modified_date().and_then(our_time);
            let images = images_in(one.value().unwrap_or_default());
            let name = one.name().unwrap_or_default().to_owned();
            (name, (TextVersion { number, at }, images))
        });
        self.clients.texts.learn(names, read);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_images_by_an_id_a_list_or_json_and_no_other() {
        let named = |text: &str| {
            let images = images_in(text).into_iter();
            images.map(|image| image.to_string()).collect::<Vec<_>>()
        };
        let (one, other) = ("ami-0123456789abcdef0", "ami-0fedcba9876543210");
        assert_eq!(named(one), [one]);
        assert_eq!(named(&format!("{one}, {other}")), [one, other]);
        assert_eq!(named(&format!("{{\"image_id\":\"{one}\"}}")), [one]);
        for text in [
            "",
            "a text",
            "ami-",
            "see ami-0123456789abcdef0",
            "{\"a\":1}",
        ] {
            assert_eq!(named(text), [] as [&str; 0], "{text}");
        }
    }
}
