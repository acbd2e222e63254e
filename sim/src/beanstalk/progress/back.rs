//! The way back: after a failure by itself, after an abort because it was asked for. It ends Ready.
//!
//! An immutable update only ends its new instances; a rolling one is taken back by another rolling
//! update, and leaves a mixed fleet where that fails.

use super::scene::{Scene, named};
use super::{Wait, stack_failed};
use crate::beanstalk::environment::{Dated, Stage};
use crate::beanstalk::replacement::Replacement;
use crate::beanstalk::settings;
use crate::environment_views::UpdateEnd;
use crate::world::{AbortedDraft, Moment};

impl Scene<'_> {
    /// The update has failed: says why, and goes back.
    pub(super) fn fail(&mut self, why: &str) -> Wait {
        self.say("ERROR", why);
        self.say("ERROR", "Failed to deploy configuration.");
        self.leave_draft();
        self.take_back()
    }

    fn leave_draft(&mut self) {
        let pending = self.environment.pending.take();
        self.environment.failed = pending.map(|draft| Dated {
            set: draft.set,
            at: self.core.now,
        });
    }

    /// Turns round.
    pub(super) fn take_back(&mut self) -> Wait {
        self.update.stage = Stage::RollingBack;
        self.update.aborted = self.environment.status == "Aborting";
        if self.update.aborted && self.core.moves.aborted_draft == AbortedDraft::Failed {
            self.leave_draft();
        }
        self.environment.pending = None;
        self.reach(Moment::RollingBack);
        if self.environment.rollback_fails || self.environment.broken {
            self.environment.broken = true;
            return Some(self.core.timing.update_stage);
        }
        match self.update.replacement {
            Replacement::ByHealth { .. } | Replacement::ByTime { .. } => self.roll_back_batch(),
            Replacement::Immutable { .. } | Replacement::AllAtOnce { .. } => self.back_at_once(),
        }
    }

    fn image_before(&self) -> String {
        let image = settings::image_in(self.beanstalk, &self.environment, &self.update.before);
        image.unwrap_or_default()
    }

    /// New instances go; old ones that ran the configuration before stay, the others are replaced.
    fn back_at_once(&mut self) -> Wait {
        let image = self.image_before();
        let is_right = |id: &String| {
            let instance = self.ec2.instances.get(id);
            instance.is_some_and(|i| i.image_id == image)
        };
        let (right, wrong): (Vec<_>, Vec<_>) = self.update.old.drain(..).partition(is_right);
        let missing = self.update.total.saturating_sub(right.len());
        self.update.old = right;
        // A way back of two replacements keeps what serves until its successors are there.
        self.update.goes_last = wrong;
        let fresh = std::mem::take(&mut self.update.fresh);
        self.environment.temporary.clear();
        self.terminate(&fresh);
        self.launch_again(missing)
    }

    /// A batch of new ones goes, as many of the old configuration come.
    fn roll_back_batch(&mut self) -> Wait {
        let launched_short = self.update.due.saturating_sub(self.update.fresh.len());
        let batch = self
            .update
            .replacement
            .next_batch(0, self.update.fresh.len());
        let go: Vec<String> = self.update.fresh.drain(..batch).collect();
        self.update.due = self.update.fresh.len();
        self.terminate(&go);
        self.launch_again(go.len() + launched_short)
    }

    fn launch_again(&mut self, count: usize) -> Wait {
        let image = self.image_before();
        if count > 0 {
            match self.launch(&image, count, false) {
                Ok(ids) => self.note(format!("Added {} to your environment.", named(&ids))),
                Err(why) => {
                    self.environment.broken = true;
                    self.say("ERROR", why);
                }
            }
        }
        Some(self.core.timing.update_stage + self.core.timing.health)
    }

    /// On, on the way back.
    pub(super) fn go_back(&mut self) -> Wait {
        let by_batches = matches!(
            self.update.replacement,
            Replacement::ByHealth { .. } | Replacement::ByTime { .. }
        );
        if by_batches && !self.update.fresh.is_empty() && !self.environment.broken {
            return self.roll_back_batch();
        }
        let last = std::mem::take(&mut self.update.goes_last);
        if !self.environment.broken {
            self.terminate(&last);
        }
        self.rolled_back()
    }

    /// Back where it was, or stuck in between.
    fn rolled_back(&mut self) -> Wait {
        let broken = self.environment.broken;
        match broken {
            true => {
                let message = stack_failed(&self.environment, "UPDATE_ROLLBACK_FAILED");
                self.say("ERROR", message);
            }
            false => {
                self.info("The environment was reverted to the previous configuration setting.")
            }
        }
        let before = self.update.before.clone();
        let e = &mut self.environment;
        (e.image_id, e.platform_arn, e.options) =
            (before.image_id, before.platform_arn, before.options);
        e.deployed_at = self.core.now;
        self.end(match broken {
            true => UpdateEnd::RollbackFailed,
            false => UpdateEnd::RolledBack,
        });
        None
    }
}
