//! What the plain stages make of a small world: its drift, its plan, and the codes in them.

use super::{World, codes};
use crate::flow::compare::compare;
use crate::flow::plan::plan_watch;
use crate::model::drift::Drift;
use crate::model::plan::PlanItem;
use crate::model::reason::{Reason, ReasonCode};

impl World {
    pub(in crate::flow) fn drift(&self) -> Drift {
        compare(
            &self.watch,
            &self.wanted,
            &self.sighting,
            &self.seen,
            &self.memory(),
            self.now,
        )
    }

    pub(in crate::flow) fn plan(&self) -> PlanItem {
        let (watch, wanted) = (&self.watch, &self.wanted);
        plan_watch(
            watch,
            wanted,
            self.drift(),
            &self.seen,
            &self.memory(),
            self.now,
        )
    }

    /// The watch's own codes.
    pub(in crate::flow) fn own_codes(&self) -> Vec<&'static str> {
        codes(&self.drift().reasons)
    }

    /// The codes of one environment that the watch names.
    pub(in crate::flow) fn target_codes(&self, name: &str) -> Vec<&'static str> {
        let drift = self.drift();
        let mut targets = drift.targets.iter();
        let target = targets.find(|target| target.target.environment == name);
        codes(&target.unwrap().reasons)
    }

    /// The watch's own reason of this code.
    pub(in crate::flow) fn reason(&self, code: ReasonCode) -> Reason {
        let drift = self.drift();
        let found = drift.all_reasons().find(|reason| reason.code == code);
        found.unwrap().clone()
    }
}
