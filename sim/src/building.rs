//! Building the world and moving it, from behind the scenes: whole worlds, single actions, and how things go
//! from now on. What actions do is `actions`'s.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::account::{Account, At};
use crate::clock::delta;
use crate::events::Event;
use crate::fault::FaultRule;
use crate::roles::{RoleSpec, book};
use crate::throttle::Throttling;
use crate::world::{Action, Keeping, Launches, Moves, Step, Timing, World, WorldError};

impl Account {
    /// Loads a world: settings first, then its steps in order; steps with a time are scheduled.
    ///
    /// # Errors
    /// At the first step that does not fit; the steps before it stay.
    pub fn load(&self, world: World) -> Result<(), WorldError> {
        self.settle(&world);
        for account in world.accounts {
            self.open(account)?;
        }
        world.deny.iter().for_each(|action| self.deny(action));
        world.faults.into_iter().for_each(|rule| self.fault(rule));
        world
            .steps
            .into_iter()
            .try_for_each(|step| self.step(step).map(drop))
    }

    /// How things go from now on, in every account that is there and in those that are opened.
    fn settle(&self, world: &World) {
        for account in self.everyone() {
            account.set_timing(world.timing.clone());
            account.set_throttling(world.throttling.clone());
            account.set_moves(world.moves.clone());
            account.set_keeping(world.keeping);
            account.set_launches(world.launches);
        }
    }

    /// Carries out one step, or schedules it when it has a time. Returns the id, ARN or name of
    /// what was made; nothing for a scheduled step.
    ///
    /// # Errors
    /// When the step names something that is not there, or contradicts what is.
    pub fn step(&self, step: Step) -> Result<Option<String>, WorldError> {
        let later = step
            .after_s
            .and_then(|s| Duration::try_from_secs_f64(s).ok());
        let at = step.at.or(later.map(|by| self.now() + delta(by)));
        let account = self.account_of(&step)?;
        match at {
            Some(at) => {
                account.schedule(&step.region, at, step.action);
                Ok(None)
            }
            None => account.perform(&step.region, step.action).map(Some),
        }
    }

    fn account_of(&self, step: &Step) -> Result<Self, WorldError> {
        let Some(id) = &step.account else {
            return Ok(self.clone());
        };
        self.other(id).ok_or_else(|| WorldError::Missing {
            kind: "account",
            name: id.clone(),
            region: step.region.clone(),
        })
    }

    /// Carries out an action now; what AWS does, in every account. Returns the id, ARN or name of what was
    /// made or changed.
    ///
    /// # Errors
    /// When it names something that is not there, or contradicts what is.
    pub fn perform(&self, region: &str, mut action: Action) -> Result<String, WorldError> {
        let mut made = None;
        for place in self.places_of(region, &mut action) {
            let done = crate::actions::perform(&mut place.fresh(), region, action.clone());
            match place.id == self.id {
                true => made = Some(done?),
                // It may not have what is there: an image that was released before it was opened.
                false => drop(done),
            }
        }
        self.everyone().iter().for_each(Self::carry_over);
        Ok(made.unwrap_or_default())
    }

    /// Carries out an action at a time.
    pub fn schedule(&self, region: &str, at: DateTime<Utc>, mut action: Action) {
        for place in self.places_of(region, &mut action) {
            let event = Event::Scripted {
                region: region.to_owned(),
                action: Box::new(action.clone()),
            };
            place.schedule_event(at, event);
        }
    }

    /// The verbs of [`Action`] as methods, for one region.
    pub fn at(&self, region: &str) -> At {
        At {
            account: self.clone(),
            region: region.to_owned(),
        }
    }

    /// How long things take from now on.
    pub fn set_timing(&self, timing: Timing) {
        self.lock().core.timing = timing;
    }

    /// Token buckets from now on, all full.
    pub fn set_throttling(&self, throttling: Throttling) {
        self.lock().throttle.set(throttling);
    }

    /// How environment updates behave from now on where AWS documents nothing.
    pub fn set_moves(&self, moves: Moves) {
        self.lock().core.moves = moves;
    }

    /// How the account behaves from now on where AWS documents nothing of keeping images.
    pub fn set_keeping(&self, keeping: Keeping) {
        self.lock().core.keeping = keeping;
    }

    /// How what environments launch from looks from now on where AWS documents nothing.
    pub fn set_launches(&self, launches: Launches) {
        self.lock().core.launches = launches;
    }

    /// Adds a fault rule.
    pub fn fault(&self, rule: FaultRule) {
        self.lock().faults.add(rule);
    }

    /// Forgets all fault rules.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// Denies an action (`ec2:RunInstances`, `elasticbeanstalk:*`).
    pub fn deny(&self, action: &str) {
        self.lock().iam.deny(action);
    }

    /// Takes a denial back, named as it was set.
    pub fn allow(&self, action: &str) {
        self.lock().iam.allow_again(action);
    }

    /// A role of this account that can be assumed by anybody who knows the external id, where one is asked
    /// for; returns its ARN. Whom another trusts is a world's [`RoleSpec`].
    pub fn role(&self, name: &str, external_id: Option<&str>) -> String {
        let mut role = RoleSpec::trusting(name, &["*"]);
        role.external_id = external_id.map(str::to_owned);
        let arn = self.role_arn(name);
        book(&self.realm.roles).by_arn.insert(arn.clone(), role);
        arn
    }

    /// The ARN of a role of this account.
    pub fn role_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.id)
    }

    /// There is no such role any more. Its sessions last.
    pub fn role_gone(&self, name: &str) {
        book(&self.realm.roles).by_arn.remove(&self.role_arn(name));
    }

    /// Only what this IAM policy allows to sessions of a role, by its ARN; none: everything. Resources and
    /// conditions are looked at for Elastic Beanstalk's calls, and for what an update does on its caller's
    /// behalf; for the other services' calls any resource will do.
    ///
    /// # Errors
    /// When a statement lacks a part, or has one that is not simulated.
    pub fn set_role_policy(&self, role: &str, policy: Option<&Value>) -> Result<(), WorldError> {
        self.lock()
            .iam
            .set_role_policy(role, policy)
            .map_err(WorldError::Contradiction)
    }

    /// Only what this IAM policy's actions allow; none: everything. Resources and conditions are
    /// not looked at.
    ///
    /// # Errors
    /// When it has no statements, or one without Effect or Action.
    pub fn set_policy(&self, policy: Option<&Value>) -> Result<(), WorldError> {
        self.lock()
            .iam
            .set_policy(policy)
            .map_err(WorldError::Contradiction)
    }
}
