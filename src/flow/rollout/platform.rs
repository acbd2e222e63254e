//! Which platform version an environment takes along when it moves to an image: the newest of its branch
//! whose own image is exactly the image's base, and that is not older than what it runs. A plain
//! function of the versions that are known.
//!
//! Never a version back: that is an undo's alone. A version that is not known is not guessed.

#[cfg(test)]
mod tests;

use crate::model::base::PlatformVersion;
use crate::model::ids::{Architecture, ImageId};
use crate::model::platform_choice::PlatformChoice;
use crate::model::version::Version;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct PlatformQuestion<'a> {
    /// What the environment runs.
    pub runs: &'a PlatformVersion,
    /// The image's base.
    pub base: &'a ImageId,
    /// The version that the base was taken from, where that is remembered.
    pub made_from: Option<&'a str>,
    pub architecture: Architecture,
    /// `known` holds every version of the branch that this account may use and that is not older than
    /// what runs. A look at environments knows only what they run and what is recommended.
    pub all_known: bool,
}

/// Chooses among the known versions, in any order, the environment's own among them or not.
pub fn platform_for<'a>(
    question: &PlatformQuestion<'a>,
    known: impl IntoIterator<Item = &'a PlatformVersion>,
) -> PlatformChoice {
    let runs = question.runs;
    let Some(at) = Version::parse(&runs.version) else {
        return PlatformChoice::Untold {
            why: format!("its own version {} is no number", runs.version),
        };
    };
    let fitting = known
        .into_iter()
        .chain([runs])
        .filter(|version| fits(question, version))
        .filter_map(|version| Some((Version::parse(&version.version)?, version)));
    match fitting.max_by_key(|(number, _)| *number) {
        Some((number, _)) if number < at => ahead(runs, number),
        Some((number, _)) if number == at => PlatformChoice::Stays,
        Some((_, version)) => PlatformChoice::Moves {
            to: version.arn.clone(),
            version: version.version.clone(),
        },
        None => none_fits(question, at),
    }
}

fn fits(question: &PlatformQuestion<'_>, version: &PlatformVersion) -> bool {
    version.branch == question.runs.branch
        && version.image(question.architecture) == Some(question.base)
}

fn ahead(runs: &PlatformVersion, newest: Version) -> PlatformChoice {
    PlatformChoice::Ahead {
        runs: runs.version.clone(),
        newest: newest.to_string(),
    }
}

/// The version that the image was made from is not among those that are known.
fn none_fits(question: &PlatformQuestion<'_>, at: Version) -> PlatformChoice {
    let made_from = question.made_from.and_then(Version::parse);
    let base = question.base;
    match made_from.filter(|made_from| *made_from < at) {
        Some(older) => ahead(question.runs, older),
        None if question.all_known => PlatformChoice::Unavailable { base: base.clone() },
        None => PlatformChoice::Untold {
            why: format!("none of the versions that were read has {base}, its base"),
        },
    }
}
