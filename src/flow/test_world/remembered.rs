//! What is remembered in a small world: the current image, failures, people's holds.

use chrono::{DateTime, TimeDelta, Utc};

use super::{World, days, digest, now};
use crate::model::bake::{BakeKey, BakedImage, KeyInputs};
use crate::model::history::{Failing, Memory};
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::Architecture;

impl World {
    /// The store remembers this image of ours as the current one.
    pub(in crate::flow) fn remember(&mut self, id: &str, base: &str, generation: u32) {
        self.history.current = Some(BakedImage {
            image: id.into(),
            key: self.key(base, generation),
            generation,
            base_image: base.into(),
            base_version: "4.5.0".to_owned(),
            recipe_digest: digest(),
            baked_at: now() - days(5),
            redundant: false,
            checks_digest: None,
            adopted_at: None,
            changes: None,
            story: None,
        });
    }

    pub(in crate::flow) fn key(&self, base: &str, generation: u32) -> BakeKey {
        BakeKey::derive(&KeyInputs {
            installation: &self.wanted.installation,
            watch: &self.watch.name,
            release_image: &base.into(),
            recipe_digest: &digest(),
            architecture: Architecture::X86_64,
            generation,
        })
    }

    pub(in crate::flow) fn fail(
        &mut self,
        base: &str,
        attempts: u32,
        next_at: Option<DateTime<Utc>>,
    ) {
        self.history.failing = Some(Failing {
            kept: None,
            story: None,
            key: self.key(base, 0),
            attempts,
            last_at: now() - TimeDelta::hours(1),
            last_why: "check `driver` failed in the builder".to_owned(),
            next_at,
        });
    }

    pub(in crate::flow) fn memory(&self) -> Memory {
        Memory {
            history: self.history.clone(),
            holds: self.holds.clone(),
        }
    }

    /// A person's no, said a day ago.
    pub(in crate::flow) fn hold(&mut self, on: HeldThing, until: Option<DateTime<Utc>>) {
        self.holds.push(Hold {
            on,
            reason: "it breaks logging".to_owned(),
            by: "ann".to_owned(),
            since: now() - days(1),
            until,
        });
    }
}
