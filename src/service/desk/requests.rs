//! A person's request to the process that drives: left in the store, answered there, removed by its
//! asker.

use std::time::Duration;

use super::Desk;
use super::opening::{driver, me};
use crate::model::request::{Request, RequestAnswer, RequestedAct};
use crate::store::StoreError;
use crate::store::requests::{self, StoredRequest};

/// How often whoever waits for the driver, or for its place, looks again.
pub const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How long whoever asked waits for a driver that says nothing. One that makes one pass, or one bake, answers
/// nobody until its place is free: that is as long as a bake takes.
pub(super) const ANSWER_MAX: Duration = Duration::from_hours(1);

/// A request of this process that was left.
pub struct LeftRequest<'a> {
    desk: Desk<'a>,
    act: RequestedAct,
    id: String,
}

impl<'a> LeftRequest<'a> {
    /// Leaves a request for the driver.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn leave(desk: Desk<'a>, ask: RequestedAct) -> Result<Self, StoreError> {
        let request = Request::new(ask.clone(), me(), desk.clock.now());
        let id = requests::leave_request(desk.store, &request).await?;
        Ok(Self { desk, act: ask, id })
    }

    /// Leaves it anew if it is there no more: a driver that came late took it for one that nobody waits for.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub(super) async fn leave_anew_if_gone(&mut self) -> Result<(), StoreError> {
        if self.stored().await?.is_none() {
            *self = Self::leave(self.desk, self.act.clone()).await?;
        }
        Ok(())
    }

    /// Takes it back, for nobody has answered in time; gives what a person is told of that.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub(super) async fn give_up_unanswered(&self) -> Result<String, StoreError> {
        self.give_up().await?;
        let who = driver(self.desk.store).await?;
        Ok(unanswered_by(
            who.as_deref().unwrap_or("whoever works on this store"),
            &self.act.typed_command(),
        ))
    }

    /// The answer, once; it is removed with its request.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn answer(&self) -> Result<Option<RequestAnswer>, StoreError> {
        let Some(stored) = self.stored().await? else {
            return Ok(None);
        };
        let Some(answer) = stored.request.value.answer.clone() else {
            return Ok(None);
        };
        requests::remove_request(self.desk.store, &stored).await?;
        Ok(Some(answer))
    }

    /// Whether it was answered, or is not there any more; it is removed then.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn is_done(&self) -> Result<bool, StoreError> {
        Ok(self.answer().await?.is_some() || self.stored().await?.is_none())
    }

    /// Takes the request back.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn give_up(&self) -> Result<(), StoreError> {
        if let Some(stored) = self.stored().await? {
            requests::remove_request(self.desk.store, &stored).await?;
        }
        Ok(())
    }

    async fn stored(&self) -> Result<Option<StoredRequest>, StoreError> {
        requests::read_request(self.desk.store, &self.id).await
    }
}

/// What a person is told who waited in vain for `who`; `again`: the command that asks anew.
pub(super) fn unanswered_by(who: &str, again: &str) -> String {
    format!(
        "{who} works on this store and has not answered for {} minutes, so that nobody knows whether it does \
         what it was asked: `amiwatch status` shows what is under way, `amiwatch health` asks a daemon how it \
         is; when it is well, or was stopped, `{again}` asks again",
        ANSWER_MAX.as_secs() / 60
    )
}
