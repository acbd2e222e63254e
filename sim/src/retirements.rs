//! Images that calls disabled or deregistered, each with whatever still named it at that moment.
//!
//! Who names an image is a plain function of what a region holds. The account asks it just before such a
//! call has its effect, and remembers the answer: it refuses nothing.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::account::Account;
use crate::beanstalk::environment::{Draft, Environment};
use crate::beanstalk::environments::REMEMBERED;
use crate::beanstalk::{launch_templates, settings};
use crate::call::{Call, Service};
use crate::ec2::launch_templates::LaunchTemplate;
use crate::state::{Region, State};
use crate::world::Launches;

/// An image that a call disabled or deregistered.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Retirement {
    /// When.
    pub at: DateTime<Utc>,
    /// Where.
    pub region: String,
    /// Which.
    pub image_id: String,
    /// ARN of the caller.
    pub by: String,
    /// `DisableImage` or `DeregisterImage`.
    pub operation: String,
    /// Whatever named it then.
    pub uses: Vec<ImageUse>,
}

/// Something that names an image.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum ImageUse {
    /// An instance that is not terminated, stopped ones too.
    Instance {
        /// Its id.
        id: String,
        /// `running`, `stopped`, ...
        state: String,
    },
    /// A version of a launch template that somebody would launch.
    Template {
        /// Its id.
        id: String,
        /// The version.
        version: u64,
        /// `$Default`, `$Latest`, or the group that names the version.
        named_by: String,
    },
    /// A launch configuration.
    LaunchConfiguration {
        /// Its name.
        name: String,
    },
    /// An environment.
    Settings {
        /// Its name.
        environment: String,
        /// `deployed`, `pending`, `failed`.
        set: &'static str,
    },
    /// An environment that is gone and can be rebuilt.
    Terminated {
        /// Its name.
        environment: String,
        /// When it went.
        at: DateTime<Utc>,
    },
    /// A saved configuration.
    Saved {
        /// Its application.
        application: String,
        /// Its name.
        name: String,
    },
    /// The latest version of a parameter.
    Parameter {
        /// Its name.
        name: String,
    },
}

impl Account {
    /// Whatever names an image now.
    pub fn image_uses(&self, region: &str, image_id: &str) -> Vec<ImageUse> {
        let state = self.fresh();
        let here = state.regions.get(region);
        here.map(|here| uses(here, state.core.now, image_id))
            .unwrap_or_default()
    }

    /// Every image that a call disabled or deregistered, oldest first, with whatever named it then.
    pub fn retirements(&self) -> Vec<Retirement> {
        self.fresh().retirements.clone()
    }
}

/// What a call is about to retire; nothing where it is another call.
pub(crate) fn about(state: &State, call: &Call) -> Option<Retirement> {
    let retires = call.service == Service::Ec2
        && matches!(call.operation.as_str(), "DisableImage" | "DeregisterImage");
    let image_id = call.params.get("ImageId").filter(|_| retires)?;
    let here = state.regions.get(&call.region)?;
    Some(Retirement {
        at: state.core.now,
        region: call.region.clone(),
        image_id: image_id.to_owned(),
        by: state.core.caller.clone(),
        operation: call.operation.clone(),
        uses: uses(here, state.core.now, image_id),
    })
}

/// Whatever names an image in a region.
pub(crate) fn uses(here: &Region, now: DateTime<Utc>, image_id: &str) -> Vec<ImageUse> {
    let mut uses = Vec::new();
    let instances = here.ec2.instances.values();
    let up = instances.filter(|i| i.image_id == image_id && !i.state.over());
    uses.extend(up.map(|i| ImageUse::Instance {
        id: i.id.clone(),
        state: i.state.name().to_owned(),
    }));
    of_templates(here, image_id, &mut uses);
    let configurations = here.autoscaling.configurations.values();
    let named = configurations.filter(|c| c.spec.image_id == image_id);
    uses.extend(named.map(|c| ImageUse::LaunchConfiguration {
        name: c.spec.name.clone(),
    }));
    of_environments(here, now, image_id, &mut uses);
    let parameters = here.parameters.iter();
    let named = parameters.filter(|(_, p)| p.latest().is_some_and(|v| v.value == image_id));
    uses.extend(named.map(|(name, _)| ImageUse::Parameter { name: name.clone() }));
    uses
}

fn of_templates(here: &Region, image_id: &str, uses: &mut Vec<ImageUse>) {
    let mut look = |template: &LaunchTemplate, word: &str, named_by: &str| {
        let version = template.version(word);
        let named = version.filter(|version| version.image_id() == Some(image_id));
        uses.extend(named.map(|version| ImageUse::Template {
            id: template.id.clone(),
            version: version.number,
            named_by: named_by.to_owned(),
        }));
    };
    let own = here.ec2.launch_templates.values();
    // What a template means, however it is written.
    let of_environments = launch_templates::all(&here.beanstalk, Launches::default());
    for template in own.chain(&of_environments) {
        look(template, "$Default", "$Default");
        look(template, "$Latest", "$Latest");
        for group in here.autoscaling.groups.values() {
            let its = group.template.as_ref().map(|(id, _)| id);
            if its == Some(&template.id) {
                look(template, &group.spec.version, &group.spec.name);
            }
        }
    }
}

fn of_environments(here: &Region, now: DateTime<Utc>, image_id: &str, uses: &mut Vec<ImageUse>) {
    let beanstalk = &here.beanstalk;
    let names = |e: &Environment, set: &Draft| {
        settings::image_in(beanstalk, e, set).as_deref() == Some(image_id)
    };
    for e in beanstalk.environments.values().chain(&beanstalk.deleted) {
        let environment = e.name.clone();
        if let Some(at) = e.terminated {
            if at > now - REMEMBERED && names(e, &e.deployed()) {
                uses.push(ImageUse::Terminated { environment, at });
            }
            continue;
        }
        let deployed = e.deployed();
        let pending = e.pending.as_ref().map(|dated| &dated.set);
        let failed = e.failed.as_ref().map(|dated| &dated.set);
        for (set, draft) in [
            ("deployed", Some(&deployed)),
            ("pending", pending),
            ("failed", failed),
        ] {
            if draft.is_some_and(|draft| names(e, draft)) {
                let environment = environment.clone();
                uses.push(ImageUse::Settings { environment, set });
            }
        }
    }
    for ((application, name), saved) in &beanstalk.saved {
        let launch = saved.options.get(settings::LAUNCH);
        let image = launch.and_then(|launch| launch.get("ImageId"));
        if image.is_some_and(|image| image == image_id) {
            let (application, name) = (application.clone(), name.clone());
            uses.push(ImageUse::Saved { application, name });
        }
    }
}
