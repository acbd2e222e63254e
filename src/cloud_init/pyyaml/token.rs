//! The words that the scanner finds and the parser reads.

/// One token and the line on which it begins, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    StreamStart,
    StreamEnd,
    /// `%YAML` with its major version, `%TAG` with handle and prefix, anything else.
    YamlDirective(String),
    TagDirective(String, String),
    OtherDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowMappingStart,
    FlowSequenceEnd,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    /// Its handle, if it has one, and the rest.
    Tag(Option<String>, String),
    Scalar {
        value: String,
        plain: bool,
    },
}

impl TokenKind {
    /// As PyYAML calls it in its errors.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::StreamStart => "the text's start",
            Self::StreamEnd => "the text's end",
            Self::YamlDirective(_) | Self::TagDirective(..) | Self::OtherDirective => {
                "a directive (`%`)"
            }
            Self::DocumentStart => "a new document (`---`)",
            Self::DocumentEnd => "a document's end (`...`)",
            Self::BlockSequenceStart => "a list that is indented otherwise",
            Self::BlockMappingStart => "keys that are indented otherwise",
            Self::BlockEnd => "less indentation",
            Self::FlowSequenceStart => "`[`",
            Self::FlowMappingStart => "`{`",
            Self::FlowSequenceEnd => "`]`",
            Self::FlowMappingEnd => "`}`",
            Self::BlockEntry => "`-`",
            Self::FlowEntry => "`,`",
            Self::Key => "a key",
            Self::Value => "`:`",
            Self::Alias(_) => "an alias (`*`)",
            Self::Anchor(_) => "an anchor (`&`)",
            Self::Tag(..) => "a tag (`!`)",
            Self::Scalar { .. } => "a text",
        }
    }

    pub(super) fn is_directive(&self) -> bool {
        matches!(
            self,
            Self::YamlDirective(_) | Self::TagDirective(..) | Self::OtherDirective
        )
    }
}
