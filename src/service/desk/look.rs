//! Has the running daemon make a pass now, and gives how it ended.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::Desk;
use super::opening::driver;
use super::requests::{LOOK_AGAIN, LeftRequest};
use crate::flow::exit_code::Exit;
use crate::model::request::{RequestAnswer, RequestedAct};
use crate::service::vitals::PassResult;
use crate::store::StoreError;

/// What a request may wait for beside the two passes that it may have to sit out.
const GRACE: TimeDelta = TimeDelta::seconds(60);

/// `look --format json`
#[derive(Debug, Serialize)]
pub struct LookedNow {
    pub schema: &'static str,
    /// `good`, `partial`, `cut`, `failed`: as `amiwatch_passes_total` counts it.
    pub result: String,
    /// When the pass ended.
    pub at: DateTime<Utc>,
}

/// Why no pass was made, or none is known of.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    #[error("no daemon works on this store; `amiwatch run --once` makes a pass without one")]
    NoDaemon,
    #[error(
        "whoever works on this store made no pass in time; it may be `run --once` or `bake`, or the \
         daemon may be stuck: see `amiwatch health`, and try `amiwatch look` again"
    )]
    NoAnswer,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LookedNow {
    /// How `look` ends: 4 when the pass could not tell everything, 1 when it came to no end.
    pub fn exit(&self) -> Exit {
        match self.result.as_str() {
            word if word == PassResult::Good.as_str() => Exit::Done,
            word if word == PassResult::Partial.as_str() => Exit::CannotTell,
            _ => Exit::Failed,
        }
    }
}

/// Asks, and waits for the end of a pass that began after that.
///
/// # Errors
/// [`LookError`]
pub async fn look_now(desk: Desk<'_>) -> Result<LookedNow, LookError> {
    if driver(desk.store).await?.is_none() {
        return Err(LookError::NoDaemon);
    }
    let left = LeftRequest::leave(desk, RequestedAct::Look).await?;
    let limit = TimeDelta::from_std(desk.settings.schedule.pass_timeout).unwrap_or_default();
    let until = desk.clock.now() + limit * 2 + GRACE;
    loop {
        if let Some(RequestAnswer::Passed { result, at }) = left.answer().await? {
            return Ok(LookedNow {
                schema: "amiwatch.look/1",
                result,
                at,
            });
        }
        if desk.clock.now() > until {
            left.give_up().await?;
            return Err(LookError::NoAnswer);
        }
        desk.clock.sleep(LOOK_AGAIN).await;
    }
}
