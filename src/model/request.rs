//! What a person asks of the process that drives: left in the store, answered there.
//!
//! Reading and deciding facts (`status`, `hold`, `adopt`) need nobody. What only the driver may do (a
//! bake, taking up a changed config) is asked for with a [`Request`] and answered with an [`RequestAnswer`].

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::aws_command::shell_word;
use super::bake::digest;
use super::ids::{ImageId, WatchName};
use super::publish_rules::Destination;
use super::watch::name_in_waves;

/// One thing that somebody wants the driver to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub asked_at: DateTime<Utc>,
    /// Who asks, for people: `user@host, process 4711`.
    pub by: String,
    pub ask: RequestedAct,
    /// Absent until the driver has answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<RequestAnswer>,
    /// When it was answered: from then on whoever asked has time to read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<DateTime<Utc>>,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestedAct {
    /// Bake this watch now; `force`: the next generation, whatever there is.
    Bake { watch: WatchName, force: bool },
    /// Read the config again.
    Reload,
    /// Make a pass now: one that begins after this was asked.
    Look,
    /// Move one environment now.
    Move(MoveWish),
    /// Publish to one destination now.
    Publish(PublishWish),
}

/// A person's wish to move one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveWish {
    pub watch: WatchName,
    /// What the config calls the account that it is in; absent for the watch's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    pub application: String,
    pub environment: String,
    pub way: WishedWay,
    /// Who wishes it, for people.
    pub by: String,
}

/// A person's wish to publish a watch's image to one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishWish {
    pub watch: WatchName,
    pub destination: Destination,
    /// Who wishes it, for people.
    pub by: String,
}

/// Where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WishedWay {
    /// To this image of the watch; absent: its present one.
    To { image: Option<ImageId> },
    /// Back to what its last move found.
    Back,
}

impl RequestedAct {
    /// The command that asks for it, as a person types it.
    pub fn typed_command(&self) -> String {
        match self {
            Self::Bake { watch, force } => {
                let force = if *force { " --force" } else { "" };
                format!("amiwatch bake {}{force}", shell_word(watch.as_str()))
            }
            Self::Reload => "amiwatch reload".to_owned(),
            Self::Look => "amiwatch look".to_owned(),
            Self::Move(wish) => wish.typed_command(),
            Self::Publish(PublishWish {
                watch, destination, ..
            }) => format!(
                "amiwatch publish {} --to {}",
                shell_word(watch.as_str()),
                shell_word(&destination.to_string())
            ),
        }
    }
}

impl MoveWish {
    fn typed_command(&self) -> String {
        let (watch, name) = (shell_word(self.watch.as_str()), shell_word(&self.name()));
        match &self.way {
            WishedWay::Back => format!("amiwatch rollback {name} --watch {watch}"),
            WishedWay::To { image } => {
                let image = image.as_ref().map(|image| format!(" --image {image}"));
                let image = image.unwrap_or_default();
                format!("amiwatch rollout {watch} --environment {name}{image}")
            }
        }
    }

    /// `application/environment`, and in another account `prod:application/environment`
    pub fn name(&self) -> String {
        name_in_waves(
            self.account.as_deref(),
            &format!("{}/{}", self.application, self.environment),
        )
    }
}

/// What the driver said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestAnswer {
    /// A bake, a move or a publication is driven under this journal, begun for this request or before it.
    Driving { journal: String },
    /// There was nothing to bake, and why.
    NothingToDo { why: String },
    /// It cannot be done now, and why.
    Refused {
        why: Vec<String>,
        /// What the asker should end with: the contract's exit code.
        exit_code: u8,
    },
    /// The new config is in use.
    Reloaded { warnings: Vec<String> },
    /// The new config is not used; the old one still is.
    KeptOld { why: String },
    /// A pass ended that began after it was asked for. `result` is the word of the metric.
    Passed { result: String, at: DateTime<Utc> },
}

impl Request {
    /// How long a request that no driver has taken in hand is worth answering. Whoever waits longer leaves
    /// it anew.
    pub const WORTH: TimeDelta = TimeDelta::minutes(10);

    /// A request that nobody has answered yet.
    pub fn new(ask: RequestedAct, by: String, asked_at: DateTime<Utc>) -> Self {
        Self {
            asked_at,
            by,
            ask,
            answer: None,
            answered_at: None,
        }
    }

    /// A name for it, from what is asked, by whom and when.
    pub fn id(&self) -> String {
        let ask = match &self.ask {
            RequestedAct::Bake { watch, force } => format!("bake {watch} {force}"),
            RequestedAct::Reload => "reload".to_owned(),
            RequestedAct::Look => "look".to_owned(),
            RequestedAct::Publish(wish) => format!("publish {} {}", wish.watch, wish.destination),
            RequestedAct::Move(wish) => {
                let way = match &wish.way {
                    WishedWay::Back => "back",
                    WishedWay::To { image: None } => "forward",
                    WishedWay::To { image: Some(image) } => image.as_str(),
                };
                format!("move {} {} {way}", wish.watch, wish.name())
            }
        };
        let at = self.asked_at.to_rfc3339();
        let mut id = digest(&["amiwatch request 1", &ask, &self.by, &at]);
        id.truncate(16);
        id
    }

    /// Nobody waits for it any more.
    pub fn stale(&self, now: DateTime<Utc>) -> bool {
        // One from the future was left under a clock that was wrong.
        let since = self.answered_at.unwrap_or(self.asked_at);
        (now - since).abs() > Self::WORTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_differ_by_what_who_and_when() {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let reload = |by: &str, at| Request::new(RequestedAct::Reload, by.to_owned(), at).id();
        let later = at + TimeDelta::milliseconds(1);
        let ids = [reload("a", at), reload("b", at), reload("a", later)];
        assert_eq!(reload("a", at), ids[0]);
        assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2]);
    }

    #[test]
    fn a_request_is_stale_when_its_asker_has_gone() {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let request = Request::new(RequestedAct::Reload, "a".to_owned(), at);
        assert!(!request.stale(at + Request::WORTH));
        assert!(request.stale(at + Request::WORTH + TimeDelta::seconds(1)));
    }
}
