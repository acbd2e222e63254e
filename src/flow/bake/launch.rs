//! Launching the builder and the boot test, and ending them.
//!
//! The client token is a hash of the whole request: tokens are zonal, and a changed request under
//! an old token is refused. The request follows from the order, the role and the choice alone, so
//! whoever has the order finds what an earlier call launched.

use std::collections::BTreeMap;

use super::consoles::keep_console;
use super::earlier::{groups, made_image};
use super::ended::ended_at_launch;
use super::hands::BakeHands;
use super::keep;
use super::limits::{LATE_S, SETTLE_S};
use super::network;
use super::steps::{BakeKind, BakeOutput, BakeStep};
use super::trouble::{step_error, undo_error};
use crate::cloud::{CloudError, ErrorKind, Instance, LaunchRequest, OnShutdown};
use crate::flow::verify::GuestRole;
use crate::model::bake::{BakeOrder, digest};
use crate::model::ids::InstanceId;
use crate::model::tags;
use crate::workflow::{At, Run, StepError, StepFailure, StepLook, Undo};

pub(super) async fn find_launch(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
    role: GuestRole,
) -> Result<Option<BakeOutput>, StepError> {
    let request = request(at.run, role, at.choice)?;
    let found = bake.cloud.instance_by_token(&request.client_token).await;
    match found.map_err(|error| step_error(&error))? {
        Some(guest) if guest.state.ended() && role == GuestRole::Builder => {
            let by_somebody = || {
                let reason = guest.state_reason.as_deref().unwrap_or("no reason given");
                let id = &guest.id;
                format!("the builder {id} was ended by somebody else: {reason}")
            };
            let why = ended_at_launch(&guest).unwrap_or_else(by_somebody);
            Err(StepError::Failed(StepFailure::new("builder_ended", why)))
        }
        // A boot test ends itself, perhaps before anybody looked.
        Some(guest) => Ok(Some(BakeOutput::Instance { id: guest.id })),
        None => Ok(None),
    }
}

pub(super) async fn start_launch(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
    role: GuestRole,
) -> Result<StepLook<BakeOutput>, StepError> {
    let request = request(at.run, role, at.choice)?;
    network::closed_group(bake, at, &request.groups).await?;
    match bake.cloud.launch(&request).await {
        Ok(id) => Ok(StepLook::Done(BakeOutput::Instance { id })),
        Err(error) => Err(refused(&error, at, role, &request)),
    }
}

/// What a refused launch means: the next choice while there is one, a vanished base by its name.
fn refused(
    error: &CloudError,
    at: &At<'_, BakeKind>,
    role: GuestRole,
    request: &LaunchRequest,
) -> StepError {
    let choices = at.run.input().launches.len();
    let last = at.choice as usize + 1 >= choices;
    let code = error.code.as_deref().unwrap_or_default();
    let settling = (at.now - at.since).num_seconds() < SETTLE_S;
    match error.kind {
        ErrorKind::Capacity if last => {
            let why = format!("none of {choices} instance types and subnets has room: {error}");
            StepError::Failed(StepFailure::new("capacity", why))
        }
        // The group and the image were made moments ago and are not known everywhere yet. Nothing
        // was launched, and the token stays the same.
        ErrorKind::NotFound if settling && code.starts_with("InvalidGroup") => again(error),
        ErrorKind::NotFound if settling && role == GuestRole::BootTest => again(error),
        ErrorKind::NotFound if code.starts_with("InvalidAMI") => {
            let why = format!(
                "{} cannot be launched any more: {error}; if the base was withdrawn, the next \
                 release is baked when it appears",
                request.image
            );
            StepError::Failed(StepFailure::new("image_gone", why))
        }
        // Looking again cannot help: the next attempt has a token of its own.
        ErrorKind::Conflict if code == "IdempotentParameterMismatch" => {
            StepError::Failed(StepFailure::new("token_taken", error.to_string()))
        }
        _ => step_error(error),
    }
}

fn again(error: &CloudError) -> StepError {
    StepError::Again {
        why: error.to_string(),
    }
}

/// Ends every guest that this attempt launched, or may have launched.
pub(super) async fn undo_launch(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
    role: GuestRole,
) -> Result<Undo, StepError> {
    keep_console(bake, at, role).await;
    let guests = guests(bake, at.run.input(), role).await;
    let guests = guests.map_err(|error| undo_error(&error))?;
    let Some(stays) = staying(bake, at, &guests).await? else {
        let so_far = "the builder is stopping, to be kept".to_owned();
        return Ok(Undo::Pending { so_far });
    };
    let goes = |guest: &&Instance| !stays.contains(&guest.id);
    let alive = |guest: &&Instance| !guest.state.ended();
    for guest in guests.iter().filter(goes).filter(alive) {
        let ended = bake.cloud.terminate(&guest.id).await;
        ended.map_err(|error| undo_error(&error))?;
    }
    if guests.iter().filter(goes).any(|guest| !guest_gone(guest)) {
        let so_far = format!("the {} is ending", role.as_str());
        return Ok(Undo::Pending { so_far });
    }
    let waited = (at.now - at.since).num_seconds();
    if maybe_launched(at, role) && !seen(at.run, role, &guests) && waited < LATE_S {
        let so_far = "looking for a launch that may show late".to_owned();
        return Ok(Undo::Pending { so_far });
    }
    Ok(Undo::Gone)
}

/// The guests that stay for people to look into: this attempt's builder, or one of an earlier attempt that
/// was marked. Nothing while this attempt's is on its way there.
async fn staying(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
    guests: &[Instance],
) -> Result<Option<Vec<InstanceId>>, StepError> {
    let own = keep::builder_to_keep(at.run);
    let earlier = |guest: &&Instance| keep::is_marked(guest) && own != Some(&guest.id);
    let mut stays: Vec<InstanceId> = guests
        .iter()
        .filter(earlier)
        .map(|guest| guest.id.clone())
        .collect();
    let Some(guest) = guests.iter().find(|guest| own == Some(&guest.id)) else {
        return Ok(Some(stays));
    };
    Ok(match keep::keep_builder(bake, at, guest).await? {
        keep::Keeping::Pending => None,
        keep::Keeping::Refused => Some(stays),
        keep::Keeping::Kept => {
            stays.push(guest.id.clone());
            Some(stays)
        }
    })
}

/// A launch of this attempt was answered, or its answer may have been lost.
fn maybe_launched(at: &At<'_, BakeKind>, role: GuestRole) -> bool {
    let step = match role {
        GuestRole::Builder => BakeStep::LaunchBuilder,
        GuestRole::BootTest => BakeStep::LaunchBootTest,
    };
    let failed_here = at.run.failure().is_some_and(|(failed, _)| *failed == step);
    at.run.output(step).is_some() || failed_here
}

/// Some guest among these was launched by this attempt, not by an earlier one of the same key.
fn seen(run: &Run<BakeKind>, role: GuestRole, guests: &[Instance]) -> bool {
    let choices = u32::try_from(run.input().launches.len()).unwrap_or(u32::MAX);
    let tokens = (0..choices).filter_map(|choice| request(run, role, choice).ok());
    let mut tokens = tokens.map(|request| request.client_token);
    tokens.any(|token| {
        let mut launched = guests
            .iter()
            .filter_map(|guest| guest.client_token.as_ref());
        launched.any(|of_guest| *of_guest == token)
    })
}

/// The guests of one role and key, of whichever attempt and choice, by tags.
pub(super) async fn guests(
    bake: &BakeHands<'_>,
    order: &BakeOrder,
    role: GuestRole,
) -> Result<Vec<Instance>, CloudError> {
    let ours = [
        (tags::INSTALLATION, order.installation.as_str()),
        (tags::KEY, order.key.as_str()),
        (tags::ROLE, role.as_str()),
    ];
    bake.cloud.instances_tagged(&ours).await
}

/// True once nothing of it is billed or in the way.
pub(super) fn guest_gone(guest: &Instance) -> bool {
    guest.state == crate::cloud::InstanceState::Terminated
}

/// The launch that belongs to a role and a choice.
fn request(run: &Run<BakeKind>, role: GuestRole, choice: u32) -> Result<LaunchRequest, StepError> {
    let order = run.input();
    let place = order.launches.get(choice as usize).ok_or_else(|| {
        StepError::Failed(StepFailure::new(
            "capacity",
            "there is no further choice of builder",
        ))
    })?;
    let image = match role {
        GuestRole::Builder => order.release.image.clone(),
        GuestRole::BootTest => made_image(run)?,
    };
    Ok(with_token(LaunchRequest {
        image,
        instance_type: place.instance_type.clone(),
        subnet: place.subnet.clone(),
        groups: groups(run)?,
        user_data: match role {
            GuestRole::Builder => order.builder_user_data.clone(),
            GuestRole::BootTest => order.boot_test_user_data.clone(),
        },
        client_token: String::new(),
        instance_profile: order.instance_profile.clone(),
        public_ip: order.public_ip,
        root_volume: order.root_volume.clone(),
        on_shutdown: match role {
            GuestRole::Builder => OnShutdown::Stop,
            GuestRole::BootTest => OnShutdown::Terminate,
        },
        tags: guest_tags(order, role),
    }))
}

fn guest_tags(order: &BakeOrder, role: GuestRole) -> BTreeMap<String, String> {
    let mut all = order.tags.clone();
    // What only an image tells is not in the request: the token follows from the key's inputs, and
    // two platform versions can have one base image.
    let of_images = [tags::BASE_IMAGE, tags::BASE_VERSION, tags::RECIPE_DIGEST];
    all.retain(|tag, _| !of_images.contains(&tag.as_str()));
    all.insert(tags::ROLE.to_owned(), role.as_str().to_owned());
    let name = format!("amiwatch {} {}", order.watch, role.as_str());
    all.entry("Name".to_owned()).or_insert(name);
    all
}

/// Sets the token from everything else in the request.
fn with_token(mut request: LaunchRequest) -> LaunchRequest {
    let LaunchRequest {
        image,
        instance_type,
        subnet,
        groups,
        instance_profile,
        ..
    } = &request;
    let rest = serde_json::json!({
        "image": image,
        "instance_type": instance_type,
        "subnet": subnet,
        "groups": groups,
        "user_data": digest(&[&String::from_utf8_lossy(&request.user_data)]),
        "instance_profile": instance_profile,
        "public_ip": request.public_ip,
        "root_volume": request.root_volume,
        "on_shutdown": format!("{:?}", request.on_shutdown),
        "tags": request.tags,
    });
    request.client_token = digest(&["amiwatch launch 1", &rest.to_string()]);
    request
}
