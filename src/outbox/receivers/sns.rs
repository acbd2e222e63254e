//! SNS topics as receivers. Subscribers by e-mail get text; programs get JSON where the config says so, and
//! Amazon Q the one form that it does not drop. All filter on the attributes and drop repeats by the key.

mod amazon_q;

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::{NotSent, Receiver, Sending, Sort};
use crate::cloud::{Cloud, ErrorKind, Message};
use crate::model::notice::{Notice, SnsForm};
use crate::outbox::render::{SpokenNotice, WrittenNotice, notice_event};

pub use amazon_q::amazon_q_message;

/// A topic, in its own region.
#[derive(Clone)]
pub struct SnsTopic {
    pub cloud: Cloud,
    pub topic_arn: String,
    pub form: SnsForm,
    /// Where its readers are; programs are told in UTC.
    pub zone: Tz,
}

impl Receiver for SnsTopic {
    fn kind(&self) -> &'static str {
        "sns"
    }

    fn send<'a>(&'a self, notice: &'a Notice, _again: bool) -> Sending<'a> {
        Box::pin(self.publish(notice))
    }
}

impl SnsTopic {
    async fn publish(&self, notice: &Notice) -> Result<(), NotSent> {
        let message = sns_message(SpokenNotice::in_zone(notice, self.zone), self.form);
        let sent = self.cloud.publish(&self.topic_arn, &message).await;
        sent.map(drop).map_err(|error| NotSent {
            // Even a denial may be lifted; nothing that SNS says is final.
            sort: match error.kind {
                ErrorKind::Unknown => Sort::Unknown,
                _ => Sort::Later,
            },
            why: error.to_string(),
        })
    }
}

/// The message in this form, with the attributes that filter policies see.
pub fn sns_message<'n>(notice: impl Into<SpokenNotice<'n>>, form: SnsForm) -> Message {
    let notice = notice.into();
    let WrittenNotice {
        key,
        event,
        watch,
        subject,
        body,
        facts,
        ..
    } = WrittenNotice::of_notice(notice);
    let scope = notice.scope.as_ref();
    let image = ["image", "to_image"]
        .iter()
        .find_map(|name| facts.get(*name));
    let attributes = [
        ("event", event.as_str()),
        ("watch", &watch),
        ("key", &key),
        ("severity", notice.severity().as_str()),
        ("account", scope.map_or("", |scope| scope.account.as_str())),
        ("region", scope.map_or("", |scope| scope.region.as_str())),
        ("image", image.map_or("", String::as_str)),
    ];
    // People's filters may count on the watch's dash; nobody's on the others.
    let says = |name: &str, value: &str| match value {
        "" => false,
        "-" => name == "watch" && form == SnsForm::Text,
        _ => true,
    };
    let attributes = attributes
        .into_iter()
        .filter(|(name, value)| says(name, value));
    let attributes = attributes.map(|(name, value)| (format!("amiwatch.{name}"), value.to_owned()));
    let attributes: BTreeMap<String, String> = attributes.collect();
    Message {
        subject,
        body: match form {
            SnsForm::Text => body,
            SnsForm::Json => notice_event(&notice).to_string(),
            SnsForm::AmazonQ => amazon_q_message(notice).to_string(),
        },
        attributes,
        group: notice.story.clone(),
        key,
    }
}
