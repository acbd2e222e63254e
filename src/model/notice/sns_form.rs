//! In which form a topic carries notices.

/// What the message's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SnsForm {
    /// For people who subscribe by e-mail.
    #[default]
    Text,
    /// `amiwatch.notice/1` in a CloudEvents envelope, for programs.
    Json,
    /// What Amazon Q Developer in chat applications shows.
    AmazonQ,
}

impl SnsForm {
    /// Every form, in the order of the reference.
    pub const ALL: [SnsForm; 3] = [Self::Text, Self::Json, Self::AmazonQ];

    /// The word of the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::AmazonQ => "amazon-q",
        }
    }
}
