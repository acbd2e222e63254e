//! How a mail server is spoken to.

/// By which way a connection is made safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailTls {
    /// Begun in the clear and turned to TLS before anything is said, or not used.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Wrapped,
    /// None at all: for a relay on this machine alone.
    Nothing,
}

impl MailTls {
    /// Every way, in the order of the reference.
    pub const ALL: [MailTls; 3] = [Self::Starttls, Self::Wrapped, Self::Nothing];

    /// The word of the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starttls => "starttls",
            Self::Wrapped => "tls",
            Self::Nothing => "none",
        }
    }

    /// The port that is usual for it.
    pub fn usual_port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Wrapped => 465,
            Self::Nothing => 25,
        }
    }
}
