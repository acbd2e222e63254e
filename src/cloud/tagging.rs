//! Small shapes that EC2's calls share: tags, filters, times.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use chrono::{DateTime, Utc};

/// A filter on one or more values (any of them fits).
pub(super) fn filter<T: Into<String>>(
    name: impl Into<String>,
    values: impl IntoIterator<Item = T>,
) -> Filter {
    let values = values.into_iter().map(Into::into).collect();
    Filter::builder()
        .name(name)
        .set_values(Some(values))
        .build()
}

/// Filters for things that carry all of these tags.
pub(super) fn tag_filters(tags: &[(&str, &str)]) -> Vec<Filter> {
    tags.iter()
        .map(|(key, value)| filter(format!("tag:{key}"), [*value]))
        .collect()
}

/// Tags as EC2 takes them.
pub(super) fn sdk_tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}

/// Tags from birth for each of these kinds of things; `None` without tags, since EC2 refuses an
/// empty specification.
pub(super) fn from_birth(
    kinds: &[ResourceType],
    tags: &BTreeMap<String, String>,
) -> Option<Vec<TagSpecification>> {
    let of = |kind: &ResourceType| {
        TagSpecification::builder()
            .resource_type(kind.clone())
            .set_tags(Some(sdk_tags(tags)))
            .build()
    };
    (!tags.is_empty()).then(|| kinds.iter().map(of).collect())
}

/// Tags as the house keeps them.
pub(super) fn our_tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or("").to_owned())))
        .collect()
}

/// A time that the SDK has read.
pub(super) fn our_time(time: &aws_smithy_types::DateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos())
}

/// A time that EC2 gives as text (`2026-09-09T01:41:48.000Z`).
pub(super) fn parsed_time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.with_timezone(&Utc))
}
