//! What PyYAML's safe constructor refuses of nodes that were composed: tags that it has no type for,
//! values that are none of their type, keys that cannot be keys. It also merges what `<<` names.

use std::collections::{BTreeSet, VecDeque};

use super::names::MAX_DIGITS;
use super::{Content, MAX_DEPTH, Node, NodeId, Refused, resolver};
use crate::cloud_init::base64;

/// Pairs that `<<` may bring in, in all.
const MAX_MERGED: usize = 100_000;

#[derive(Debug)]
pub(super) struct Constructor<'n> {
    nodes: &'n mut Vec<Node>,
    seen: Vec<bool>,
    /// Collections whose insides are still to come, in PyYAML's order.
    open: VecDeque<NodeId>,
    merged: usize,
}

impl<'n> Constructor<'n> {
    pub(super) fn new(nodes: &'n mut Vec<Node>) -> Self {
        let seen = vec![false; nodes.len()];
        Self {
            nodes,
            seen,
            open: VecDeque::new(),
            merged: 0,
        }
    }

    pub(super) fn document(&mut self, root: NodeId) -> Result<(), Refused> {
        self.object(root)?;
        while let Some(node) = self.open.pop_front() {
            self.inside(node)?;
        }
        Ok(())
    }

    fn tag(&self, node: NodeId) -> (&str, usize) {
        let found = self.nodes.get(node);
        found.map_or(("", 0), |node| (node.tag.as_str(), node.line))
    }

    /// Checks one node, or leaves its inside for later; whether it could be a key.
    fn object(&mut self, node: NodeId) -> Result<bool, Refused> {
        let (tag, line) = self.tag(node);
        let kind = tag.strip_prefix("tag:yaml.org,2002:").unwrap_or("");
        let collection = matches!(kind, "seq" | "map" | "set" | "omap" | "pairs");
        if self.seen.get(node).copied().unwrap_or(true) {
            return Ok(!collection);
        }
        if collection {
            self.open.push_back(node);
        } else {
            let value = |depth| self.scalar(node, depth);
            let fits = match kind {
                "null" | "str" => value(0).map(|_| true)?,
                "bool" => is_bool(&value(0)?),
                "int" => is_int(&value(0)?),
                "float" => is_float(&value(0)?),
                "binary" => base64::decode_base64(&value(0)?).is_some(),
                "timestamp" => is_timestamp(&value(0)?),
                _ => {
                    let wrong = format!("there is no type for the tag `{}`", shown(tag));
                    return Err(Refused::at(line, wrong));
                }
            };
            if !fits {
                return Err(Refused::at(line, format!("the value is no {kind}")));
            }
        }
        if let Some(seen) = self.seen.get_mut(node) {
            *seen = true;
        }
        Ok(!collection)
    }

    /// A scalar's text. A mapping with the key `=` stands for that key's value.
    fn scalar(&self, node: NodeId, depth: i64) -> Result<String, Refused> {
        let line = self.tag(node).1;
        match self.nodes.get(node).map(|node| &node.content) {
            Some(Content::Scalar(text)) => Ok(text.clone()),
            Some(Content::Map(pairs)) if depth < MAX_DEPTH => {
                let value =
                    |(key, _): &&(NodeId, NodeId)| self.tag(*key).0 == "tag:yaml.org,2002:value";
                match pairs.iter().find(value) {
                    Some((_, value)) => self.scalar(*value, depth + 1),
                    None => Err(Refused::at(line, "keys stand where a text is wanted")),
                }
            }
            _ => Err(Refused::at(
                line,
                "a list or keys stand where a text is wanted",
            )),
        }
    }

    fn inside(&mut self, node: NodeId) -> Result<(), Refused> {
        let (tag, line) = self.tag(node);
        let tag = tag
            .strip_prefix("tag:yaml.org,2002:")
            .unwrap_or("")
            .to_owned();
        match (tag.as_str(), self.content(node)) {
            ("seq", Content::List(items)) => {
                for item in items {
                    self.object(item)?;
                }
                Ok(())
            }
            ("map" | "set", Content::Map(_)) => self.mapping(node),
            ("omap" | "pairs", Content::List(items)) => self.pairs(&items),
            (tag, _) => Err(Refused::at(line, format!("the value is no {tag}"))),
        }
    }

    fn content(&self, node: NodeId) -> Content {
        let found = self.nodes.get(node);
        found.map_or(Content::List(Vec::new()), |node| node.content.clone())
    }

    fn mapping(&mut self, node: NodeId) -> Result<(), Refused> {
        self.merge(node, 0)?;
        let Content::Map(pairs) = self.content(node) else {
            return Ok(());
        };
        for (key, value) in pairs {
            if !self.object(key)? {
                let line = self.tag(key).1;
                return Err(Refused::at(line, "a list or keys cannot be a key"));
            }
            self.object(value)?;
        }
        Ok(())
    }

    /// `!!omap` and `!!pairs`: a list of mappings of one key each.
    fn pairs(&mut self, items: &[NodeId]) -> Result<(), Refused> {
        for item in items {
            let Content::Map(pairs) = self.content(*item) else {
                return Err(Refused::at(self.tag(*item).1, "one `key: value` is wanted"));
            };
            let [(key, value)] = pairs[..] else {
                return Err(Refused::at(self.tag(*item).1, "one `key: value` is wanted"));
            };
            self.object(key)?;
            self.object(value)?;
        }
        Ok(())
    }

    /// Puts what `<<` names in front of a mapping's own keys.
    fn merge(&mut self, node: NodeId, depth: i64) -> Result<(), Refused> {
        let Content::Map(pairs) = self.content(node) else {
            return Ok(());
        };
        let line = self.tag(node).1;
        if depth > MAX_DEPTH {
            return Err(Refused::at(line, "`<<` is nested too deeply"));
        }
        let is_merge = |(key, _): &(NodeId, NodeId)| self.tag(*key).0 == "tag:yaml.org,2002:merge";
        let (merges, own): (Vec<_>, Vec<_>) = pairs.into_iter().partition(is_merge);
        for (key, _) in &own {
            if let Some(key) = self.nodes.get_mut(*key)
                && key.tag == "tag:yaml.org,2002:value"
            {
                "tag:yaml.org,2002:str".clone_into(&mut key.tag);
            }
        }
        self.set_pairs(node, own.clone());
        let mut sources = Vec::new();
        for (_, value) in merges {
            match self.content(value) {
                Content::Map(_) => sources.push(value),
                Content::List(items) => sources.extend(items),
                Content::Scalar(_) => {
                    return Err(Refused::at(line, "`<<` wants keys, or a list of them"));
                }
            }
        }
        if sources.is_empty() {
            return Ok(());
        }
        let (mut merged, mut keys) = (Vec::new(), BTreeSet::new());
        for source in sources {
            self.merge(source, depth + 1)?;
            let Content::Map(pairs) = self.content(source) else {
                return Err(Refused::at(line, "`<<` wants keys, or a list of them"));
            };
            self.merged += pairs.len();
            if self.merged > MAX_MERGED {
                return Err(Refused::at(line, "`<<` brings in too much"));
            }
            merged.extend(pairs.into_iter().filter(|(key, _)| keys.insert(*key)));
        }
        merged.extend(own);
        self.set_pairs(node, merged);
        if let Some(node) = self.nodes.get_mut(node) {
            node.merged = true;
        }
        Ok(())
    }

    fn set_pairs(&mut self, node: NodeId, pairs: Vec<(NodeId, NodeId)>) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.content = Content::Map(pairs);
        }
    }
}

/// A tag as somebody may have written it.
fn shown(tag: &str) -> String {
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some("value") => "=".to_owned(),
        Some("merge") => "<<".to_owned(),
        Some(short) => format!("!!{short}"),
        None => tag.to_owned(),
    }
}

fn is_bool(text: &str) -> bool {
    let text = text.to_lowercase();
    ["yes", "no", "true", "false", "on", "off"].contains(&text.as_str())
}

/// Whether Python's `int` would take the text in this base.
fn python_int(text: &str, base: u32) -> bool {
    let text = text.trim();
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let prefix = match base {
        2 => ["0b", "0B"],
        8 => ["0o", "0O"],
        16 => ["0x", "0X"],
        _ => ["", ""],
    };
    let bare = prefix
        .into_iter()
        .find_map(|prefix| text.strip_prefix(prefix));
    let digits = bare.unwrap_or(text);
    let short = base != 10 || digits.len() <= MAX_DIGITS;
    !digits.is_empty() && short && digits.chars().all(|c| c.is_digit(base))
}

fn is_int(text: &str) -> bool {
    let text = text.replace('_', "");
    let Some(first) = text.chars().next() else {
        return false;
    };
    let text = match first {
        '+' | '-' => text.get(1..).unwrap_or_default(),
        _ => text.as_str(),
    };
    if let Some(digits) = text.strip_prefix("0b") {
        python_int(digits, 2)
    } else if let Some(digits) = text.strip_prefix("0x") {
        python_int(digits, 16)
    } else if text == "0" {
        true
    } else if text.starts_with('0') {
        python_int(text, 8)
    } else {
        text.split(':').all(|part| python_int(part, 10))
    }
}

fn is_float(text: &str) -> bool {
    let text = text.replace('_', "").to_lowercase();
    let Some(first) = text.chars().next() else {
        return false;
    };
    let text = match first {
        '+' | '-' => text.get(1..).unwrap_or_default(),
        _ => text.as_str(),
    };
    let number = |part: &str| part.trim().parse::<f64>().is_ok();
    matches!(text, ".inf" | ".nan") || text.split(':').all(number)
}

fn is_timestamp(text: &str) -> bool {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let Some(stamp) = resolver::timestamp(text) else {
        return false;
    };
    let [year, month, day] = stamp.date;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    let date = year > 0 && (1..=days).contains(&day);
    let time = stamp
        .time
        .is_none_or(|[hour, minute, second]| hour < 24 && minute < 60 && second < 60);
    // Less than a day either way.
    let zone = stamp
        .zone
        .is_none_or(|[hours, minutes]| hours * 60 + minutes < 24 * 60);
    date && time && zone
}
