//! Reads receivers that are AWS's: SNS topics and EventBridge buses.

use crate::model::notice::SnsForm;

use super::super::arns;
use super::super::fault::{Problem, quoted_value};
use super::super::reading::{ConfigReading, ConfigSection};
use super::NotifierKind;
use super::route::meant;

pub(super) fn sns(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<NotifierKind> {
    let form = reading
        .parsed(section.text("format"), form)
        .unwrap_or_default();
    let topic_arn = reading.required(section, "topic_arn", arns::topic_arn)?;
    Some(NotifierKind::Sns { topic_arn, form })
}

fn form(text: &str) -> Result<SnsForm, Problem> {
    let known = SnsForm::ALL.into_iter().find(|form| form.as_str() == text);
    known.ok_or_else(|| {
        let words = SnsForm::ALL.map(SnsForm::as_str);
        let wrong = format!("{} is not a format", quoted_value(text));
        Problem::new(wrong, meant(text, "the formats", &words))
    })
}

pub(super) fn eventbridge(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<NotifierKind> {
    let bus = match section.place_of("bus") {
        None => "default".to_owned(),
        Some(_) => reading.parsed(section.text("bus"), arns::event_bus)?,
    };
    Some(NotifierKind::EventBridge { bus })
}
