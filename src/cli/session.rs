//! Builds, once, what a command works with: settings, connection, store, clock.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use super::args::Common;
use crate::clock::Clock;
use crate::cloud::{Connection, Fence, Pace, Reach, missing_profile};
use crate::flow::exit_code::Exit;
use crate::http_send::HttpSend;
use crate::rehearse::RehearseError;
use crate::rehearse::tools::EngineError;
use crate::secrets::ReadVariable;
use crate::service::desk::Desk;
use crate::service::desk::opening::OpenStore;
use crate::service::named::{FindingSort, NamedFinding};
use crate::service::{Outside, Service};
use crate::settings::{DEFAULT_PATHS, Settings, load_config};

pub(super) use crate::service::desk::opening::Access;

/// The config was refused; everything that is wrong with it has been printed.
#[derive(Debug, thiserror::Error)]
#[error("the config cannot be used")]
pub(super) struct ConfigRefused;

/// Wrong usage that clap cannot know, such as a watch that the config does not have.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WrongUsage(pub(super) String);

/// What a command works with.
pub(super) struct Session {
    pub settings: Settings,
    pub connection: Connection,
    /// What stands before whatever changes something.
    pub fence: Fence,
    pub store: OpenStore,
    pub clock: Clock,
    pub outside: Outside,
}

impl Session {
    /// Reads the config and opens the store; calls nobody.
    pub(super) async fn open(common: &Common, access: Access) -> anyhow::Result<Self> {
        let settings = load_settings(common)?;
        let clock = Clock::real();
        let fence = Fence::open(&clock);
        let connection = connection(&reach(&settings), &clock).await.behind(&fence);
        let store = OpenStore::of_settings(&settings, access, &connection, &fence)
            .context("the store cannot be opened")?;
        let outside = Outside::new(HttpSend::new(&clock), environment(), &clock);
        Ok(Self {
            settings,
            connection,
            fence,
            store,
            clock,
            outside,
        })
    }

    /// At the daemon's pace: a command that runs unattended leaves AWS to those who wait.
    pub(super) fn unattended(mut self) -> Self {
        let calls_per_second = self.settings.aws.calls_per_second;
        let paced = self.connection.at_pace(Pace::Steady { calls_per_second });
        self.connection = paced.behind(&self.fence);
        self
    }

    /// What the stages work with.
    pub(super) fn service(&self) -> Service<'_> {
        Service {
            settings: &self.settings,
            connection: &self.connection,
            store: self.store.as_store(),
            clock: &self.clock,
            outside: &self.outside,
        }
    }

    /// What a command works with that needs no AWS.
    pub(super) fn desk(&self) -> Desk<'_> {
        self.service().desk()
    }
}

/// The way to AWS that the chain finds. A profile that is not there is said at once: the chain goes on
/// without it, and complains of something else.
pub(super) async fn connection(reach: &Reach, clock: &Clock) -> Connection {
    if let Some(missing) = missing_profile(reach).await {
        eprintln!("warning: {missing}");
    }
    Connection::from_chain(reach, clock).await
}

/// The same as a finding about the config.
pub(super) async fn missing_profile_finding(settings: &Settings) -> Option<NamedFinding> {
    let missing = missing_profile(&reach(settings)).await?;
    Some(NamedFinding {
        is: FindingSort::Wrong,
        key: match settings.aws.profile {
            Some(_) => "[aws] profile".to_owned(),
            None => "AWS_PROFILE".to_owned(),
        },
        what: missing.to_string(),
        advice: "name one of those, or none".to_owned(),
    })
}

/// Reads one variable of the process's environment, where a secret is kept there.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read here, in cli"
)]
fn environment() -> ReadVariable {
    Arc::new(|name| std::env::var(name).ok())
}

/// Reads the config that the command was given, or the first default that exists. Faults are
/// printed here, one a line, so that editors can jump to them.
pub(super) fn load_settings(common: &Common) -> anyhow::Result<Settings> {
    let path = config_path(common)?;
    match load_config(&path) {
        Ok(settings) => {
            for warning in &settings.warnings {
                eprintln!("warning: {warning}");
            }
            Ok(settings)
        }
        Err(faults) => {
            eprintln!("{faults}");
            Err(ConfigRefused.into())
        }
    }
}

pub(super) fn config_path(common: &Common) -> anyhow::Result<PathBuf> {
    if let Some(path) = &common.config {
        return Ok(path.clone());
    }
    let found = DEFAULT_PATHS
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists());
    found.ok_or_else(|| {
        let looked = DEFAULT_PATHS.join(" or ");
        WrongUsage(format!(
            "there is no config at {looked}; name one with --config, or begin with `amiwatch survey`, \
             which needs none, and `amiwatch init`, which writes one"
        ))
        .into()
    })
}

pub(super) fn reach(settings: &Settings) -> Reach {
    Reach {
        region: settings.aws.region.clone(),
        profile: settings.aws.profile.clone(),
        role: settings.own_role(),
        endpoint: settings.aws.endpoint_url.clone(),
        in_flight_max: None,
    }
}

/// The exit code that an error stands for.
pub(super) fn exit_of(error: &anyhow::Error) -> Exit {
    let usage = error.is::<ConfigRefused>() || error.is::<WrongUsage>();
    let settings = error
        .chain()
        .any(|cause| cause.is::<crate::settings::Faults>());
    if usage || settings {
        return Exit::Usage;
    }
    // Nothing was said about the recipe.
    let rehearsal = |cause: &(dyn std::error::Error + 'static)| {
        cause.is::<EngineError>() || matches!(cause.downcast_ref(), Some(RehearseError::Engine(_)))
    };
    if error.chain().any(rehearsal) {
        return Exit::CannotTell;
    }
    let unreachable = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<crate::cloud::CloudError>());
    match unreachable.map(|error| error.kind) {
        Some(crate::cloud::ErrorKind::Transient | crate::cloud::ErrorKind::Throttled) => {
            Exit::CannotTell
        }
        _ => Exit::Failed,
    }
}
