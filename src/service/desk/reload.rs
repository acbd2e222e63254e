//! Has the running daemon read its config again, and gives what it said.

use chrono::TimeDelta;
use serde::Serialize;

use super::Desk;
use super::opening::driver;
use super::requests::{LOOK_AGAIN, LeftRequest};
use crate::flow::exit_code::Exit;
use crate::model::request::{RequestAnswer, RequestedAct};
use crate::store::StoreError;

/// The daemon looks at requests every second, and reading a config takes it at most half a minute.
const WAIT_MAX: TimeDelta = TimeDelta::seconds(60);

/// `reload --format json`
#[derive(Debug, Serialize)]
pub struct Reloaded {
    pub schema: &'static str,
    /// The new config is in use.
    pub reloaded: bool,
    pub warnings: Vec<String>,
    /// Why the old one still is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Why the daemon was not asked, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    #[error("no daemon works on this store; `amiwatch run` starts one, with the config as it is")]
    NoDaemon,
    #[error(
        "whoever works on this store does not answer; it may be `run --once` or `bake`, which read \
         their config once, or the daemon may be stuck: see `amiwatch health`, and try `amiwatch reload` again"
    )]
    NoAnswer,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Reloaded {
    fn of(warnings: Vec<String>, why: Option<String>) -> Self {
        Self {
            schema: "amiwatch.reload/1",
            reloaded: why.is_none(),
            warnings,
            why,
        }
    }

    /// How `reload` ends: 2 when the config was refused.
    pub fn exit(&self) -> Exit {
        match self.reloaded {
            true => Exit::Done,
            false => Exit::Usage,
        }
    }
}

/// Asks, and waits for the answer.
///
/// # Errors
/// [`ReloadError`]
pub async fn reload(desk: Desk<'_>) -> Result<Reloaded, ReloadError> {
    if driver(desk.store).await?.is_none() {
        return Err(ReloadError::NoDaemon);
    }
    let left = LeftRequest::leave(desk, RequestedAct::Reload).await?;
    let until = desk.clock.now() + WAIT_MAX;
    loop {
        match left.answer().await? {
            Some(RequestAnswer::Reloaded { warnings }) => return Ok(Reloaded::of(warnings, None)),
            Some(RequestAnswer::KeptOld { why }) => return Ok(Reloaded::of(Vec::new(), Some(why))),
            // Answers to other questions.
            Some(_) | None => {}
        }
        if desk.clock.now() > until {
            left.give_up().await?;
            return Err(ReloadError::NoAnswer);
        }
        desk.clock.sleep(LOOK_AGAIN).await;
    }
}
