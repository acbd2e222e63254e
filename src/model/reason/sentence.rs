//! A reason's sentence, for people: one that reads alone, made from the typed data and nothing else.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::NOT_LISTED;
use super::about::{About, Near, Quarantine};
use super::gate_sentence::gate_sentence;
use super::held::{HeldOn, HoldSaid};
use super::minutes::said_minute;
use crate::model::aws_command::AwsCommand;
use crate::model::counted::{counted_things, counted_times};
use crate::model::environment::managed_updates_off;
use crate::model::ids::{AccountId, ImageId, Region, SnapshotId, WatchName};

/// One sentence, with what can be done where that is a command.
pub(super) fn sentence_of(about: &About, zone: Tz) -> String {
    match about {
        About::BranchNewer {
            image,
            made_from,
            branch,
            newest,
            version,
        } => format!(
            "{branch} recommends version {version} with base {newest}; {image} was made from \
             {made_from}."
        ),
        About::ReleaseNewer {
            image,
            made_from,
            base,
            newest,
            version,
            ..
        } => format!("{base} has release {version} ({newest}); {image} was made from {made_from}."),
        About::NothingBaked {
            base,
            newest,
            version,
            quarantined,
            ..
        } => {
            let what = match quarantined {
                false => "Nothing has been baked yet from",
                true => "Nothing but quarantined images has been baked from",
            };
            format!("{what} {base}: release {version} ({newest}) waits.")
        }
        About::RecipeChanged { image, .. } => {
            format!("The recipe changed since {image} was baked.")
        }
        About::TooOld {
            image,
            age_days,
            max_age_s,
            ..
        } => format!(
            "{image} is {age_days} days old; max_age is {} days.",
            max_age_s / 86_400
        ),
        About::BaseGone { image, made_from } => {
            format!("EC2 does not list {made_from} any more, the base that {image} was made from.")
        }
        About::BaseWithdrawn {
            made_from,
            newest,
            line,
        } => format!(
            "{line} went back to the older {newest}: {made_from} was recommended and is not any \
             more."
        ),
        About::ImageGone { image } => {
            format!("EC2 does not list {image} any more: new instances cannot start from it.")
        }
        About::ImageEnded { image, state } => {
            format!("EC2 lists {image} as {state}: new instances cannot start from it.")
        }
        About::ImageDisabled { image, region } => {
            let enable = region.iter().map(|region| {
                let enable = AwsCommand::new("ec2 enable-image", region);
                format!(" (`{}`)", enable.with("--image-id", image.as_str()))
            });
            let enable: String = enable.collect();
            format!(
                "{image} is disabled: new instances cannot start from it until somebody enables \
                 it{enable}."
            )
        }
        About::PinnedSkew {
            image,
            platform_image,
            platform_version,
        } => format!(
            "The environment runs platform version {platform_version}, whose base is \
             {platform_image}; {image}, which somebody set, is of another release."
        ),
        About::ImageNotSet => {
            "The environment names no image, so it runs its platform version's own.".to_owned()
        }
        About::PlatformSkew {
            image,
            made_from,
            platform_image,
            platform_version,
        } => format!(
            "The environment runs platform version {platform_version}, whose base is \
             {platform_image}; {image} was made from {made_from}."
        ),
        About::NotOnNewest { image, newest } => {
            format!("The verified image {newest} waits; the environment runs {image}.")
        }
        About::Stock { image } => {
            format!("The environment still runs the stock image {image} of its platform version.")
        }
        About::InstancesBehind {
            image,
            behind,
            instances,
            first,
            runs,
        } => format!(
            "{behind} of {instances} instances run another image than {image}, which the environment \
             names ({first} runs {runs}): they stay so until something replaces them."
        ),
        _ => rest(about, zone),
    }
}

/// Holds, blocks, remarks and doubts.
fn rest(about: &About, zone: Tz) -> String {
    match about {
        About::Soaking { version, until, .. } => {
            format!(
                "Release {version} soaks until {}.",
                said_minute(*until, zone)
            )
        }
        About::Held { watch, on, until } => held(watch, on, *until, zone),
        About::Quarantined {
            watch,
            image,
            place,
            said,
            until,
        } => {
            let said = words(said, *until, zone);
            match place {
                Quarantine::Runs => format!(
                    "The environment runs {image}, which is quarantined {said}: nothing is done to \
                     it by itself; set another image, or `amiwatch unhold {watch} --image {image}`."
                ),
                Quarantine::MovesTo => format!(
                    "{image} is quarantined {said}: no environment is moved to it; `amiwatch unhold \
                     {watch} --image {image}` ends it, a newer image goes on."
                ),
                Quarantine::MadeOf { version, .. } => format!(
                    "{image} is quarantined {said}. Nothing is baked again from release {version} \
                     with this recipe; `amiwatch unhold {watch} --image {image}` ends it, a newer \
                     release or another recipe goes on."
                ),
                Quarantine::MarkedMadeOf { version, .. } => format!(
                    "{image} carries the mark of a quarantine, and this store does not remember why: moving \
                     an environment to it failed, and the image was to blame. Nothing is baked again from \
                     release {version} with this recipe; `amiwatch bake {watch} --force` does so all the \
                     same, a newer release or another recipe goes on."
                ),
            }
        }
        About::NotReady { status } => {
            format!("The environment is {status}, not Ready: nothing is done to it until it is.")
        }
        About::ImageNotShared {
            image,
            snapshots,
            account,
            region,
        } => not_shared(image, snapshots, account, region),
        About::ImageNotCopied {
            image,
            region,
            pending: true,
            ..
        } => format!(
            "The copy of {image} in {region}, where the environment is, is being made: EC2 takes minutes to hours."
        ),
        About::ImageNotCopied {
            watch,
            image,
            name,
            from,
            region,
            pending: false,
        } => not_copied(watch, image, name.as_deref().zip(from.as_ref()), region),
        About::ArchMismatch { found, wanted } => format!(
            "The environment runs {found}, the watch's base is for {wanted}: an environment cannot \
             change its architecture; give it a watch with architecture = \"{found}\"."
        ),
        About::BranchMismatch { found, wanted } => format!(
            "The environment is on {found}, the watch follows {wanted}: give it a watch of its \
             own, or narrow the watch's target pattern."
        ),
        About::LineageUnknown { image } => format!(
            "EC2 does not know what {image} was made from, and it carries no tag that says so: tag \
             it amiwatch:base-image=<the base's id>, or take it as its watch's image with \
             `amiwatch adopt`."
        ),
        About::Unsupported { why } => format!("amiwatch leaves this environment alone: {why}."),
        About::NoTarget {
            application,
            environment,
            near,
            ..
        } => format!(
            "No environment is called {application}/{environment}: {}. Correct the target in the \
             config; if the name is right, the environment is terminated, or the permission \
             elasticbeanstalk:DescribeEnvironments does not cover it (Elastic Beanstalk answers \
             empty where IAM says no).",
            instead(near)
        ),
        About::ReleaseNotListed { image, base } => format!("image {image} of {base}: {NOT_LISTED}"),
        About::Untold { what, why, .. } => format!("{what}: {why}"),
        About::Unasked { why, .. } => why.clone(),
        About::Gate {
            watch,
            target,
            gate,
        } => gate_sentence(watch, target, gate, zone),
        _ => remark(about),
    }
}

/// What AWS lists instead: `2 environments in application shop (shop-blue, shop-green) have other
/// names`.
fn instead(near: &Near) -> String {
    let counted = |count: &usize| counted_things(*count, "environment");
    match near {
        Near::Environments {
            application,
            count,
            first,
        } => {
            let more = if *count > first.len() { ", ..." } else { "" };
            format!(
                "{} in application {application} ({}{more})",
                counted(count),
                first.join(", ")
            )
        }
        Near::Application { application, count } => {
            format!("the application {application} has {}", counted(count))
        }
        Near::Nothing { applications } if applications.is_empty() => {
            "no other application is listed".to_owned()
        }
        Near::Nothing { applications } => {
            format!("the applications are {}", applications.join(", "))
        }
    }
}

/// What is told and changes nothing.
fn remark(about: &About) -> String {
    match about {
        About::PlatformBehind {
            branch,
            version,
            recommended,
        } => format!(
            "The environment runs version {version} of {branch}; {recommended} is recommended."
        ),
        About::StockPinned {
            image,
            platform_version,
            ..
        } => format!(
            "{image} is an Amazon image, but not the one of platform version {platform_version}: \
             somebody set it, and platform updates will not change it."
        ),
        About::ManagedUpdatesOn {
            environment,
            region,
        } => format!(
            "Managed platform updates are on: they move the platform version on and leave the image as \
             it is, which ends in PLATFORM_SKEW. `{}` turns them off.",
            managed_updates_off(environment, region)
        ),
        About::BaseDeprecated { image, from } => format!(
            "The base {image} is deprecated in EC2 since {}.",
            from.format("%Y-%m-%d")
        ),
        About::BranchDeprecated { branch } => {
            format!("The platform branch {branch} is deprecated: plan the move to a newer branch.")
        }
        About::BranchRetired { branch } => format!(
            "The platform branch {branch} is retired: its images may be made private, and then no \
             instance starts from them."
        ),
        About::RecipeRedundant { base_image } => format!(
            "Every check passed on the untouched base {base_image}: the recipe may not be needed \
             any more."
        ),
        _ => String::new(),
    }
}

/// What shares the image, and its snapshots for whoever copies it there.
fn not_copied(
    watch: &WatchName,
    image: &ImageId,
    source: Option<(&str, &Region)>,
    region: &Region,
) -> String {
    let by_hand = source.map(|(name, from)| {
        let copy = AwsCommand::new("ec2 copy-image", region)
            .with("--source-image-id", image.as_str())
            .with("--source-region", from.as_str())
            .with("--name", name);
        format!("; this one by hand, under the same name: `{copy}`")
    });
    format!(
        "{region}, where the environment is, has no copy of {image}: `copy_to = [\"{region}\"]` in \
         [watch.{watch}.publish] copies every image that is published{}.",
        by_hand.unwrap_or_default()
    )
}

fn not_shared(
    image: &ImageId,
    snapshots: &[SnapshotId],
    account: &AccountId,
    region: &Region,
) -> String {
    let permission = format!("Add=[{{UserId={account}}}]");
    let share = AwsCommand::new("ec2 modify-image-attribute", region)
        .with("--image-id", image.as_str())
        .with("--launch-permission", permission);
    let snapshots = snapshots.iter().map(|snapshot| {
        let share = AwsCommand::new("ec2 modify-snapshot-attribute", region)
            .with("--snapshot-id", snapshot.as_str())
            .with("--attribute", "createVolumePermission")
            .with("--operation-type", "add")
            .with("--user-ids", account.as_str());
        format!("; `{share}`, where it is to be copied there")
    });
    let snapshots: String = snapshots.collect();
    format!(
        "{image} is not shared with account {account}, which can launch nothing from it. \
         `share = {{ accounts = [\"{account}\"] }}` in the watch's publish section shares every image that is \
         published; this one by hand: `{share}`{snapshots}."
    )
}

fn held(watch: &WatchName, on: &HeldOn, until: Option<DateTime<Utc>>, zone: Tz) -> String {
    match on {
        HeldOn::Watch { said } => format!(
            "The watch is held {}; `amiwatch unhold {watch}` ends it.",
            words(said, until, zone)
        ),
        HeldOn::Release {
            image,
            version,
            named,
            said,
        } => format!(
            "Release {version} ({image}) is held {}; `amiwatch unhold {watch} --release {named}` \
             ends it.",
            words(said, until, zone)
        ),
        HeldOn::Bake {
            attempts, last_why, ..
        } => format!(
            "The bake failed {}, last because: {}. `amiwatch bake {watch} --force` tries again.",
            counted_times(*attempts),
            last_why.trim_end_matches('.')
        ),
        HeldOn::Move {
            environment,
            image,
            attempts,
            last_why,
            ..
        } => {
            let next = match until {
                Some(until) => format!("the next try is not before {}", said_minute(until, zone)),
                None => "a person decides whether it is tried again".to_owned(),
            };
            let times = counted_times(*attempts);
            format!(
                "Moving {environment} to {image} failed {times}, last because: {}; {next}. `amiwatch \
                 rollout {watch} --environment {environment}` tries at once.",
                last_why.trim_end_matches('.')
            )
        }
    }
}

/// `since 2026-11-02 08:00 UTC by ann until 2026-11-09 08:00 UTC (it breaks logging)`
fn words(said: &HoldSaid, until: Option<DateTime<Utc>>, zone: Tz) -> String {
    let until = until.map_or(String::new(), |until| {
        format!(" until {}", said_minute(until, zone))
    });
    format!(
        "since {} by {}{until} ({})",
        said_minute(said.since, zone),
        said.by,
        said.reason
    )
}
