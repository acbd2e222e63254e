//! One environment's update, taken out of the account for one step, and what every step can do: say,
//! launch, terminate, reach a moment, end.

use crate::beanstalk::environment::{Environment, Update};
use crate::beanstalk::events::{Said, say};
use crate::beanstalk::model::Beanstalk;
use crate::beanstalk::{fleet, history, managed};
use crate::ec2::model::Ec2;
use crate::environment_views::UpdateEnd;
use crate::events::Event;
use crate::state::Core;
use crate::world::{Moment, Updated};

/// One environment's update, taken out of the account for one step.
pub(super) struct Scene<'a> {
    pub(super) core: &'a mut Core,
    pub(super) ec2: &'a mut Ec2,
    pub(super) beanstalk: &'a mut Beanstalk,
    pub(super) region: &'a str,
    pub(super) environment: Environment,
    pub(super) update: Update,
}

impl Scene<'_> {
    pub(super) fn say(&mut self, severity: &'static str, message: impl Into<String>) {
        let said = Said {
            severity,
            request: Some(&self.update.request_id),
        };
        say(
            self.beanstalk,
            self.core.now,
            &self.environment,
            said,
            message,
        );
    }

    pub(super) fn info(&mut self, message: impl Into<String>) {
        self.say("INFO", message);
    }

    /// Of the environment and of no request: what monitoring says.
    pub(super) fn note(&mut self, message: impl Into<String>) {
        let said = Said {
            severity: "INFO",
            request: None,
        };
        say(
            self.beanstalk,
            self.core.now,
            &self.environment,
            said,
            message,
        );
    }

    /// A moment of this update has come: what was scripted for it happens now.
    pub(super) fn reach(&mut self, moment: Moment) {
        let scripts = std::mem::take(&mut self.environment.scripts);
        let (now, later): (Vec<_>, Vec<_>) = scripts.into_iter().partition(|(at, _)| *at == moment);
        self.environment.scripts = later;
        for (_, action) in now {
            let event = Event::Scripted {
                region: self.region.to_owned(),
                action: Box::new(action),
            };
            self.core.schedule(self.core.now, event);
        }
    }

    /// Launches so many instances of an image, in the temporary group or in the environment's own.
    pub(super) fn launch(
        &mut self,
        image: &str,
        count: usize,
        temporary: bool,
    ) -> Result<Vec<String>, String> {
        let order = fleet::Launch {
            region: self.region,
            image_id: image,
            count,
            temporary,
            request: Some(&self.update.request_id),
        };
        fleet::launch(
            self.core,
            self.ec2,
            self.beanstalk,
            &mut self.environment,
            order,
        )
    }

    pub(super) fn terminate(&mut self, ids: &[String]) {
        let gone = fleet::terminate(
            self.core,
            self.ec2,
            self.beanstalk,
            &self.environment,
            self.region,
            ids,
        );
        if !gone.is_empty() {
            self.note(format!("Removed {} from your environment.", named(&gone)));
        }
    }

    /// The update is over.
    pub(super) fn end(&mut self, end: UpdateEnd) {
        self.environment.status = "Ready".to_owned();
        if self.core.launches.updated == Updated::AtItsEnd {
            self.environment.updated = self.core.now;
        }
        self.forget_gone();
        history::ended(self.beanstalk, self.core.now, &self.update, end);
        managed::ended(&mut self.environment, &self.update, self.core.now, end);
        self.reach(Moment::Ready);
    }

    /// Instances that are gone are not the environment's any more.
    pub(super) fn forget_gone(&mut self) {
        let is_up = |id: &String| self.ec2.instances.get(id).is_some_and(|i| !i.state.over());
        self.environment.instance_ids.retain(is_up);
        let ids = &self.environment.instance_ids;
        self.environment
            .launched_by
            .retain(|id, _| ids.contains(id));
    }
}

/// `instance [i-1]` or `instances [i-1, i-2]`
pub(super) fn named(ids: &[String]) -> String {
    let what = if ids.len() == 1 {
        "instance"
    } else {
        "instances"
    };
    format!("{what} [{}]", ids.join(", "))
}
