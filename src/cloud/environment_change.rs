//! The changes to an environment that a move makes, each sent once, and the question whether Beanstalk
//! would take one.
//!
//! UpdateEnvironment has no client token. A call whose answer is lost may have happened: whoever sent it
//! finds out by the events and the configuration sets, never by sending it again.

use aws_sdk_elasticbeanstalk::types::{
    ConfigurationOptionSetting, OptionSpecification, ValidationSeverity,
};
use aws_types::request_id::RequestId;

use super::call::{Cloud, Operation, request_id_in};
use super::error::CloudError;
use super::raw_amis::KeepBody;
use crate::model::environment::{
    EnvironmentChange, IMAGE_ID, ImageSetting, LAUNCH_CONFIGURATION, ValidationMessage,
};
use crate::model::ids::{ImageId, PlatformArn, TargetId};

const VALIDATE: Operation = Operation::read("elasticbeanstalk:ValidateConfigurationSettings");
const UPDATE: Operation = Operation::change("elasticbeanstalk:UpdateEnvironment");
const ABORT: Operation = Operation::change("elasticbeanstalk:AbortEnvironmentUpdate");
const DELETE_DRAFT: Operation =
    Operation::change("elasticbeanstalk:DeleteEnvironmentConfiguration");

impl Cloud {
    /// What Beanstalk says of the options of a change, before it is made. It has a word on values only:
    /// where an option is removed, or only the platform version changes, there is nothing to ask.
    ///
    /// # Errors
    /// Any kind; `NotFound` when there is no such environment.
    pub async fn validate_change(
        &self,
        target: &TargetId,
        change: &EnvironmentChange,
    ) -> Result<Vec<ValidationMessage>, CloudError> {
        let ImageSetting::Image(image) = &change.image else {
            return Ok(Vec::new());
        };
        let request = self
            .beanstalk(VALIDATE)
            .validate_configuration_settings()
            .application_name(&target.application)
            .environment_name(&target.environment)
            .option_settings(image_option(image))
            .send();
        let answer = self.call(VALIDATE, target, request).await?;
        let messages = answer.messages().iter();
        Ok(messages
            .map(|said| ValidationMessage {
                error: said.severity() != Some(&ValidationSeverity::Warning),
                message: said.message().unwrap_or_default().to_owned(),
            })
            .collect())
    }

    /// Sends one change: the platform version and the image together, and nothing else. Gives the
    /// request's id, which the events of the update carry.
    ///
    /// # Errors
    /// `Conflict` ([`CloudError::busy`]) while the environment is not Ready; `Invalid` where Beanstalk
    /// refuses the change; `NotFound` for an environment, or a platform version, that is not to be had;
    /// `Unknown` when it may have happened.
    pub async fn update_environment(
        &self,
        id: &str,
        name: &str,
        change: &EnvironmentChange,
    ) -> Result<Option<String>, CloudError> {
        let raw = KeepBody::default();
        let request = self
            .beanstalk(UPDATE)
            .update_environment()
            .environment_id(id)
            .environment_name(name)
            .set_platform_arn(change.platform.as_ref().map(PlatformArn::to_string));
        let request = match &change.image {
            ImageSetting::Image(image) => request.option_settings(image_option(image)),
            ImageSetting::PlatformOwn(_) => request.options_to_remove(the_image_option()),
        };
        let request = request.customize().interceptor(raw.clone()).send();
        let answer = self.call(UPDATE, name, request).await?;
        let in_header = answer.request_id().map(str::to_owned);
        Ok(in_header.or_else(|| request_id_in(&raw.body()).map(str::to_owned)))
    }

    /// Asks Beanstalk to take back the update that is under way.
    ///
    /// # Errors
    /// `Conflict` when nothing is under way that could still be aborted.
    pub async fn abort_environment_update(&self, id: &str) -> Result<(), CloudError> {
        let request = self
            .beanstalk(ABORT)
            .abort_environment_update()
            .environment_id(id)
            .send();
        self.call(ABORT, id, request).await.map(drop)
    }

    /// Deletes the draft that an update left beside the deployed set. Where there is none, nothing
    /// changes.
    ///
    /// # Errors
    /// `Conflict` while an update is under way.
    pub async fn delete_draft(
        &self,
        application: &str,
        environment: &str,
    ) -> Result<(), CloudError> {
        let name = format!("{application}/{environment}");
        let request = self
            .beanstalk(DELETE_DRAFT)
            .delete_environment_configuration()
            .application_name(application)
            .environment_name(environment)
            .send();
        self.call(DELETE_DRAFT, name, request).await.map(drop)
    }
}

fn image_option(image: &ImageId) -> ConfigurationOptionSetting {
    ConfigurationOptionSetting::builder()
        .namespace(LAUNCH_CONFIGURATION)
        .option_name(IMAGE_ID)
        .value(image.as_str())
        .build()
}

fn the_image_option() -> OptionSpecification {
    OptionSpecification::builder()
        .namespace(LAUNCH_CONFIGURATION)
        .option_name(IMAGE_ID)
        .build()
}
