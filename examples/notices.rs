//! Prints a sample of every event as `amiwatch.notice/1`, one JSON document a line, in the envelope of
//! CloudEvents. tests/contract/notices.py holds them to the published schemas.
//!
//!     cargo run --example notices

use std::io::Write as _;

use amiwatch::clock::Clock;
use amiwatch::flow::notify::event_sample;
use amiwatch::model::ids::Installation;
use amiwatch::model::notice::NoticeEvent;
use amiwatch::outbox::render::notice_event;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let now = Clock::real().now();
    let acme = Installation::new("acme");
    for event in NoticeEvent::ALL.into_iter().chain(NoticeEvent::UNNAMED) {
        for whose in [Some(&acme), None] {
            let notice = event_sample(event, whose, "ops", now);
            writeln!(out, "{}", notice_event(&notice))?;
        }
    }
    Ok(())
}
