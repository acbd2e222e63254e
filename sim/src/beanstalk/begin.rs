//! How an update begins: whose it is, which sets it deploys one after the other, and how instances will
//! be replaced.

use std::time::Duration;

use super::environment::{Draft, Environment, Stage, Update};
use super::replacement::{Replacement, replacement};
use super::{Room, health, history, progress, settings};
use crate::world::{ImageWithPlatform, PolicyInCall};

/// An update that begins: towards which set, with which version, and whose it is.
pub(crate) struct Order {
    pub(crate) draft: Draft,
    pub(crate) label: Option<String>,
    pub(crate) request_id: String,
    /// Whose it is.
    pub(crate) by: String,
    /// What that one's policies do not let Elastic Beanstalk do on his behalf.
    pub(crate) refused: Option<String>,
    /// The managed action, where it is one.
    pub(crate) managed: Option<String>,
}

impl Order {
    /// As the caller of this call asks.
    pub(crate) fn of_call(room: &Room<'_>, draft: Draft) -> Self {
        Self {
            draft,
            label: None,
            request_id: room.core.request.clone(),
            by: room.core.caller.clone(),
            refused: room.core.missing_right.clone(),
            managed: None,
        }
    }

    /// As somebody else asks, from behind the scenes.
    pub(crate) fn of_others(room: &mut Room<'_>, by: &str, draft: Draft) -> Self {
        Self {
            draft,
            label: None,
            request_id: room.core.request_id(),
            by: by.to_owned(),
            refused: None,
            managed: None,
        }
    }
}

/// Starts an update towards a set; the environment is Updating from now on.
pub(crate) fn begin(room: &mut Room<'_>, name: &str, order: Order) {
    let Some(environment) = room.beanstalk.environments.get(name).cloned() else {
        return;
    };
    let before = environment.deployed();
    let two = room.core.moves.image_with_platform == ImageWithPlatform::TwoReplacements;
    let update = Update {
        request_id: order.request_id,
        passes: passes(&before, &order.draft, two),
        label: order.label,
        refused: order.refused,
        replacement: replacement_of(room, &environment, &order.draft, order.managed.is_some()),
        before,
        stage: Stage::Starting,
        old: Vec::new(),
        total: 0,
        fresh: Vec::new(),
        due: 0,
        batch_since: room.core.now,
        goes_last: Vec::new(),
        aborted: false,
        managed: order.managed,
    };
    history::began(room.beanstalk, room.region, &environment, &update, order.by);
    progress::open(
        room.core,
        room.beanstalk,
        room.region,
        name,
        order.draft,
        update,
    );
    history::look(room.core, room.ec2, room.beanstalk, name);
}

/// By the deployed set's policy, or the new one's where the account governs by it; managed ones are
/// immutable whatever it says.
fn replacement_of(room: &Room<'_>, e: &Environment, draft: &Draft, managed: bool) -> Replacement {
    if managed {
        let timeout = Duration::from_secs(30 * 60);
        return Replacement::Immutable { timeout };
    }
    let governs = match room.core.moves.policy_in_call {
        PolicyInCall::Before => e.deployed(),
        PolicyInCall::Same => draft.clone(),
    };
    let options = settings::effective(room.beanstalk, e, &governs);
    replacement(&options, health::running(room.ec2, e).count())
}

/// One set after the other: the platform first, where both are replaced for.
fn passes(before: &Draft, draft: &Draft, two: bool) -> Vec<Draft> {
    let both = before.platform_arn != draft.platform_arn && before.image_id != draft.image_id;
    match two && both {
        true => {
            let first = Draft {
                platform_arn: draft.platform_arn.clone(),
                ..before.clone()
            };
            vec![first, draft.clone()]
        }
        false => vec![draft.clone()],
    }
}
