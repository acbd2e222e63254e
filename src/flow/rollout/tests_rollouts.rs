//! A watch that rolls out, for the tests of the decision: environments on an older image of ours, a newer
//! one that is verified, and whatever a test puts in the way. Reading an environment gives a healthy one
//! that is replaced immutably, unless the test says otherwise.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::applied::apply_decision;
use super::before::EnvironmentReading;
use super::case::{
    RolloutCase, RolloutDecision, TargetDecision, TargetKnown, TargetLook, TargetRead, TargetStand,
};
use super::decide::decide_rollout;
use super::image_choice::{ChosenImage, image_to_move_to};
use crate::flow::test_world::{BASE_450, BASE_451, World, arn, now, pattern, scope};
use crate::model::drift::Drift;
use crate::model::environment::{
    EnhancedStatus, EnvironmentHealth, EnvironmentNow, EnvironmentStatus, HealthColor, IMAGE_ID,
    LAUNCH_CONFIGURATION, ManagedActions, OptionSet, OptionSets, RunningImage,
};
use crate::model::ids::{ImageId, PlatformArn, TargetId};
use crate::model::key_access::KeysRead;
use crate::model::plan::PlanItem;
use crate::model::platform_choice::PlatformChoice;
use crate::model::reason::ReasonCode;
use crate::model::rollout::{MoveEnded, MoveFault, MoveOrder, MovingClaim, TargetMoves};
use crate::model::rollout_memory::{
    ApprovalAnswer, ApprovalSaid, ImageRollout, PersonsOrder, RolloutMemory,
};
use crate::model::rollout_rules::{RolloutApproval, RolloutRules};
use crate::model::scaling::GroupsRead;
use crate::model::sighting::{EnvironmentSighting, Tier};
use crate::model::watch::{OnDrift, Watch};

pub(crate) const OLD: &str = "ami-ours450";
pub(crate) const NEW: &str = "ami-ours451";
pub(crate) const ROLLING: &str = "aws:autoscaling:updatepolicy:rollingupdate";
const HEALTH_SYSTEM: &str = "aws:elasticbeanstalk:healthreporting:system";

/// What a decision is made from.
pub(crate) struct RollingWorld {
    pub(in crate::flow) world: World,
    pub(crate) memory: RolloutMemory,
    pub(crate) known: BTreeMap<TargetId, TargetKnown>,
    pub(crate) rivals: Vec<Watch>,
    /// What a closer look gives, where it is not what is usual.
    pub(crate) looks: BTreeMap<TargetId, TargetLook>,
    /// Looks that were taken.
    pub(crate) looked: Vec<String>,
    /// The last word on the verdict.
    pub(crate) alter: fn(&mut Drift),
}

/// An environment of the application `shop`.
pub(crate) fn id(environment: &str) -> TargetId {
    TargetId {
        scope: scope(),
        application: "shop".to_owned(),
        environment: environment.to_owned(),
    }
}

impl RollingWorld {
    /// These environments on the older image, in these waves; nobody has to approve anything.
    pub(crate) fn of(environments: &[&str], waves: &[&str]) -> Self {
        let mut world = World::new();
        world.ours(OLD, BASE_450, 0);
        world.ours(NEW, BASE_451, 0);
        world.watch.on_drift = OnDrift::Rollout;
        world.watch.targets = vec![pattern("shop", "*")];
        let mut rules = RolloutRules::default();
        rules.order.waves = waves.iter().map(|wave| (*wave).to_owned()).collect();
        rules.order.approval = RolloutApproval::None;
        world.watch.rollout = Some(rules);
        for name in environments {
            world.environment(name, "4.5.0", OLD);
        }
        Self {
            world,
            memory: RolloutMemory::default(),
            known: BTreeMap::new(),
            rivals: Vec::new(),
            looks: BTreeMap::new(),
            looked: Vec::new(),
            alter: |_| {},
        }
    }

    /// A canary, then two others.
    pub(crate) fn usual() -> Self {
        Self::of(
            &["shop-canary", "shop-1", "shop-2"],
            &["shop-canary", "shop-*"],
        )
    }

    pub(crate) fn rules(&mut self) -> &mut RolloutRules {
        self.world.watch.rollout.get_or_insert_default()
    }

    pub(crate) fn known(&mut self, environment: &str) -> &mut TargetKnown {
        self.known.entry(id(environment)).or_default()
    }

    /// Time goes on.
    pub(crate) fn wait(&mut self, minutes: i64) {
        self.world.now += TimeDelta::minutes(minutes);
    }

    /// A move has it in hand.
    pub(crate) fn claim(&mut self, environment: &str) {
        self.known(environment).claim = Some(MovingClaim {
            journal: format!("move/{environment}/1"),
            watch: "shop".into(),
        });
    }

    /// Its last move ended so, now.
    pub(crate) fn ended(&mut self, environment: &str, back: bool, fault: Option<MoveFault>) {
        let (from, to) = if back { (NEW, OLD) } else { (OLD, NEW) };
        self.ended_from_to(environment, back, (from, to), fault);
    }

    /// It was proved on the image that it runs, or was not.
    pub(crate) fn proof_ended(&mut self, environment: &str, fault: Option<MoveFault>) {
        self.ended_from_to(environment, false, (NEW, NEW), fault);
    }

    /// Its last move ended so, now, from one image to another.
    pub(crate) fn ended_from_to(
        &mut self,
        environment: &str,
        back: bool,
        (from, to): (&str, &str),
        fault: Option<MoveFault>,
    ) {
        let at = self.world.now;
        let known = self.known(environment);
        known.claim = None;
        known.moves = TargetMoves {
            ordered: known.moves.ordered + 1,
            last: Some(MoveEnded {
                journal: format!("move/{environment}/1"),
                at,
                back,
                from: Some(from.into()),
                to: Some(to.into()),
                fault,
                why: None,
            }),
            ..known.moves.clone()
        };
    }

    /// It runs the newer image and its platform version now.
    pub(crate) fn runs_new(&mut self, environment: &str) {
        self.runs(environment, "4.5.1", NEW);
    }

    /// It runs the older image and its platform version again.
    pub(crate) fn runs_old(&mut self, environment: &str) {
        self.runs(environment, "4.5.0", OLD);
    }

    fn runs(&mut self, environment: &str, version: &str, image: &str) {
        let environments = self.world.environments();
        environments.retain(|one| one.environment.target.environment != environment);
        self.world.environment(environment, version, image);
        let listed = self.world.environments();
        listed.sort_by(|a, b| b.environment.target.cmp(&a.environment.target));
    }

    /// What a look at the list shows of it.
    pub(in crate::flow) fn listed(&mut self, environment: &str) -> &mut EnvironmentSighting {
        let mut all = self.world.environments().iter_mut();
        let found = all.find(|one| one.environment.target.environment == environment);
        found.unwrap_or_else(|| panic!("no {environment}"))
    }

    /// The colour that the list shows of it.
    pub(crate) fn shows(&mut self, environment: &str, color: HealthColor) {
        self.listed(environment).environment.color = color;
    }

    /// A person answered the question.
    pub(crate) fn answered(&mut self, said: ApprovalSaid) {
        let at = self.world.now;
        let question = self.memory.approval.as_mut().expect("a question");
        question.answer = Some(ApprovalAnswer {
            said,
            by: "ann".to_owned(),
            at,
        });
    }

    /// A person ordered the image for the whole watch.
    pub(crate) fn is_ordered(&mut self, now: bool) {
        self.image_is_ordered(NEW, now);
    }

    /// The same of another image.
    pub(crate) fn image_is_ordered(&mut self, image: &str, now: bool) {
        let at = self.world.now;
        let mut rollout = ImageRollout::begun(image.into(), at);
        rollout.ordered = Some(PersonsOrder {
            by: "ann".to_owned(),
            at,
            now,
        });
        self.memory.image = Some(rollout);
    }

    /// A move of ours brought it to the newer image.
    pub(crate) fn moved(&mut self, environment: &str) {
        self.runs_new(environment);
        self.ended(environment, false, None);
    }

    /// What a closer look gives.
    pub(crate) fn reads(&mut self, environment: &str, change: impl FnOnce(&mut TargetRead)) {
        let mut read = self.usual_read(environment);
        change(&mut read);
        let look = TargetLook::Read(Box::new(read));
        self.looks.insert(id(environment), look);
    }

    /// A healthy one, on the image and the version that the list shows of it; the version that goes with the
    /// chosen image takes its place.
    fn usual_read(&mut self, environment: &str) -> TargetRead {
        let goes_with = self.version_of_chosen();
        let listed = self.listed(environment);
        let version = listed.environment.platform.clone();
        let version = version.unwrap_or_else(|| arn("4.5.0"));
        let image = listed.settings.known().and_then(|set| set.image.clone());
        let of_version = if version == arn("4.5.1") { NEW } else { OLD };
        let image = image.unwrap_or_else(|| of_version.into());
        let mut read = healthy(environment, &image, &version, self.world.now);
        if let Some((to, version)) =
            goes_with.filter(|(to, _)| Some(to) != read.reading.now.platform.as_ref())
        {
            read.platform = PlatformChoice::Moves { to, version };
        }
        read
    }

    fn version_of_chosen(&self) -> Option<(PlatformArn, String)> {
        let base = self.chosen(&self.drift())?.base_image;
        let mut versions = self.world.sighting.platforms.values();
        versions.find_map(|version| {
            let version = version.known()?;
            let of = version.images.iter().any(|(_, image)| *image == base);
            of.then(|| (version.arn.clone(), version.version.clone()))
        })
    }

    /// A newer release, and a verified image of ours that was made from it.
    pub(crate) fn newer_image(&mut self, version: &str, base: &str, image: &str) {
        self.world.version(version, base, 1);
        self.world.recommend(version);
        self.world.ours(image, base, 0);
    }

    pub(crate) fn drift(&self) -> Drift {
        let mut drift = self.world.drift();
        (self.alter)(&mut drift);
        drift
    }

    fn chosen(&self, drift: &Drift) -> Option<ChosenImage> {
        let region = scope().region;
        image_to_move_to(None, drift, &self.world.seen, &self.world.history, &region).ok()
    }

    /// Decides without a closer look.
    pub(crate) fn decide_once(&self) -> RolloutDecision {
        let drift = self.drift();
        let chosen = self.chosen(&drift);
        let rivals: Vec<&Watch> = self.rivals.iter().collect();
        decide_rollout(&RolloutCase {
            watch: &self.world.watch,
            installation: &self.world.wanted.installation,
            home: &scope(),
            drift: &drift,
            chosen: chosen.as_ref(),
            memory: &self.memory,
            known: &self.known,
            rivals: &rivals,
            now: self.world.now,
        })
    }

    /// Decides as a pass does: looks at whoever is to be looked at, until all is decided.
    pub(crate) fn decide(&mut self) -> RolloutDecision {
        for known in self.known.values_mut() {
            known.look = TargetLook::NotRead;
        }
        self.looked.clear();
        for _ in 0..=2 * self.world.environments().len() {
            let decision = self.decide_once();
            if decision.read_next.is_empty() {
                return decision;
            }
            for target in &decision.read_next {
                if self.asked_last(target) {
                    continue;
                }
                assert!(!self.looked.contains(&target.environment), "read twice");
                self.looked.push(target.environment.clone());
                let usual = self.usual_read(&target.environment);
                let look = self.looks.get(target).cloned();
                let mut look = look.unwrap_or(TargetLook::Read(Box::new(usual)));
                if let TargetLook::Read(read) = &mut look {
                    read.reading.groups = GroupsRead::NotAsked;
                    read.reading.keys = KeysRead::NotAsked;
                }
                self.known(&target.environment).look = look;
            }
        }
        panic!("it does not come to an end");
    }

    /// What is asked last of one that was read already: nothing is suspended, and the image is not encrypted,
    /// unless a test says so.
    fn asked_last(&mut self, target: &TargetId) -> bool {
        let said = match self.looks.get(target) {
            Some(TargetLook::Read(read)) => {
                (read.reading.groups.clone(), read.reading.keys.clone())
            }
            _ => Default::default(),
        };
        let TargetLook::Read(read) = &mut self.known(&target.environment).look else {
            return false;
        };
        assert!(read.asks_more(), "asked twice");
        read.reading.groups = match said.0 {
            GroupsRead::NotAsked => GroupsRead::Told(Vec::new()),
            said => said,
        };
        read.reading.keys = match said.1 {
            KeysRead::NotAsked => KeysRead::Open,
            said => said,
        };
        true
    }

    /// One pass: what it says is to be remembered is, and what it begins is under way.
    pub(crate) fn pass(&mut self) -> RolloutDecision {
        let decision = self.decide();
        if let Some(memory) = &decision.memory {
            self.memory = memory.clone();
        }
        for name in moves(&decision) {
            self.claim(&name);
        }
        decision
    }

    /// The plan with a decision in it.
    pub(crate) fn planned(&self, decision: &RolloutDecision) -> PlanItem {
        let mut item = self.world.plan();
        apply_decision(&mut item, decision);
        item
    }
}

/// Those that are moved now.
pub(crate) fn moves(decision: &RolloutDecision) -> Vec<String> {
    let moving = decision.targets.iter();
    let moving = moving.filter(|one| matches!(one.stand, TargetStand::Move(_)));
    moving.map(|one| one.target.environment.clone()).collect()
}

/// The order for one.
pub(crate) fn order<'a>(decision: &'a RolloutDecision, environment: &str) -> &'a MoveOrder {
    match &of(decision, environment).stand {
        TargetStand::Move(order) => order,
        other => panic!("{environment}: {other:?}"),
    }
}

pub(crate) fn of<'a>(decision: &'a RolloutDecision, environment: &str) -> &'a TargetDecision {
    let mut targets = decision.targets.iter();
    let found = targets.find(|one| one.target.environment == environment);
    found.unwrap_or_else(|| panic!("no {environment}"))
}

/// What stands in its way.
pub(crate) fn gates(decision: &RolloutDecision, environment: &str) -> Vec<ReasonCode> {
    let gates = of(decision, environment).gates.iter();
    gates.map(|reason| reason.code).collect()
}

/// A healthy environment that is replaced immutably.
pub(crate) fn healthy(
    environment: &str,
    image: &ImageId,
    version: &PlatformArn,
    at: DateTime<Utc>,
) -> TargetRead {
    let options = [
        (LAUNCH_CONFIGURATION, IMAGE_ID, image.as_str()),
        (ROLLING, "RollingUpdateType", "Immutable"),
        (HEALTH_SYSTEM, "SystemType", "enhanced"),
    ];
    let values = options.map(|(namespace, name, value)| {
        ((namespace.to_owned(), name.to_owned()), value.to_owned())
    });
    let running = (0..2).map(|n| RunningImage {
        instance: format!("i-{n}").as_str().into(),
        image: image.clone(),
        ends: false,
    });
    let reading = EnvironmentReading {
        scope: scope(),
        now: EnvironmentNow {
            target: id(environment),
            id: format!("e-{environment}"),
            status: EnvironmentStatus::Ready,
            color: HealthColor::Green,
            abortable: false,
            platform: Some(version.clone()),
            version_label: Some("v7".to_owned()),
            cname: None,
            template: None,
            updated: None,
            tier: Tier::WebServer,
        },
        sets: OptionSets {
            deployed: Some(OptionSet {
                platform: Some(version.clone()),
                updated: Some(now()),
                values: BTreeMap::from(values),
            }),
            ..OptionSets::default()
        },
        health: EnvironmentHealth::Enhanced {
            status: EnhancedStatus::Ok,
            causes: Vec::new(),
        },
        running: running.collect(),
        platform_own: None,
        managed: ManagedActions::Told(Vec::new()),
        group_names: vec![format!("awseb-{environment}")],
        groups: GroupsRead::NotAsked,
        keys: KeysRead::NotAsked,
        at,
    };
    let platform = PlatformChoice::Stays;
    TargetRead { reading, platform }
}
