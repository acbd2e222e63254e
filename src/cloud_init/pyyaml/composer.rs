//! Tokens to nodes: PyYAML's parser and composer in one, for a single document.

use std::collections::BTreeMap;

use super::scanner::Scanner;
use super::token::{Token, TokenKind};
use super::{Content, MAX_DEPTH, Node, NodeId, Refused, resolver};

pub(super) const TAGS: &str = "tag:yaml.org,2002:";

#[derive(Debug)]
pub(super) struct Composer {
    pub(super) scanner: Scanner,
    pub(super) nodes: Vec<Node>,
    anchors: BTreeMap<String, NodeId>,
    handles: BTreeMap<String, String>,
    depth: i64,
}

/// Where a node stands, and so what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodePlace {
    Flow,
    Block,
    /// A value in a mapping: its list's `-` may be indented as its key is.
    BlockValue,
}

impl Composer {
    pub(super) fn new(scanner: Scanner) -> Self {
        Self {
            scanner,
            nodes: Vec::new(),
            anchors: BTreeMap::new(),
            handles: BTreeMap::new(),
            depth: 0,
        }
    }

    /// The one document; `None` where there is none.
    pub(super) fn document(&mut self) -> Result<Option<NodeId>, Refused> {
        self.scanner.next()?;
        let first = &self.scanner.peek()?.kind;
        let root = if first.is_directive()
            || matches!(first, TokenKind::DocumentStart | TokenKind::StreamEnd)
        {
            if !self.document_start()? {
                return Ok(None);
            }
            let next = self.scanner.peek()?;
            let ends = next.kind.is_directive()
                || matches!(
                    next.kind,
                    TokenKind::DocumentStart | TokenKind::DocumentEnd | TokenKind::StreamEnd
                );
            let line = next.line;
            match ends {
                true => self.empty(line),
                false => self.node(NodePlace::Block)?,
            }
        } else {
            self.default_handles();
            self.node(NodePlace::Block)?
        };
        if matches!(self.scanner.peek()?.kind, TokenKind::DocumentEnd) {
            self.scanner.next()?;
        }
        let line = self.scanner.peek()?.line;
        match self.document_start()? {
            false => Ok(Some(root)),
            true => Err(Refused::at(
                line,
                "a second document begins: there can be only one",
            )),
        }
    }

    /// Over what begins a document; whether one begins.
    fn document_start(&mut self) -> Result<bool, Refused> {
        while matches!(self.scanner.peek()?.kind, TokenKind::DocumentEnd) {
            self.scanner.next()?;
        }
        if matches!(self.scanner.peek()?.kind, TokenKind::StreamEnd) {
            return Ok(false);
        }
        self.directives()?;
        let token = self.scanner.next()?;
        match token.kind {
            TokenKind::DocumentStart => Ok(true),
            other => Err(Refused::at(
                token.line,
                format!(
                    "{} stands where the text ends or `---` begins",
                    other.name()
                ),
            )),
        }
    }

    fn directives(&mut self) -> Result<(), Refused> {
        self.handles.clear();
        let mut versions = 0;
        while self.scanner.peek()?.kind.is_directive() {
            let token = self.scanner.next()?;
            match token.kind {
                TokenKind::YamlDirective(major) => {
                    versions += 1;
                    if versions > 1 || major != "1" {
                        return Err(Refused::at(
                            token.line,
                            "there is one `%YAML`, of version 1",
                        ));
                    }
                }
                TokenKind::TagDirective(handle, prefix)
                    if self
                        .handles
                        .insert(handle.clone(), prefix.clone())
                        .is_some() =>
                {
                    return Err(Refused::at(token.line, "a tag's handle is said twice"));
                }
                _ => {}
            }
        }
        self.default_handles();
        Ok(())
    }

    fn default_handles(&mut self) {
        for (handle, prefix) in [("!", "!"), ("!!", TAGS)] {
            let handle = self.handles.entry(handle.to_owned());
            handle.or_insert_with(|| prefix.to_owned());
        }
    }

    pub(super) fn add(&mut self, tag: String, content: Content, line: usize) -> NodeId {
        self.nodes.push(Node {
            tag,
            content,
            line,
            merged: false,
        });
        self.nodes.len() - 1
    }

    /// A value that is not there.
    pub(super) fn empty(&mut self, line: usize) -> NodeId {
        let tag = resolver::of_scalar("");
        self.add(tag.to_owned(), Content::Scalar(String::new()), line)
    }

    pub(super) fn next_is(&mut self, wanted: &[TokenKind]) -> Result<bool, Refused> {
        let next = &self.scanner.peek()?.kind;
        Ok(wanted.contains(next))
    }

    /// A node, unless one of these follows: then an empty one.
    pub(super) fn node_unless(
        &mut self,
        ends: &[TokenKind],
        place: NodePlace,
        line: usize,
    ) -> Result<NodeId, Refused> {
        match self.next_is(ends)? {
            true => Ok(self.empty(line)),
            false => self.node(place),
        }
    }

    pub(super) fn node(&mut self, place: NodePlace) -> Result<NodeId, Refused> {
        let line = self.scanner.peek()?.line;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Refused::at(line, "it is nested too deeply"));
        }
        let node = self.node_within(place);
        self.depth -= 1;
        node
    }

    fn node_within(&mut self, place: NodePlace) -> Result<NodeId, Refused> {
        let first = self.scanner.peek()?.clone();
        if let TokenKind::Alias(name) = &first.kind {
            self.scanner.next()?;
            let wrong = || Refused::at(first.line, format!("`*{name}` names no anchor"));
            return self.anchors.get(name).copied().ok_or_else(wrong);
        }
        let (anchor, tag) = self.properties()?;
        if let Some(name) = &anchor
            && self.anchors.contains_key(name)
        {
            return Err(Refused::at(
                first.line,
                format!("the anchor `&{name}` stands twice"),
            ));
        }
        let next = self.scanner.peek()?.clone();
        let given = tag.clone().filter(|tag| tag != "!");
        let or = |default: &str| given.clone().unwrap_or_else(|| format!("{TAGS}{default}"));
        let block = place != NodePlace::Flow;
        let node = match next.kind {
            TokenKind::BlockEntry if place == NodePlace::BlockValue => {
                let node = self.begin(or("seq"), Content::List(Vec::new()), &first, anchor);
                self.indentless(node)?;
                return Ok(node);
            }
            TokenKind::Scalar { value, plain } => {
                self.scanner.next()?;
                let resolved = (plain && tag.is_none()) || tag.as_deref() == Some("!");
                let tag = match resolved {
                    true => resolver::of_scalar(&value).to_owned(),
                    false => or("str"),
                };
                self.begin(tag, Content::Scalar(value), &first, anchor)
            }
            TokenKind::FlowSequenceStart => {
                let node = self.begin(or("seq"), Content::List(Vec::new()), &first, anchor);
                self.flow_sequence(node)?;
                node
            }
            TokenKind::FlowMappingStart => {
                let node = self.begin(or("map"), Content::Map(Vec::new()), &first, anchor);
                self.flow_mapping(node)?;
                node
            }
            TokenKind::BlockSequenceStart if block => {
                let node = self.begin(or("seq"), Content::List(Vec::new()), &first, anchor);
                self.block_sequence(node)?;
                node
            }
            TokenKind::BlockMappingStart if block => {
                let node = self.begin(or("map"), Content::Map(Vec::new()), &first, anchor);
                self.block_mapping(node)?;
                node
            }
            _ if anchor.is_some() || tag.is_some() => {
                let tag = given.unwrap_or_else(|| resolver::of_scalar("").to_owned());
                self.begin(tag, Content::Scalar(String::new()), &first, anchor)
            }
            other => {
                return Err(Refused::at(
                    next.line,
                    format!("{} stands where a value is wanted", other.name()),
                ));
            }
        };
        Ok(node)
    }

    /// An anchor and a tag, in either order; the tag in full.
    fn properties(&mut self) -> Result<(Option<String>, Option<String>), Refused> {
        let (mut anchor, mut tag) = (None, None);
        for _ in 0..2 {
            let next = self.scanner.peek()?.clone();
            match next.kind {
                TokenKind::Anchor(name) if anchor.is_none() => anchor = Some(name),
                TokenKind::Tag(handle, suffix) if tag.is_none() => {
                    tag = Some(self.full_tag(handle, &suffix, next.line)?);
                }
                _ => break,
            }
            self.scanner.next()?;
        }
        Ok((anchor, tag))
    }

    fn full_tag(
        &self,
        handle: Option<String>,
        suffix: &str,
        line: usize,
    ) -> Result<String, Refused> {
        let Some(handle) = handle else {
            return Ok(suffix.to_owned());
        };
        let wrong = || Refused::at(line, format!("the tag's handle `{handle}` is not known"));
        let prefix = self.handles.get(&handle).ok_or_else(wrong)?;
        Ok(format!("{prefix}{suffix}"))
    }

    /// The node is known by its anchor from here on, inside of it too.
    fn begin(
        &mut self,
        tag: String,
        content: Content,
        first: &Token,
        anchor: Option<String>,
    ) -> NodeId {
        let node = self.add(tag, content, first.line);
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, node);
        }
        node
    }
}
