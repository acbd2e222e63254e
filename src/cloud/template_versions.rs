//! A version more of a launch template that people made: what the one before it says, with another image.
//!
//! A version is never changed, and none is deleted here: whoever launches by its number goes on to. EC2 leaves
//! out the snapshots that a version maps to disks when another is made of it, so that those are told.

use aws_sdk_ec2::types::{LaunchTemplateVersion, RequestLaunchTemplateData};

use super::beanstalk::PAGES_MAX;
use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::launch_templates::DESCRIBE_VERSIONS;
use crate::model::ids::ImageId;
use crate::model::publish_rules::TemplateRef;

const CREATE_VERSION: Operation = Operation::change("ec2:CreateLaunchTemplateVersion");
const MODIFY_TEMPLATE: Operation = Operation::change("ec2:ModifyLaunchTemplate");

/// A version of a launch template, as far as another is made of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplateNow {
    pub number: i64,
    /// As it is written: an image, or `resolve:ssm:` and a parameter. Absent where it names none.
    pub image: Option<String>,
    pub description: String,
    pub is_default: bool,
    /// The disks that are made of snapshots which the version names itself.
    pub mapped_snapshots: Vec<String>,
}

/// A version to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTemplateVersion<'a> {
    pub template: &'a TemplateRef,
    /// The number of the one whose other words it takes over.
    pub source: i64,
    pub image: &'a ImageId,
    pub description: &'a str,
    /// The same token with the same wish is the same version.
    pub token: &'a str,
}

impl Cloud {
    /// The version that this word means: `$Latest` or `$Default`.
    ///
    /// # Errors
    /// `NotFound` where there is no such template; `Empty` where the answer holds no version.
    pub async fn template_now(
        &self,
        template: &TemplateRef,
        word: &str,
    ) -> Result<TemplateNow, CloudError> {
        let resource = resource_of(template, word);
        let (id, name) = named(template);
        let request = self
            .ec2(DESCRIBE_VERSIONS)
            .describe_launch_template_versions()
            .set_launch_template_id(id)
            .set_launch_template_name(name)
            .versions(word)
            .send();
        let answer = self.call(DESCRIBE_VERSIONS, &resource, request).await?;
        let found = answer.launch_template_versions().first().map(version_now);
        found.ok_or_else(|| {
            let message = "the answer holds no version";
            self.fault(DESCRIBE_VERSIONS, resource, ErrorKind::Empty, message)
        })
    }

    /// The versions from this number on, in no order.
    ///
    /// # Errors
    /// `NotFound` where there is no such template.
    pub async fn template_versions_from(
        &self,
        template: &TemplateRef,
        number: i64,
    ) -> Result<Vec<TemplateNow>, CloudError> {
        let resource = resource_of(template, &format!("from version {number}"));
        let (mut found, mut token) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let (id, name) = named(template);
            let request = self
                .ec2(DESCRIBE_VERSIONS)
                .describe_launch_template_versions()
                .set_launch_template_id(id)
                .set_launch_template_name(name)
                .min_version(number.to_string())
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_VERSIONS, &resource, request).await?;
            found.extend(page.launch_template_versions().iter().map(version_now));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
        Err(self.endless(DESCRIBE_VERSIONS, "launch template versions"))
    }

    /// Makes a version with another image; everything else is as its source says. Its number.
    ///
    /// # Errors
    /// `Unknown` when it may have happened (the same token answers with the same version).
    pub async fn create_template_version(
        &self,
        wish: &NewTemplateVersion<'_>,
    ) -> Result<i64, CloudError> {
        let resource = resource_of(wish.template, &format!("version {}", wish.source));
        let (id, name) = named(wish.template);
        let image = RequestLaunchTemplateData::builder().image_id(wish.image.as_str());
        let request = self
            .ec2(CREATE_VERSION)
            .create_launch_template_version()
            .set_launch_template_id(id)
            .set_launch_template_name(name)
            .source_version(wish.source.to_string())
            .version_description(wish.description)
            .launch_template_data(image.build())
            .client_token(wish.token)
            .send();
        let answer = self.call(CREATE_VERSION, &resource, request).await?;
        let made = answer.launch_template_version();
        made.and_then(LaunchTemplateVersion::version_number)
            .ok_or_else(|| {
                let message = "the answer holds no version's number";
                self.fault(CREATE_VERSION, resource, ErrorKind::Unknown, message)
            })
    }

    /// Has `$Default` be this version. Saying it again says the same.
    ///
    /// # Errors
    /// `NotFound` where there is no such version.
    pub async fn set_default_template_version(
        &self,
        template: &TemplateRef,
        number: i64,
    ) -> Result<(), CloudError> {
        let resource = resource_of(template, &format!("version {number}"));
        let (id, name) = named(template);
        let request = self
            .ec2(MODIFY_TEMPLATE)
            .modify_launch_template()
            .set_launch_template_id(id)
            .set_launch_template_name(name)
            .default_version(number.to_string())
            .send();
        self.call(MODIFY_TEMPLATE, &resource, request).await?;
        Ok(())
    }
}

fn resource_of(template: &TemplateRef, what: &str) -> String {
    format!("launch template {} {what}", template.as_str())
}

/// Its id, or its name: EC2 takes one of them.
fn named(template: &TemplateRef) -> (Option<String>, Option<String>) {
    match template {
        TemplateRef::Id(id) => (Some(id.clone()), None),
        TemplateRef::Name(name) => (None, Some(name.clone())),
    }
}

fn version_now(said: &LaunchTemplateVersion) -> TemplateNow {
    let data = said.launch_template_data();
    let image = data.and_then(|data| data.image_id());
    let disks = data.map_or(&[][..], |data| data.block_device_mappings());
    let mapped = disks.iter().filter_map(|disk| {
        let snapshot = disk.ebs().and_then(|ebs| ebs.snapshot_id())?;
        (!snapshot.is_empty())
            .then(|| format!("{snapshot} as {}", disk.device_name().unwrap_or("-")))
    });
    TemplateNow {
        number: said.version_number().unwrap_or_default(),
        image: image.filter(|image| !image.is_empty()).map(str::to_owned),
        description: said.version_description().unwrap_or_default().to_owned(),
        is_default: said.default_version().unwrap_or_default(),
        mapped_snapshots: mapped.collect(),
    }
}
