//! How many environments of a wave may be under way at once, and that waves do not run into each other: a
//! move that is under way in another wave (of an earlier image, or by a person) ends first. Plain.

use std::collections::BTreeMap;

use crate::model::drift::TargetDrift;
use crate::model::reason::{NamedFew, RolloutGate};

/// Who has a slot.
#[derive(Debug, Clone)]
pub struct Slots {
    at_once: u32,
    /// Environments that are under way or about to be, by wave.
    taken: BTreeMap<Option<usize>, Vec<String>>,
}

impl Slots {
    /// With these under way.
    pub fn of<'a>(
        at_once: u32,
        under_way: impl IntoIterator<Item = (Option<usize>, &'a TargetDrift)>,
    ) -> Self {
        let mut slots = Self {
            at_once,
            taken: BTreeMap::new(),
        };
        for (wave, target) in under_way {
            slots.take(wave, target);
        }
        slots
    }

    /// One more is under way.
    pub fn take(&mut self, wave: Option<usize>, target: &TargetDrift) {
        let name = target.wave_name();
        self.taken.entry(wave).or_default().push(name);
    }

    /// Why nothing of this wave may be begun.
    pub fn gate(&self, wave: Option<usize>) -> Option<RolloutGate> {
        let elsewhere = self.taken.iter().filter(|(other, _)| **other != wave);
        let elsewhere: Vec<String> = elsewhere.flat_map(|(_, names)| names.clone()).collect();
        if !elsewhere.is_empty() {
            return Some(RolloutGate::Settling {
                others: NamedFew::of(elsewhere),
                at_once: None,
            });
        }
        let here = self.taken.get(&wave)?;
        let full = u32::try_from(here.len()).is_ok_and(|here| here >= self.at_once);
        full.then(|| RolloutGate::Settling {
            others: NamedFew::of(here.iter().cloned()),
            at_once: Some(self.at_once),
        })
    }
}
