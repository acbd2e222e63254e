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
/// verdict knows it, and its choice stands in for a question that found none.
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
    let judged =
        judged.and_then(|target| Some((target.platform.as_ref()?, target.move_to.as_ref()?)));
    let judged = judged.filter(|(_, to)| to.image == chosen.image);
    Ok(match judged {
        Some((ran, to)) if may_stand_in(&to.platform, ran, &asked, runs) => to.platform.clone(),
        _ => asked,
    })
}

/// Whether what the verdict chose, when the environment ran `ran`, stands in for what was asked just now:
/// where that found nothing, and the verdict's is of the platform that runs, and not older. That the
/// environment is ahead is an answer.
fn may_stand_in(
    judged: &PlatformChoice,
    ran: &PlatformArn,
    asked: &PlatformChoice,
    runs: &PlatformArn,
) -> bool {
    let nothing = matches!(
        asked,
        PlatformChoice::Unavailable { .. } | PlatformChoice::Untold { .. }
    );
    let fits = match judged {
        PlatformChoice::Stays => ran == runs,
        PlatformChoice::Moves { to, .. } => match (of_platform(to), of_platform(runs)) {
            (Some((to, newer)), Some((runs, at))) => to == runs && newer >= at,
            _ => false,
        },
        PlatformChoice::Unavailable { .. }
        | PlatformChoice::Ahead { .. }
        | PlatformChoice::Untold { .. } => false,
    };
    nothing && fits
}

/// An ARN's platform, and the version of it; absent where that is no number.
fn of_platform(arn: &PlatformArn) -> Option<(&str, Version)> {
    let (platform, version) = arn.as_str().rsplit_once('/')?;
    Some((platform, Version::parse(version)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(platform: &str, version: &str) -> PlatformArn {
        let arn = format!("arn:aws:elasticbeanstalk:eu-west-1::platform/{platform}/{version}");
        PlatformArn::new(arn)
    }

    fn moves(platform: &str, version: &str) -> PlatformChoice {
        PlatformChoice::Moves {
            to: arn(platform, version),
            version: version.to_owned(),
        }
    }

    #[test]
    fn the_verdict_s_choice_stands_in_only_where_nothing_was_found_and_never_takes_a_platform_back()
    {
        let unavailable = PlatformChoice::Unavailable {
            base: "ami-base".into(),
        };
        let untold = PlatformChoice::Untold {
            why: "?".to_owned(),
        };
        let ahead = PlatformChoice::Ahead {
            runs: "4.6.0".to_owned(),
            newest: "4.5.1".to_owned(),
        };
        let table = [
            (moves("ECS", "4.5.1"), &unavailable, true),
            (moves("ECS", "4.5.1"), &untold, true),
            (PlatformChoice::Stays, &untold, true),
            (moves("ECS", "4.5.0"), &untold, true),
            // It has been updated since the list was read.
            (moves("ECS", "4.5.1"), &ahead, false),
            (PlatformChoice::Stays, &ahead, false),
            (moves("ECS", "4.4.9"), &untold, false),
            (moves("Docker", "4.5.1"), &unavailable, false),
            (moves("ECS", "preview"), &untold, false),
            (ahead.clone(), &untold, false),
            (moves("ECS", "4.5.1"), &PlatformChoice::Stays, false),
        ];
        for (judged, asked, wanted) in table {
            let runs = arn("ECS", "4.5.0");
            let found = may_stand_in(&judged, &runs, asked, &runs);
            assert_eq!(found, wanted, "{judged:?} for {asked:?}");
        }
        let (ran, runs) = (arn("ECS", "4.5.0"), arn("ECS", "4.6.0"));
        let stays = may_stand_in(&PlatformChoice::Stays, &ran, &untold, &runs);
        assert!(!stays, "it was updated since");
    }
}
