//! What the config names and cannot be had, said once a config: at the start and after a reload. It holds
//! nothing up, and changes nothing.

use std::rc::Rc;

use super::lanes::{self, Lane};
use super::{Daemon, Host};
use crate::model::plan::PlanItem;
use crate::service::named::{FindingSort, NamedFinding, shared_targets};

/// How far this config's names were looked for.
#[derive(Default)]
pub(super) struct Names<'a> {
    pub(super) looking: Lane<'a, Vec<NamedFinding>>,
    begun: bool,
    shared_told: bool,
}

impl<H: Host> Daemon<'_, H> {
    /// Begins, once a config.
    pub(super) fn look_for_names(&mut self) {
        if !self.names.begun {
            self.names.begun = true;
            let live = Rc::clone(&self.live);
            self.names.looking = Some(lanes::names(self.ground, live));
        }
    }

    /// Which environments several watches name is known with the first pass.
    pub(super) fn log_shared_targets(&mut self, items: &[PlanItem]) {
        if !self.names.shared_told {
            self.names.shared_told = true;
            log(&shared_targets(&self.live.settings, items));
        }
    }
}

/// Each for a person; what could not be told is no news.
pub(super) fn log(findings: &[NamedFinding]) {
    for NamedFinding {
        is,
        key,
        what,
        advice,
    } in findings
    {
        match is {
            FindingSort::Wrong | FindingSort::Doubtful => {
                tracing::warn!(
                    key,
                    what,
                    advice,
                    "the config names what is not there, or not meant"
                );
            }
            FindingSort::Untold => tracing::info!(key, what, advice, "a name was not found out"),
        }
    }
}
