//! The guests' security group: without any inbound rule, one per VPC and installation. One that the
//! config names is held to the same, unless the config says otherwise.

use super::hands::BakeHands;
use super::keep::is_marked;
use super::limits::SETTLE_S;
use super::steps::{BakeKind, BakeOutput, journal_name};
use super::trouble::{step_error, undo_error};
use crate::cloud::{ErrorKind, SecurityGroup};
use crate::model::bake::{BakeOrder, GROUP_DESCRIPTION, NetworkOrder};
use crate::model::ids::{SecurityGroupId, VpcId};
use crate::model::stray::StrayKind;
use crate::model::tags;
use crate::workflow::open::open_runs;
use crate::workflow::recovery::replay;
use crate::workflow::{At, StepError, StepFailure, StepLook, Undo};

/// Nobody may reach a guest: every group is there, and none has an inbound rule. Asked for once before
/// anything is made, and again before each launch, since a rule can be added in between.
pub(super) async fn closed_group(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
    groups: &[SecurityGroupId],
) -> Result<(), StepError> {
    if at.run.input().allow_inbound {
        return Ok(());
    }
    let found = bake.cloud.security_groups(groups).await;
    let found = found.map_err(|error| step_error(&error))?;
    let listed = |id: &&SecurityGroupId| found.iter().any(|group| group.id == **id);
    if let Some(missing) = groups.iter().find(|id| !listed(id)) {
        let why = format!(
            "EC2 does not list the security group {missing}; correct [builder] security_groups"
        );
        return Err(match (at.now - at.since).num_seconds() < SETTLE_S {
            true => StepError::Again { why },
            false => StepError::Failed(StepFailure::new("group_gone", why)),
        });
    }
    match found.iter().find_map(open) {
        Some(why) => Err(StepError::Failed(StepFailure::new("inbound_rules", why))),
        None => Ok(()),
    }
}

/// What a group lets in, and what to do about it.
fn open(group: &SecurityGroup) -> Option<String> {
    let rule = group.inbound.first()?;
    let SecurityGroup { id, name, .. } = group;
    Some(format!(
        "the security group {name} ({id}) lets something in ({rule}): a builder is to be reachable by \
         nobody; remove its inbound rules, name another one in [builder] security_groups, or say \
         `allow_inbound = true` there"
    ))
}

pub(super) async fn find_network(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<Option<BakeOutput>, StepError> {
    let order = at.run.input();
    if let Some(why) = &order.impossible {
        return Err(StepError::Failed(StepFailure::new("impossible", why)));
    }
    match &order.network {
        NetworkOrder::Given(groups) => {
            closed_group(bake, at, groups).await?;
            Ok(Some(BakeOutput::Network {
                groups: groups.clone(),
            }))
        }
        NetworkOrder::Own { vpc, group_name } => {
            let found = group(bake, vpc, group_name).await?;
            found.map(|group| usable(group, order)).transpose()
        }
    }
}

pub(super) async fn start_network(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<StepLook<BakeOutput>, StepError> {
    let order = at.run.input();
    let NetworkOrder::Own { vpc, group_name } = &order.network else {
        return Err(StepError::Again {
            why: "the groups are given".to_owned(),
        });
    };
    let mut tags = order.tags.clone();
    tags.remove(tags::DEADLINE);
    // The group serves every bake in its VPC, so it carries the installation and not one bake's key.
    tags.retain(|tag, _| tag == tags::INSTALLATION || !tag.starts_with("amiwatch:"));
    tags.insert(tags::ROLE.to_owned(), tags::role::NETWORK.to_owned());
    let created = bake
        .cloud
        .create_security_group(vpc, group_name, GROUP_DESCRIPTION, &tags)
        .await;
    let id = created.map_err(|error| step_error(&error))?;
    Ok(StepLook::Done(BakeOutput::Network { groups: vec![id] }))
}

/// Removes the group, unless another bake's guests still use it: theirs is then the last word.
pub(super) async fn undo_network(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
) -> Result<Undo, StepError> {
    let order = at.run.input();
    let NetworkOrder::Own { vpc, group_name } = &order.network else {
        return Ok(Undo::Gone);
    };
    let found = bake.cloud.security_group(vpc, group_name).await;
    let Some(group) = found.map_err(|error| undo_error(&error))? else {
        return Ok(Undo::Gone);
    };
    if !ours(&group, order) || wanted_by_others(bake, order).await? {
        return Ok(Undo::Gone);
    }
    match bake.cloud.delete_security_group(&group.id).await {
        Ok(()) => Ok(Undo::Gone),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Undo::Gone),
        Err(error) if error.kind == ErrorKind::Conflict => in_use(bake, at, order, &group).await,
        Err(error) => Err(undo_error(&error)),
    }
}

/// Another bake that is under way was ordered to use the same group, and may be about to launch. The
/// last one to end removes it.
async fn wanted_by_others(bake: &BakeHands<'_>, order: &BakeOrder) -> Result<bool, StepError> {
    let unread = |error: &dyn std::fmt::Display| StepError::Again {
        why: format!("the store cannot tell which bakes are under way: {error}"),
    };
    let own = journal_name(&order.key, order.attempt);
    let open = open_runs::<BakeKind>(bake.store).await;
    for one in open.map_err(|error| unread(&error))? {
        let header = one.known().map_err(|error| unread(&error))?;
        if one.journal == own || header.scope != order.scope {
            continue;
        }
        let other = replay::<BakeKind>(bake.store, &one.journal).await;
        if other.map_err(|error| unread(&error))?.input().network == order.network {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The group cannot go yet: because of our own guests' network interfaces, which linger for a
/// while, or because another bake uses it.
async fn in_use(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
    order: &BakeOrder,
    group: &SecurityGroup,
) -> Result<Undo, StepError> {
    let whose = [(tags::INSTALLATION, order.installation.as_str())];
    let guests = bake
        .cloud
        .instances_tagged(&whose)
        .await
        .map_err(|error| undo_error(&error))?;
    let others = guests.iter().any(|guest| {
        let others = guest.tags.get(tags::KEY).map(String::as_str) != Some(order.key.as_str());
        // One that is kept holds it until it goes; a sweep removes both.
        !guest.state.ended() && (others || is_marked(guest))
    });
    if others {
        return Ok(Undo::Gone);
    }
    let so_far = "the security group is still in use by an ended guest's interface";
    let waited = (at.now - at.since).num_seconds();
    if waited < SETTLE_S {
        return Ok(Undo::Pending {
            so_far: so_far.to_owned(),
        });
    }
    Ok(Undo::Left {
        why: format!("{so_far} after {waited} s"),
        by_hand: format!(
            "once nothing uses it: {}",
            StrayKind::SecurityGroup.by_hand(group.id.as_str(), &order.scope.region)
        ),
    })
}

async fn group(
    bake: &BakeHands<'_>,
    vpc: &VpcId,
    name: &str,
) -> Result<Option<SecurityGroup>, StepError> {
    bake.cloud
        .security_group(vpc, name)
        .await
        .map_err(|error| step_error(&error))
}

fn ours(group: &SecurityGroup, order: &BakeOrder) -> bool {
    group.tags.get(tags::INSTALLATION).map(String::as_str) == Some(order.installation.as_str())
}

/// A group of that name is used only when it is ours and lets nothing in.
fn usable(group: SecurityGroup, order: &BakeOrder) -> Result<BakeOutput, StepError> {
    let SecurityGroup { id, name, .. } = &group;
    if !ours(&group, order) {
        let remove = StrayKind::SecurityGroup.by_hand(id.as_str(), &order.scope.region);
        let why = format!(
            "the security group {name} ({id}) is not this installation's, and a group cannot be \
             renamed; name your own in [builder] security_groups, or, if nothing uses it, `{remove}`"
        );
        return Err(StepError::Failed(StepFailure::new("foreign_group", why)));
    }
    if !order.allow_inbound
        && let Some(why) = open(&group)
    {
        return Err(StepError::Failed(StepFailure::new("inbound_rules", why)));
    }
    Ok(BakeOutput::Network {
        groups: vec![group.id],
    })
}
