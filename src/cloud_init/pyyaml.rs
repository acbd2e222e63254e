//! Reads YAML as PyYAML's safe loader does, since that is what cloud-init reads with: YAML 1.1 with
//! PyYAML's own rules about tabs, plain texts, tags and documents, so that what it refuses is refused
//! and what it takes is taken (docs/decisions/pyyaml.md). Follows PyYAML 6.0's own modules, by Kirill
//! Simonov, under the MIT licence.
//!
//! Guarantees: any text is answered, in time and memory about as large as the text. One bound is our
//! own: what is nested deeper than [`MAX_DEPTH`] is refused.

use std::collections::BTreeMap;

mod collections;
mod composer;
mod constructor;
mod names;
mod reader;
mod resolver;
mod scalar;
mod scanner;
mod token;

/// Lists in lists, at most. Python gives up a little later.
const MAX_DEPTH: i64 = 200;

/// Why PyYAML takes nothing of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Counted from 1.
    pub line: usize,
    pub why: String,
}

impl Refused {
    fn at(line: usize, why: impl Into<String>) -> Self {
        Self {
            line: line + 1,
            why: why.into(),
        }
    }
}

type NodeId = usize;

#[derive(Debug, Clone)]
struct Node {
    /// In full, such as `tag:yaml.org,2002:str`.
    tag: String,
    content: Content,
    /// Counted from 0.
    line: usize,
    /// Some of its keys came by `<<`.
    merged: bool,
}

#[derive(Debug, Clone)]
enum Content {
    Scalar(String),
    List(Vec<NodeId>),
    Map(Vec<(NodeId, NodeId)>),
}

/// What was read.
#[derive(Debug)]
pub struct Document {
    nodes: Vec<Node>,
    root: Option<NodeId>,
}

/// One value, and what is in it.
#[derive(Debug, Clone, Copy)]
pub struct Item<'d> {
    document: &'d Document,
    node: &'d Node,
}

/// Reads a text that holds one document, or none.
///
/// # Errors
/// Where PyYAML raises one.
pub fn load_yaml(text: &str) -> Result<Document, Refused> {
    let scanner = scanner::Scanner::new(reader::Reader::new(text)?);
    let mut composer = composer::Composer::new(scanner);
    let root = composer.document()?;
    let mut nodes = composer.nodes;
    if let Some(root) = root {
        constructor::Constructor::new(&mut nodes).document(root)?;
    }
    Ok(Document { nodes, root })
}

impl Document {
    /// `None` for a text without a document.
    pub fn root(&self) -> Option<Item<'_>> {
        self.item(self.root?)
    }

    /// The line on which a key of the outermost mapping stands.
    pub fn line_of(&self, key: &str) -> Option<usize> {
        let entries = self.root()?.entries()?.into_iter();
        let mut found = entries.filter(|(name, _)| name.as_text() == Some(key));
        found.next().map(|(name, _)| name.line())
    }

    /// The keys that stand more than once in one mapping, with their lines, in their order.
    pub fn repeated_keys(&self) -> Vec<(&str, Vec<usize>)> {
        let maps = self.nodes.iter().filter(|node| !node.merged);
        maps.flat_map(|node| self.repeated_in(node)).collect()
    }

    fn repeated_in(&self, node: &Node) -> Vec<(&str, Vec<usize>)> {
        let Content::Map(pairs) = &node.content else {
            return Vec::new();
        };
        let mut lines: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for key in pairs.iter().filter_map(|(key, _)| self.nodes.get(*key)) {
            if let Content::Scalar(name) = &key.content {
                lines.entry(name).or_default().push(key.line + 1);
            }
        }
        let repeated = lines.into_iter().filter(|(_, lines)| lines.len() > 1);
        repeated.collect()
    }

    fn item(&self, id: NodeId) -> Option<Item<'_>> {
        let node = self.nodes.get(id)?;
        Some(Item {
            document: self,
            node,
        })
    }
}

impl<'d> Item<'d> {
    /// The line on which it begins, counted from 1.
    pub fn line(&self) -> usize {
        self.node.line + 1
    }

    /// Its type, as YAML's short tags call it: `str`, `null`, `bool`, `int`, `seq`, `map`.
    pub fn kind(&self) -> &'d str {
        let tag = self.node.tag.as_str();
        tag.strip_prefix("tag:yaml.org,2002:").unwrap_or(tag)
    }

    /// A text that Python holds as a `str`.
    pub fn as_text(&self) -> Option<&'d str> {
        self.written().filter(|_| self.kind() == "str")
    }

    /// A scalar as written, whatever its type.
    pub fn written(&self) -> Option<&'d str> {
        match &self.node.content {
            Content::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// A list's items.
    pub fn items(&self) -> Option<Vec<Item<'d>>> {
        match &self.node.content {
            Content::List(items) if self.kind() == "seq" => {
                let item = |id: &NodeId| self.document.item(*id);
                Some(items.iter().filter_map(item).collect())
            }
            _ => None,
        }
    }

    /// A mapping's keys and values in their order, keys that stand twice included.
    pub fn entries(&self) -> Option<Vec<(Item<'d>, Item<'d>)>> {
        match &self.node.content {
            Content::Map(pairs) if self.kind() == "map" => {
                let entry = |(key, value): &(NodeId, NodeId)| {
                    Some((self.document.item(*key)?, self.document.item(*value)?))
                };
                Some(pairs.iter().filter_map(entry).collect())
            }
            _ => None,
        }
    }

    /// What a mapping holds under a key: the last, where it stands twice.
    pub fn get(&self, key: &str) -> Option<Item<'d>> {
        let entries = self.entries()?.into_iter().rev();
        let mut found = entries.filter(|(name, _)| name.as_text() == Some(key));
        found.next().map(|(_, value)| value)
    }
}

#[cfg(test)]
#[path = "pyyaml_tests.rs"]
mod tests;
