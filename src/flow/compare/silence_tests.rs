//! Silence is not drift: whatever answer is taken away from whatever world, no code of the classes
//! drift and behind appears, and no plan turns into a bake.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use crate::flow::test_world::{BASE_440, BASE_450, BASE_451, World, arn, days, now, trouble};
use crate::model::base::BaseSource;
use crate::model::drift::Drift;
use crate::model::hold::HeldThing;
use crate::model::ids::{Architecture, ImageId};
use crate::model::plan::{Action, BakeDecision};
use crate::model::reason::{Class, Reason};
use crate::model::sighting::{Lineage, Seen};

const VERSIONS: [(&str, &str); 3] = [
    ("4.4.0", BASE_440),
    ("4.5.0", BASE_450),
    ("4.5.1", BASE_451),
];

/// A world as numbers: which version, image, base, state, ... each thing has.
#[derive(Debug, Clone)]
struct Shape {
    recommended: usize,
    ours: Vec<(usize, u32, usize)>,
    remembered: Option<usize>,
    environments: Vec<(usize, usize, bool)>,
    gone: Vec<usize>,
    soak_days: u64,
    failing: Option<(u32, bool)>,
    /// The base is Amazon's images by name.
    by_name: bool,
    /// What is held, and in how many days that ends.
    holds: Vec<(usize, i64)>,
    /// Which version's image was first seen how many days ago.
    seen: Vec<(usize, i64)>,
}

fn shape() -> impl Strategy<Value = Shape> {
    let version = 0..VERSIONS.len();
    (
        version.clone(),
        prop::collection::vec((version.clone(), 0..3_u32, 0..4_usize), 0..4),
        prop::option::of(version.clone()),
        prop::collection::vec((0..=VERSIONS.len(), 0..IMAGES.len(), any::<bool>()), 0..4),
        prop::collection::vec(0..IMAGES.len(), 0..2),
        0..20_u64,
        prop::option::of((1..7_u32, any::<bool>())),
        prop::collection::vec((0..HELD.len(), -2..3_i64), 0..3),
        prop::collection::vec((version, 0..20_i64), 0..3),
        any::<bool>(),
    )
        .prop_map(|of| Shape {
            recommended: of.0,
            ours: of.1,
            remembered: of.2,
            environments: of.3,
            gone: of.4,
            soak_days: of.5,
            failing: of.6,
            holds: of.7,
            seen: of.8,
            by_name: of.9,
        })
}

/// What may be held; an empty text is the watch.
const HELD: [&str; 6] = ["", "4.5.1", BASE_450, "4.4.0", "ami-0", "ami-1"];

fn held(what: &str) -> HeldThing {
    match what {
        "" => HeldThing::Watch,
        image if image.starts_with("ami-") && !image.contains("base") => {
            HeldThing::Image(image.into())
        }
        release => HeldThing::Release(release.to_owned()),
    }
}

/// The images that an environment may run.
const IMAGES: [&str; 11] = [
    BASE_440,
    BASE_450,
    BASE_451,
    "ami-0",
    "ami-1",
    "ami-2",
    "ami-hand",
    "ami-lost",
    "ami-shared",
    "ami-arm",
    "ami-docker",
];

fn world(shape: &Shape) -> World {
    let mut world = World::new();
    let stages = ["verified", "verified", "candidate", "rejected"];
    world.custom("ami-hand", BASE_440);
    world.custom("ami-shared", BASE_450);
    world.image_facts("ami-shared").ours = false;
    world.gone("ami-lost");
    world.custom("ami-arm", BASE_450);
    world.image_facts("ami-arm").architecture = Some(Architecture::Arm64);
    world.version("1.0.0", "ami-docker", 20);
    world.platform("1.0.0").branch = "Docker running on 64bit Amazon Linux 2023".to_owned();
    for at in 0..3 {
        world.custom(&format!("ami-{at}"), BASE_450);
    }
    for (at, (base, generation, stage)) in shape.ours.iter().enumerate() {
        let id = format!("ami-{at}");
        world.ours_in_stage(&id, VERSIONS[*base].1, *generation, stages[*stage]);
    }
    if let Some(base) = shape.remembered {
        world.remember("ami-0", VERSIONS[base].1, 0);
    }
    for (at, (version, image, ready)) in shape.environments.iter().enumerate() {
        let version = VERSIONS.get(*version).map_or("1.0.0", |known| known.0);
        world.environment(&format!("shop-{at}"), version, IMAGES[*image]);
        let status = if *ready { "Ready" } else { "Updating" };
        world.environments()[at].environment.status = status.to_owned();
    }
    for at in &shape.gone {
        world.gone(IMAGES[*at]);
    }
    world.watch.soak = Some(Duration::from_secs(shape.soak_days * 86_400));
    if shape.by_name {
        by_name(&mut world);
    }
    for (what, ends_in_days) in &shape.holds {
        world.hold(held(HELD[*what]), Some(now() + days(*ends_in_days)));
    }
    for (version, ago_days) in &shape.seen {
        let image = ImageId::from(VERSIONS[*version].1);
        world.history.saw(&image, now() - days(*ago_days));
    }
    world.recommend(VERSIONS[shape.recommended].0);
    let before = VERSIONS[..shape.recommended].iter().rev();
    let before: Vec<&str> = before.map(|(version, _)| *version).collect();
    world.earlier(&before);
    if let Some((attempts, held)) = shape.failing {
        let next_at = (!held).then(|| now() + days(i64::from(attempts) - 3));
        world.fail(VERSIONS[shape.recommended].1, attempts, next_at);
    }
    world
}

/// The watch follows Amazon's images by name, and images were made one from the other.
fn by_name(world: &mut World) {
    world.watch.base.source = BaseSource::Images {
        owners: vec!["amazon".to_owned()],
        name: "aws-elasticbeanstalk-*".to_owned(),
    };
    for (image, source) in [
        ("ami-hand", BASE_440),
        ("ami-shared", "ami-hand"),
        ("ami-2", "ami-shared"),
    ] {
        if let Seen::Known(facts) = &mut world.image(image).image {
            facts.source_image = Some(source.into());
        }
    }
}

/// Takes one answer away: the one at this place among all that the world holds.
fn silence(world: &mut World, at: usize) {
    let silent = || trouble("an answer");
    let environments = world.sighting.environments.known().map_or(0, Vec::len);
    let platforms: Vec<_> = world.sighting.platforms.keys().cloned().collect();
    let images: Vec<_> = world.sighting.images.keys().cloned().collect();
    let mut at = at % (6 + environments + platforms.len() + 2 * images.len());
    match at {
        0 => return world.sighting.environments = Seen::Unreachable(silent()),
        1 => return world.seen.release = Seen::Unreachable(silent()),
        2 => return world.seen.ours = Seen::Unreachable(silent()),
        3 => return world.sighting.scope = Seen::Unreachable(silent()),
        4 => {
            let recommended = world.sighting.recommended.values_mut();
            return recommended.for_each(|seen| *seen = Seen::Unreachable(silent()));
        }
        5 => {
            world.seen.earlier.clear();
            return world.seen.earlier_untold.push(silent());
        }
        _ => at -= 6,
    }
    if at < environments {
        world.environments()[at].settings = Seen::Unreachable(silent());
        return;
    }
    at -= environments;
    if let Some(arn) = platforms.get(at) {
        let platforms = &mut world.sighting.platforms;
        platforms.insert(arn.clone(), Seen::Unreachable(silent()));
        return;
    }
    at -= platforms.len();
    let image = world.image(images[at / 2].as_str());
    image.lineage = Lineage::Unreachable(silent());
    if at.is_multiple_of(2) {
        image.image = Seen::Unreachable(silent());
    }
}

/// (target, code) of everything that makes `check` exit 3.
fn drifting(drift: &Drift) -> BTreeSet<(String, &'static str)> {
    let counts = |reason: &&Reason| matches!(reason.code.class(), Class::Drift | Class::Behind);
    let own = drift.reasons.iter().filter(counts);
    let own = own.map(|reason| (String::new(), reason.code.as_str()));
    let targets = drift.targets.iter().flat_map(|target| {
        let name = target.target.to_string();
        let reasons = target.reasons.iter().filter(counts);
        reasons.map(move |reason| (name.clone(), reason.code.as_str()))
    });
    own.chain(targets).collect()
}

fn bakes(action: &Action) -> bool {
    matches!(action, Action::Bake(_))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn silence_never_adds_drift_and_never_starts_a_bake(
        shape in shape(),
        silenced in prop::collection::vec(any::<usize>(), 1..4),
    ) {
        let mut world = world(&shape);
        for at in silenced {
            let (before, plan_before) = (world.drift(), world.plan());
            silence(&mut world, at);
            let (after, plan_after) = (world.drift(), world.plan());
            let added: Vec<_> = drifting(&after).difference(&drifting(&before)).cloned().collect();
            prop_assert!(added.is_empty(), "silence added {added:?}");
            prop_assert!(
                bakes(&plan_before.action) || !bakes(&plan_after.action),
                "silence turned {:?} into a bake", plan_before.action
            );
        }
    }

    #[test]
    fn a_plan_bakes_only_what_it_was_shown(shape in shape()) {
        let world = world(&shape);
        let plan = world.plan();
        if let Action::Bake(BakeDecision { release, generation, .. }) = &plan.action {
            let newest = world.seen.release.known().into_iter();
            prop_assert!(newest.chain(&world.seen.earlier).any(|seen| seen == release));
            let memory = world.memory();
            prop_assert!(memory.watch_hold(world.now).is_none());
            prop_assert!(memory.release_hold(release, world.now).is_none());
            let key = world.key(release.image.as_str(), *generation);
            let taken = world.seen.ours.known().into_iter().flatten();
            let same = taken.filter(|image| {
                image.tags[crate::model::tags::STATE] == "verified"
                    && image.tags[crate::model::tags::BASE_IMAGE] == release.image.as_str()
                    && image.tags[crate::model::tags::GENERATION] == generation.to_string()
            });
            prop_assert_eq!(same.count(), 0, "a verified image of key {} exists", key);
        }
    }
}

#[test]
fn the_generator_reaches_bakes() {
    let mut world = World::new();
    world.environment("shop-0", "4.5.1", BASE_451);
    assert!(bakes(&world.plan().action));
    let platforms = &mut world.sighting.platforms;
    platforms.insert(arn("4.5.1"), Seen::Unreachable(trouble("platform")));
    assert_eq!(world.plan().action, Action::CannotTell);
}
