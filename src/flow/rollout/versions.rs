//! Asks which platform version goes with an image: the branch's versions, newest first, down to what the
//! environment runs. What this account may not use is not described to it, and does not count. The choice
//! is [`platform_for`]'s.

use super::image_choice::ChosenImage;
use super::platform::{PlatformQuestion, platform_for};
use super::read::EnvironmentReading;
use crate::cloud::{Cloud, CloudError, ErrorKind};
use crate::model::drift::TargetDrift;
use crate::model::ids::{Architecture, PlatformArn};
use crate::model::platform_choice::PlatformChoice;
use crate::model::version::Version;
use crate::model::watch::Watch;

/// Versions that are described: a branch gets one every week or two, so this reaches back a year.
const DESCRIBED_MAX: usize = 40;

/// Chooses the version that moves along with an image.
///
/// # Errors
/// When a question is not answered: a version that was not read is not guessed.
async fn choose_platform(
    cloud: &Cloud,
    runs: &PlatformArn,
    chosen: &ChosenImage,
    architecture: Architecture,
) -> Result<PlatformChoice, CloudError> {
    let Some(own) = cloud.platform_version(runs).await? else {
        return Ok(PlatformChoice::Untold {
            why: format!("AWS does not describe {runs}, which it runs"),
        });
    };
    let at = Version::parse(&own.version);
    let listed = cloud.versions(&own.branch).await?;
    let newer = listed
        .into_iter()
        .filter(|(version, arn)| at.is_some_and(|at| *version >= at) && *arn != own.arn);
    let (mut known, mut all_known) = (Vec::new(), true);
    for (nth, (_, arn)) in newer.enumerate() {
        if nth == DESCRIBED_MAX {
            all_known = false;
            break;
        }
        let described = match cloud.platform_version(&arn).await {
            Ok(described) => described,
            Err(error) if error.kind == ErrorKind::Denied => None,
            Err(error) => return Err(error),
        };
        let fits = |one: &crate::model::base::PlatformVersion| {
            one.image(architecture) == Some(&chosen.base_image)
        };
        let found = described.as_ref().is_some_and(fits);
        known.extend(described);
        if found {
            break;
        }
    }
    let question = PlatformQuestion {
        runs: &own,
        base: &chosen.base_image,
        made_from: chosen.base_version.as_deref(),
        architecture,
        all_known,
    };
    Ok(platform_for(&question, &known))
}

/// The version that goes with the image. Where an image's base has a counterpart in this region, the
/// verdict knows it.
///
/// # Errors
/// When a question is not answered.
pub async fn platform_of_move(
    cloud: &Cloud,
    watch: &Watch,
    reading: &EnvironmentReading,
    chosen: &ChosenImage,
    judged: Option<&TargetDrift>,
) -> Result<PlatformChoice, CloudError> {
    if watch.base.source.branch().is_none() {
        return Ok(PlatformChoice::Stays);
    }
    let Some(runs) = &reading.now.platform else {
        let why = "AWS does not say which version it runs".to_owned();
        return Ok(PlatformChoice::Untold { why });
    };
    let asked = choose_platform(cloud, runs, chosen, watch.base.architecture).await?;
    let movable = |choice: &PlatformChoice| {
        matches!(choice, PlatformChoice::Moves { .. } | PlatformChoice::Stays)
    };
    let judged = judged.and_then(|target| target.move_to.clone());
    let judged = judged.filter(|to| to.image == chosen.image && movable(&to.platform));
    Ok(match judged {
        Some(judged) if !movable(&asked) => judged.platform,
        _ => asked,
    })
}
