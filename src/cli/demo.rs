//! `demo`: the whole story on an embedded simulated account, in scaled time. No AWS, no config.
//!
//! It runs the stages that `run` runs, on a connection that is built by hand and reads no AWS_*
//! variable. What it tells is what happened; nothing in it is prepared text but the headings.

pub mod machine;

mod stage;

mod telling;

mod world;

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use sim::{ImageChange, Release, Serves};

use super::args::{Common, Format};
use super::draw;
use crate::flow::exit_code::Exit;
use crate::model::ids::ImageId;
use crate::settings::{Settings, parse_config};
use stage::Stage;

const CONFIG: &str = include_str!("../../config/demo.toml");
const RECIPE: &str = include_str!("../../config/recipes/demo.yaml");
/// What a colleague makes of the recipe in the second act.
const MISSPELT: (&str, &str) = ("/etc/ecs/ecs.config", "/etc/ecs/ecs.conf");
/// What the application says on the first image, and how long after it started: when the update is over.
const ILL: (&str, f64) = ("100 % of requests fail with HTTP 5xx.", 500.0);

/// `demo --format json`: the account and its messages at the end of the story.
#[derive(Debug, Serialize)]
pub struct EndState {
    pub schema: &'static str,
    /// Images of the account.
    pub images: Vec<EndImage>,
    pub environments: Vec<EndEnvironment>,
    /// As received behind the SNS topic.
    pub notices: Vec<Received>,
    /// What bakes made and did not remove, beside verified and quarantined images and their snapshots.
    pub leftovers: Vec<sim::Leftover>,
}

/// One image of the account.
#[derive(Debug, Serialize)]
pub struct EndImage {
    pub image_id: String,
    pub name: String,
    pub base_image_id: Option<String>,
    pub state: String,
    pub amiwatch_state: Option<String>,
}

/// One environment of the account.
#[derive(Debug, Serialize)]
pub struct EndEnvironment {
    pub environment: String,
    pub status: String,
    pub image_id: String,
    pub platform_arn: String,
}

/// One message behind the topic.
#[derive(Debug, Serialize)]
pub struct Received {
    pub subject: String,
    pub body: String,
}

pub(super) async fn run_demo(common: &Common) -> anyhow::Result<Exit> {
    let tells = common.format == Format::Table;
    let end = play(tells).await?;
    match common.format {
        Format::Json => draw::print_json(&end)?,
        Format::Table => telling::show_end(&end),
    }
    Ok(if end.leftovers.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// Plays the story and returns the end state.
async fn play(tells: bool) -> anyhow::Result<EndState> {
    let (good, misspelt) = (
        settings(RECIPE)?,
        settings(&RECIPE.replace(MISSPELT.0, MISSPELT.1))?,
    );
    let stage = Stage::build(tells, &good)?;

    stage.heading("Two environments run an image of ours, made from platform version 4.5.0");
    stage.pass(&good).await?;
    stage.survey().await?;

    stage
        .heading("AWS releases 4.5.1 and notifies nobody; a colleague misspells the recipe's file");
    release(&stage, "4.5.1")?;
    stage.pass(&misspelt).await?;

    stage
        .heading("Put right: baked and proved. The canary falls ill on it, and is taken back; nobody else gets it");
    let ill = stage.pass(&good).await?.context("nothing was baked")?;
    falls_ill(&stage, &ill)?;
    stage.pass(&good).await?;
    stage.pass(&good).await?;
    stage.stands(&good).await?;

    stage.heading("AWS releases 4.5.2: a good one goes through both waves");
    release(&stage, "4.5.2")?;
    for _ in 0..4 {
        stage.pass(&good).await?;
    }
    Ok(stage.end())
}

fn release(stage: &Stage, version: &str) -> anyhow::Result<()> {
    let release = Release::new(world::BRANCH, version).disk(world::base_disk());
    let released = stage.account.at(world::REGION).release(release);
    released.context("the world refuses the release")?;
    Ok(())
}

/// The application does not work on this image: nothing that a bake can see.
fn falls_ill(stage: &Stage, image: &ImageId) -> anyhow::Result<()> {
    let serves = Serves {
        status: "Severe".to_owned(),
        after_s: ILL.1,
        causes: vec![ILL.0.to_owned()],
    };
    let here = stage.account.at(world::REGION);
    let changed = here.change_image(image.as_str(), ImageChange::Serves(serves));
    changed.context("the world refuses it")?;
    Ok(())
}

/// The demo's config, with this text as its recipe.
fn settings(recipe: &str) -> anyhow::Result<Settings> {
    let read = |_: &Path| Ok(recipe.as_bytes().to_vec());
    parse_config(CONFIG, Path::new("config/demo.toml"), &read)
        .map_err(|faults| anyhow::anyhow!("the demo's own config is wrong:\n{faults}"))
}
