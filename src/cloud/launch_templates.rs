//! Versions of launch templates, and the image that each names. Must not conclude: which of them counts as
//! in use is not said here.

use aws_sdk_ec2::types::LaunchTemplateVersion as SdkVersion;
use chrono::{DateTime, Utc};

use super::beanstalk::PAGES_MAX;
use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::tagging::our_time;

pub(super) const DESCRIBE_VERSIONS: Operation =
    Operation::read("ec2:DescribeLaunchTemplateVersions");

/// The most that EC2 gives at once.
const VERSIONS_PER_PAGE: i32 = 200;
/// The versions that can be asked for without naming a template.
const LATEST: &str = "$Latest";
const DEFAULT: &str = "$Default";

/// One version of a launch template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateVersion {
    pub template: String,
    /// Its name, where EC2 says it.
    pub name: Option<String>,
    pub number: i64,
    /// As it is written: an image, or `resolve:ssm:` and a parameter. Absent where it names none.
    pub image: Option<String>,
    pub created: Option<DateTime<Utc>>,
}

/// A version that something names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedTemplate {
    /// The template's id, or its name where no id is given.
    pub template: String,
    pub by_id: bool,
    /// A number, `$Latest` or `$Default`.
    pub version: String,
}

impl Cloud {
    /// The newest and the default version of every launch template of the region.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn templates_in_force(&self) -> Result<Vec<TemplateVersion>, CloudError> {
        self.described_versions(&[LATEST, DEFAULT]).await
    }

    /// The newest version of every launch template of the region.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn newest_templates(&self) -> Result<Vec<TemplateVersion>, CloudError> {
        self.described_versions(&[LATEST]).await
    }

    async fn described_versions(&self, words: &[&str]) -> Result<Vec<TemplateVersion>, CloudError> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let mut found = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            let request = self
                .ec2(DESCRIBE_VERSIONS)
                .describe_launch_template_versions()
                .set_versions(Some(words.clone()))
                .include_managed_resources(true)
                .max_results(VERSIONS_PER_PAGE)
                .set_next_token(token)
                .send();
            let page = self
                .call(DESCRIBE_VERSIONS, "launch templates", request)
                .await?;
            let versions = page.launch_template_versions();
            found.extend(versions.iter().filter_map(our_version));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                found.sort();
                found.dedup();
                return Ok(found);
            }
        }
        Err(self.endless(DESCRIBE_VERSIONS, "launch templates"))
    }

    /// One version of one launch template.
    ///
    /// # Errors
    /// `NotFound` where there is no such version; `Empty` where the answer holds none.
    pub async fn template_version(
        &self,
        named: &NamedTemplate,
    ) -> Result<TemplateVersion, CloudError> {
        let resource = format!("launch template {} {}", named.template, named.version);
        let ask = self
            .ec2(DESCRIBE_VERSIONS)
            .describe_launch_template_versions()
            .versions(&named.version);
        let ask = match named.by_id {
            true => ask.launch_template_id(&named.template),
            false => ask.launch_template_name(&named.template),
        };
        let answer = self.call(DESCRIBE_VERSIONS, &resource, ask.send()).await?;
        let found = answer
            .launch_template_versions()
            .iter()
            .find_map(our_version);
        found.ok_or_else(|| {
            let message = "the answer holds no version";
            self.fault(DESCRIBE_VERSIONS, resource, ErrorKind::Empty, message)
        })
    }
}

/// `None` for an entry that does not say of which template it is.
fn our_version(said: &SdkVersion) -> Option<TemplateVersion> {
    let image = said.launch_template_data().and_then(|data| data.image_id());
    Some(TemplateVersion {
        template: said.launch_template_id()?.to_owned(),
        name: said.launch_template_name().map(str::to_owned),
        number: said.version_number().unwrap_or_default(),
        image: image.filter(|image| !image.is_empty()).map(str::to_owned),
        created: said.create_time().and_then(our_time),
    })
}
