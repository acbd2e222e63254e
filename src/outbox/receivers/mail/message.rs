//! A notice as a mail, in plain functions: text and HTML in one message. Its id is made of the notice's key, so that
//! a server that drops repeats can, and it answers to its story, so that a story is one thread.

use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use super::{AGAIN, mail_html};
use crate::model::bake::digest;
use crate::outbox::render::{SpokenNotice, WrittenNotice};

/// The whole mail. `again`: an earlier try may have arrived.
///
/// # Errors
/// When it has no sender or nobody to go to.
pub fn mail_message<'n>(
    notice: impl Into<SpokenNotice<'n>>,
    again: bool,
    from: &Mailbox,
    to: &[Mailbox],
) -> Result<Message, lettre::error::Error> {
    let notice = notice.into();
    let domain = from.email.domain();
    let story = format!("<story.{}@{domain}>", digest(&[&notice.story]));
    let mut message = Message::builder()
        .from(from.clone())
        .subject(WrittenNotice::of_notice(notice).subject)
        .date(notice.at.into())
        .message_id(Some(format!("<{}@{domain}>", digest(&[&notice.key]))))
        .in_reply_to(story.clone())
        .references(story);
    for one in to {
        message = message.to(one.clone());
    }
    for (name, value) in [
        // No out-of-office notes for a machine.
        ("Auto-Submitted", "auto-generated"),
        ("X-Amiwatch-Event", notice.event().as_str()),
        ("X-Amiwatch-Severity", notice.severity().as_str()),
    ] {
        let name = HeaderName::new_from_ascii_str(name);
        message = message.raw_header(HeaderValue::new(name, value.to_owned()));
    }
    let both =
        MultiPart::alternative_plain_html(mail_text(notice, again), mail_html(notice, again));
    message.multipart(both)
}

/// The part for programs that show text.
pub fn mail_text<'n>(notice: impl Into<SpokenNotice<'n>>, again: bool) -> String {
    let notice = notice.into();
    let body = WrittenNotice::of_notice(notice).body;
    let again = if again {
        format!("{AGAIN}\n\n")
    } else {
        String::new()
    };
    format!("{again}{body}\n-- \namiwatch, key {}\n", notice.key)
}
