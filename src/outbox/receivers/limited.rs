//! A receiver with limits: told as the one within it is, and not always. What the limits mean is the outbox's.

use chrono::{DateTime, Utc};

use super::{Receiver, Sender, Sending, StoryThreads, Telling};
use crate::model::notice::{Notice, NoticeLimits};

/// One that is sent only so many, or not at night.
#[derive(Clone)]
pub struct Limited {
    pub inner: Sender,
    pub limits: NoticeLimits,
}

impl Receiver for Limited {
    fn kind(&self) -> &'static str {
        self.inner.kind()
    }

    fn shows_repeats(&self) -> bool {
        self.inner.shows_repeats()
    }

    fn free_at(&self) -> Option<DateTime<Utc>> {
        self.inner.free_at()
    }

    fn limits(&self) -> NoticeLimits {
        self.limits
    }

    fn keeps_threads(&self) -> bool {
        self.inner.keeps_threads()
    }

    fn tell<'a>(&'a self, notice: &'a Notice, again: bool, threads: StoryThreads) -> Telling<'a> {
        self.inner.tell(notice, again, threads)
    }

    fn send<'a>(&'a self, notice: &'a Notice, again: bool) -> Sending<'a> {
        self.inner.send(notice, again)
    }
}
