//! Whether the newest release of a watch's base is one to believe and to bake from.

use super::{Case, doubt_about};
use crate::model::base::BaseSource;
use crate::model::image::{Image, ImageState};
use crate::model::reason::{About, DoubtSubject, Reason};
use crate::model::sighting::{Seen, Trouble};
use crate::model::version::VersionWish;

/// What keeps the newest release from being known, where something does.
pub(super) fn release_doubts(case: &Case<'_>) -> Option<Reason> {
    let release = match &case.seen.release {
        Seen::Known(release) => release,
        Seen::Unreachable(trouble) => return Some(doubt(trouble)),
        Seen::Absent => return Some(doubt(&nothing_announced(&case.watch.base.source))),
    };
    match &case.sighting.images.get(&release.image)?.image {
        Seen::Known(image) => starts_nothing(case, image).as_ref().map(doubt),
        Seen::Unreachable(trouble) => Some(doubt(trouble)),
        Seen::Absent => Some(Reason::from_about(About::ReleaseNotListed {
            image: release.image.clone(),
            base: case.watch.base.to_string(),
        })),
    }
}

fn doubt(trouble: &Trouble) -> Reason {
    doubt_about(trouble, DoubtSubject::Release)
}

/// What is announced and cannot be launched: a bake from it would only fail.
fn starts_nothing(case: &Case<'_>, image: &Image) -> Option<Trouble> {
    let (state, next) = match image.state {
        ImageState::Available | ImageState::Other => return None,
        ImageState::Pending => ("still being made", "look again"),
        ImageState::Disabled => (
            "disabled, so that no instance starts from it",
            "have it enabled by its owner, or choose another base",
        ),
        ImageState::Failed | ImageState::Deregistered => (
            "failed or deregistered, so that no instance starts from it",
            "look again, and if it stays so choose another base",
        ),
    };
    Some(Trouble {
        what: format!("image {} of {}", image.id, case.watch.base),
        why: format!("it is announced, but it is {state}; {next}"),
        denied: false,
    })
}

/// A named base that announces nothing: empty is not success.
fn nothing_announced(source: &BaseSource) -> Trouble {
    let (what, why) = match source {
        BaseSource::Beanstalk {
            branch,
            version: VersionWish::Matching(pattern),
        } => (
            format!("{pattern} of {branch}"),
            "AWS lists no version of the branch that matches; correct `version` in the config",
        ),
        BaseSource::Beanstalk { branch, .. } => (
            format!("recommended version of {branch}"),
            "AWS listed none: the branch's name in the config is wrong, the branch is retired, or \
             the permission elasticbeanstalk:ListPlatformVersions is missing (Elastic Beanstalk \
             answers empty where IAM says no)",
        ),
        BaseSource::Ssm { parameter } => (
            format!("parameter {parameter}"),
            "there is no such parameter in this region, or it names no image; correct the name in \
             the config",
        ),
        BaseSource::Images { owners, name } => (
            format!("images {name} of {}", owners.join(", ")),
            "EC2 lists none that is available, of this architecture, and not deprecated; correct \
             `owners` and `name` in the config",
        ),
    };
    Trouble {
        what,
        why: why.to_owned(),
        denied: false,
    }
}
