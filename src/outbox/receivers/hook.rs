//! A web address that is a secret, as the way to a receiver: read when a message is due, and read anew when
//! the other side does not know it; what an answer means; and how fast one may follow another.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{NotSent, Pacing, Sort};
use crate::cloud::Cloud;
use crate::http_send::{Address, HttpAnswer, HttpSend, Posted, SendError, SendErrorKind};
use crate::model::secret::{Secret, SecretSource};
use crate::secrets::Secrets;

/// What is answered by whoever does not know an address, or a token, (any more).
const UNKNOWN_HERE: [u16; 4] = [401, 403, 404, 410];

/// A secret of a receiver, and the door by which it is read.
#[derive(Clone)]
pub struct KeptSecret {
    pub secrets: Secrets,
    pub from: SecretSource,
    /// By which SSM is asked, where it is kept there.
    pub cloud: Option<Cloud>,
}

/// An address to post to.
#[derive(Clone)]
pub struct Hook {
    pub http: HttpSend,
    pub pacing: Pacing,
    pub url: KeptSecret,
}

impl KeptSecret {
    /// As it was read a moment ago, or now.
    pub(super) async fn read_now(&self) -> Result<Secret, NotSent> {
        let read = self.secrets.get(&self.from, self.cloud.as_ref());
        read.await.map_err(|error| NotSent {
            sort: Sort::Later,
            why: error.to_string(),
        })
    }

    /// The next one is read anew: this one was refused.
    pub(super) fn forget(&self) {
        self.secrets.forget(&self.from);
    }
}

impl Hook {
    /// Posts once, and once more where the address was not known and has been replaced since. Two receivers
    /// that name the same address share its patience: `pause` is what lies between two messages.
    pub(super) async fn post(
        &self,
        posted: &Posted,
        pause: Duration,
    ) -> Result<HttpAnswer, HookError> {
        let url = self.url().await?;
        let error = match self.post_to(&url, posted, pause).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if error.status.is_some_and(|one| UNKNOWN_HERE.contains(&one)) {
            self.url.forget();
            let fresh = self.url().await?;
            if fresh != url {
                let second = self.post_to(&fresh, posted, pause).await;
                return second.map_err(HookError::Answered);
            }
        }
        Err(HookError::Answered(error))
    }

    /// When the address takes one more.
    pub(super) fn free_at(&self) -> Option<DateTime<Utc>> {
        self.pacing.free_at(&self.whose())
    }

    fn whose(&self) -> String {
        self.url.from.to_string()
    }

    async fn url(&self) -> Result<Secret, HookError> {
        let read = self.url.read_now().await;
        read.map_err(|error| {
            HookError::Unread(NotSent {
                why: format!("the webhook's address: {}", error.why),
                ..error
            })
        })
    }

    async fn post_to(
        &self,
        url: &Secret,
        posted: &Posted,
        pause: Duration,
    ) -> Result<HttpAnswer, SendError> {
        let address = Address::parse(url).map_err(|error| SendError {
            kind: SendErrorKind::Transient,
            status: None,
            body: String::new(),
            what: format!(
                "what {} holds is no webhook's address: {error}; put the whole https address there",
                self.url.from
            ),
        })?;
        let sent = self.http.post_once(&address, posted).await;
        let pause = match sent.as_ref().map_err(|error| error.kind) {
            Err(SendErrorKind::Throttled { after: Some(after) }) => after.max(pause),
            _ => pause,
        };
        self.pacing.rest(&self.whose(), pause);
        sent
    }
}

/// Why a post came to nothing.
#[derive(Debug)]
pub(super) enum HookError {
    /// The address could not be read.
    Unread(NotSent),
    /// What the other side said, or that it said nothing.
    Answered(SendError),
}

impl HookError {
    /// For the outbox; `next_step` says what a person can do about a refusal, by the answer's body.
    pub(super) fn not_sent(self, next_step: impl Fn(&str) -> String) -> NotSent {
        match self {
            Self::Unread(error) => error,
            Self::Answered(error) => answered(&error, next_step),
        }
    }
}

/// What an answer means for the next try.
pub(super) fn answered(error: &SendError, next_step: impl Fn(&str) -> String) -> NotSent {
    let sort = match error.kind {
        SendErrorKind::Refused => Sort::Refused,
        SendErrorKind::Throttled { after } => Sort::Throttled { after },
        SendErrorKind::Transient => Sort::Later,
        SendErrorKind::Unknown => Sort::Unknown,
    };
    let why = match sort {
        Sort::Refused => format!("{error}; {}", next_step(&error.body)),
        _ => error.to_string(),
    };
    NotSent { sort, why }
}
