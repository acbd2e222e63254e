//! A person's request to the process that drives: left in the store, answered there, removed by its
//! asker.

use std::time::Duration;

use super::Desk;
use super::opening::me;
use crate::model::request::{Request, RequestAnswer, RequestedAct};
use crate::store::StoreError;
use crate::store::requests::{self, StoredRequest};

/// How often whoever waits for the driver, or for its place, looks again.
pub const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A request of this process that was left.
pub struct LeftRequest<'a> {
    desk: Desk<'a>,
    id: String,
}

impl<'a> LeftRequest<'a> {
    /// Leaves a request for the driver.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn leave(desk: Desk<'a>, ask: RequestedAct) -> Result<Self, StoreError> {
        let request = Request::new(ask, me(), desk.clock.now());
        let id = requests::leave_request(desk.store, &request).await?;
        Ok(Self { desk, id })
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
