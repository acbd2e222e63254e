//! What a person does about what a step made, where it could not be undone: commands to paste.

use super::steps::{BakeKind, BakeOutput, BakeStep};
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
        _ => find("describe-instances", run, role, region),
    }
}

fn image(run: &Run<BakeKind>, region: &Region) -> String {
    match run.output(BakeStep::CreateImage) {
        Some(BakeOutput::Image { id }) => StrayKind::Image.by_hand(id.as_str(), region),
        _ => find(
            "describe-images --owners self",
            run,
            tags::role::IMAGE,
            region,
        ),
    }
}

fn groups(run: &Run<BakeKind>, region: &Region) -> String {
    match run.output(BakeStep::Network) {
        Some(BakeOutput::Network { groups }) => {
            let commands = groups.iter();
            let commands = commands.map(|id| StrayKind::SecurityGroup.by_hand(id.as_str(), region));
            commands.collect::<Vec<_>>().join("; ")
        }
        _ => format!(
            "aws ec2 describe-security-groups --region {region} --filters Name=tag:{},Values={} \
             Name=tag:{},Values={}",
            tags::INSTALLATION,
            run.input().installation,
            tags::ROLE,
            tags::role::NETWORK
        ),
    }
}

/// The journal does not know an id: this shows what there is.
fn find(verb: &str, run: &Run<BakeKind>, role: &str, region: &Region) -> String {
    let key = &run.input().key;
    format!(
        "aws ec2 {verb} --region {region} --filters Name=tag:{},Values={key} \
         Name=tag:{},Values={role}",
        tags::KEY,
        tags::ROLE
    )
}
