//! Where a target is to be moved: the watch's image, and the platform version that goes with it. Judges
//! nothing anew: who is out of step, the reasons say.

use super::Case;
use super::standing::EnvironmentStanding;
use crate::flow::rollout::platform::{PlatformQuestion, platform_for};
use crate::model::made::Made;
use crate::model::platform_choice::{MoveTo, PlatformChoice};
use crate::model::reason::{Reason, ReasonCode};
use crate::model::sighting::Seen;

/// Reasons that a move to the watch's image ends.
const ENDED: [ReasonCode; 3] = [
    ReasonCode::NotOnNewest,
    ReasonCode::Stock,
    ReasonCode::PlatformSkew,
];

/// Absent where there is nothing to move it for, or to.
pub(super) fn to(
    case: &Case<'_>,
    standing: &EnvironmentStanding<'_>,
    reasons: &[Reason],
) -> Option<MoveTo> {
    let current = case.own.current.as_ref()?;
    let says = |which: fn(ReasonCode) -> bool| reasons.iter().any(|one| which(one.code));
    if says(ReasonCode::is_misfit) || !says(|code| ENDED.contains(&code)) {
        return None;
    }
    Some(MoveTo {
        image: current.image.clone(),
        platform: platform(case, standing, current),
    })
}

/// Of a base that is no platform branch's, the platform version knows nothing.
fn platform(case: &Case<'_>, standing: &EnvironmentStanding<'_>, current: &Made) -> PlatformChoice {
    if case.watch.base.source.branch().is_none() {
        return PlatformChoice::Stays;
    }
    let Some(runs) = standing.platform else {
        return PlatformChoice::Untold {
            why: "the version that it runs could not be read".to_owned(),
        };
    };
    if let Some(copies) = case.copies
        && !copies.has_base(&current.base_image)
    {
        return PlatformChoice::Untold {
            why: "its region has no image of the name of the image's base".to_owned(),
        };
    }
    let question = PlatformQuestion {
        runs,
        base: &current.base_image,
        made_from: current.base_version.as_deref(),
        architecture: case.watch.base.architecture,
        all_known: false,
    };
    let sighting = case.sighting;
    let seen = sighting
        .platforms
        .values()
        .chain(sighting.recommended.values());
    platform_for(&question, seen.filter_map(Seen::known))
}
