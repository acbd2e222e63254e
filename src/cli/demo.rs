//! `demo`: the whole story on an embedded simulated account, in scaled time. No AWS, no config.
//!
//! It runs the stages that `run` runs, on a connection that is built by hand and reads no AWS_*
//! variable. What it tells is what happened; nothing in it is prepared text but the headings.

pub mod machine;

mod world;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, TimeZone as _, Utc};
use serde::Serialize;
use sim::{Account, Release, SimClock};

use super::args::{Common, Format};
use super::{draw, progress};
use crate::clock::Clock;
use crate::cloud::{ByHand, Connection};
use crate::flow::detect::LookDepth;
use crate::flow::exit_code::Exit;
use crate::http_send::HttpSend;
use crate::model::ids::Region;
use crate::service::desk::check::check_watches;
use crate::service::desk::once::once;
use crate::service::desk::opening::OpenStore;
use crate::service::desk::progress::unobserved;
use crate::service::desk::survey::look_everywhere;
use crate::service::runs::bake::Observers;
use crate::service::{Outside, Service};
use crate::settings::{Settings, parse_config};
use machine::ModelMachine;

/// How many seconds of the account pass in one: two bakes of some minutes each fit into ten seconds.
const SPEED: f64 = 60.0;
const CONFIG: &str = include_str!("../../config/demo.toml");
const RECIPE: &str = include_str!("../../config/recipes/demo.yaml");
/// What a colleague makes of the recipe in the second act.
const MISSPELT: (&str, &str) = ("/etc/ecs/ecs.config", "/etc/ecs/ecs.conf");

/// `demo --format json`: the account and its messages at the end of the story.
#[derive(Debug, Serialize)]
pub struct EndState {
    pub schema: &'static str,
    /// Images of the account.
    pub images: Vec<EndImage>,
    /// As received behind the SNS topic.
    pub notices: Vec<Received>,
    /// What the bakes made and did not remove, beside verified images and their snapshots.
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

/// One message behind the topic.
#[derive(Debug, Serialize)]
pub struct Received {
    pub subject: String,
    pub body: String,
}

/// The stage on which the story is played.
struct Stage {
    account: Account,
    clock: Clock,
    connection: Connection,
    store: OpenStore,
    outside: Outside,
    /// Prints headings and progress; off for JSON.
    tells: bool,
}

pub(super) async fn run_demo(common: &Common) -> anyhow::Result<Exit> {
    let tells = common.format == Format::Table;
    let end = play(tells).await?;
    match common.format {
        Format::Json => draw::print_json(&end)?,
        Format::Table => show_end(&end),
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
    let stage = Stage::build(tells, &good).await?;

    stage.heading("Three environments, and a custom AMI from platform version 4.5.0");
    stage.pass(&good).await?;
    stage.survey().await?;

    stage.heading("AWS releases platform version 4.5.1, and notifies nobody");
    let release = Release::new(world::BRANCH, "4.5.1").disk(world::base_disk());
    stage
        .account
        .at(world::REGION)
        .release(release)
        .context("the world refuses the release")?;
    stage.check(&good).await?;

    stage.heading("A colleague edits the recipe and misspells the file: the check catches it");
    stage.pass(&misspelt).await?;

    stage.heading("The recipe is put right: baked, proved, boot-tested, verified");
    stage.pass(&good).await?;
    stage.check(&good).await?;
    Ok(stage.end())
}

/// The demo's config, with this text as its recipe.
fn settings(recipe: &str) -> anyhow::Result<Settings> {
    let read = |_: &Path| Ok(recipe.as_bytes().to_vec());
    parse_config(CONFIG, Path::new("config/demo.toml"), &read)
        .map_err(|faults| anyhow::anyhow!("the demo's own config is wrong:\n{faults}"))
}

impl Stage {
    async fn build(tells: bool, settings: &Settings) -> anyhow::Result<Self> {
        let clock = Clock::scaled(opening(), SPEED);
        let of_account = clock.clone();
        let account = Account::new(SimClock::new(move || of_account.now()));
        account.set_guest(ModelMachine);
        world::fill(&account, settings).context("the demo's world does not hold together")?;
        let parts = ByHand {
            http: account.connector_on_tokio(),
            region: Region::new(world::REGION),
            access_key_id: "demo".to_owned(),
            secret_access_key: "demo".to_owned(),
            endpoint: None,
            in_flight_max: None,
        };
        let connection = Connection::by_hand(parts, &clock);
        let store = OpenStore::in_memory()?;
        // Nobody but the topic is told, and no variable is read.
        let outside = Outside::new(HttpSend::new(&clock), Arc::new(|_| None), &clock);
        Ok(Self {
            account,
            clock,
            outside,
            connection,
            store,
            tells,
        })
    }

    fn service<'a>(&'a self, settings: &'a Settings) -> Service<'a> {
        Service {
            settings,
            connection: &self.connection,
            store: self.store.as_store(),
            clock: &self.clock,
            outside: &self.outside,
        }
    }

    fn heading(&self, text: &str) {
        if self.tells {
            println!();
            draw::heading_line(&format!("== {text}"), 3);
            println!();
        }
    }

    /// One whole pass, with its bakes' progress.
    async fn pass(&self, settings: &Settings) -> anyhow::Result<()> {
        let observers: &Observers<'_> = match self.tells {
            true => &progress::on_stdout,
            false => &|_| unobserved(),
        };
        once(&self.service(settings), observers).await?;
        Ok(())
    }

    async fn survey(&self) -> anyhow::Result<()> {
        let surveyed =
            look_everywhere(&self.connection, &self.clock, &[], LookDepth::Settings).await?;
        if self.tells {
            super::survey::show_survey(&surveyed.survey);
        }
        Ok(())
    }

    async fn check(&self, settings: &Settings) -> anyhow::Result<()> {
        let checked = check_watches(&self.service(settings), None, LookDepth::Settings).await?;
        if self.tells {
            checked.watches.iter().for_each(super::check::show_checked);
        }
        Ok(())
    }

    fn end(&self) -> EndState {
        let images = self.account.own_images().into_iter().map(|image| EndImage {
            amiwatch_state: image.tags.get(crate::model::tags::STATE).cloned(),
            base_image_id: image.source_image_id,
            image_id: image.id,
            name: image.name,
            state: image.state,
        });
        EndState {
            schema: "amiwatch.demo/1",
            images: images.collect(),
            notices: self
                .account
                .queue_messages(world::QUEUE)
                .iter()
                .map(received)
                .collect(),
            leftovers: leftovers(&self.account),
        }
    }
}

/// Everything that calls made and that is still there, except verified images and their snapshots.
fn leftovers(account: &Account) -> Vec<sim::Leftover> {
    let verified = |tags: &std::collections::BTreeMap<String, String>| {
        tags.get(crate::model::tags::STATE).map(String::as_str)
            == Some(crate::model::tags::state::VERIFIED)
    };
    let kept: Vec<String> = account
        .own_images()
        .into_iter()
        .filter(|image| verified(&image.tags))
        .flat_map(|image| [image.id, image.snapshot_id])
        .collect();
    account
        .leftovers()
        .into_iter()
        .filter(|left| !kept.contains(&left.id))
        .collect()
}

/// Unwraps SNS's envelope, as a subscriber gets it from its queue.
fn received(message: &sim::Message) -> Received {
    let envelope: serde_json::Value = serde_json::from_str(&message.body).unwrap_or_default();
    let text = |key: &str| envelope[key].as_str().unwrap_or_default().to_owned();
    Received {
        subject: text("Subject"),
        body: text("Message"),
    }
}

fn show_end(end: &EndState) {
    println!();
    draw::heading_line("== As received from the SNS topic", 3);
    println!();
    for notice in &end.notices {
        draw::say_line(&format!("Subject: {}", notice.subject), 9);
    }
    if let Some(last) = end.notices.last() {
        println!();
        last.body.lines().for_each(|line| draw::say_line(line, 2));
    }
    println!();
    draw::heading_line("== What is in the account now", 3);
    println!();
    for image in &end.images {
        let state = image.amiwatch_state.as_deref().unwrap_or("made by hand");
        draw::say_line(&format!("{}  {}  ({state})", image.image_id, image.name), 4);
    }
    println!("left behind by the bakes: {}", end.leftovers.len());
}

/// When the story begins: a Monday, as platform releases like to come.
fn opening() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 8, 0, 0)
        .single()
        .unwrap_or(DateTime::UNIX_EPOCH)
}
