//! The account's own SSM parameters that name an image: those of the data type, and those of plain text, which
//! templates and people launch by as well. Only their values tell which: each is read once for each version. Secure
//! strings are never read.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_sdk_ssm::types::ParameterStringFilter;
use chrono::{DateTime, Utc};

use super::beanstalk::PAGES_MAX;
use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
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

/// A parameter that names images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamingParameter {
    pub name: String,
    pub images: Vec<ImageId>,
}

/// Which text a parameter has: a parameter that is made anew has its first version at another time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TextVersion {
    number: i64,
    at: Option<DateTime<Utc>>,
}

/// The images that parameters name, by name, with the version that was read. Nothing else of a text is kept.
#[derive(Debug, Default)]
pub(super) struct KnownTexts(Mutex<BTreeMap<String, (TextVersion, Vec<ImageId>)>>);

impl KnownTexts {
    fn known(&self) -> MutexGuard<'_, BTreeMap<String, (TextVersion, Vec<ImageId>)>> {
        // Each entry is complete in itself, so a panic elsewhere leaves the map whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names whose text is not known in this version. What is not listed any more is forgotten.
    fn unread(&self, listed: &BTreeMap<String, TextVersion>) -> Vec<String> {
        let mut known = self.known();
        known.retain(|name, _| listed.contains_key(name));
        let unread = listed.iter().filter(|(name, version)| {
            let read = known.get(*name);
            read.is_none_or(|(read, _)| read != *version)
        });
        unread.map(|(name, _)| name.clone()).collect()
    }

    fn naming(&self) -> Vec<NamingParameter> {
        let known = self.known();
        let naming = known.iter().filter(|(_, (_, images))| !images.is_empty());
        let naming = naming.map(|(name, (_, images))| NamingParameter {
            name: name.clone(),
            images: images.clone(),
        });
        naming.collect()
    }
}

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
        let mut known = self.clients.texts.known();
        for name in names {
            known.remove(name);
        }
        for one in answer.parameters() {
            let number = one.version();
            let at = one.last_modified_date().and_then(our_time);
            let images = images_in(one.value().unwrap_or_default());
            let name = one.name().unwrap_or_default().to_owned();
            known.insert(name, (TextVersion { number, at }, images));
        }
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
