//! The demo's account as it is before the story begins: three environments on one platform branch.

use std::collections::BTreeMap;

use sim::{Account, Branch, Disk, EnvironmentSpec, ImageSpec, Release, WorldError};

use crate::model::bake::{BakeKey, KeyInputs, RecipeDigest};
use crate::model::ids::{Architecture, ImageId, Installation, WatchName};
use crate::model::tags;
use crate::settings::Settings;

pub(super) const REGION: &str = "eu-west-1";
pub(super) const BRANCH: &str = "ECS running on 64bit Amazon Linux 2023";
pub(super) const TOPIC: &str = "amiwatch";
pub(super) const QUEUE: &str = "inbox";

/// What every base's disk holds.
pub(super) fn base_disk() -> Disk {
    Disk::from([(
        "/etc/ecs/ecs.config".to_owned(),
        "ECS_CLUSTER=awseb-shop\n".to_owned(),
    )])
}

/// Fills the account: a release, two environments on an image of ours, a topic with a queue behind it.
pub(super) fn fill(account: &Account, settings: &Settings) -> Result<(), WorldError> {
    let here = account.at(REGION);
    here.branch(Branch::new(BRANCH))?;
    let arn = here.release(Release::new(BRANCH, "4.5.0").disk(base_disk()))?;
    let kept = here.image(kept_image(settings, &stock_image(account, &arn)))?;
    for name in ["shop-canary", "shop-blue"] {
        here.environment(serving(name, &kept))?;
    }
    here.topic(TOPIC)?;
    here.queue(QUEUE)?;
    here.subscribe(TOPIC, QUEUE)?;
    Ok(())
}

/// Two instances behind a load balancer, replaced immutably, with enhanced health.
fn serving(name: &str, image: &str) -> EnvironmentSpec {
    EnvironmentSpec::new("shop", name, BRANCH)
        .version("4.5.0")
        .image(image)
        .instances(2)
        .immutable()
        .option(
            "aws:elasticbeanstalk:healthreporting:system",
            "SystemType",
            "enhanced",
        )
        .option("aws:autoscaling:asg", "MinSize", "2")
        .option("aws:autoscaling:asg", "MaxSize", "4")
}

/// The x86_64 image of a platform version.
pub(super) fn stock_image(account: &Account, arn: &str) -> String {
    let platform = account.platform(arn);
    platform
        .and_then(|one| one.images.get("x86_64").cloned())
        .unwrap_or_default()
}

/// The image that amiwatch baked from the last release, as its tags tell it.
fn kept_image(settings: &Settings, base: &str) -> ImageSpec {
    let watch = settings.watches.values().next();
    let recipe = watch.and_then(|watch| watch.recipe.as_ref());
    let digest = recipe.map(|one| RecipeDigest::of_user_data(&one.user_data, one.template));
    let digest = digest.unwrap_or_else(|| RecipeDigest::of_user_data("", false));
    let (installation, name) = (Installation::from("demo"), WatchName::from("shop"));
    let release_image = ImageId::from(base);
    let key = BakeKey::derive(&KeyInputs {
        installation: &installation,
        watch: &name,
        release_image: &release_image,
        recipe_digest: &digest,
        architecture: Architecture::X86_64,
        generation: 0,
    });
    let tags = BTreeMap::from([
        (tags::INSTALLATION.to_owned(), installation.to_string()),
        (tags::WATCH.to_owned(), name.to_string()),
        (tags::KEY.to_owned(), key.to_string()),
        (tags::GENERATION.to_owned(), "0".to_owned()),
        (tags::ROLE.to_owned(), tags::role::IMAGE.to_owned()),
        (tags::BASE_IMAGE.to_owned(), base.to_owned()),
        (tags::BASE_VERSION.to_owned(), "4.5.0".to_owned()),
        (tags::RECIPE_DIGEST.to_owned(), digest.as_str().to_owned()),
        (tags::STATE.to_owned(), tags::state::VERIFIED.to_owned()),
    ]);
    let name = format!("amiwatch/shop/4.5.0/{}-0", key.short());
    ImageSpec {
        tags,
        // Of the builder of that bake, which is long gone.
        source_instance_id: Some("i-5130000000000b001".to_owned()),
        ..ImageSpec::mine(&name).source(base)
    }
}
