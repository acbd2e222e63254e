//! The stage on which the demo is played: an account, a clock that runs fast, and what `run --once` needs.
//! Tells what happened through `telling`; makes no story.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, TimeZone as _, Utc};
use sim::{Account, SimClock};

use super::machine::ModelMachine;
use super::{EndEnvironment, EndImage, EndState, Received, telling, world};
use crate::cli::{draw, survey};
use crate::clock::Clock;
use crate::cloud::{ByHand, Connection};
use crate::flow::detect::LookDepth;
use crate::http_send::HttpSend;
use crate::model::ids::{ImageId, Region};
use crate::model::tags;
use crate::service::desk::check::check_watches;
use crate::service::desk::once::once;
use crate::service::desk::opening::OpenStore;
use crate::service::desk::progress::unobserved;
use crate::service::desk::survey::{SurveyAsk, look_everywhere};
use crate::service::{Outside, Service};
use crate::settings::Settings;

/// How many seconds of the account pass in one: three bakes and four moves, settling included, take more
/// than an hour of it. Twice as fast would do on a quiet machine; on a busy one, a moment in which nothing
/// runs would be a quarter of an hour here, and deadlines pass.
const SPEED: f64 = 450.0;

/// The stage.
pub(super) struct Stage {
    pub(super) account: Account,
    clock: Clock,
    connection: Connection,
    store: OpenStore,
    outside: Outside,
    /// Prints headings and what happened; off for JSON.
    tells: bool,
}

impl Stage {
    pub(super) fn build(tells: bool, settings: &Settings) -> anyhow::Result<Self> {
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

    pub(super) fn heading(&self, text: &str) {
        if self.tells {
            println!();
            draw::heading_line(&format!("== {text}"), 3);
        }
    }

    /// One whole pass; the image that it baked.
    pub(super) async fn pass(&self, settings: &Settings) -> anyhow::Result<Option<ImageId>> {
        let began = self.clock.now();
        let passed = once(&self.service(settings), &|_| unobserved()).await?;
        if self.tells {
            telling::show_pass(&passed, self.clock.now() - began);
        }
        let mut baked = passed.bakes.iter();
        Ok(baked.find_map(|bake| bake.image.as_deref().map(ImageId::from)))
    }

    pub(super) async fn survey(&self) -> anyhow::Result<()> {
        let ask = SurveyAsk::of_own(&[], LookDepth::Settings);
        let surveyed = look_everywhere(&self.connection, &self.clock, &ask).await?;
        if self.tells {
            survey::show_survey(&surveyed.survey);
        }
        Ok(())
    }

    /// What stands against each environment now.
    pub(super) async fn stands(&self, settings: &Settings) -> anyhow::Result<()> {
        let checked = check_watches(&self.service(settings), None, LookDepth::Settings).await?;
        if self.tells {
            for watch in &checked.watches {
                telling::show_gates(&watch.drift);
            }
        }
        Ok(())
    }

    pub(super) fn end(&self) -> EndState {
        let images = self.account.own_images().into_iter().map(|image| EndImage {
            amiwatch_state: image.tags.get(tags::STATE).cloned(),
            base_image_id: image.source_image_id,
            image_id: image.id,
            name: image.name,
            state: image.state,
        });
        let environments = self.account.environments().into_iter();
        let environments = environments.map(|one| EndEnvironment {
            environment: one.name,
            status: one.status,
            image_id: one.image_id,
            platform_arn: one.platform_arn,
        });
        let messages = self.account.queue_messages(world::QUEUE);
        EndState {
            schema: "amiwatch.demo/1",
            images: images.collect(),
            environments: environments.collect(),
            notices: messages.iter().map(received).collect(),
            leftovers: leftovers(&self.account),
        }
    }
}

/// Everything that calls made and that is still there, except finished images, their snapshots, and what
/// environments run on.
fn leftovers(account: &Account) -> Vec<sim::Leftover> {
    let finished = [tags::state::VERIFIED, tags::state::QUARANTINED];
    let is_finished = |tags: &BTreeMap<String, String>| {
        let state = tags.get(tags::STATE).map(String::as_str);
        state.is_some_and(|state| finished.contains(&state))
    };
    let images = account.own_images().into_iter();
    let images = images.filter(|image| is_finished(&image.tags));
    let images = images.flat_map(|image| [image.id, image.snapshot_id]);
    let environments = account.environments().into_iter();
    let serving = environments.flat_map(|one| one.instances.into_keys());
    let kept: BTreeSet<String> = images.chain(serving).collect();
    let left = account.leftovers().into_iter();
    left.filter(|left| !kept.contains(&left.id)).collect()
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

/// When the story begins: a Monday, as platform releases like to come.
fn opening() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 8, 0, 0)
        .single()
        .unwrap_or(DateTime::UNIX_EPOCH)
}
