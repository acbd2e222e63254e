//! SNS topics as receivers. Subscribers by e-mail get text; programs filter on the attributes and
//! drop repeats by the key.

use super::render::WrittenNotice;
use super::{NotSent, Sort};
use crate::cloud::{Cloud, ErrorKind, Message};
use crate::model::notice::Notice;

pub(super) async fn publish_notice(
    cloud: &Cloud,
    topic_arn: &str,
    notice: &Notice,
) -> Result<(), NotSent> {
    let sent = cloud.publish(topic_arn, &message(notice)).await;
    sent.map(drop).map_err(|error| NotSent {
        // Even a denial may be lifted; nothing that SNS says is final.
        sort: match error.kind {
            ErrorKind::Unknown => Sort::Unknown,
            _ => Sort::Later,
        },
        why: error.to_string(),
    })
}

fn message(notice: &Notice) -> Message {
    let WrittenNotice {
        key,
        event,
        watch,
        subject,
        body,
        ..
    } = WrittenNotice::of_notice(notice);
    let attributes = [
        ("amiwatch.event", event.as_str()),
        ("amiwatch.watch", watch.as_str()),
        ("amiwatch.key", key.as_str()),
    ];
    Message {
        subject,
        body,
        attributes: attributes.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        key,
    }
}
