//! A small world for the tests of the plain stages, built by verbs: one branch with three releases,
//! environments and images put in as a test needs them. Everything is known until a test hides it.

mod decided;

mod environments;

mod remembered;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::bake::RecipeDigest;
use crate::model::base::{Base, BaseSource, BranchLifecycle, PlatformVersion, Release};
use crate::model::history::WatchHistory;
use crate::model::hold::Hold;
use crate::model::ids::{Architecture, ImageId, PlatformArn, Scope};
use crate::model::image::{Image, ImageState};
use crate::model::reason::Reason;
use crate::model::sighting::{
    ImageSighting, Lineage, LineageSource, Seen, Sighting, Trouble, WatchSighting,
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
                pages_unread: Vec::new(),
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

    pub(super) fn platform(&mut self, version: &str) -> &mut PlatformVersion {
        match self.sighting.platforms.get_mut(&arn(version)) {
            Some(Seen::Known(platform)) => platform,
            hidden => panic!("{version} is {hidden:?}"),
        }
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
}

/// A target as a config names it.
pub(super) fn pattern(application: &str, environment: &str) -> TargetPattern {
    TargetPattern {
        account: None,
        account_name: None,
        region: None,
        movable: true,
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
        publish: None,
        retire: None,
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
