//! What a person does about what a step made, where it could not be undone: commands to paste.

use super::steps::{BakeKind, BakeOutput, BakeStep};
use crate::model::aws_command::AwsCommand;
use crate::model::ids::Region;
use crate::model::stray::StrayKind;
use crate::model::tags;
use crate::workflow::Run;

/// The command for one step, with the id where the journal knows it and else with the tags by which it
/// is found.
pub(super) fn by_hand(step: BakeStep, run: &Run<BakeKind>) -> String {
    let region = &run.input().scope.region;
    match step {
        BakeStep::Network => groups(run, region),
        BakeStep::LaunchBuilder => guest(run, step, tags::role::BUILDER, region),
        BakeStep::LaunchBootTest => guest(run, step, tags::role::BOOT_TEST, region),
        BakeStep::CreateImage | BakeStep::Available | BakeStep::MarkVerified => image(run, region),
        BakeStep::Report | BakeStep::Stopped => {
            guest(run, BakeStep::LaunchBuilder, tags::role::BUILDER, region)
        }
        BakeStep::BootReport => guest(run, BakeStep::LaunchBootTest, tags::role::BOOT_TEST, region),
        BakeStep::CleanUp => {
            let steps = [
                BakeStep::LaunchBuilder,
                BakeStep::LaunchBootTest,
                BakeStep::Network,
            ];
            steps.map(|step| by_hand(step, run)).join("; ")
        }
    }
}

fn guest(run: &Run<BakeKind>, step: BakeStep, role: &str, region: &Region) -> String {
    match run.output(step) {
        Some(BakeOutput::Instance { id }) => StrayKind::Instance.by_hand(id.as_str(), region),
        _ => find(AwsCommand::new("ec2 describe-instances", region), run, role),
    }
}

fn image(run: &Run<BakeKind>, region: &Region) -> String {
    match run.output(BakeStep::CreateImage) {
        Some(BakeOutput::Image { id }) => StrayKind::Image.by_hand(id.as_str(), region),
        _ => {
            let images = AwsCommand::new("ec2 describe-images", region).with("--owners", "self");
            find(images, run, tags::role::IMAGE)
        }
    }
}

fn groups(run: &Run<BakeKind>, region: &Region) -> String {
    match run.output(BakeStep::Network) {
        Some(BakeOutput::Network { groups }) => {
            let commands = groups.iter();
            let commands = commands.map(|id| StrayKind::SecurityGroup.by_hand(id.as_str(), region));
            commands.collect::<Vec<_>>().join("; ")
        }
        _ => {
            let installation = run.input().installation.as_str();
            tagged(
                AwsCommand::new("ec2 describe-security-groups", region),
                [
                    (tags::INSTALLATION, installation),
                    (tags::ROLE, tags::role::NETWORK),
                ],
            )
        }
    }
}

/// The journal does not know an id: this shows what there is.
fn find(command: AwsCommand, run: &Run<BakeKind>, role: &str) -> String {
    let key = run.input().key.as_str();
    tagged(command, [(tags::KEY, key), (tags::ROLE, role)])
}

fn tagged(command: AwsCommand, tags: [(&str, &str); 2]) -> String {
    let filters = tags.map(|(name, value)| format!("Name=tag:{name},Values={value}"));
    command.with_each("--filters", filters).to_string()
}
