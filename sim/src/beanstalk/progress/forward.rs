//! The way forward: which instances are replaced when, and how a batch is judged.

use std::time::Duration;

use super::scene::{Scene, named};
use super::{LOOK_MAX, Wait, stack_failed};
use crate::beanstalk::environment::{Draft, Stage};
use crate::beanstalk::health::{self, Health};
use crate::beanstalk::replacement::{Replacement, replaces};
use crate::beanstalk::{fleet, launch_templates, resources, settings};
use crate::clock::delta;
use crate::environment_views::UpdateEnd;
use crate::world::{Moment, OldImageGone, Updated};

/// How the batch does.
enum Batch {
    Healthy,
    NotYet,
    /// Its time is over.
    Late,
}

impl Scene<'_> {
    /// Begins a pass: sees what it replaces.
    pub(super) fn start(&mut self) -> Wait {
        self.reach(Moment::Started);
        if self.environment.broken {
            let message = stack_failed(&self.environment, "UPDATE_ROLLBACK_FAILED");
            return self.fail(&message);
        }
        let message = match self.update.label {
            Some(_) => "Deploying new version to instance(s).".to_owned(),
            None => format!(
                "Updating environment {}'s configuration settings.",
                self.environment.name
            ),
        };
        self.info(message);
        if let Some(why) = self.cannot_begin() {
            return self.fail(&why);
        }
        let target = self.update.passes.first()?.clone();
        self.update.fresh.clear();
        self.update.due = 0;
        self.update.old = match self.replaces(&target) {
            true => self.running(),
            false => Vec::new(),
        };
        self.update.total = self.update.old.len();
        if self.update.old.is_empty() {
            self.update.stage = Stage::CleaningUp;
            return Some(self.core.timing.update_stage);
        }
        self.launch_batch()
    }

    /// Why nothing can be replaced: rights that are missing, or the image of today that is gone.
    fn cannot_begin(&mut self) -> Option<String> {
        if let Some(why) = self.update.refused.take() {
            return Some(why);
        }
        if self.core.moves.old_image_gone == OldImageGone::Ignored {
            return None;
        }
        let today = settings::image_of(self.beanstalk, &self.environment)?;
        fleet::refusal(self.ec2, &today)
    }

    fn replaces(&self, target: &Draft) -> bool {
        let e = &self.environment;
        let before = settings::effective(self.beanstalk, e, &e.deployed());
        let after = settings::effective(self.beanstalk, e, target);
        let platform = target.platform_arn != e.platform_arn;
        self.update.managed.is_some() || platform || replaces(&before, &after)
    }

    fn running(&self) -> Vec<String> {
        let up = health::running(self.ec2, &self.environment);
        up.map(|i| i.id.clone()).collect()
    }

    /// Orders the next batch; unless both are kept, the same number of old ones goes first.
    fn launch_batch(&mut self) -> Wait {
        let update = &mut self.update;
        let keeps = update.replacement.keeps_old();
        let left = match keeps {
            true => update.old.len().saturating_sub(update.due),
            false => update.old.len(),
        };
        let count = update.replacement.next_batch(update.due, left);
        update.due += count;
        update.batch_since = self.core.now;
        update.stage = Stage::Batch;
        if keeps && update.fresh.is_empty() {
            self.say_immutable();
        }
        if !keeps {
            let go: Vec<String> = self.update.old.drain(..count).collect();
            self.terminate(&go);
        }
        self.launch_missing()
    }

    fn say_immutable(&mut self) {
        self.info(
            "Immutable deployment policy enabled. Launching one instance with the new settings to verify \
             health.",
        );
        let group = fleet::temporary_group(&self.environment);
        self.info(format!("Created temporary auto scaling group {group}."));
    }

    /// Launches what is due and not there; nothing comes while Auto Scaling's launches are suspended.
    fn launch_missing(&mut self) -> Wait {
        let missing = self.update.due.saturating_sub(self.update.fresh.len());
        if missing == 0 || self.environment.suspended.contains_key("Launch") {
            return Some(self.look_again());
        }
        let target = self.update.passes.first()?.clone();
        let image =
            settings::image_in(self.beanstalk, &self.environment, &target).unwrap_or_default();
        let keeps = self.update.replacement.keeps_old();
        match self.launch(&image, missing, keeps) {
            Ok(ids) => {
                self.note(format!("Added {} to your environment.", named(&ids)));
                self.update.fresh.extend(ids);
                self.reach(Moment::FirstBatch);
                if self.update.fresh.len() * 2 >= self.update.total {
                    self.reach(Moment::Halfway);
                }
                Some(self.look_again())
            }
            Err(why) => self.fail(&why),
        }
    }

    fn look_again(&self) -> Duration {
        (self.core.timing.health / 12).clamp(Duration::from_secs(1), LOOK_MAX)
    }

    fn judge(&self) -> Batch {
        let options = settings::effective(
            self.beanstalk,
            &self.environment,
            &self.environment.deployed(),
        );
        let threshold = health::threshold(&options);
        let fresh = self
            .update
            .fresh
            .iter()
            .filter_map(|id| self.ec2.instances.get(id));
        let of = |i| health::of_instance(self.ec2, i, self.core.now, &self.core.timing);
        let passing = fresh
            .map(of)
            .filter(|health: &Health| health.passes(threshold))
            .count();
        let healthy = passing == self.update.due && !self.stalls();
        let over =
            self.core.now >= self.update.batch_since + delta(self.update.replacement.limit());
        match (self.update.replacement.asks_health(), healthy, over) {
            (true, true, _) | (false, _, true) => Batch::Healthy,
            (true, false, true) => Batch::Late,
            _ => Batch::NotYet,
        }
    }

    /// Old ones do not go, or new ones are not put behind the load balancer, while those processes of Auto
    /// Scaling are suspended. How Elastic Beanstalk itself ends them is not documented: the worst is taken.
    fn stalls(&self) -> bool {
        let suspended = |process| self.environment.suspended.contains_key(process);
        let balanced = || resources::is_balanced(self.beanstalk, &self.environment);
        suspended("Terminate") || (suspended("AddToLoadBalancer") && balanced())
    }

    pub(super) fn await_batch(&mut self) -> Wait {
        match self.judge() {
            Batch::NotYet => self.launch_missing(),
            Batch::Healthy => self.batch_is_healthy(),
            Batch::Late if matches!(self.update.replacement, Replacement::AllAtOnce { .. }) => {
                // Nothing is left to go back to: it is done, with errors.
                let message = "Update environment operation is complete, but with errors. For more \
                               information, see troubleshooting documentation.";
                self.say("ERROR", message);
                self.update.passes.truncate(1);
                self.finish(true)
            }
            Batch::Late => {
                self.fail("Failed to launch healthy instances before the time-out of the update.")
            }
        }
    }

    fn batch_is_healthy(&mut self) -> Wait {
        self.take_in_strays();
        let update = &self.update;
        let left = match update.replacement.keeps_old() {
            true => update.old.len() > update.due,
            false => !update.old.is_empty(),
        };
        if left {
            if self.update.replacement.keeps_old() {
                self.info("Test instance passed health checks. Launching remaining new instances.");
            }
            return self.launch_batch();
        }
        self.update.stage = Stage::CleaningUp;
        self.reach(Moment::CleaningUp);
        Some(self.core.timing.update_stage)
    }

    /// What Auto Scaling launched meanwhile has the old configuration, and is replaced as well.
    fn take_in_strays(&mut self) {
        let known = |id: &String| self.update.fresh.contains(id) || self.update.old.contains(id);
        let strays: Vec<String> = self.running().into_iter().filter(|id| !known(id)).collect();
        match self.update.replacement.keeps_old() {
            // They go with the old ones, and have no successor.
            true => self.update.goes_last.extend(strays),
            false => self.update.old.extend(strays),
        }
    }

    /// The old ones go; the pass is deployed.
    pub(super) fn clean_up(&mut self) -> Wait {
        if self.update.replacement.keeps_old() && !self.update.fresh.is_empty() {
            let (temporary, own) = (
                fleet::temporary_group(&self.environment),
                fleet::group_name(&self.environment),
            );
            self.info(format!(
                "Detached new instance(s) from temporary auto scaling group {temporary}."
            ));
            self.info(format!(
                "Attached new instance(s) to the permanent auto scaling group {own}."
            ));
            self.info(
                "Deployment succeeded. Terminating old instances and temporary Auto Scaling group.",
            );
            fleet::attach(self.ec2, &mut self.environment);
            let mut go = std::mem::take(&mut self.update.old);
            go.append(&mut self.update.goes_last);
            self.terminate(&go);
        }
        self.update.old.clear();
        self.finish(false)
    }

    /// The pass is deployed; the next one begins, or the update ends.
    fn finish(&mut self, errors: bool) -> Wait {
        let done = self.update.passes.remove(0);
        if self.replaces(&done) {
            launch_templates::supersede(self.beanstalk, &mut self.environment, self.core.now);
        }
        let e = &mut self.environment;
        (e.image_id, e.platform_arn, e.options) = (done.image_id, done.platform_arn, done.options);
        e.deployed_at = self.core.now;
        if self.core.launches.updated == Updated::AtItsEnd {
            e.updated = self.core.now;
        }
        self.forget_gone();
        if !self.update.passes.is_empty() {
            self.update.stage = Stage::Starting;
            return Some(self.core.timing.update_stage);
        }
        self.environment.deployment += 1;
        self.environment.pending = None;
        let label = self.update.label.take();
        let message = match label.is_some() {
            true => "New application version was deployed to running EC2 instances.",
            false => "Successfully deployed new configuration to environment.",
        };
        if let Some(label) = label {
            self.environment.version_label = label;
        }
        if !errors {
            self.info(message);
            self.info("Environment update completed successfully.");
        }
        self.end(match errors {
            true => UpdateEnd::DeployedWithErrors,
            false => UpdateEnd::Deployed,
        });
        None
    }
}
