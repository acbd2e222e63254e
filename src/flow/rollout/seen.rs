//! What one look at a moving environment saw, and the questions that are put to it. Plain values.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::environment::{
    EnvironmentEvent, EnvironmentNow, EnvironmentStatus, EventSeverity, ImageSetting, OptionSet,
    OptionSets, RunningImage,
};
use crate::model::ids::{ImageId, PlatformArn};
use crate::model::rollout::{Aim, BeforeMove, MoveOrder};

/// Clocks differ: what AWS dates so shortly before a step began may be of the step.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(1);
/// The event that every update begins with, whoever asked for it.
const UPDATE_STARTS: &str = "environment update is starting";

/// One look.
#[derive(Debug, Clone)]
pub struct MoveSeen {
    pub now: EnvironmentNow,
    pub sets: OptionSets,
    /// Newest first, from shortly before the update was begun.
    pub events: Vec<EnvironmentEvent>,
    pub running: Vec<RunningImage>,
}

/// The first moment that may belong to a step that began then.
pub fn since(began: DateTime<Utc>) -> DateTime<Utc> {
    began - CLOCKS_DIFFER
}

impl MoveSeen {
    /// Nothing is under way.
    pub fn ready(&self) -> bool {
        self.now.status == EnvironmentStatus::Ready
    }

    /// The deployed set names the image and the platform version of the aim.
    pub fn deployed_is(&self, aim: &Aim) -> bool {
        let deployed = self.sets.deployed.as_ref();
        deployed.is_some_and(|set| {
            image_is(set, &aim.image) && self.platform_is(set, aim.platform.as_ref())
        })
    }

    /// The deployed set is as it was before.
    pub fn deployed_as_before(&self, before: &BeforeMove) -> bool {
        self.deployed_is(&Aim {
            image: before.image.clone(),
            platform: before.platform.clone(),
        })
    }

    /// The deployed set has one of the two from the aim and the other from before.
    pub fn deployed_in_part(&self, before: &BeforeMove, aim: &Aim) -> bool {
        let aim_with = |image: &ImageSetting, platform: &Option<PlatformArn>| Aim {
            image: image.clone(),
            platform: platform.clone(),
        };
        self.deployed_is(&aim_with(&before.image, &aim.platform))
            || self.deployed_is(&aim_with(&aim.image, &before.platform))
    }

    /// An update that carries the aim is under way.
    pub fn pending_is(&self, aim: &Aim) -> bool {
        let pending = self.sets.pending.as_ref();
        pending.is_some_and(|set| image_is(set, &aim.image))
    }

    /// An update that carried the order's aim, and was made since then, has failed and left its draft: another one
    /// than stood there before. Where that is not known, our clock tells.
    pub fn failed_is(&self, order: &MoveOrder, began: DateTime<Utc>) -> bool {
        let failed = self.sets.failed.as_ref();
        let made_since =
            failed
                .and_then(|set| set.updated)
                .is_some_and(|at| match &order.before.draft {
                    Some(before) => before.updated != Some(at),
                    None => at >= since(began),
                });
        made_since && self.draft_is(&order.to)
    }

    /// A failed draft carries the aim. Of an update that Beanstalk has taken it is that update's, whatever
    /// our clock says: each update takes the place of the draft that stood before it.
    pub fn draft_is(&self, aim: &Aim) -> bool {
        let failed = self.sets.failed.as_ref();
        failed.is_some_and(|set| image_is(set, &aim.image))
    }

    /// The requests that began an update since then, each once, oldest first.
    pub fn update_requests(&self, began: DateTime<Utc>) -> Vec<&str> {
        let mut requests: Vec<&str> = Vec::new();
        let starts = self.events.iter().rev().filter(|event| {
            event.at >= since(began) && event.message.to_ascii_lowercase().contains(UPDATE_STARTS)
        });
        for id in starts.filter_map(|event| event.request_id.as_deref()) {
            if !requests.contains(&id) {
                requests.push(id);
            }
        }
        requests
    }

    /// The errors that belong to this request; of any request where its id is not known.
    pub fn errors<'a>(
        &'a self,
        request_id: Option<&'a str>,
        began: DateTime<Utc>,
    ) -> impl Iterator<Item = &'a EnvironmentEvent> {
        self.events.iter().filter(move |event| {
            let ours = match request_id {
                Some(id) => event.request_id.as_deref() == Some(id),
                None => event.request_id.is_some() && event.at >= since(began),
            };
            ours && event.severity >= EventSeverity::Error
        })
    }

    /// Every event since then.
    pub fn events_since(&self, began: DateTime<Utc>) -> impl Iterator<Item = &EnvironmentEvent> {
        let events = self.events.iter();
        events.filter(move |event| event.at >= since(began))
    }

    /// How many instances serve, and how many of them run the aim's image.
    pub fn instances(&self, before: &BeforeMove, aim: &Aim) -> (usize, usize) {
        let serving = self.running.iter().filter(|one| !one.ends);
        let all = serving.clone().count();
        let moved = serving.filter(|one| runs(&one.image, before, aim)).count();
        (all, moved)
    }

    /// Somebody deployed another version or swapped the name since then.
    pub fn changed_by_others(&self, before: &BeforeMove) -> Option<String> {
        let said = |what: &str, was: &Option<String>, is: &Option<String>| {
            (was != is).then(|| {
                let word = |value: &Option<String>| value.clone().unwrap_or("none".to_owned());
                format!("{what} was {} and is {}", word(was), word(is))
            })
        };
        let label = said(
            "the application version",
            &before.version_label,
            &self.now.version_label,
        );
        label.or_else(|| said("the CNAME", &before.cname, &self.now.cname))
    }

    fn platform_is(&self, set: &OptionSet, wanted: Option<&PlatformArn>) -> bool {
        let is = set.platform.as_ref().or(self.now.platform.as_ref());
        wanted.is_none_or(|wanted| is == Some(wanted))
    }
}

/// Whether an instance's image is the aim's. Where only the platform version would tell which that is,
/// it must at least not be the one that is left.
fn runs(image: &ImageId, before: &BeforeMove, aim: &Aim) -> bool {
    match aim.image.image() {
        Some(wanted) => image == wanted,
        None => before.image.image() != Some(image),
    }
}

/// Whether a set's image is set so. The settings show a platform version's own image as if it were set.
fn image_is(set: &OptionSet, wanted: &ImageSetting) -> bool {
    match wanted {
        ImageSetting::Image(image) => set.image().as_ref() == Some(image),
        ImageSetting::PlatformOwn(Some(own)) => set.image().is_none_or(|image| image == *own),
        ImageSetting::PlatformOwn(None) => set.image().is_none(),
    }
}
