//! Bad days as methods, for tests that script them: each is one action of the vocabulary, under the
//! name by which a person would tell of it.
//!
//! All of them fail only with [`WorldError`]: something is named that is not there.

use std::time::Duration;

use crate::account::At;
use crate::clock::delta;
use crate::world::{
    Action, Edit, EnvironmentChange, ImageChange, ManagedUpdate, Moment, Serves, WorldError,
};

type Done = Result<String, WorldError>;

/// When something happens.
impl At {
    /// An action, so much later.
    pub fn later(&self, after: Duration, action: Action) {
        let at = self.account.now() + delta(after);
        self.account.schedule(&self.region, at, action);
    }

    /// An action, when the update of an environment comes to a moment; once.
    pub fn on_moment(&self, environment: &str, moment: Moment, action: Action) -> Done {
        self.act(Action::OnMoment {
            environment: environment.to_owned(),
            moment,
            action: Box::new(action),
        })
    }
}

/// What happens to an image.
impl At {
    /// Instances of this image turn so bad, so long after their launch: long enough, and a batch passes
    /// before it shows.
    pub fn image_turns_bad(&self, image_id: &str, status: &str, after: Duration) -> Done {
        let serves = Serves {
            status: status.to_owned(),
            after_s: after.as_secs_f64(),
            causes: vec!["100.0 % of the requests are failing with HTTP 5xx.".to_owned()],
        };
        self.change_image(image_id, ImageChange::Serves(serves))
    }

    /// The image is deregistered; its snapshots stay.
    pub fn image_goes(&self, image_id: &str) -> Done {
        self.change_image(image_id, ImageChange::Deregistered)
    }

    /// Auto Scaling's role may not use the key of the image's snapshot.
    pub fn key_is_unusable(&self, image_id: &str) -> Done {
        self.change_image(image_id, ImageChange::KeyUnusable)
    }

    /// The account may run so many vCPUs.
    pub fn vcpu_quota(&self, vcpus: u32) -> Done {
        self.act(Action::VcpuQuota { vcpus })
    }
}

/// What happens to an environment.
impl At {
    /// Its updates, and what takes them back, go on for ever; or, with false, come on.
    pub fn is_stuck(&self, environment: &str, stuck: bool) -> Done {
        self.change_environment(environment, EnvironmentChange::Stuck(stuck))
    }

    /// Taking an update back fails: UPDATE_ROLLBACK_FAILED, a mixed fleet, and no further update.
    pub fn rollback_fails(&self, environment: &str, fails: bool) -> Done {
        self.change_environment(environment, EnvironmentChange::RollbackFails(fails))
    }

    /// Somebody deploys another application version, as soon as it is Ready.
    pub fn somebody_deploys(&self, environment: &str, label: &str) -> Done {
        self.change_environment(environment, EnvironmentChange::Deploy(label.to_owned()))
    }

    /// Somebody changes its settings, as soon as it is Ready.
    pub fn somebody_edits(&self, environment: &str, edit: Edit) -> Done {
        self.change_environment(environment, EnvironmentChange::Edit(edit))
    }

    /// Somebody swaps its CNAME with that of another environment, whatever either is doing.
    pub fn somebody_swaps(&self, environment: &str, other: &str) -> Done {
        self.change_environment(environment, EnvironmentChange::SwapCname(other.to_owned()))
    }

    /// A managed action comes so much later: to a version of its branch, or without one an instance
    /// refresh.
    pub fn managed_update(&self, environment: &str, version: &str, after: Duration) -> Done {
        let update = ManagedUpdate {
            after_s: after.as_secs_f64(),
            version: version.to_owned(),
        };
        self.change_environment(environment, EnvironmentChange::ManagedUpdate(update))
    }

    /// Its health is this whatever its instances do; without a status, what they say.
    pub fn health_reads(&self, environment: &str, status: Option<&str>, causes: &[&str]) -> Done {
        let causes = causes.iter().map(|cause| (*cause).to_owned()).collect();
        let status = status.map(str::to_owned);
        self.change_environment(
            environment,
            EnvironmentChange::HealthStatus { status, causes },
        )
    }

    /// Auto Scaling scales it to so many instances; while it scales out it reads Degraded.
    pub fn scales(&self, environment: &str, instances: u32) -> Done {
        self.change_environment(environment, EnvironmentChange::Scale(instances))
    }

    /// Somebody gives its group this image by hand, past Elastic Beanstalk; no instance is replaced.
    pub fn group_is_changed(&self, environment: &str, image_id: &str) -> Done {
        let image = EnvironmentChange::GroupImage(image_id.to_owned());
        self.change_environment(environment, image)
    }

    /// These processes of its Auto Scaling group are suspended from now on; none: all run.
    pub fn scaling_suspended(&self, environment: &str, processes: &[&str]) -> Done {
        let processes = processes
            .iter()
            .map(|process| (*process).to_owned())
            .collect();
        self.change_environment(environment, EnvironmentChange::Suspended(processes))
    }

    /// A draft with this image failed earlier and was left behind.
    pub fn draft_left_behind(&self, environment: &str, image_id: &str) -> Done {
        self.change_environment(
            environment,
            EnvironmentChange::FailedImage(image_id.to_owned()),
        )
    }

    /// Somebody terminates it: Terminating now, Terminated a while later.
    pub fn somebody_terminates(&self, environment: &str) -> Done {
        self.change_environment(environment, EnvironmentChange::Terminating)
    }
}
