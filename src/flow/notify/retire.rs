//! What is told of older images: that they may go a rung down, that one went or came back, or that it could
//! not be done.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::model::aws_command::AwsCommand;
use crate::model::bake::digest;
use crate::model::ids::{ImageId, Installation, Scope, WatchName};
use crate::model::notice::{
    DueTold, FirstOf, Link, NextByItself, Notice, PastedCommand, RetiredTold, SnapshotsTold, What,
};
use crate::model::retire_record::RetireAct;

/// Whose images, and where they are.
#[derive(Debug, Clone, Copy)]
pub struct RetireTeller<'a> {
    pub installation: &'a Installation,
    pub watch: &'a WatchName,
    /// Of the image: a copy is elsewhere than its watch.
    pub scope: &'a Scope,
}

/// Why something was not done, and what is next.
#[derive(Debug, Clone)]
pub struct FailedAct<'a> {
    /// The failure's stable word.
    pub fault: &'a str,
    pub why: &'a str,
    /// Since when acts of this watch here fail so: people are told once until one succeeds.
    pub since: DateTime<Utc>,
    /// Absent where a person is needed.
    pub next_at: Option<DateTime<Utc>>,
    /// What lifts it.
    pub lift: Option<PastedCommand>,
}

/// More images may go a rung down than people were told of. One notice for each set of them.
pub fn images_due(of: RetireTeller<'_>, due: Vec<DueTold>, at: DateTime<Utc>) -> Notice {
    let set: BTreeSet<String> = due
        .iter()
        .map(|one| format!("{}:{}", one.image, one.act.as_str()))
        .collect();
    let set = set.into_iter().collect::<Vec<_>>().join(",");
    let watch = of.watch;
    let what = What::RetireDue {
        due: FirstOf::all_of(due),
    };
    let key = format!("retire-due:{}:{}", of.place(), digest(&[set.as_str()]));
    let commands = vec![PastedCommand::new(
        format!("amiwatch images {watch}"),
        "every image, what it waits for, and what names it",
    )];
    of.notice(key, what, NextByItself::Person, commands, Vec::new(), at)
}

/// An image went a rung down, or came back. One notice for each time that it was begun.
pub fn image_retired(
    of: RetireTeller<'_>,
    retired: RetiredTold,
    snapshots: SnapshotsTold,
    begun: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Notice {
    let (image, act) = (retired.image.clone(), retired.act);
    let key = format!(
        "retired:{}:{image}:{}:{}",
        of.place(),
        act.as_str(),
        begun.timestamp()
    );
    let commands = match act {
        RetireAct::Deprecate | RetireAct::Disable => vec![PastedCommand::new(
            format!("amiwatch restore {image}"),
            "shows how it would come back, asks, and brings it back",
        )],
        RetireAct::Restore => vec![PastedCommand::new(
            format!("amiwatch image {image}"),
            "where it stands, and until when it is left alone",
        )],
        RetireAct::Deregister => {
            let kept = snapshots.kept.iter();
            let look = kept.map(|(snapshot, _)| snapshot.as_str());
            let look = AwsCommand::new("ec2 describe-snapshots", &of.scope.region)
                .with_each("--snapshot-ids", look);
            match snapshots.kept.is_empty() {
                true => Vec::new(),
                false => vec![PastedCommand::new(look.to_string(), "what is left of it")],
            }
        }
    };
    let links = match act {
        RetireAct::Deregister => Vec::new(),
        _ => vec![Link::to_image(&of.scope.region, &image)],
    };
    let what = What::Retired { retired, snapshots };
    of.notice(key, what, NextByItself::Nothing, commands, links, at)
}

/// An act was refused, or something stands against it. One notice for each act and kind of failure, until
/// one succeeds.
pub fn retiring_failed(
    of: RetireTeller<'_>,
    retired: RetiredTold,
    failed: &FailedAct<'_>,
    at: DateTime<Utc>,
) -> Notice {
    let image = retired.image.clone();
    let key = format!(
        "retire-failed:{}:{}:{}:{}",
        of.place(),
        retired.act.as_str(),
        failed.fault,
        failed.since.timestamp()
    );
    let look = PastedCommand::new(
        format!("amiwatch image {image}"),
        "where it stands, and what names it",
    );
    let next = failed
        .next_at
        .map_or(NextByItself::Person, |not_before| NextByItself::Again {
            not_before,
        });
    let commands = failed.lift.clone().into_iter().chain([look]).collect();
    let links = vec![Link::to_image(&of.scope.region, &image)];
    let what = What::RetireFailed {
        retired,
        fault: failed.fault.to_owned(),
        why: failed.why.to_owned(),
    };
    of.notice(key, what, next, commands, links, at)
}

/// An image that EC2 protects is kept. One notice an image.
pub fn protected_image_stays(
    of: RetireTeller<'_>,
    retired: RetiredTold,
    at: DateTime<Utc>,
) -> Notice {
    let image = retired.image.clone();
    let lift = lift_protection(of.scope, &image);
    let failed = FailedAct {
        fault: "protected",
        why: "EC2 protects it from being deregistered, and amiwatch takes no protection off",
        since: at,
        next_at: None,
        lift: Some(PastedCommand::new(
            lift.to_string(),
            "takes the protection off; where it has a cooldown, that lasts a day more",
        )),
    };
    Notice {
        key: format!("retire-protected:{}:{image}", of.place()),
        ..retiring_failed(of, retired, &failed, at)
    }
}

/// The command that takes an image's protection off.
pub fn lift_protection(scope: &Scope, image: &ImageId) -> AwsCommand {
    AwsCommand::new("ec2 disable-image-deregistration-protection", &scope.region)
        .with("--image-id", image.as_str())
}

impl RetireTeller<'_> {
    fn place(&self) -> String {
        format!("{}:{}/{}", self.installation, self.scope, self.watch)
    }

    fn notice(
        &self,
        key: String,
        what: What,
        next: NextByItself,
        commands: Vec<PastedCommand>,
        links: Vec<Link>,
        at: DateTime<Utc>,
    ) -> Notice {
        let story = match &what {
            What::Retired { retired, .. } | What::RetireFailed { retired, .. } => {
                format!("retire:{}/{}:{}", self.scope, self.watch, retired.image)
            }
            _ => format!("retire:{}/{}", self.scope, self.watch),
        };
        Notice {
            key,
            story,
            at,
            installation: Some(self.installation.clone()),
            watch: Some(self.watch.clone()),
            scope: Some(self.scope.clone()),
            what,
            next,
            commands,
            links,
        }
    }
}
