//! Looks at the simulated account over the real wire: what a look costs, and what is left of it when
//! questions get no answer.

mod answers_tests;
mod bases_tests;
mod costs_tests;
mod earlier_tests;
mod images_tests;
mod pages_tests;
mod pages_turns_tests;
mod versions_tests;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sim::{
    Account, At, EnvironmentChange, EnvironmentSpec, FaultKind, FaultRule, ImageChange, ImageSpec,
    Release,
};

use super::*;
use crate::cloud::canned::connection_to;
use crate::cloud::{Connection, Identity, Pace};
use crate::flow::compare::standing::EnvironmentStanding;
use crate::flow::survey::survey;
use crate::flow::test_world::codes;
use crate::model::bake::{BakeKey, KeyInputs, RecipeDigest};
use crate::model::base::BaseSource;
use crate::model::history::Memory;
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::Architecture;
use crate::model::image::ImageKind;
use crate::model::sighting::{Lineage, LineageSource, WatchSighting};
use crate::model::tags;
use crate::model::version::VersionWish;
use crate::model::watch::OnDrift;

pub(super) const BRANCH: &str = "ECS running on 64bit Amazon Linux 2023";

const REGION: &str = "eu-west-1";

/// An account with one branch whose 4.5.1 is recommended, and the door to it.
pub(super) struct Town {
    pub(super) account: Account,
    pub(super) clock: Clock,
    pub(super) cloud: Cloud,
    connection: Connection,
    /// The image of each version.
    pub(super) base: BTreeMap<&'static str, String>,
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

impl Town {
    /// Retries of the SDK pass quickly: the clock runs a thousand times as fast.
    pub(super) fn new() -> Self {
        Self::on(Clock::scaled(start(), 1000.0))
    }

    /// For a runtime whose time is paused.
    pub(super) fn in_virtual_time() -> Self {
        Self::on(Clock::virtual_from(start()))
    }

    fn on(clock: Clock) -> Self {
        let told = clock.clone();
        let account = Account::new(sim::SimClock::new(move || told.now()));
        let at = account.at(REGION);
        let base = ["4.4.0", "4.5.0", "4.5.1"].map(|version| {
            let arn = at.release(Release::new(BRANCH, version)).unwrap();
            (version, image_of(&account, &arn, "x86_64"))
        });
        let connection = connection_to(&account, REGION, &clock);
        Self {
            cloud: connection.cloud(&Identity::Own, None).unwrap(),
            connection,
            base: BTreeMap::from(base),
            account,
            clock,
        }
    }

    /// Another door, at a pace that nothing has slowed down yet.
    pub(super) fn door(&self, pace: Pace) -> Cloud {
        self.connection
            .at_pace(pace)
            .cloud(&Identity::Own, None)
            .unwrap()
    }

    pub(super) fn at(&self) -> At {
        self.account.at(REGION)
    }

    pub(super) fn environment(&self, name: &str, version: &str) {
        let spec = EnvironmentSpec::new("shop", name, BRANCH).version(version);
        self.at().environment(spec).unwrap();
    }

    /// A thousand, on twenty platform versions.
    pub(super) fn thousand_environments(&self) {
        for at in 0..20 {
            let release = Release::new(BRANCH, &format!("5.0.{at}"));
            let arn = self.at().release(release).unwrap();
            for n in 0..50 {
                let name = format!("shop-{at}-{n}");
                let mut spec = EnvironmentSpec::new("shop", &name, BRANCH).instances(1);
                spec.platform_arn.clone_from(&arn);
                self.at().environment(spec).unwrap();
            }
        }
    }

    pub(super) fn environment_on(&self, name: &str, image: &str) {
        let spec = EnvironmentSpec::new("shop", name, BRANCH).image(image);
        self.at().environment(spec).unwrap();
    }

    /// An image of the account, made from another as EC2 records it.
    pub(super) fn custom(&self, source: Option<&str>) -> String {
        let spec = ImageSpec::mine(&format!("mine {source:?} {}", self.account.images().len()));
        let spec = match source {
            Some(source) => spec.source(source),
            None => spec,
        };
        self.at().image(spec).unwrap()
    }

    pub(super) async fn look(&self, look: &LookScope) -> Sighting {
        self.account.clear_ledger();
        sight(&self.cloud, &self.clock, look).await
    }

    pub(super) async fn survey(&self) -> Sighting {
        self.look(&LookScope::everything()).await
    }

    /// Calls since the last look began, by operation.
    pub(super) fn calls(&self) -> BTreeMap<String, u64> {
        self.account.counters().by_operation
    }
}

fn image_of(account: &Account, arn: &str, architecture: &str) -> String {
    account.platform(arn).unwrap().images[architecture].clone()
}

fn calls<const N: usize>(expected: [(&str, u64); N]) -> BTreeMap<String, u64> {
    expected
        .map(|(call, count)| (call.to_owned(), count))
        .into()
}

pub(super) fn standing<'a>(sighting: &'a Sighting, name: &str) -> EnvironmentStanding<'a> {
    let mut seen = sighting.environments.known().unwrap().iter();
    let found = seen.find(|seen| seen.environment.target.environment == name);
    EnvironmentStanding::of_environment(sighting, found.unwrap())
}

fn watch(source: BaseSource, architecture: Architecture) -> Watch {
    Watch {
        name: "shop".into(),
        region: None,
        base: Base {
            source,
            architecture,
        },
        recipe: None,
        on_drift: OnDrift::Notify,
        soak: None,
        max_age: None,
        targets: Vec::new(),
        rollout: None,
        publish: None,
        retire: None,
    }
}

pub(super) fn beanstalk() -> BaseSource {
    BaseSource::Beanstalk {
        branch: BRANCH.to_owned(),
        version: VersionWish::Recommended,
    }
}

impl Town {
    async fn watched(&self, watch: &Watch) -> (Sighting, WatchSighting) {
        self.remembering(watch, &Memory::default()).await
    }

    async fn remembering(&self, watch: &Watch, memory: &Memory) -> (Sighting, WatchSighting) {
        let look = LookScope::of_watches([(watch, &memory.history)]);
        let mut sighting = self.look(&look).await;
        let installation = "acme".into();
        let seen = watch_sighting(&self.cloud, &installation, watch, memory, &mut sighting).await;
        (sighting, seen)
    }
}

impl Town {
    /// A verified image of a watch, so many days old, with what EC2 records of a bake.
    fn baked(&self, watch: &str, generation: &str, base: &str, age_days: i64) -> String {
        let recipe = RecipeDigest::from_tag("d");
        let key = BakeKey::derive(&KeyInputs {
            installation: &"acme".into(),
            watch: &watch.into(),
            release_image: &base.into(),
            recipe_digest: &recipe,
            architecture: Architecture::X86_64,
            generation: generation.parse().unwrap(),
        });
        let name = format!("amiwatch/{watch}/4.5.0/{}-{generation}", key.short());
        let mut spec = ImageSpec::mine(&name).source(base);
        spec.source_instance_id = Some("i-0123456789abcdef0".to_owned());
        spec.created = Some(start() - chrono::TimeDelta::days(age_days));
        for (name, value) in [
            (tags::INSTALLATION, "acme"),
            (tags::WATCH, watch),
            (tags::ROLE, "image"),
            (tags::KEY, key.as_str()),
            (tags::GENERATION, generation),
            (tags::BASE_IMAGE, base),
            (tags::RECIPE_DIGEST, recipe.as_str()),
            (tags::STATE, "verified"),
        ] {
            spec.tags.insert(name.to_owned(), value.to_owned());
        }
        self.at().image(spec).unwrap()
    }
}

impl Town {
    /// A public image of anybody, some days old.
    fn public(&self, owner: &str, name: &str, age_days: i64) -> String {
        let spec = ImageSpec {
            owner: owner.to_owned(),
            public: true,
            created: Some(start() - chrono::TimeDelta::days(age_days)),
            ..ImageSpec::mine(name)
        };
        self.at().image(spec).unwrap()
    }
}

fn named(owners: &[&str], name: &str) -> BaseSource {
    BaseSource::Images {
        owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
        name: name.to_owned(),
    }
}

fn version(wish: VersionWish) -> BaseSource {
    BaseSource::Beanstalk {
        branch: BRANCH.to_owned(),
        version: wish,
    }
}

fn pattern(text: &str) -> BaseSource {
    version(VersionWish::Matching(text.parse().unwrap()))
}

/// `watch` with the environments of the application as targets.
fn followed() -> Watch {
    let mut watch = watch(version(VersionWish::Environment), Architecture::X86_64);
    watch.targets.push(TargetPattern {
        account: None,
        account_name: None,
        region: None,
        movable: true,
        application: "shop".to_owned(),
        environment: "*".to_owned(),
    });
    watch
}

fn soaking(source: BaseSource, days: u64) -> Watch {
    let mut watch = watch(source, Architecture::X86_64);
    watch.soak = Some(std::time::Duration::from_secs(days * 86_400));
    watch
}

/// A memory in which these images were seen, some days ago.
fn saw(images: &[(&str, i64)]) -> Memory {
    let mut memory = Memory::default();
    for (image, age_days) in images {
        let seen = start() - chrono::TimeDelta::days(*age_days);
        memory.history.saw(&ImageId::from(*image), seen);
    }
    memory
}

fn versions_of(seen: &WatchSighting) -> Vec<&str> {
    let releases = seen.earlier.iter();
    releases.map(|release| release.version.as_str()).collect()
}
