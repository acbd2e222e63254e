//! Bad days that can be drawn by number, as the switches can: for seeded lives, and for tables of what
//! comes of each.

use std::time::Duration;

use crate::account::At;
use crate::fault::{FaultKind, FaultRule};
use crate::world::{
    Action, Edit, EnvironmentChange, EnvironmentSpec, ImageChange, ImageSpec, ManagedUpdate,
    Moment, Serves, WorldError,
};

/// What befalls an environment around its move to an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadDay {
    /// The image does not serve.
    ImageServesNothing,
    /// When half of the new instances are there, all of them turn bad.
    HealthFailsMidway,
    /// Half an hour after their launch, they turn bad.
    HealthFailsLater,
    /// The update goes on for ever.
    UpdateIsStuck,
    /// The image does not serve, and taking the update back fails.
    RollbackFails,
    /// After the first batch no further instance is within the quota, until the update has ended.
    QuotaIsUsedUp,
    /// There is no capacity for new instances, until the update has ended.
    CapacityIsGone,
    /// Auto Scaling may not use the image's key.
    KeyIsUnusable,
    /// The image is deregistered.
    ImageIsGone,
    /// The image of today is deregistered.
    OldImageIsGone,
    /// Somebody deploys while the first batch comes up; his update begins as ours ends.
    SomebodyDeploys,
    /// Somebody sets another image meanwhile; his update begins as ours ends.
    SomebodyEdits,
    /// Somebody swaps the CNAME with another environment's while the first batch comes up.
    SomebodySwaps,
    /// Somebody terminates the environment while the first batch comes up.
    SomebodyTerminates,
    /// A managed instance refresh begins a second after the update has ended.
    ManagedRefreshFollows,
    /// A draft with the same image failed earlier and is there still.
    DraftIsLeftBehind,
    /// Something else than the image makes the environment Degraded once the update has ended.
    HealthSuffersElsewhere,
    /// Auto Scaling scales out once the update has ended, which reads Degraded for a while.
    ScalesAfterwards,
    /// Auto Scaling's launches are suspended.
    LaunchesAreSuspended,
    /// The next UpdateEnvironment happens, and its answer never comes.
    AnswerIsLost,
    /// The next UpdateEnvironment does not happen, and no answer comes either.
    CallIsLost,
}

impl BadDay {
    /// All of them, in a fixed order.
    pub const ALL: [Self; 21] = [
        Self::ImageServesNothing,
        Self::HealthFailsMidway,
        Self::HealthFailsLater,
        Self::UpdateIsStuck,
        Self::RollbackFails,
        Self::QuotaIsUsedUp,
        Self::CapacityIsGone,
        Self::KeyIsUnusable,
        Self::ImageIsGone,
        Self::OldImageIsGone,
        Self::SomebodyDeploys,
        Self::SomebodyEdits,
        Self::SomebodySwaps,
        Self::SomebodyTerminates,
        Self::ManagedRefreshFollows,
        Self::DraftIsLeftBehind,
        Self::HealthSuffersElsewhere,
        Self::ScalesAfterwards,
        Self::LaunchesAreSuspended,
        Self::AnswerIsLost,
        Self::CallIsLost,
    ];

    /// Whether the image is to blame for what comes of it.
    pub fn blames_image(self) -> bool {
        matches!(
            self,
            Self::ImageServesNothing
                | Self::HealthFailsMidway
                | Self::HealthFailsLater
                | Self::RollbackFails
        )
    }
}

impl At {
    /// A bad day befalls an environment that is to be moved to an image next.
    ///
    /// # Errors
    /// When either is not there.
    pub fn befalls(
        &self,
        environment: &str,
        image_id: &str,
        day: BadDay,
    ) -> Result<(), WorldError> {
        match day {
            BadDay::ImageServesNothing => {
                drop(self.image_turns_bad(image_id, "Severe", Duration::ZERO)?)
            }
            BadDay::HealthFailsLater => {
                self.image_turns_bad(image_id, "Severe", Duration::from_secs(1800))?;
            }
            BadDay::UpdateIsStuck => drop(self.is_stuck(environment, true)?),
            BadDay::RollbackFails => {
                self.image_turns_bad(image_id, "Severe", Duration::ZERO)?;
                self.rollback_fails(environment, true)?;
            }
            BadDay::KeyIsUnusable => drop(self.key_is_unusable(image_id)?),
            BadDay::ImageIsGone => drop(self.image_goes(image_id)?),
            BadDay::OldImageIsGone => self.old_image_goes(environment)?,
            BadDay::DraftIsLeftBehind => drop(self.draft_left_behind(environment, image_id)?),
            BadDay::LaunchesAreSuspended => drop(self.scaling_suspended(environment, &["Launch"])?),
            BadDay::AnswerIsLost => self.next_update(FaultKind::TimeoutAfterEffect),
            BadDay::CallIsLost => self.next_update(FaultKind::TimeoutBeforeEffect),
            _ => {
                for (moment, action) in self.course(environment, image_id, day)? {
                    self.on_moment(environment, moment, action)?;
                }
            }
        }
        Ok(())
    }

    fn next_update(&self, kind: FaultKind) {
        let rule = FaultRule::new(kind).on("elasticbeanstalk:UpdateEnvironment");
        self.account.fault(rule.times(1));
    }

    fn old_image_goes(&self, environment: &str) -> Result<(), WorldError> {
        let today = self.account.environment(environment).map(|e| e.image_id);
        self.image_goes(&today.unwrap_or_default()).map(drop)
    }

    /// What happens at which moment of the update.
    fn course(
        &self,
        environment: &str,
        image_id: &str,
        day: BadDay,
    ) -> Result<Vec<(Moment, Action)>, WorldError> {
        let change = |change| Action::ChangeEnvironment {
            environment: environment.to_owned(),
            change,
        };
        let capacity = |available| Action::Capacity {
            instance_type: "*".to_owned(),
            zone: "*".to_owned(),
            available,
        };
        let status = |status: &str| Serves {
            status: status.to_owned(),
            ..Serves::default()
        };
        let health = EnvironmentChange::HealthStatus {
            status: Some("Degraded".to_owned()),
            causes: vec!["A database does not answer.".to_owned()],
        };
        let refresh = ManagedUpdate {
            after_s: 1.0,
            version: String::new(),
        };
        let count = self
            .account
            .environment(environment)
            .map_or(0, |e| e.instances.len());
        Ok(match day {
            BadDay::HealthFailsMidway => vec![(
                Moment::Halfway,
                Action::ChangeImage {
                    image_id: image_id.to_owned(),
                    change: ImageChange::Serves(status("Severe")),
                },
            )],
            BadDay::QuotaIsUsedUp => vec![
                (Moment::FirstBatch, Action::VcpuQuota { vcpus: 0 }),
                (Moment::Ready, Action::VcpuQuota { vcpus: 100_000 }),
            ],
            BadDay::CapacityIsGone => vec![
                (Moment::Started, capacity(false)),
                (Moment::Ready, capacity(true)),
            ],
            BadDay::SomebodyDeploys => {
                vec![(
                    Moment::FirstBatch,
                    change(EnvironmentChange::Deploy("theirs".to_owned())),
                )]
            }
            BadDay::SomebodyEdits => {
                let theirs = Edit {
                    image: Some(self.image(ImageSpec::mine("theirs"))?),
                    ..Edit::default()
                };
                vec![(Moment::FirstBatch, change(EnvironmentChange::Edit(theirs)))]
            }
            BadDay::SomebodySwaps => {
                let other = self.another(environment)?;
                vec![(
                    Moment::FirstBatch,
                    change(EnvironmentChange::SwapCname(other)),
                )]
            }
            BadDay::SomebodyTerminates => {
                vec![(Moment::FirstBatch, change(EnvironmentChange::Terminating))]
            }
            BadDay::ManagedRefreshFollows => {
                vec![(
                    Moment::Ready,
                    change(EnvironmentChange::ManagedUpdate(refresh)),
                )]
            }
            BadDay::HealthSuffersElsewhere => vec![(Moment::Ready, change(health))],
            BadDay::ScalesAfterwards => {
                let more = u32::try_from(count).unwrap_or(0) + 2;
                vec![(Moment::Ready, change(EnvironmentChange::Scale(more)))]
            }
            _ => Vec::new(),
        })
    }

    /// An environment beside this one: made for it, so that nobody else's is touched.
    fn another(&self, environment: &str) -> Result<String, WorldError> {
        let name = format!("{environment}-blue");
        let of = self.account.environment(environment);
        if let Some(of) = of.filter(|_| self.account.environment(&name).is_none()) {
            self.environment(EnvironmentSpec {
                application: of.application,
                name: name.clone(),
                platform_arn: of.platform_arn,
                ..EnvironmentSpec::default()
            })?;
        }
        Ok(name)
    }
}
