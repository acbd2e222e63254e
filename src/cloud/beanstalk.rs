//! Elastic Beanstalk environments and what their deployed settings say.
//!
//! Beanstalk answers a question that the credentials may not ask with less, not with an error. So
//! an answer that must hold something and does not is an error of its own kind here.

use aws_sdk_elasticbeanstalk::operation::describe_environments::builders::DescribeEnvironmentsFluentBuilder as Ask;
use chrono::{DateTime, Utc};

use aws_sdk_elasticbeanstalk::types::{
    ConfigurationDeploymentStatus as Status, ConfigurationSettingsDescription as Set,
    EnvironmentDescription, EnvironmentStatus as EnvironmentState,
};

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::tagging::our_time;
use crate::model::environment::{
    HealthColor, IMAGE_ID, LAUNCH_CONFIGURATION, MANAGED_ACTIONS, MANAGED_ACTIONS_ENABLED,
    managed_updates_on,
};
use crate::model::ids::{AccountId, ImageId, Partition, PlatformArn, Region, Scope, TargetId};
use crate::model::sighting::{DeployedSettings, DraftStatus, Environment, Tier};

const DESCRIBE_ENVIRONMENTS: Operation = Operation::read("elasticbeanstalk:DescribeEnvironments");
const DESCRIBE_SETTINGS: Operation =
    Operation::read("elasticbeanstalk:DescribeConfigurationSettings");

/// Pages of one answer that are read; AWS's hold up to 1,000 entries.
pub(super) const PAGES_MAX: usize = 50;

/// An environment that is gone, and can come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminatedEnvironment {
    pub target: TargetId,
    pub created: Option<DateTime<Utc>>,
    /// When AWS says that it last changed.
    pub terminated: Option<DateTime<Utc>>,
}

impl Cloud {
    /// Every environment of the region that is not terminated; one call where AWS allows it.
    ///
    /// An empty list can also mean that the credentials may not see any: AWS does not say.
    ///
    /// # Errors
    /// Any kind but `NotFound` and `Empty`.
    pub async fn environments(&self) -> Result<Vec<Environment>, CloudError> {
        let described = self
            .described_environments("", |ask| ask.include_deleted(false))
            .await?;
        let mut environments = Vec::with_capacity(described.len());
        for environment in described {
            environments.push(self.our_environment(environment).await?);
        }
        Ok(environments)
    }

    /// The environments that were terminated since then, and can be rebuilt as they were.
    ///
    /// # Errors
    /// Any kind but `NotFound` and `Empty`.
    pub async fn terminated_environments(
        &self,
        since: DateTime<Utc>,
    ) -> Result<Vec<TerminatedEnvironment>, CloudError> {
        let since = aws_smithy_types::DateTime::from_secs(since.timestamp());
        let described = self
            .described_environments("terminated environments", |ask| {
                ask.include_deleted(true).included_deleted_back_to(since)
            })
            .await?;
        let mut terminated = Vec::new();
        for one in described {
            if one.status() != Some(&EnvironmentState::Terminated) {
                continue;
            }
            terminated.push(TerminatedEnvironment {
                target: self.target_of(&one).await?,
                created: one.date_created().and_then(our_time),
                terminated: one.date_updated().and_then(our_time),
            });
        }
        Ok(terminated)
    }

    /// What the deployed configuration set of one environment says. Where none is deployed yet (its
    /// first launch is under way), no image is said.
    ///
    /// # Errors
    /// `NotFound` when there is no such environment; `Empty` when AWS answered without any set,
    /// which is how it says that the credentials may not read them.
    pub async fn settings(
        &self,
        application: &str,
        environment: &str,
    ) -> Result<DeployedSettings, CloudError> {
        let sets = self.configuration_sets(application, environment).await?;
        Ok(our_settings(&sets))
    }

    /// Every configuration set of one environment, at least one.
    pub(super) async fn configuration_sets(
        &self,
        application: &str,
        environment: &str,
    ) -> Result<Vec<Set>, CloudError> {
        let name = format!("{application}/{environment}");
        let request = self
            .beanstalk(DESCRIBE_SETTINGS)
            .describe_configuration_settings()
            .application_name(application)
            .environment_name(environment)
            .send();
        let answer = self.call(DESCRIBE_SETTINGS, &name, request).await?;
        let sets = answer.configuration_settings.unwrap_or_default();
        if !sets.is_empty() {
            return Ok(sets);
        }
        Err(self.fault(
            DESCRIBE_SETTINGS,
            name,
            ErrorKind::Empty,
            "the answer holds no configuration set; \
             permission elasticbeanstalk:DescribeConfigurationSettings is likely missing",
        ))
    }

    /// Every page of one question about environments.
    pub(super) async fn described_environments(
        &self,
        resource: &str,
        narrowed: impl Fn(Ask) -> Ask,
    ) -> Result<Vec<EnvironmentDescription>, CloudError> {
        let mut described = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            // Without MaxRecords AWS gives all at once; the token is followed where it does not.
            let ask = self
                .beanstalk(DESCRIBE_ENVIRONMENTS)
                .describe_environments()
                .set_next_token(token);
            let page = self
                .call(DESCRIBE_ENVIRONMENTS, resource, narrowed(ask).send())
                .await?;
            described.extend(page.environments.unwrap_or_default());
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(described);
            }
        }
        Err(self.endless(DESCRIBE_ENVIRONMENTS, resource))
    }

    /// An answer that goes on and on: not taken for all that there is.
    pub(super) fn endless(&self, operation: Operation, resource: &str) -> CloudError {
        let message = format!("the answer does not end after {PAGES_MAX} pages");
        self.fault(operation, resource, ErrorKind::Transient, message)
    }

    /// An answer about environments that holds none.
    pub(super) fn no_environment(&self, resource: &str) -> CloudError {
        let message = "the answer names no environment at all; permission \
                       elasticbeanstalk:DescribeEnvironments is likely missing";
        self.fault(DESCRIBE_ENVIRONMENTS, resource, ErrorKind::Empty, message)
    }

    async fn our_environment(
        &self,
        described: EnvironmentDescription,
    ) -> Result<Environment, CloudError> {
        Ok(Environment {
            target: self.target_of(&described).await?,
            id: described.environment_id().map(str::to_owned),
            platform: described.platform_arn().map(PlatformArn::from),
            solution_stack: described.solution_stack_name().map(str::to_owned),
            tier: tier_of(&described),
            status: described
                .status()
                .map_or(String::new(), |status| status.as_str().to_owned()),
            updated: described.date_updated().and_then(our_time),
            color: described.health().map_or(HealthColor::Grey, |health| {
                HealthColor::from_word(health.as_str())
            }),
        })
    }

    pub(super) async fn target_of(
        &self,
        described: &EnvironmentDescription,
    ) -> Result<TargetId, CloudError> {
        let (Some(application), Some(environment)) =
            (described.application_name(), described.environment_name())
        else {
            let message = "an environment came back without its name";
            let kind = ErrorKind::Transient;
            return Err(self.fault(DESCRIBE_ENVIRONMENTS, "", kind, message));
        };
        Ok(TargetId {
            scope: self.scope_of(described).await?,
            application: application.to_owned(),
            environment: environment.to_owned(),
        })
    }

    /// From the ARN; some older environments have none, and are the caller's all the same.
    async fn scope_of(&self, described: &EnvironmentDescription) -> Result<Scope, CloudError> {
        match described.environment_arn().and_then(scope_of_arn) {
            Some(scope) => {
                let told = (scope.partition.clone(), scope.account.clone());
                // Beanstalk lists the caller's own environments only. Known already is as good.
                drop(self.principal.payer.told.set(told));
                Ok(scope)
            }
            None => self.caller().await,
        }
    }
}

/// `arn:<partition>:elasticbeanstalk:<region>:<account>:environment/<application>/<environment>`
fn scope_of_arn(arn: &str) -> Option<Scope> {
    match arn.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        ["arn", partition, "elasticbeanstalk", region, account, _]
            if ![partition, region, account]
                .iter()
                .any(|part| part.is_empty()) =>
        {
            Some(Scope {
                partition: Partition::from(*partition),
                account: AccountId::from(*account),
                region: Region::from(*region),
            })
        }
        _ => None,
    }
}

pub(super) fn tier_of(described: &EnvironmentDescription) -> Tier {
    let tier = described.tier().and_then(|tier| tier.name());
    match tier.unwrap_or_default() {
        "WebServer" => Tier::WebServer,
        "Worker" => Tier::Worker,
        "Cluster" => Tier::Cluster,
        _ => Tier::Other,
    }
}

/// The set of this status, wherever it stands in the list.
pub(super) fn set_with(sets: &[Set], status: Status) -> Option<&Set> {
    let is = |set: &&Set| set.deployment_status() == Some(&status);
    sets.iter().find(is)
}

/// The deployed set. One without a status belongs to nothing that is under way.
pub(super) fn deployed_set(sets: &[Set]) -> Option<&Set> {
    let unsaid = || sets.iter().find(|set| set.deployment_status().is_none());
    set_with(sets, Status::Deployed).or_else(unsaid)
}

/// What the deployed set says; a draft beside it is only noted.
fn our_settings(sets: &[Set]) -> DeployedSettings {
    let deployed = deployed_set(sets);
    let with = |status| set_with(sets, status);
    let draft = match (with(Status::Pending), with(Status::Failed)) {
        (Some(_), _) => Some(DraftStatus::Pending),
        (None, Some(_)) => Some(DraftStatus::Failed),
        (None, None) => None,
    };
    let value = |namespace, name| deployed.and_then(|set| value_of(set, namespace, name));
    let image = value(LAUNCH_CONFIGURATION, IMAGE_ID).map(ImageId::from);
    DeployedSettings {
        not_set: deployed.is_some() && image.is_none(),
        image,
        draft,
        managed_updates: managed_updates_on(value(MANAGED_ACTIONS, MANAGED_ACTIONS_ENABLED)),
    }
}

fn value_of<'a>(set: &'a Set, namespace: &str, name: &str) -> Option<&'a str> {
    let mut options = set.option_settings().iter();
    options
        .find(|option| option.namespace() == Some(namespace) && option.option_name() == Some(name))
        .and_then(|option| option.value())
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_is_read_from_the_arn() {
        let arn = "arn:aws-cn:elasticbeanstalk:cn-north-1:111122223333:environment/a:b/c";
        let scope = scope_of_arn(arn).unwrap();
        assert_eq!(scope.partition.as_str(), "aws-cn");
        assert_eq!(scope.to_string(), "111122223333/cn-north-1");
        for other in [
            "",
            "arn:aws:elasticbeanstalk:us-east-1::platform/x/1",
            "arn:aws:ec2",
        ] {
            assert_eq!(scope_of_arn(other), None, "{other}");
        }
    }

    #[test]
    fn without_a_deployed_set_no_image_is_said() {
        let pending = Set::builder().deployment_status(Status::Pending).build();
        let settings = our_settings(&[pending]);
        assert_eq!(
            (settings.image, settings.not_set, settings.draft),
            (None, false, Some(DraftStatus::Pending))
        );
    }
}
