//! Lists and mappings, in blocks and between brackets: the composer's part that reads what is in them.

use super::composer::{Composer, NodePlace, TAGS};
use super::token::TokenKind;
use super::{Content, Node, NodeId, Refused};

impl Composer {
    fn push_item(&mut self, list: NodeId, item: NodeId) {
        if let Some(Node {
            content: Content::List(items),
            ..
        }) = self.nodes.get_mut(list)
        {
            items.push(item);
        }
    }

    fn push_pair(&mut self, map: NodeId, key: NodeId, value: NodeId) {
        if let Some(Node {
            content: Content::Map(pairs),
            ..
        }) = self.nodes.get_mut(map)
        {
            pairs.push((key, value));
        }
    }

    pub(super) fn block_sequence(&mut self, list: NodeId) -> Result<(), Refused> {
        self.scanner.next()?;
        loop {
            let token = self.scanner.next()?;
            match token.kind {
                TokenKind::BlockEntry => {
                    let ends = [TokenKind::BlockEntry, TokenKind::BlockEnd];
                    let item = self.node_unless(&ends, NodePlace::Block, token.line)?;
                    self.push_item(list, item);
                }
                TokenKind::BlockEnd => return Ok(()),
                other => return Err(unexpected(&other, token.line, "the list's next `-`")),
            }
        }
    }

    pub(super) fn indentless(&mut self, list: NodeId) -> Result<(), Refused> {
        while self.next_is(&[TokenKind::BlockEntry])? {
            let line = self.scanner.next()?.line;
            let ends = [
                TokenKind::BlockEntry,
                TokenKind::Key,
                TokenKind::Value,
                TokenKind::BlockEnd,
            ];
            let item = self.node_unless(&ends, NodePlace::Block, line)?;
            self.push_item(list, item);
        }
        Ok(())
    }

    pub(super) fn block_mapping(&mut self, map: NodeId) -> Result<(), Refused> {
        let ends = [TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];
        self.scanner.next()?;
        loop {
            let token = self.scanner.next()?;
            match token.kind {
                TokenKind::Key => {}
                TokenKind::BlockEnd => return Ok(()),
                other => return Err(unexpected(&other, token.line, "the next key")),
            }
            let key = self.node_unless(&ends, NodePlace::BlockValue, token.line)?;
            let line = self.scanner.peek()?.line;
            let value = match self.next_is(&[TokenKind::Value])? {
                true => {
                    self.scanner.next()?;
                    self.node_unless(&ends, NodePlace::BlockValue, line)?
                }
                false => self.empty(line),
            };
            self.push_pair(map, key, value);
        }
    }

    /// Over the `,` between two entries; whether the collection ends.
    fn flow_ends(&mut self, first: bool, end: &TokenKind) -> Result<bool, Refused> {
        let token = self.scanner.peek()?.clone();
        if token.kind != *end && !first {
            match token.kind {
                TokenKind::FlowEntry => self.scanner.next()?,
                other => {
                    return Err(unexpected(
                        &other,
                        token.line,
                        &format!("`,` or {}", end.name()),
                    ));
                }
            };
        }
        let ends = self.scanner.peek()?.kind == *end;
        if ends {
            self.scanner.next()?;
        }
        Ok(ends)
    }

    pub(super) fn flow_sequence(&mut self, list: NodeId) -> Result<(), Refused> {
        self.scanner.next()?;
        let mut first = true;
        while !self.flow_ends(first, &TokenKind::FlowSequenceEnd)? {
            first = false;
            let item = match self.next_is(&[TokenKind::Key])? {
                true => self.pair_in_list()?,
                false => self.node(NodePlace::Flow)?,
            };
            self.push_item(list, item);
        }
        Ok(())
    }

    /// `[key: value]` is a list of a mapping.
    fn pair_in_list(&mut self) -> Result<NodeId, Refused> {
        let line = self.scanner.next()?.line;
        let map = self.add(format!("{TAGS}map"), Content::Map(Vec::new()), line);
        let ends = [
            TokenKind::Value,
            TokenKind::FlowEntry,
            TokenKind::FlowSequenceEnd,
        ];
        let key = self.node_unless(&ends, NodePlace::Flow, line)?;
        let value = self.flow_value(&TokenKind::FlowSequenceEnd)?;
        self.push_pair(map, key, value);
        Ok(map)
    }

    pub(super) fn flow_mapping(&mut self, map: NodeId) -> Result<(), Refused> {
        self.scanner.next()?;
        let mut first = true;
        while !self.flow_ends(first, &TokenKind::FlowMappingEnd)? {
            first = false;
            let (key, value) = if self.next_is(&[TokenKind::Key])? {
                let line = self.scanner.next()?.line;
                let ends = [
                    TokenKind::Value,
                    TokenKind::FlowEntry,
                    TokenKind::FlowMappingEnd,
                ];
                let key = self.node_unless(&ends, NodePlace::Flow, line)?;
                (key, self.flow_value(&TokenKind::FlowMappingEnd)?)
            } else {
                let key = self.node(NodePlace::Flow)?;
                let line = self.scanner.peek()?.line;
                (key, self.empty(line))
            };
            self.push_pair(map, key, value);
        }
        Ok(())
    }

    fn flow_value(&mut self, end: &TokenKind) -> Result<NodeId, Refused> {
        let line = self.scanner.peek()?.line;
        if !self.next_is(&[TokenKind::Value])? {
            return Ok(self.empty(line));
        }
        self.scanner.next()?;
        self.node_unless(&[TokenKind::FlowEntry, end.clone()], NodePlace::Flow, line)
    }
}

fn unexpected(found: &TokenKind, line: usize, wanted: &str) -> Refused {
    Refused::at(
        line,
        format!("{} stands where {wanted} is wanted", found.name()),
    )
}
