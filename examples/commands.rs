//! Every command that is printed for a person to paste, with its cause and the sentence beside it, made by
//! the code that prints them: one JSON object a line. The ids are those of the one object that stdin holds,
//! so that tests/contract/commands.py can run each with the real AWS CLI on the simulated account.
//!
//!     echo '{"region": "eu-west-1", ...}' | cargo run --example commands

use std::collections::BTreeSet;

use amiwatch::flow::bake::said_commands::{SaidCommand, said_commands};
use amiwatch::flow::notify::blind_notice;
use amiwatch::flow::outcome::Cause;
use amiwatch::model::base::{BranchLifecycle, Release};
use amiwatch::model::blind::{BlindOf, BlindSpot};
use amiwatch::model::ids::{Architecture, ImageId, InstanceId, Region};
use amiwatch::model::notice::Notice;
use amiwatch::model::plan::BakeDecision;
use amiwatch::model::reason::{About, Reason};
use amiwatch::model::stray::StrayKind;
use anyhow::{Context as _, Result};
use chrono::DateTime;
use serde_json::{Value, json};

fn main() -> Result<()> {
    let ids: Value = serde_json::from_reader(std::io::stdin()).context("stdin holds no JSON")?;
    let id = |name: &str| -> Result<&str> {
        let text = ids[name].as_str();
        text.with_context(|| format!("no {name}"))
    };
    let region = Region::from(id("region")?);
    let image = ImageId::from(id("image")?);
    for cause in Cause::samples(&bake_of(&image), DateTime::UNIX_EPOCH) {
        if let Some(command) = cause.command(id("watch")?) {
            print_row(&format!("{cause:?}"), &cause.did(), &command);
        }
    }
    for command in blind(&region).commands {
        print_row("Blind", &command.purpose, &command.command);
    }
    let key = serde_json::from_value(ids["key"].clone()).context("no key")?;
    let guest = InstanceId::from(id("instance")?);
    let told = said_commands(&key, &id("installation")?.into(), &guest, &region);
    let disabled = Reason::from_about(About::ImageDisabled {
        image: image.clone(),
        region: Some(region.clone()),
    });
    let disabled = SaidCommand::within("IMAGE_DISABLED", disabled.message);
    for said in told.into_iter().chain(disabled) {
        print_row(said.cause, &said.sentence, &said.command);
    }
    // In an order in which nothing is still in use.
    for (kind, name) in [
        (StrayKind::Instance, "instance"),
        (StrayKind::Volume, "volume"),
        (StrayKind::SecurityGroup, "group"),
        (StrayKind::Image, "image"),
        (StrayKind::Snapshot, "snapshot"),
    ] {
        let why = "nothing claims it, or it could not be undone";
        print_row(kind.as_str(), why, &kind.by_hand(id(name)?, &region));
    }
    Ok(())
}

/// What is told when AWS refuses to be read.
fn blind(region: &Region) -> Notice {
    let spot = BlindSpot {
        of: BlindOf {
            region: Some(region.clone()),
            account: None,
            account_name: None,
            base: None,
        },
        since: DateTime::UNIX_EPOCH,
        passes: BlindSpot::PASSES_MIN,
        causes: BTreeSet::new(),
        why: "refused".to_owned(),
        denied: true,
        watches: BTreeSet::new(),
        notice: None,
    };
    blind_notice(&"acme".into(), &spot, DateTime::UNIX_EPOCH)
}

fn bake_of(image: &ImageId) -> BakeDecision {
    BakeDecision {
        release: Release {
            image: image.clone(),
            image_name: None,
            version: "4.5.1".to_owned(),
            architecture: Architecture::X86_64,
            created: None,
            deprecated_from: None,
            platform: None,
            branch_lifecycle: BranchLifecycle::NotSaid,
        },
        generation: 0,
        attempt: 1,
    }
}

fn print_row(cause: &str, sentence: &str, command: &str) {
    println!(
        "{}",
        json!({ "cause": cause, "sentence": sentence, "command": command })
    );
}
