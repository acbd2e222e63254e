//! Where a watch works: what a pass finds out and a run needs.

use super::Service;
use crate::cloud::{CallFailure, Cloud, CloudError, ErrorKind, Identity};
use crate::model::history::WatchHistory;
use crate::model::ids::Scope;
use crate::model::watch::Watch;
use crate::store::records::Versioned;

/// Where a watch works, and what is remembered of it there.
pub struct WatchPlace {
    pub cloud: Cloud,
    pub scope: Scope,
    pub history: Versioned<WatchHistory>,
}

impl Service<'_> {
    /// The way of whoever may change the watch's environments.
    ///
    /// # Errors
    /// When there is no region to reach AWS in.
    pub fn mover(&self, watch: &Watch) -> Result<Cloud, CloudError> {
        let default = self.connection.region();
        let region = watch.region.as_ref().or(default.as_ref());
        self.connection
            .cloud(&self.settings.rollout_identity(), region)
    }

    /// The way of whoever may change environments in `there`, for a watch that works in `home`.
    ///
    /// # Errors
    /// When the config names nobody who may.
    pub fn mover_there(&self, home: &Scope, there: &Scope) -> Result<Cloud, CloudError> {
        match self.settings.mover_there(&home.account, &there.account) {
            Some(identity) => self.connection.cloud(&identity, Some(&there.region)),
            None => Err(nobody_moves(there)),
        }
    }

    /// The way of whoever looks at `there`, for a watch that works in `home`.
    ///
    /// # Errors
    /// When the config does not know the account.
    pub fn looker_there(&self, home: &Scope, there: &Scope) -> Result<Cloud, CloudError> {
        let identity = match home.account == there.account {
            true => Some(Identity::Own),
            false => self.settings.looker_of(&there.account),
        };
        match identity {
            Some(identity) => self.connection.cloud(&identity, Some(&there.region)),
            None => Err(no_account(there)),
        }
    }

    /// The account and region that a watch is remembered under, as whoever looks at it sees them.
    ///
    /// # Errors
    /// When there is no region to reach AWS in, or AWS does not say who asks.
    pub async fn scope_of(&self, watch: &Watch) -> Result<Scope, CloudError> {
        let default = self.connection.region();
        let region = watch.region.as_ref().or(default.as_ref());
        let cloud = self.connection.cloud(&Identity::Own, region)?;
        cloud.caller().await
    }
}

/// Without the account's own role nobody is asked: our own identity is in another account, where a namesake may be.
fn nobody_moves(there: &Scope) -> CloudError {
    let message = format!(
        "the config names no role that changes environments in the account {}",
        there.account
    );
    let remedy =
        "add `rollout_role_arn` to that account's [account.NAME], then run `amiwatch reload`";
    not_asked(there, message, remedy)
}

fn no_account(there: &Scope) -> CloudError {
    let message = format!("the config has no account {} any more", there.account);
    let remedy = "add its [account.NAME] with its `role_arn`, then run `amiwatch reload`";
    not_asked(there, message, remedy)
}

/// Nothing was sent.
fn not_asked(there: &Scope, message: String, remedy: &str) -> CloudError {
    CloudError::from(CallFailure {
        kind: ErrorKind::NoCredentials,
        region: there.region.clone(),
        operation: "",
        resource: String::new(),
        code: None,
        request_id: None,
        message,
        remedy: Some(remedy.to_owned()),
        source: None,
    })
}
