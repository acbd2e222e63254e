//! An application's saved configurations, and the image that one names. Must not conclude: which of them
//! an environment would fall back to is not said here.

use std::collections::BTreeMap;

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use crate::model::environment::{IMAGE_ID, LAUNCH_CONFIGURATION};
use crate::model::ids::ImageId;

const DESCRIBE_APPLICATIONS: Operation = Operation::read("elasticbeanstalk:DescribeApplications");
const DESCRIBE_SETTINGS: Operation =
    Operation::read("elasticbeanstalk:DescribeConfigurationSettings");

impl Cloud {
    /// The names of an application's saved configurations.
    ///
    /// # Errors
    /// `Empty` when the application itself is not shown: Beanstalk leaves out what it denies.
    pub async fn saved_configurations(&self, application: &str) -> Result<Vec<String>, CloudError> {
        let request = self
            .beanstalk(DESCRIBE_APPLICATIONS)
            .describe_applications()
            .application_names(application)
            .send();
        let answer = self
            .call(DESCRIBE_APPLICATIONS, application, request)
            .await?;
        let mut applications = answer.applications().iter();
        match applications.find(|one| one.application_name() == Some(application)) {
            Some(found) => Ok(found.configuration_templates().to_vec()),
            None => {
                let message = "the answer does not show the application; permission \
                               elasticbeanstalk:DescribeApplications is likely missing";
                Err(self.fault(
                    DESCRIBE_APPLICATIONS,
                    application,
                    ErrorKind::Empty,
                    message,
                ))
            }
        }
    }

    /// The saved configurations of every application, by application.
    ///
    /// An empty answer can also mean that the credentials may not see any application: AWS does not say.
    ///
    /// # Errors
    /// Any kind but `NotFound` and `Empty`.
    pub async fn all_saved_configurations(
        &self,
    ) -> Result<BTreeMap<String, Vec<String>>, CloudError> {
        let request = self
            .beanstalk(DESCRIBE_APPLICATIONS)
            .describe_applications()
            .send();
        let answer = self
            .call(DESCRIBE_APPLICATIONS, "applications", request)
            .await?;
        let said = answer.applications().iter();
        let named = said.filter_map(|one| {
            let name = one.application_name()?.to_owned();
            Some((name, one.configuration_templates().to_vec()))
        });
        Ok(named.collect())
    }

    /// The image that a saved configuration names. `None`: it was read and names none.
    ///
    /// # Errors
    /// `Empty` when AWS answered without any set.
    pub async fn saved_image(
        &self,
        application: &str,
        name: &str,
    ) -> Result<Option<ImageId>, CloudError> {
        let resource = format!("{application}/{name}");
        let request = self
            .beanstalk(DESCRIBE_SETTINGS)
            .describe_configuration_settings()
            .application_name(application)
            .template_name(name)
            .send();
        let answer = self.call(DESCRIBE_SETTINGS, &resource, request).await?;
        let Some(set) = answer.configuration_settings().first() else {
            let message = "the answer holds no saved configuration; permission \
                           elasticbeanstalk:DescribeConfigurationSettings is likely missing";
            return Err(self.fault(DESCRIBE_SETTINGS, resource, ErrorKind::Empty, message));
        };
        let image = set.option_settings().iter().find(|option| {
            option.namespace() == Some(LAUNCH_CONFIGURATION)
                && option.option_name() == Some(IMAGE_ID)
        });
        let value = image.and_then(|option| option.value());
        Ok(value.filter(|value| !value.is_empty()).map(ImageId::from))
    }
}
