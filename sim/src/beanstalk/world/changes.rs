//! What happens to environments behind their callers' backs.

use super::environments::{draft, moved};
use super::missing;
use crate::beanstalk::environment::{Ask, Environment};
use crate::beanstalk::environments::REMEMBERED;
use crate::beanstalk::events::{Said, say};
use crate::beanstalk::fleet::{self, Launch};
use crate::beanstalk::model::Beanstalk;
use crate::beanstalk::replacement::option;
use crate::beanstalk::{history, launch_templates, managed, others, settings};
use crate::clock::delta;
use crate::ec2::model::Ec2;
use crate::environment_views::UpdateEnd;
use crate::state::{Core, Region};
use crate::world::{Action, EnvironmentChange, ManagedUpdate, Moment, WorldError};

/// Something happens to an environment. `DateUpdated` moves with it, unless it only scripts the future.
pub(crate) fn change(
    core: &mut Core,
    here: &mut Region,
    region: &str,
    name: &str,
    change: EnvironmentChange,
) -> Result<String, WorldError> {
    match change {
        EnvironmentChange::Deploy(label) => {
            return others::ask(core, here, region, name, Ask::Deploy(label));
        }
        EnvironmentChange::Edit(edit) => {
            return others::ask(core, here, region, name, Ask::Edit(edit));
        }
        _ => {}
    }
    let found = here.beanstalk.environments.get(name).cloned();
    let environment = found.ok_or_else(|| missing("environment", name, region))?;
    let (ec2, beanstalk) = (&mut here.ec2, &mut here.beanstalk);
    let mut stage = Stage {
        core,
        ec2,
        beanstalk,
        region,
        environment,
    };
    let message = stage.change(change)?;
    let Stage {
        core,
        ec2,
        beanstalk,
        mut environment,
        ..
    } = stage;
    if let Some(message) = message {
        environment.updated = core.now;
        let said = Said {
            severity: "INFO",
            request: None,
        };
        say(beanstalk, core.now, &environment, said, message);
    }
    beanstalk.environments.insert(name.to_owned(), environment);
    history::look(core, ec2, beanstalk, name);
    Ok(name.to_owned())
}

/// What happens when an environment's update reaches a moment.
pub(crate) fn on_moment(
    here: &mut Region,
    region: &str,
    name: &str,
    moment: Moment,
    action: Action,
) -> Result<String, WorldError> {
    let found = here.beanstalk.environments.get_mut(name);
    let environment = found.ok_or_else(|| missing("environment", name, region))?;
    environment.scripts.push((moment, action));
    Ok(name.to_owned())
}

/// One environment, taken out of the account for one change.
struct Stage<'a> {
    core: &'a mut Core,
    ec2: &'a mut Ec2,
    beanstalk: &'a mut Beanstalk,
    region: &'a str,
    environment: Environment,
}

/// What is said of it; nothing where it only scripts the future.
type Changed = Result<Option<String>, WorldError>;

fn said(message: impl Into<String>) -> Changed {
    Ok(Some(message.into()))
}

impl Stage<'_> {
    fn change(&mut self, change: EnvironmentChange) -> Changed {
        let e = &mut self.environment;
        match change {
            EnvironmentChange::Stuck(stuck) => e.stuck = stuck,
            EnvironmentChange::RollbackFails(fails) => {
                (e.rollback_fails, e.broken) = (fails, false);
            }
            EnvironmentChange::Suspended(processes) => {
                let since = self.core.now;
                e.suspended = processes
                    .into_iter()
                    .map(|process| (process, since))
                    .collect();
            }

            EnvironmentChange::HealthStatus { status, causes } => {
                e.scripted_health = status.map(|status| (status, causes));
            }
            EnvironmentChange::ManagedUpdate(update) => self.managed_update(&update)?,
            EnvironmentChange::Scale(count) => self.scale(count as usize)?,
            EnvironmentChange::GroupImage(image) => {
                launch_templates::supersede(self.beanstalk, e, self.core.now);
                e.by_hand = Some(image);
            }
            EnvironmentChange::Health(health) => e.health = health,
            EnvironmentChange::Terminating => return self.terminating(),
            EnvironmentChange::Terminated => return self.terminated(),
            EnvironmentChange::Rebuilt => return self.rebuilt(),
            EnvironmentChange::SwapCname(other) => return self.swap_cname(&other),
            other => return self.set(other),
        }
        Ok(None)
    }

    /// What is set as by magic: no instance is replaced for it.
    fn set(&mut self, change: EnvironmentChange) -> Changed {
        let now = self.core.now;
        let e = &mut self.environment;
        let mut message = "Environment update completed successfully.".to_owned();
        match change {
            EnvironmentChange::Image(id) => e.image_id = Some(id),
            EnvironmentChange::StockImage => e.image_id = None,
            EnvironmentChange::Version(version) => {
                e.platform_arn = moved(self.beanstalk, e, &version)
                    .ok_or_else(|| missing("platform version", &version, self.region))?;
            }
            EnvironmentChange::Option {
                namespace,
                name,
                value,
            } => {
                e.options.insert((namespace, name), value);
            }
            EnvironmentChange::Status(status) => {
                message = format!("Environment status is now {status}.");
                e.status = status;
            }
            EnvironmentChange::PendingImage(id) => e.pending = Some(draft(e, id, now)),
            EnvironmentChange::FailedImage(id) => {
                message = "Failed to deploy configuration.".to_owned();
                e.failed = Some(draft(e, id, now));
            }
            EnvironmentChange::NoDrafts => (e.pending, e.failed) = (None, None),
            other => {
                let what = format!("{other:?} cannot be set");
                return Err(WorldError::Contradiction(what));
            }
        }
        e.deployed_at = now;
        said(message)
    }

    /// It goes; a while later it is gone.
    fn terminating(&mut self) -> Changed {
        let later = self.core.now + delta(self.core.timing.update_stage);
        let gone = Action::ChangeEnvironment {
            environment: self.environment.name.clone(),
            change: EnvironmentChange::Terminated,
        };
        let event = crate::events::Event::Scripted {
            region: self.region.to_owned(),
            action: Box::new(gone),
        };
        self.core.schedule(later, event);
        self.stop_update();
        self.environment.status = "Terminating".to_owned();
        said("terminateEnvironment is starting.")
    }

    fn terminated(&mut self) -> Changed {
        self.stop_update();
        self.environment.status = "Terminated".to_owned();
        self.environment.terminated = Some(self.core.now);
        let ids: Vec<String> = self.environment.instance_ids.iter().cloned().collect();
        let e = &self.environment;
        fleet::terminate(self.core, self.ec2, self.beanstalk, e, self.region, &ids);
        said("terminateEnvironment completed successfully.")
    }

    /// It is there again, as it was: what it launches has the image that it had.
    fn rebuilt(&mut self) -> Changed {
        let remembered = self.core.now - REMEMBERED;
        let terminated = self.environment.terminated.take();
        if terminated.is_none_or(|at| at < remembered) {
            let name = &self.environment.name;
            let what = format!("{name} was not terminated within 42 days: it cannot be rebuilt");
            return Err(WorldError::Contradiction(what));
        }
        self.environment.instance_ids.clear();
        self.environment.status = "Ready".to_owned();
        let options = settings::effective(
            self.beanstalk,
            &self.environment,
            &self.environment.deployed(),
        );
        let least = option(&options, "aws:autoscaling:asg", "MinSize");
        self.scale(least.parse().unwrap_or(1))?;
        said("rebuildEnvironment completed successfully.")
    }

    fn stop_update(&mut self) {
        self.environment.waiting.clear();
        self.environment.pending = None;
        if let Some(update) = self.environment.update.take() {
            history::ended(
                self.beanstalk,
                self.core.now,
                &update,
                UpdateEnd::Terminated,
            );
        }
    }

    /// Its CNAME and that of another environment change places, at once: no instance is touched.
    fn swap_cname(&mut self, name: &str) -> Changed {
        let found = self.beanstalk.environments.get_mut(name);
        let other = found.ok_or_else(|| missing("environment", name, self.region))?;
        std::mem::swap(&mut self.environment.cname, &mut other.cname);
        other.updated = self.core.now;
        let other = other.clone();
        let names = format!("'{}' and '{name}'", self.environment.name);
        let request = self.core.request_id();
        let message = format!("Completed swapping CNAMEs for environments {names}.");
        for one in [&self.environment, &other] {
            let said = Said {
                severity: "INFO",
                request: Some(&request),
            };
            say(self.beanstalk, self.core.now, one, said, message.as_str());
        }
        self.environment.updated = self.core.now;
        Ok(None)
    }

    fn managed_update(&mut self, update: &ManagedUpdate) -> Result<(), WorldError> {
        let arn = match update.version.is_empty() {
            true => String::new(),
            false => moved(self.beanstalk, &self.environment, &update.version)
                .ok_or_else(|| missing("platform version", &update.version, self.region))?,
        };
        let after = std::time::Duration::try_from_secs_f64(update.after_s).unwrap_or_default();
        let at = self.core.now + delta(after);
        managed::schedule(self.core, self.region, &mut self.environment, arn, at);
        Ok(())
    }

    /// Auto Scaling scales it: what it launches has the deployed configuration, or what its group was given.
    fn scale(&mut self, count: usize) -> Result<(), WorldError> {
        let e = &self.environment;
        let up: Vec<String> = crate::beanstalk::health::running(self.ec2, e)
            .map(|i| i.id.clone())
            .collect();
        if count < up.len() {
            let go = &up[..up.len() - count];
            fleet::terminate(self.core, self.ec2, self.beanstalk, e, self.region, go);
            return Ok(());
        }
        let image = launch_templates::group_image(self.beanstalk, e).unwrap_or_default();
        let order = Launch {
            region: self.region,
            image_id: &image,
            count: count - up.len(),
            temporary: false,
            request: None,
        };
        let until = self.core.now + delta(self.core.timing.health);
        self.environment.scaling = Some((until, up.len()));
        fleet::launch(
            self.core,
            self.ec2,
            self.beanstalk,
            &mut self.environment,
            order,
        )
        .map(drop)
        .map_err(WorldError::Contradiction)
    }
}
