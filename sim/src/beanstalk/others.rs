//! What other people do to an environment: they deploy and change settings, by calls of their own.
//!
//! Elastic Beanstalk refuses them while the environment is not Ready, and they try again: so theirs begins
//! the moment that ours has ended.

use super::admit::admit;
use super::begin::{self, Order};
use super::environment::{Ask, Draft, Environment};
use super::model::Beanstalk;
use super::{Room, update, world};
use crate::ec2::model::Ec2;
use crate::events::Event;
use crate::state::{Core, Region, State};
use crate::world::{Edit, WorldError};

/// Whose updates they are.
const SOMEBODY: &str = "somebody else";

/// Somebody asks now, and waits while the environment is not Ready.
///
/// # Errors
/// When what he asks for names something that is not there.
pub(crate) fn ask(
    core: &mut Core,
    here: &mut Region,
    region: &str,
    name: &str,
    ask: Ask,
) -> Result<String, WorldError> {
    let Region { ec2, beanstalk, .. } = here;
    let missing = || world::missing("environment", name, region);
    let environment = beanstalk.environments.get(name).ok_or_else(missing)?;
    if let Ask::Edit(edit) = &ask {
        edited(beanstalk, environment, edit)
            .ok_or_else(|| world::missing("platform version", &edit.version, region))?;
    }
    match environment.status.as_str() {
        "Ready" => begin(core, ec2, beanstalk, region, name, ask),
        _ => {
            let found = beanstalk.environments.get_mut(name);
            found
                .into_iter()
                .for_each(|e| e.waiting.push_back(ask.clone()));
        }
    }
    Ok(name.to_owned())
}

/// The environment has become Ready: whoever waits tries again.
pub(crate) fn call_next(core: &mut Core, region: &str, name: &str) {
    let event = Event::EnvironmentWaiting {
        region: region.to_owned(),
        name: name.to_owned(),
    };
    core.schedule(core.now, event);
}

pub(crate) fn next(state: &mut State, region: &str, name: &str) {
    let (core, here) = state.enter(region);
    let Region { ec2, beanstalk, .. } = here;
    let ready = |e: &&mut Environment| e.status == "Ready";
    let found = beanstalk.environments.get_mut(name).filter(ready);
    if let Some(ask) = found.and_then(|e| e.waiting.pop_front()) {
        begin(core, ec2, beanstalk, region, name, ask);
    }
}

fn begin(
    core: &mut Core,
    ec2: &Ec2,
    beanstalk: &mut Beanstalk,
    region: &str,
    name: &str,
    ask: Ask,
) {
    let Some(environment) = beanstalk.environments.get(name).cloned() else {
        return;
    };
    let draft = match &ask {
        Ask::Deploy(_) => Some(environment.deployed()),
        Ask::Edit(edit) => edited(beanstalk, &environment, edit),
    };
    let Some(draft) = draft else { return };
    let p = Default::default();
    let mut room = Room {
        core,
        beanstalk,
        ec2,
        region,
        p: &p,
    };
    // What Elastic Beanstalk refuses does not happen; he is told, and gives up.
    if admit(&room, &environment, &draft).is_err() {
        return;
    }
    let order = Order::of_others(&mut room, SOMEBODY, draft);
    let label = match ask {
        // He makes his version before he deploys it.
        Ask::Deploy(label) => {
            let now = room.core.now;
            room.beanstalk
                .make_version(&environment.application, &label, now);
            Some(label)
        }
        Ask::Edit(_) => None,
    };
    begin::begin(&mut room, name, Order { label, ..order });
}

/// The deployed set with an edit in it; nothing where it names a version that is not there.
fn edited(beanstalk: &Beanstalk, environment: &Environment, edit: &Edit) -> Option<Draft> {
    let mut draft = environment.deployed();
    if !edit.version.is_empty() {
        draft.platform_arn = world::moved(beanstalk, environment, &edit.version)?;
    }
    if let Some(image) = &edit.image {
        draft.image_id = Some(image.clone());
    }
    if edit.stock_image {
        draft.image_id = None;
    }
    for (namespace, options) in &edit.options {
        for (name, value) in options {
            match update::is_image(namespace, name) {
                true => draft.image_id = Some(value.clone()),
                false => drop(
                    draft
                        .options
                        .insert((namespace.clone(), name.clone()), value.clone()),
                ),
            }
        }
    }
    Some(draft)
}
