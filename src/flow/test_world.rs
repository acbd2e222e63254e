//! A small world for the tests of the plain stages, built by verbs: one branch with three releases,
//! environments and images put in as a test needs them. Everything is known until a test hides it.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::compare::compare;
use super::plan::plan_watch;
use crate::model::bake::{BakeKey, BakedImage, KeyInputs, RecipeDigest};
use crate::model::base::{Base, BaseSource, BranchLifecycle, PlatformVersion, Release};
use crate::model::drift::Drift;
use crate::model::history::{Failing, Memory, WatchHistory};
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::{Architecture, ImageId, PlatformArn, Scope, TargetId};
use crate::model::image::{Image, ImageState};
use crate::model::plan::PlanItem;
use crate::model::reason::{Reason, ReasonCode};
use crate::model::sighting::{
    DeployedSettings, Environment, EnvironmentSighting, ImageSighting, Lineage, LineageSource,
    RunningImage, Seen, Sighting, Tier, Trouble, WatchSighting,
};
use crate::model::tags;
use crate::model::version::VersionWish;
use crate::model::watch::{OnDrift, Recipe, TargetPattern, Wanted, Watch};

pub(super) const BRANCH: &str = "ECS running on 64bit Amazon Linux 2023";

/// The images of versions 4.4.0, 4.5.0 and 4.5.1; the last is recommended.
pub(super) const BASE_440: &str = "ami-base440";
pub(super) const BASE_450: &str = "ami-base450";
pub(super) const BASE_451: &str = "ami-base451";

/// Everything that compare and plan are given.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub now: DateTime<Utc>,
    pub watch: Watch,
    pub wanted: Wanted,
    pub sighting: Sighting,
    pub seen: WatchSighting,
    pub history: WatchHistory,
    pub holds: Vec<Hold>,
}

/// The time in every world.
pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

pub(super) fn days(days: i64) -> TimeDelta {
    TimeDelta::days(days)
}

pub(super) fn trouble(what: &str) -> Trouble {
    Trouble {
        what: what.to_owned(),
        why: "no answer; look again".to_owned(),
        denied: false,
    }
}

pub(super) fn arn(version: &str) -> PlatformArn {
    PlatformArn::new(format!(
        "arn:aws:elasticbeanstalk:eu-west-1::platform/{BRANCH}/{version}"
    ))
}

pub(super) fn digest() -> RecipeDigest {
    RecipeDigest::of_user_data("#cloud-config\n", false)
}

/// Codes as people read them.
pub(super) fn codes<'a>(reasons: impl IntoIterator<Item = &'a Reason>) -> Vec<&'static str> {
    let reasons = reasons.into_iter();
    reasons.map(|reason| reason.code.as_str()).collect()
}

impl World {
    /// A watch that bakes, on a branch whose 4.5.1 is recommended; no environment, no image of ours.
    pub(super) fn new() -> Self {
        let mut world = Self {
            now: now(),
            watch: watch(),
            wanted: Wanted {
                installation: "acme".into(),
                recipe_digest: Some(digest()),
            },
            sighting: Sighting {
                at: now(),
                scope: Seen::Known(scope()),
                environments: Seen::Known(Vec::new()),
                others: 1,
                elsewhere: BTreeMap::new(),
                platforms: BTreeMap::new(),
                recommended: BTreeMap::new(),
                images: BTreeMap::new(),
                counterparts: Default::default(),
                troubles: Vec::new(),
            },
            seen: WatchSighting {
                release: Seen::Absent,
                earlier: Vec::new(),
                earlier_untold: Vec::new(),
                lines: Vec::new(),
                ours: Seen::Known(Vec::new()),
            },
            history: WatchHistory::default(),
            holds: Vec::new(),
        };
        world.version("4.4.0", BASE_440, 90);
        world.version("4.5.0", BASE_450, 40);
        world.version("4.5.1", BASE_451, 10);
        world.recommend("4.5.1");
        world
    }

    /// A platform version of the branch with an x86_64 image of this age.
    pub(super) fn version(&mut self, version: &str, image: &str, age_days: i64) {
        self.amazon(image, age_days);
        let platform = PlatformVersion {
            arn: arn(version),
            branch: BRANCH.to_owned(),
            version: version.to_owned(),
            solution_stack: None,
            recommended: false,
            branch_lifecycle: BranchLifecycle::Supported,
            operating_system: None,
            created: None,
            images: vec![(Architecture::X86_64, image.into())],
        };
        let platforms = &mut self.sighting.platforms;
        platforms.insert(arn(version), Seen::Known(platform));
    }

    /// Makes a version the recommended one, and its image the newest release.
    pub(super) fn recommend(&mut self, version: &str) {
        let platform = self.sighting.platforms[&arn(version)].clone();
        let known = platform.known().unwrap();
        let image = known.image(Architecture::X86_64).unwrap().clone();
        let facts = self.sighting.images[&image].image.known().cloned();
        self.seen.release = Seen::Known(Release {
            image,
            image_name: facts.as_ref().map(|image| image.name.clone()),
            version: version.to_owned(),
            architecture: Architecture::X86_64,
            created: facts.as_ref().and_then(|image| image.created),
            deprecated_from: facts.as_ref().and_then(|image| image.deprecated_from),
            platform: Some(arn(version)),
            branch_lifecycle: known.branch_lifecycle,
        });
        let recommended = &mut self.sighting.recommended;
        recommended.insert(BRANCH.to_owned(), platform);
    }

    /// Makes an image that is no platform version's the newest release.
    pub(super) fn released(&mut self, id: &str) {
        let image = self.image_facts(id);
        self.seen.release = Seen::Known(Release {
            image: id.into(),
            image_name: Some(image.name.clone()),
            version: image.name.clone(),
            architecture: Architecture::X86_64,
            created: image.created,
            deprecated_from: image.deprecated_from,
            platform: None,
            branch_lifecycle: BranchLifecycle::NotSaid,
        });
    }

    /// An Amazon image.
    pub(super) fn amazon(&mut self, id: &str, age_days: i64) {
        let name = format!(
            "{}.64bit-eb_ecs_amazon_linux_2023-hvm-{id}",
            "aws-elasticbeanstalk"
        );
        let image = Image {
            name,
            owner: "964913206263".into(),
            ours: false,
            owner_alias: Some("amazon".to_owned()),
            public: true,
            ..image(id, age_days)
        };
        self.put(image, Lineage::IsBase);
    }

    /// An image that somebody made by hand in this account.
    pub(super) fn custom(&mut self, id: &str, base: &str) {
        self.put(image(id, 5), from(base));
    }

    /// An image that this watch baked, verified, in EC2 and among ours.
    pub(super) fn ours(&mut self, id: &str, base: &str, generation: u32) {
        self.ours_in_stage(id, base, generation, tags::state::VERIFIED);
    }

    pub(super) fn ours_in_stage(&mut self, id: &str, base: &str, generation: u32, stage: &str) {
        let mut image = image(id, 5);
        let key = self.key(base, generation);
        image.name = format!("amiwatch/shop/4.5.0/{}-{generation}", key.short());
        image.source_image = Some(base.into());
        image.source_instance = Some("i-0builder".into());
        for (name, value) in [
            (tags::INSTALLATION, "acme"),
            (tags::WATCH, "shop"),
            (tags::KEY, key.as_str()),
            (tags::GENERATION, &generation.to_string()),
            (tags::BASE_IMAGE, base),
            (tags::RECIPE_DIGEST, digest().as_str()),
            (tags::STATE, stage),
        ] {
            image.tags.insert(name.to_owned(), value.to_owned());
        }
        self.put(image.clone(), from(base));
        self.change_ours(|ours| ours.push(image));
    }

    pub(super) fn change_ours(&mut self, change: impl FnOnce(&mut Vec<Image>)) {
        let Seen::Known(ours) = &mut self.seen.ours else {
            panic!("ours are hidden");
        };
        change(ours);
    }

    pub(super) fn put(&mut self, image: Image, lineage: Lineage) {
        let id = image.id.clone();
        let image = Seen::Known(image);
        let images = &mut self.sighting.images;
        images.insert(id, ImageSighting { image, lineage });
    }

    pub(super) fn image(&mut self, id: &str) -> &mut ImageSighting {
        self.sighting.images.get_mut(&ImageId::from(id)).unwrap()
    }

    pub(super) fn image_facts(&mut self, id: &str) -> &mut Image {
        match &mut self.image(id).image {
            Seen::Known(image) => image,
            hidden => panic!("{id} is {hidden:?}"),
        }
    }

    /// EC2 answers, and does not list it.
    pub(super) fn gone(&mut self, id: &str) {
        let images = &mut self.sighting.images;
        images.insert(
            id.into(),
            ImageSighting {
                image: Seen::Absent,
                lineage: Lineage::NotKnown,
            },
        );
    }

    /// An environment of application `shop`, Ready, x86_64.
    /// An environment, and the pattern that names it: a world without any names none.
    pub(super) fn environment(&mut self, name: &str, version: &str, image: &str) {
        if self.watch.targets.is_empty() {
            self.watch.targets = vec![pattern("shop", "shop-*")];
        }
        let environment = Environment {
            target: TargetId {
                scope: scope(),
                application: "shop".to_owned(),
                environment: name.to_owned(),
            },
            platform: Some(arn(version)),
            solution_stack: None,
            tier: Tier::WebServer,
            status: "Ready".to_owned(),
            updated: None,
        };
        let settings = Seen::Known(DeployedSettings {
            image: Some(image.into()),
            not_set: false,
            draft: None,
            managed_updates: false,
        });
        self.environments().push(EnvironmentSighting {
            environment,
            settings,
            running: None,
        });
    }

    /// What the instances of the first environment run, and whether they end.
    pub(super) fn runs(&mut self, instances: &[(&str, bool)]) {
        let numbered = instances.iter().enumerate();
        let running = numbered.map(|(at, (image, ends))| RunningImage {
            instance: format!("i-{at}").as_str().into(),
            image: (*image).into(),
            ends: *ends,
        });
        self.environments()[0].running = Some(Seen::Known(running.collect()));
    }

    /// Elastic Beanstalk updates the first environment's platform version by itself.
    pub(super) fn updates_itself(&mut self) {
        match &mut self.environments()[0].settings {
            Seen::Known(settings) => settings.managed_updates = true,
            hidden => panic!("the settings are {hidden:?}"),
        }
    }

    pub(super) fn environments(&mut self) -> &mut Vec<EnvironmentSighting> {
        match &mut self.sighting.environments {
            Seen::Known(list) => list,
            hidden => panic!("the environments are {hidden:?}"),
        }
    }

    pub(super) fn platform(&mut self, version: &str) -> &mut PlatformVersion {
        match self.sighting.platforms.get_mut(&arn(version)) {
            Some(Seen::Known(platform)) => platform,
            hidden => panic!("{version} is {hidden:?}"),
        }
    }

    /// The store remembers this image of ours as the current one.
    pub(super) fn remember(&mut self, id: &str, base: &str, generation: u32) {
        self.history.current = Some(BakedImage {
            image: id.into(),
            key: self.key(base, generation),
            generation,
            base_image: base.into(),
            base_version: "4.5.0".to_owned(),
            recipe_digest: digest(),
            baked_at: now() - days(5),
            redundant: false,
            checks_digest: None,
            adopted_at: None,
            changes: None,
        });
    }

    pub(super) fn key(&self, base: &str, generation: u32) -> BakeKey {
        BakeKey::derive(&KeyInputs {
            installation: &self.wanted.installation,
            watch: &self.watch.name,
            release_image: &base.into(),
            recipe_digest: &digest(),
            architecture: Architecture::X86_64,
            generation,
        })
    }

    pub(super) fn fail(&mut self, base: &str, attempts: u32, next_at: Option<DateTime<Utc>>) {
        self.history.failing = Some(Failing {
            key: self.key(base, 0),
            attempts,
            last_at: now() - TimeDelta::hours(1),
            last_why: "check `driver` failed in the builder".to_owned(),
            next_at,
        });
    }

    pub(super) fn memory(&self) -> Memory {
        Memory {
            history: self.history.clone(),
            holds: self.holds.clone(),
        }
    }

    /// A person's no, said a day ago.
    pub(super) fn hold(&mut self, on: HeldThing, until: Option<DateTime<Utc>>) {
        self.holds.push(Hold {
            on,
            reason: "it breaks logging".to_owned(),
            by: "ann".to_owned(),
            since: now() - days(1),
            until,
        });
    }

    /// The versions of the branch before the recommended one, as earlier releases.
    pub(super) fn earlier(&mut self, versions: &[&str]) {
        let newest = self.seen.release.clone();
        let recommended = self.sighting.recommended.clone();
        self.seen.earlier = versions
            .iter()
            .filter_map(|version| {
                self.recommend(version);
                self.seen.release.known().cloned()
            })
            .collect();
        self.seen.release = newest;
        self.sighting.recommended = recommended;
    }

    pub(super) fn drift(&self) -> Drift {
        compare(
            &self.watch,
            &self.wanted,
            &self.sighting,
            &self.seen,
            &self.memory(),
            self.now,
        )
    }

    pub(super) fn plan(&self) -> PlanItem {
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
    pub(super) fn own_codes(&self) -> Vec<&'static str> {
        codes(&self.drift().reasons)
    }

    /// The codes of one environment that the watch names.
    pub(super) fn target_codes(&self, name: &str) -> Vec<&'static str> {
        let drift = self.drift();
        let mut targets = drift.targets.iter();
        let target = targets.find(|target| target.target.environment == name);
        codes(&target.unwrap().reasons)
    }

    /// The watch's own reason of this code.
    pub(super) fn reason(&self, code: ReasonCode) -> Reason {
        let drift = self.drift();
        let found = drift.all_reasons().find(|reason| reason.code == code);
        found.unwrap().clone()
    }
}

/// A target as a config names it.
pub(super) fn pattern(application: &str, environment: &str) -> TargetPattern {
    TargetPattern {
        application: application.to_owned(),
        environment: environment.to_owned(),
    }
}

fn watch() -> Watch {
    Watch {
        name: "shop".into(),
        region: None,
        base: Base {
            source: BaseSource::Beanstalk {
                branch: BRANCH.to_owned(),
                version: VersionWish::Recommended,
            },
            architecture: Architecture::X86_64,
        },
        recipe: Some(Recipe {
            name: "ecs-logging".to_owned(),
            user_data: "#cloud-config\n".to_owned(),
            path: "recipes/ecs-logging.yaml".into(),
            template: false,
            checks: Vec::new(),
            boot_checks: Vec::new(),
            unchecked: true,
        }),
        on_drift: OnDrift::Bake,
        soak: None,
        max_age: Some(Duration::from_secs(30 * 86_400)),
        targets: Vec::new(),
        rollout: None,
    }
}

pub(super) fn scope() -> Scope {
    Scope {
        partition: "aws".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
    }
}

/// A plain image of this account.
fn image(id: &str, age_days: i64) -> Image {
    Image {
        id: id.into(),
        region: "eu-west-1".into(),
        name: format!("image {id}"),
        owner: "111122223333".into(),
        ours: true,
        owner_alias: None,
        public: false,
        architecture: Some(Architecture::X86_64),
        state: ImageState::Available,
        state_reason: None,
        created: Some(now() - days(age_days)),
        deprecated_from: None,
        source_image: None,
        source_region: None,
        source_instance: None,
        snapshots: Vec::new(),
        tags: BTreeMap::new(),
    }
}

fn from(base: &str) -> Lineage {
    Lineage::From {
        base: base.into(),
        told_by: LineageSource::SourceImage,
    }
}
