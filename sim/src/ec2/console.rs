//! Serial consoles: what is written when, and who may read it when.
//!
//! EC2 keeps the last 64 KiB. `Latest` reads a running Nitro instance almost live; everything else
//! reads what was posted some time after a start, reboot, stop or termination. An hour or so after
//! the last posting it is gone. How a console ends is the world's to say (`ConsoleEnd`).

use chrono::{DateTime, Utc};

use crate::clock::delta;
use crate::world::Timing;

const KEPT: usize = 64 * 1024;

#[derive(Clone, Debug, Default)]
pub(crate) struct Console {
    writes: Vec<(DateTime<Utc>, Vec<u8>)>,
    posts: Vec<DateTime<Utc>>,
    ended: Option<DateTime<Utc>>,
}

impl Console {
    pub(crate) fn write(&mut self, at: DateTime<Utc>, bytes: &[u8]) {
        self.writes.push((at, bytes.to_vec()));
    }

    /// A moment after which the output so far is posted.
    pub(crate) fn post(&mut self, at: DateTime<Utc>) {
        self.posts.push(at);
    }

    pub(crate) fn end(&mut self, at: DateTime<Utc>) {
        self.post(at);
        self.ended = Some(at);
    }

    /// All that was written, for tests that look from behind the scenes.
    pub(crate) fn everything(&self) -> Vec<u8> {
        self.writes
            .iter()
            .flat_map(|(_, bytes)| bytes.iter().copied())
            .collect()
    }

    /// What a reader gets now, and when the last of it was written.
    pub(crate) fn read(
        &self,
        now: DateTime<Utc>,
        latest: bool,
        timing: &Timing,
    ) -> (Vec<u8>, Option<DateTime<Utc>>) {
        let post = delta(timing.console_post);
        let expired = |end: DateTime<Utc>| end + post + delta(timing.console_expires) <= now;
        if self.ended.is_some_and(expired) {
            return (Vec::new(), None);
        }
        let how = &timing.console_end;
        let counts = |posted: &DateTime<Utc>| !how.never_posted || Some(*posted) != self.ended;
        let posts = || self.posts.iter().filter(|posted| counts(posted));
        let posted = |at| posts().any(|p| at <= *p && *p + post <= now);
        let gone = how.never_posted && self.ended.is_some();
        let live = |at: DateTime<Utc>| {
            let shown = at + delta(timing.console);
            latest && !gone && shown <= now && self.ended.is_none_or(|end| shown <= end)
        };
        let seen = |at: DateTime<Utc>| live(at) || posted(at);
        let mut bytes = Vec::new();
        let mut last = None;
        for (at, written) in self.writes.iter().filter(|(at, _)| seen(*at)) {
            bytes.extend_from_slice(written);
            last = Some(*at);
        }
        let kept = match how.cut {
            cut if cut > 0 && self.ended.is_some() => cut,
            _ => KEPT,
        };
        let cut = bytes.len().saturating_sub(kept);
        (bytes.split_off(cut), last)
    }
}
