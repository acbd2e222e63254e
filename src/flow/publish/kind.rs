//! Publishing to one destination as a kind of workflow: what its journals are made of, and what each step
//! may take. Read by whoever looks at a publication without doing one.

use std::time::Duration;

pub use super::steps::PublishKind;
use super::steps::{PublicationOutput, PublicationStep, STEPS, publish_journal};
use crate::model::aws_command::AwsCommand;
use crate::model::ids::Scope;
use crate::model::publish::PublishOrder;
use crate::model::publish_rules::PublishAs;
use crate::model::tags;
use crate::workflow::{Allowance, Run, WorkflowKind};

const MINUTE: Duration = Duration::from_secs(60);
/// EC2 may take a day for a copy; it is watched, and given up after that.
const COPY_MAX: Duration = Duration::from_secs(25 * 3600);
/// SSM looks at an image within seconds; a version that has not appeared by then never will.
const VALIDATION_MAX: Duration = Duration::from_secs(10 * 60);

impl WorkflowKind for PublishKind {
    type Input = PublishOrder;
    type Step = PublicationStep;
    type Output = PublicationOutput;

    const NAME: &'static str = "publish";
    const STEPS: &'static [PublicationStep] = STEPS;
    const POINT_OF_NO_RETURN: PublicationStep = PublicationStep::ReadBack;

    /// The watch's destination, of which one run is under way at a time.
    fn subject(order: &PublishOrder) -> String {
        format!("{}/{}/{}", order.home, order.watch, order.destination)
    }

    fn scope(order: &PublishOrder) -> &Scope {
        &order.scope
    }

    fn allowance(step: PublicationStep, order: &PublishOrder) -> Allowance {
        Allowance::Absolute(match (step, &order.publish) {
            (PublicationStep::LookAtIt | PublicationStep::Write, _) => 15 * MINUTE,
            (PublicationStep::ReadBack, PublishAs::Copy { .. }) => COPY_MAX,
            (PublicationStep::ReadBack, PublishAs::Share { .. } | PublishAs::Template { .. }) => {
                15 * MINUTE
            }
            (PublicationStep::ReadBack, PublishAs::Parameter { .. }) => VALIDATION_MAX,
        })
    }

    fn undo_allowance(_: PublicationStep) -> Duration {
        10 * MINUTE
    }

    fn by_hand(_: PublicationStep, run: &Run<Self>) -> String {
        look_command(run.input()).to_string()
    }
}

/// The command that shows what stands at the destination.
pub fn look_command(order: &PublishOrder) -> AwsCommand {
    let region = &order.scope.region;
    match &order.publish {
        PublishAs::Copy { .. } => {
            let copies = format!("Name=tag:{},Values={}", tags::COPY_OF, order.copied_from());
            AwsCommand::new("ec2 describe-images", region)
                .with("--owners", "self")
                .with("--filters", &copies)
        }
        PublishAs::Share { .. } => AwsCommand::new("ec2 describe-image-attribute", region)
            .with("--attribute", "launchPermission")
            .with("--image-id", order.image_here().as_str()),
        PublishAs::Template { template, .. } => {
            AwsCommand::new("ec2 describe-launch-template-versions", region)
                .with(template.option(), template.as_str())
        }
        PublishAs::Parameter { name } => {
            AwsCommand::new("ssm get-parameter-history", region).with("--name", name)
        }
    }
}

/// The journal of the run that this orders.
pub fn journal_of(order: &PublishOrder) -> String {
    let PublishOrder {
        home,
        watch,
        destination,
        number,
        ..
    } = order;
    publish_journal(home, watch, destination, *number)
}
