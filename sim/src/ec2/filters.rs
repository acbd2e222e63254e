//! Filters and pages, as every EC2 list has them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Room;
use crate::iam::glob;
use crate::state::Tags;
use crate::wire::fail::Fail;
use crate::wire::params::Params;
use crate::wire::xml::Xml;

/// Filters of a call: all must hold; of one filter's values any.
pub(crate) struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    pub(crate) fn of(p: &Params) -> Result<Self, Fail> {
        let groups = p.groups("Filter");
        let parsed = groups.iter().map(|group| {
            let name = p.need(&format!("{group}.Name"))?.to_owned();
            Ok((name, p.list(&format!("{group}.Value"))))
        });
        parsed.collect::<Result<_, Fail>>().map(Self)
    }

    /// Whether a thing passes. `values` gives what the thing has under a filter's name, or nothing
    /// when there is no such filter.
    pub(crate) fn pass(
        &self,
        tags: &Tags,
        values: impl Fn(&str) -> Option<Vec<String>>,
    ) -> Result<bool, Fail> {
        for (name, wanted) in &self.0 {
            let have = match name.as_str() {
                "tag-key" => tags.keys().cloned().collect(),
                other => match other.strip_prefix("tag:") {
                    Some(key) => tags.get(key).cloned().into_iter().collect(),
                    None => values(other)
                        .ok_or_else(|| Fail::invalid(format!("The filter '{other}' is invalid")))?,
                },
            };
            if !have.iter().any(|h| wanted.iter().any(|w| glob(w, h))) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a filter asks for exactly this value.
    pub(crate) fn names(&self, name: &str, value: &str) -> bool {
        let mut of = self.0.iter().filter(|(n, _)| n == name);
        of.any(|(_, values)| values.iter().any(|v| v == value))
    }

    /// The values of a filter by which things can be looked up directly: no wildcards in them.
    pub(crate) fn exact(&self, name: &str) -> Option<&[String]> {
        let (_, values) = self.0.iter().find(|(n, _)| n == name)?;
        (!values.iter().any(|v| v.contains(['*', '?']))).then_some(values.as_slice())
    }
}

/// One page: the things, and the token of the next page.
pub(crate) type Page<T> = (Vec<T>, Option<String>);

/// Cuts a page out of things sorted by id. Without MaxResults everything is one page, unless the
/// world imposes a size.
pub(crate) fn page<T>(
    room: &Room<'_>,
    things: Vec<T>,
    id: impl Fn(&T) -> &str,
) -> Result<Page<T>, Fail> {
    let after = match room.p.get("NextToken").filter(|t| !t.is_empty()) {
        Some(token) => Some(decode(token)?),
        None => None,
    };
    let imposed = Some(room.core.timing.page).filter(|page| *page > 0);
    let size = room
        .p
        .number("MaxResults")?
        .into_iter()
        .chain(imposed)
        .min()
        .unwrap_or(usize::MAX);
    let begins = |thing: &T| after.as_deref().is_none_or(|after| id(thing) > after);
    let mut rest = things.into_iter().filter(begins);
    let page: Vec<T> = rest.by_ref().take(size.max(1)).collect();
    let more = rest.next().is_some();
    let token = page
        .last()
        .filter(|_| more)
        .map(|last| STANDARD.encode(format!("after {}", id(last))));
    Ok((page, token))
}

fn decode(token: &str) -> Result<String, Fail> {
    let bytes = STANDARD.decode(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let after = text
        .as_deref()
        .and_then(|text| text.strip_prefix("after "))
        .map(str::to_owned);
    after.ok_or_else(|| {
        Fail::new(
            "InvalidNextToken",
            "The token is not one that was given out.",
        )
    })
}

/// The tag set of a thing.
pub(crate) fn tag_set(x: &mut Xml, tags: &Tags) {
    x.items("tagSet", tags, |x, (key, value)| {
        x.text("key", key);
        x.text("value", value);
    });
}

/// The tags of one resource type in a creating call's TagSpecifications; types that the call does
/// not take are refused.
pub(crate) fn tags_for(p: &Params, kind: &str, taken: &[&str]) -> Result<Tags, Fail> {
    let mut tags = Tags::new();
    for group in p.groups("TagSpecification") {
        let of = p.need(&format!("{group}.ResourceType"))?;
        if !taken.contains(&of) {
            let message =
                format!("'{of}' is not a valid taggable resource type for this operation.");
            return Err(Fail::invalid(message));
        }
        if of == kind {
            tags.extend(tag_list(p, &format!("{group}.Tag"))?);
        }
    }
    Ok(tags)
}

/// `Tag.N.Key`, `Tag.N.Value`, within what tags may be.
pub(crate) fn tag_list(p: &Params, name: &str) -> Result<Tags, Fail> {
    let mut tags = Tags::new();
    for group in p.groups(name) {
        let key = p.need(&format!("{group}.Key"))?;
        let value = p.get(&format!("{group}.Value")).unwrap_or_default();
        if key.starts_with("aws:") {
            let message = "Tag keys starting with 'aws:' are reserved for internal use";
            return Err(Fail::invalid(message));
        }
        if key.chars().count() > 127 || value.chars().count() > 255 {
            let message = format!("Tag key or value is too long: '{key}'");
            return Err(Fail::invalid(message));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    if tags.len() > 50 {
        return Err(Fail::new(
            "TagLimitExceeded",
            "More than 50 tags for one resource.",
        ));
    }
    Ok(tags)
}
