//! What a person does about what a step made, where it could not be undone: commands to paste.

use super::steps::{BakeKind, BakeOutput, BakeStep};
use crate::model::aws_command::AwsCommand;
use crate::model::bake::BakeKey;
use crate::model::ids::{Installation, Region};
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
        _ => find_guest(&run.input().key, role, region),
    }
}

fn image(run: &Run<BakeKind>, region: &Region) -> String {
    match run.output(BakeStep::CreateImage) {
        Some(BakeOutput::Image { id }) => StrayKind::Image.by_hand(id.as_str(), region),
        _ => find_image(&run.input().key, region),
    }
}

fn groups(run: &Run<BakeKind>, region: &Region) -> String {
    match run.output(BakeStep::Network) {
        Some(BakeOutput::Network { groups }) => {
            let commands = groups.iter();
            let commands = commands.map(|id| StrayKind::SecurityGroup.by_hand(id.as_str(), region));
            commands.collect::<Vec<_>>().join("; ")
        }
        _ => find_groups(&run.input().installation, region),
    }
}

/// The journal does not know the guest: this shows what there is.
pub(super) fn find_guest(key: &BakeKey, role: &str, region: &Region) -> String {
    let guests = AwsCommand::new("ec2 describe-instances", region);
    tagged(guests, [(tags::KEY, key.as_str()), (tags::ROLE, role)])
}

/// The journal does not know the image.
pub(super) fn find_image(key: &BakeKey, region: &Region) -> String {
    let images = AwsCommand::new("ec2 describe-images", region).with("--owners", "self");
    let role = tags::role::IMAGE;
    tagged(images, [(tags::KEY, key.as_str()), (tags::ROLE, role)])
}

/// The journal does not know the groups.
pub(super) fn find_groups(installation: &Installation, region: &Region) -> String {
    tagged(
        AwsCommand::new("ec2 describe-security-groups", region),
        [
            (tags::INSTALLATION, installation.as_str()),
            (tags::ROLE, tags::role::NETWORK),
        ],
    )
}

fn tagged(command: AwsCommand, tags: [(&str, &str); 2]) -> String {
    let filters = tags.map(|(name, value)| format!("Name=tag:{name},Values={value}"));
    command.with_each("--filters", filters).to_string()
}
