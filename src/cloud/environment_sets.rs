//! An environment's configuration sets, option by option: the deployed one, and the drafts beside it.

use aws_sdk_elasticbeanstalk::types::{
    ConfigurationDeploymentStatus as Status, ConfigurationSettingsDescription as Set,
};

use super::beanstalk::{deployed_set, set_with};
use super::call::Cloud;
use super::error::CloudError;
use super::tagging::our_time;
use crate::model::environment::{OptionSet, OptionSets};
use crate::model::ids::PlatformArn;

impl Cloud {
    /// Every option of an environment's configuration sets. `deployed` is absent while the first launch
    /// is under way.
    ///
    /// # Errors
    /// `NotFound` when there is no such environment; `Empty` when AWS answered without any set, which
    /// is how it says that the credentials may not read them.
    pub async fn option_sets(
        &self,
        application: &str,
        environment: &str,
    ) -> Result<OptionSets, CloudError> {
        let sets = self.configuration_sets(application, environment).await?;
        Ok(OptionSets {
            deployed: deployed_set(&sets).map(our_set),
            pending: set_with(&sets, Status::Pending).map(our_set),
            failed: set_with(&sets, Status::Failed).map(our_set),
        })
    }
}

/// Beanstalk lists every option that there is, most of them without a value or with an empty one.
fn our_set(said: &Set) -> OptionSet {
    let options = said.option_settings().iter();
    let values = options.filter_map(|option| {
        let value = option.value().filter(|value| !value.is_empty())?;
        let key = (
            option.namespace()?.to_owned(),
            option.option_name()?.to_owned(),
        );
        Some((key, value.to_owned()))
    });
    OptionSet {
        platform: said.platform_arn().map(PlatformArn::from),
        updated: said.date_updated().and_then(our_time),
        values: values.collect(),
    }
}
