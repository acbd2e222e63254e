//! A Slack channel as a receiver, by an app's token: a story is one message, which always says how it stands, and
//! what happened is in its thread.
//!
//! Slack knows no key by which it would drop a repeat. So each message carries the digests of its story and key as
//! metadata, and where an answer was lost it is looked for by them; where the app may not look, the message is posted
//! again and says so.

mod calls;

mod forms;

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{KeptSecret, NotSent, Pacing, Receiver, Sending, StoryThreads, Telling, Told};
use crate::http_send::HttpSend;
use crate::model::notice::{Notice, StoryThread};
use crate::model::secret::Secret;
use crate::outbox::render::SpokenNotice;

use calls::{CallError, Looked};
use forms::{Marks, reply, story_over, story_update};

pub use forms::story_message;

/// What Slack bears in a channel: about one message a second.
const PAUSE: Duration = Duration::from_secs(1);

/// One channel, as one app.
#[derive(Clone)]
pub struct SlackApp {
    pub http: HttpSend,
    pub pacing: Pacing,
    pub token: KeptSecret,
    /// By its id.
    pub channel: String,
    /// `https://slack.com/api`
    pub url: String,
    /// Where its readers are.
    pub zone: Tz,
}

impl Receiver for SlackApp {
    fn kind(&self) -> &'static str {
        "slack"
    }

    fn shows_repeats(&self) -> bool {
        true
    }

    fn free_at(&self) -> Option<DateTime<Utc>> {
        self.pacing.free_at(&self.whose())
    }

    fn keeps_threads(&self) -> bool {
        true
    }

    fn tell<'a>(&'a self, notice: &'a Notice, again: bool, threads: StoryThreads) -> Telling<'a> {
        Box::pin(async move {
            // Of another channel where the config names another one now.
            let here = |known: &StoryThread| known.channel == self.channel;
            let over: Vec<StoryThread> = threads.over.into_iter().filter(here).collect();
            let mut thread = threads.own.filter(here);
            let spoken = SpokenNotice::in_zone(notice, self.zone);
            let ended = self.go_on(spoken, again, &over, &mut thread).await;
            self.pacing.rest(&self.whose(), PAUSE);
            let ended = ended.map_err(|error| self.not_sent(error));
            Told { ended, thread }
        })
    }

    fn send<'a>(&'a self, notice: &'a Notice, again: bool) -> Sending<'a> {
        Box::pin(async move {
            self.tell(notice, again, StoryThreads::default())
                .await
                .ended
        })
    }
}

impl SlackApp {
    fn whose(&self) -> String {
        format!("{} at {}", self.channel, self.url)
    }

    /// First the messages of stories that are over and the story's own, which can be written twice without harm,
    /// then what happened.
    async fn go_on(
        &self,
        notice: SpokenNotice<'_>,
        again: bool,
        over: &[StoryThread],
        thread: &mut Option<StoryThread>,
    ) -> Result<(), CallError> {
        let token = self.token.read_now().await.map_err(CallError::Unread)?;
        let marks = Marks::of_notice(&notice);
        for one in over {
            match self.update(&token, &story_over(notice, one)).await {
                Err(error) if error.is_gone() => {}
                updated => updated?,
            }
        }
        if let Some(known) = thread.clone() {
            match self.update(&token, &story_update(notice, &known)).await {
                Err(error) if error.is_gone() => *thread = None,
                updated => updated?,
            }
        }
        let known = match thread.clone() {
            Some(known) => known,
            None => self.begin(&token, notice, again, &marks).await?,
        };
        *thread = Some(known.clone());
        let since = notice.at.timestamp();
        let again = again
            && match self.reply_of(&token, &known, &marks.key, since).await? {
                Looked::Found(_) => return Ok(()),
                Looked::Absent => false,
                Looked::NotTold => true,
            };
        self.post(&token, &reply(notice, again, &known)).await?;
        Ok(())
    }

    /// The story's message: the one that a lost answer was about, or a new one.
    async fn begin(
        &self,
        token: &Secret,
        notice: SpokenNotice<'_>,
        again: bool,
        marks: &Marks,
    ) -> Result<StoryThread, CallError> {
        let since = notice.at.timestamp();
        let looked = match again {
            true => self.story_of(token, &marks.story, since).await?,
            false => Looked::Absent,
        };
        let ts = match looked {
            Looked::Found(ts) => ts,
            Looked::Absent | Looked::NotTold => {
                let message = story_message(notice, &self.channel, looked == Looked::NotTold);
                self.post(token, &message).await?
            }
        };
        Ok(StoryThread {
            channel: self.channel.clone(),
            ts,
        })
    }

    fn not_sent(&self, error: CallError) -> NotSent {
        if error.is_of_token() {
            self.token.forget();
        }
        error.not_sent(&self.token.from.to_string(), &self.channel)
    }
}
