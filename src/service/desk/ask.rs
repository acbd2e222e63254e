//! A person asks for a bake: what there is to start, or why nothing is.
//!
//! A person's word overrides the watch's own caution (its soak, that it only tells, the pause after a
//! failure); a hold it overrides only with `force`. Writes what the look taught; starts nothing.

use crate::flow::exit_code::{self, Exit};
use crate::flow::plan;
use crate::model::ids::{ImageId, WatchName};
use crate::model::plan::{Action, BakeDecision};
use crate::model::watch::OnDrift;
use crate::service::Service;
use crate::service::pass::Start;
use crate::service::pass::look::{LookedWatch, Patience, look_afresh, wanted};
use crate::service::pass::remember::remember_pass;
use crate::service::runs::DriveError;
use crate::settings::Settings;
use crate::store::Lease;

/// What the asking led to.
pub enum AskOutcome {
    Start(Box<Start>),
    /// A verified image of the wanted key was there; it is remembered now.
    Adopted {
        image: ImageId,
    },
    /// The watch's image is verified and in step.
    InStep {
        image: Option<ImageId>,
    },
    /// Nothing is started, and why.
    Refused {
        why: Vec<String>,
        exit: Exit,
    },
}

/// Looks at the watch and says what there is to bake.
///
/// # Errors
/// When the store fails, or the config has no such watch, no recipe for it, or no installation.
pub async fn ask_for_bake(
    service: &Service<'_>,
    lease: Lease,
    name: &WatchName,
    force: bool,
) -> Result<AskOutcome, DriveError> {
    let settings = urgent(service.settings, name)?;
    let service = Service {
        settings: &settings,
        ..*service
    };
    let mut looked = look_afresh(&service, Some(name), Patience::AskedNow).await?;
    let Some(one) = looked.first_mut() else {
        return Err(no_watch(name));
    };
    remember_pass(&service, lease, one).await?;
    if force && let Some(asked) = forced(&service, one) {
        return Ok(asked);
    }
    Ok(planned(one))
}

/// The settings without the watch's own caution.
fn urgent(settings: &Settings, name: &WatchName) -> Result<Settings, DriveError> {
    settings.require_installation()?;
    let mut settings = settings.clone();
    let watch = settings
        .watches
        .get_mut(name)
        .ok_or_else(|| no_watch(name))?;
    if watch.recipe.is_none() {
        return Err(DriveError::NoRecipe {
            watch: name.to_string(),
        });
    }
    watch.soak = None;
    watch.on_drift = OnDrift::Bake;
    Ok(settings)
}

fn no_watch(name: &WatchName) -> DriveError {
    DriveError::NoWatch {
        watch: name.to_string(),
    }
}

/// The next generation of the newest release, whatever the plan says; absent when there is no
/// release to bake, so that the plan says why.
fn forced(service: &Service<'_>, one: &mut LookedWatch<'_>) -> Option<AskOutcome> {
    let release = one.item.drift.release.clone()?;
    let Some(generation) = next_generation(service, one) else {
        let why = "it cannot be told which images of this watch exist, and so which generation is \
                   next; try again, or see what `amiwatch check` says";
        return Some(AskOutcome::Refused {
            why: vec![why.to_owned()],
            exit: Exit::CannotTell,
        });
    };
    Some(AskOutcome::Start(Box::new(Start {
        watch: one.watch.name.clone(),
        place: one.place.take()?,
        bake: BakeDecision {
            release,
            generation,
            attempt: 1,
        },
        because: vec!["asked for with --force".to_owned()],
    })))
}

/// One more than any generation of the same inputs; absent while our images could not be read.
fn next_generation(service: &Service<'_>, one: &LookedWatch<'_>) -> Option<u32> {
    let release = one.item.drift.release.as_ref()?;
    let recipe = wanted(service, one.watch).recipe_digest?;
    let seen = one.seen.as_ref()?;
    seen.ours.known()?;
    let history = &one.place.as_ref()?.history.value;
    Some(plan::next_generation(release, &recipe, seen, history))
}

fn planned(one: &mut LookedWatch<'_>) -> AskOutcome {
    if let Some(start) = Start::planned(one) {
        return AskOutcome::Start(Box::new(start));
    }
    match &one.item.action {
        Action::Adopt { image, .. } => AskOutcome::Adopted {
            image: image.clone(),
        },
        Action::Nothing | Action::Tell => AskOutcome::InStep {
            image: one.item.drift.current.clone(),
        },
        Action::Hold { .. } | Action::Blocked | Action::CannotTell | Action::Bake(_) => {
            let exit = match exit_code::exit_of_drifts([&one.item.drift]) {
                Exit::CannotTell => Exit::CannotTell,
                _ => Exit::Failed,
            };
            AskOutcome::Refused {
                why: one.item.because.clone(),
                exit,
            }
        }
    }
}

impl AskOutcome {
    /// What people are told when nothing is started; absent when something is.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Start(_) | Self::Refused { .. } => None,
            Self::Adopted { image } => Some(format!(
                "adopted {image}, which this store did not bake: it is verified, and its name, key and \
                 source are those of a bake of this watch; nothing to bake"
            )),
            Self::InStep { image: Some(image) } => Some(format!(
                "{image} is verified and in step; --force bakes the next generation"
            )),
            Self::InStep { image: None } => Some("nothing to bake".to_owned()),
        }
    }
}
