//! The AWS CLI's commands by which a person does to an environment what a move does: moves it, takes it
//! back, stops an update, removes the draft that one left behind. Plain functions; each command carries
//! the region, and image and platform version together, so that it can be pasted as it stands.

use crate::model::aws_command::{AwsCommand, shell_word};
use crate::model::environment::{
    EnvironmentChange, IMAGE_ID, ImageSetting, LAUNCH_CONFIGURATION, managed_updates_off,
};
use crate::model::ids::{TargetId, WatchName};
use crate::model::platform_choice::{MoveTo, PlatformChoice};

/// Sends a change, as one call. An image that is the platform's own is un-set, never named.
pub fn move_command(target: &TargetId, change: &EnvironmentChange) -> AwsCommand {
    let mut command = of_environment("update-environment", target);
    if let Some(platform) = &change.platform {
        command = command.with("--platform-arn", platform.as_str());
    }
    let option = format!("Namespace={LAUNCH_CONFIGURATION},OptionName={IMAGE_ID}");
    match &change.image {
        ImageSetting::Image(image) => {
            command.with("--option-settings", format!("{option},Value={image}"))
        }
        ImageSetting::PlatformOwn(_) => command.with("--options-to-remove", option),
    }
}

/// Stops an update that is under way, as long as AWS takes it; what it changed is taken back.
pub fn abort_command(target: &TargetId) -> AwsCommand {
    of_environment("abort-environment-update", target)
}

/// Removes the draft that a failed update left behind. The deployed settings stay as they are.
pub fn delete_draft_command(target: &TargetId) -> AwsCommand {
    AwsCommand::new(
        "elasticbeanstalk delete-environment-configuration",
        &target.scope.region,
    )
    .with("--application-name", &target.application)
    .with("--environment-name", &target.environment)
}

/// Shows what happened to it last.
pub fn events_command(target: &TargetId) -> AwsCommand {
    of_environment("describe-events", target).with("--max-items", "20")
}

/// Turns managed platform updates off.
pub fn managed_updates_off_command(target: &TargetId) -> AwsCommand {
    managed_updates_off(&target.environment, &target.scope.region)
}

/// Environments that get a command of their own where there are many; more would bury the rest.
pub const MOVES_MAX: usize = 3;

/// A command that moves one environment, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveByHand {
    pub command: AwsCommand,
    /// `moves shop/blue to the watch's image and platform version 4.5.1`
    pub does: String,
}

/// The commands for the first of those that can be moved as they stand.
pub fn moves_by_hand<'a>(
    behind: impl IntoIterator<Item = (&'a TargetId, &'a MoveTo)>,
) -> Vec<MoveByHand> {
    let moved = behind.into_iter().filter_map(|(target, to)| {
        let command = move_command(target, &to.change()?);
        let platform = match &to.platform {
            PlatformChoice::Moves { version, .. } => format!(" and platform version {version}"),
            _ => String::new(),
        };
        let name = target.name();
        let does = format!("moves {name} to the watch's image{platform}");
        Some(MoveByHand { command, does })
    });
    moved.take(MOVES_MAX).collect()
}

/// amiwatch's own command that moves an environment, and proves it.
pub fn rollout_command(watch: &WatchName, name: &str) -> String {
    format!(
        "amiwatch rollout {watch} --environment {}",
        shell_word(name)
    )
}

/// What that command does, for people.
pub const ROLLOUT_DOES: &str =
    "shows what would be done, asks, moves the environment and proves it";

fn of_environment(operation: &str, target: &TargetId) -> AwsCommand {
    let operation = format!("elasticbeanstalk {operation}");
    AwsCommand::new(&operation, &target.scope.region)
        .with("--environment-name", &target.environment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::Scope;

    fn target() -> TargetId {
        TargetId {
            scope: Scope {
                partition: "aws".into(),
                account: "111122223333".into(),
                region: "eu-west-1".into(),
            },
            application: "The shop".to_owned(),
            environment: "shop-blue".to_owned(),
        }
    }

    fn change(image: ImageSetting, platform: Option<&str>) -> EnvironmentChange {
        EnvironmentChange {
            image,
            platform: platform.map(Into::into),
        }
    }

    #[test]
    fn a_move_is_one_call_with_region_platform_and_image() {
        let arn = "arn:aws:elasticbeanstalk:eu-west-1::platform/Docker running on 64bit Amazon Linux 2023/4.5.1";
        let moved = change(ImageSetting::Image("ami-1".into()), Some(arn));
        let alone = change(ImageSetting::Image("ami-1".into()), None);
        let unset = change(ImageSetting::PlatformOwn(Some("ami-0".into())), Some(arn));
        let said = |change| move_command(&target(), change).to_string();
        insta::assert_snapshot!([said(&moved), said(&alone), said(&unset)].join("\n"), @r"
        aws elasticbeanstalk update-environment --environment-name shop-blue --platform-arn 'arn:aws:elasticbeanstalk:eu-west-1::platform/Docker running on 64bit Amazon Linux 2023/4.5.1' --option-settings Namespace=aws:autoscaling:launchconfiguration,OptionName=ImageId,Value=ami-1 --region eu-west-1
        aws elasticbeanstalk update-environment --environment-name shop-blue --option-settings Namespace=aws:autoscaling:launchconfiguration,OptionName=ImageId,Value=ami-1 --region eu-west-1
        aws elasticbeanstalk update-environment --environment-name shop-blue --platform-arn 'arn:aws:elasticbeanstalk:eu-west-1::platform/Docker running on 64bit Amazon Linux 2023/4.5.1' --options-to-remove Namespace=aws:autoscaling:launchconfiguration,OptionName=ImageId --region eu-west-1
        ");
        assert!(
            !said(&unset).contains("ami-0"),
            "an un-set image is never named"
        );
    }

    #[test]
    fn what_else_a_person_may_have_to_do() {
        let target = target();
        let all = [
            abort_command(&target),
            delete_draft_command(&target),
            events_command(&target),
            managed_updates_off_command(&target),
        ];
        insta::assert_snapshot!(all.map(|one| one.to_string()).join("\n"), @r"
        aws elasticbeanstalk abort-environment-update --environment-name shop-blue --region eu-west-1
        aws elasticbeanstalk delete-environment-configuration --application-name 'The shop' --environment-name shop-blue --region eu-west-1
        aws elasticbeanstalk describe-events --environment-name shop-blue --max-items 20 --region eu-west-1
        aws elasticbeanstalk update-environment --environment-name shop-blue --option-settings Namespace=aws:elasticbeanstalk:managedactions,OptionName=ManagedActionsEnabled,Value=false --region eu-west-1
        ");
    }
}
