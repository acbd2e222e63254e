//! What a base announces: its newest release, and what was seen on the way to it.

use super::described::{Describing, usable_version};
use crate::cloud::{Cloud, release_from_parameter};
use crate::flow::compare::{lines, matching};
use crate::model::base::{BaseSource, BranchLifecycle, PlatformVersion, Release};
use crate::model::ids::{Architecture, ImageId, Installation, PlatformArn};
use crate::model::image::Image;
use crate::model::sighting::{NameLine, Seen, Sighting, Trouble};
use crate::model::tags;
use crate::model::version::{VersionPattern, VersionWish};
use crate::model::watch::Watch;

/// A release as its source announces it, before EC2 is asked about the image.
#[derive(Debug, Clone)]
pub(super) struct AnnouncedRelease {
    pub image: ImageId,
    pub version: String,
    pub image_name: Option<String>,
    pub platform: Option<PlatformVersion>,
}

impl AnnouncedRelease {
    pub(super) fn of_platform(platform: PlatformVersion, image: ImageId) -> Self {
        Self {
            image,
            version: platform.version.clone(),
            image_name: None,
            platform: Some(platform),
        }
    }

    pub(super) fn of_image(image: &Image) -> Self {
        Self {
            image: image.id.clone(),
            version: image.name.clone(),
            image_name: Some(image.name.clone()),
            platform: None,
        }
    }

    /// With what EC2 says of the image.
    pub(super) fn with_facts(self, architecture: Architecture, facts: Option<&Image>) -> Release {
        let platform = self.platform.as_ref();
        Release {
            image_name: facts.map(|image| image.name.clone()).or(self.image_name),
            version: self.version,
            architecture,
            created: facts.and_then(|image| image.created),
            deprecated_from: facts.and_then(|image| image.deprecated_from),
            platform: platform.map(|platform| platform.arn.clone()),
            branch_lifecycle: platform.map_or(BranchLifecycle::NotSaid, |platform| {
                platform.branch_lifecycle
            }),
            image: self.image,
        }
    }
}

/// What the base announced.
pub(super) struct ReleasesFound {
    pub newest: Seen<AnnouncedRelease>,
    /// The other images whose names fit an `images` base, newest first.
    pub others: Vec<Image>,
    /// The lines of an `images` base.
    pub lines: Vec<NameLine>,
}

impl From<Seen<AnnouncedRelease>> for ReleasesFound {
    fn from(newest: Seen<AnnouncedRelease>) -> Self {
        Self {
            newest,
            others: Vec::new(),
            lines: Vec::new(),
        }
    }
}

/// Asks the base for its newest release.
pub(super) async fn announced(
    cloud: &Cloud,
    installation: &Installation,
    watch: &Watch,
    sighting: &Sighting,
) -> ReleasesFound {
    let architecture = watch.base.architecture;
    let describing = Describing {
        cloud,
        sighting,
        architecture,
    };
    match &watch.base.source {
        BaseSource::Beanstalk { branch, version } => match version {
            VersionWish::Recommended => recommended(sighting, branch, architecture).into(),
            VersionWish::Environment => run_by_targets(&describing, watch, branch).await.into(),
            VersionWish::Matching(pattern) => matching(&describing, branch, pattern).await.into(),
        },
        BaseSource::Ssm { parameter } => by_parameter(cloud, parameter).await.into(),
        BaseSource::Images { owners, name } => {
            let answer = cloud.images_by_name(owners, name, architecture).await;
            match answer {
                Ok(images) => by_name(images, installation, watch),
                Err(error) => Seen::Unreachable(error.trouble(format!("images {name}"))).into(),
            }
        }
    }
}

fn recommended(
    sighting: &Sighting,
    branch: &str,
    architecture: Architecture,
) -> Seen<AnnouncedRelease> {
    let platform = match sighting.recommended.get(branch).map(Seen::as_ref) {
        Some(Seen::Known(platform)) => platform,
        Some(Seen::Absent) => return Seen::Absent,
        Some(Seen::Unreachable(trouble)) => return Seen::Unreachable(trouble),
        None => {
            return untold(
                format!("recommended version of {branch}"),
                "it was not looked at; look again",
            );
        }
    };
    image_of(platform.clone(), architecture)
}

/// The version's image for an architecture; one that AWS does not name is a question without answer.
fn image_of(platform: PlatformVersion, architecture: Architecture) -> Seen<AnnouncedRelease> {
    match platform.image(architecture).cloned() {
        Some(image) => Seen::Known(AnnouncedRelease::of_platform(platform, image)),
        None => untold(
            format!("{architecture} image of {}", platform.arn),
            "AWS names none, and none was found by name; check the architecture in the config and \
             the permission ec2:DescribeImages",
        ),
    }
}

/// The one version that all targets run. Nothing is guessed where they run several.
async fn run_by_targets(
    describing: &Describing<'_>,
    watch: &Watch,
    branch: &str,
) -> Seen<AnnouncedRelease> {
    match the_version_run(watch, branch, describing.sighting) {
        Seen::Known(arn) => match describing.version(&arn).await {
            Seen::Known(platform) => image_of(platform, describing.architecture),
            Seen::Absent => untold(
                format!("platform version {arn}"),
                "the targets run it and AWS does not describe it any more; update their platform, \
                 or write version = \"recommended\"",
            ),
            Seen::Unreachable(trouble) => Seen::Unreachable(trouble),
        },
        Seen::Absent => Seen::Absent,
        Seen::Unreachable(trouble) => Seen::Unreachable(trouble),
    }
}

/// Which version of the branch the targets run. A target of another branch has no say: it is told as
/// a mismatch of its own.
fn the_version_run(watch: &Watch, branch: &str, sighting: &Sighting) -> Seen<PlatformArn> {
    if let Some(trouble) = sighting.environments.trouble() {
        return Seen::Unreachable(trouble.clone());
    }
    let mut run: Vec<(String, &PlatformArn)> = Vec::new();
    for target in matching::targets(&watch.targets, sighting) {
        let environment = &target.environment;
        let Some(arn) = &environment.platform else {
            continue;
        };
        let of = match sighting.platforms.get(arn) {
            _ if environment.unsupported().is_some() => continue,
            Some(Seen::Known(platform)) => platform.branch.as_str(),
            Some(Seen::Unreachable(trouble)) => return Seen::Unreachable(trouble.clone()),
            Some(Seen::Absent) | None => branch,
        };
        if of == branch {
            run.push((environment.target.name(), arn));
        }
    }
    let what = || format!("the version of {branch} that the targets run");
    let Some((_, first)) = run.first() else {
        let why = "no target of this branch is there to take it from; look at the watch's targets, \
                   or write version = \"recommended\"";
        return untold(what(), why);
    };
    if run.iter().all(|(_, arn)| arn == first) {
        return Seen::Known((*first).clone());
    }
    untold(what(), &disagreement(&run))
}

/// Which target runs what, in words.
fn disagreement(run: &[(String, &PlatformArn)]) -> String {
    const NAMED_MAX: usize = 10;
    let version = |arn: &PlatformArn| {
        let number = arn.as_str().rsplit('/').next();
        number.unwrap_or_default().to_owned()
    };
    let named = run.iter().take(NAMED_MAX);
    let mut named: Vec<String> = named
        .map(|(name, arn)| format!("{name} runs {}", version(arn)))
        .collect();
    if let Some(more) = run.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        named.push(format!("{more} more run others"));
    }
    format!(
        "they run several ({}); update the ones that are behind, or give each version a watch of its \
         own",
        named.join(", ")
    )
}

/// The newest version that matches and that AWS describes to this account.
async fn matching(
    describing: &Describing<'_>,
    branch: &str,
    pattern: &VersionPattern,
) -> Seen<AnnouncedRelease> {
    let versions = match describing.cloud.versions(branch).await {
        Ok(versions) => versions,
        Err(error) => return Seen::Unreachable(error.trouble(format!("versions of {branch}"))),
    };
    let fits = versions
        .iter()
        .filter(|(version, _)| pattern.matches(*version));
    let mut hidden = None;
    for (_, arn) in fits.take(super::described::DESCRIBED_MAX) {
        match usable_version(describing.version(arn).await) {
            Ok(Some(platform)) => return image_of(platform, describing.architecture),
            Ok(None) => hidden = Some(arn),
            Err(trouble) if trouble.denied => hidden = Some(arn),
            Err(trouble) => return Seen::Unreachable(trouble),
        }
    }
    match hidden {
        Some(arn) => untold(
            format!("{pattern} of {branch}"),
            &format!(
                "AWS lists versions that match and describes none of them to this account (last \
                 asked: {arn}); a superseded version is hidden from accounts that never ran it: \
                 choose a newer one"
            ),
        ),
        None => Seen::Absent,
    }
}

async fn by_parameter(cloud: &Cloud, name: &str) -> Seen<AnnouncedRelease> {
    let what = format!("parameter {name}");
    let parameter = match cloud.parameter(name).await {
        Ok(Some(parameter)) => parameter,
        Ok(None) => return Seen::Absent,
        Err(error) => return Seen::Unreachable(error.trouble(what)),
    };
    match release_from_parameter(&parameter.value) {
        Ok(release) => Seen::Known(AnnouncedRelease {
            image: release.image,
            version: release
                .version
                .unwrap_or_else(|| parameter.version.to_string()),
            image_name: release.image_name,
            platform: None,
        }),
        Err(why) => untold(what, &why),
    }
}

/// The newest of the images that fit, and the others.
fn by_name(images: Vec<Image>, installation: &Installation, watch: &Watch) -> ReleasesFound {
    let images: Vec<Image> = images
        .into_iter()
        .filter(|image| may_be_a_base(image, installation, watch))
        .collect();
    let lines = lines::name_lines(images.iter().map(|image| image.name.as_str()));
    let newest = images.first().map(AnnouncedRelease::of_image);
    ReleasesFound {
        newest: newest.map_or(Seen::Absent, Seen::Known),
        others: images.into_iter().skip(1).collect(),
        lines,
    }
}

/// An image that this watch made is never its own base, or each bake would start the next one; and one
/// that any watch made is a base once it is verified.
fn may_be_a_base(image: &Image, installation: &Installation, watch: &Watch) -> bool {
    let tagged = |name: &str, value: &str| image.tags.get(name).is_some_and(|tag| tag == value);
    let of_this_watch = tagged(tags::INSTALLATION, installation.as_str())
        && tagged(tags::WATCH, watch.name.as_str());
    let proved =
        !image.tags.contains_key(tags::STATE) || tagged(tags::STATE, tags::state::VERIFIED);
    !of_this_watch && proved
}

pub(super) fn untold<T>(what: String, why: &str) -> Seen<T> {
    Seen::Unreachable(Trouble {
        what,
        why: why.to_owned(),
        denied: false,
    })
}
