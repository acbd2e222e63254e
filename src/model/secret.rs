//! Secrets: a value that cannot be printed by accident, and the words for where one is kept.

use std::fmt;
use std::path::PathBuf;

/// A value that nobody may read in an output: it has no Display, is never serialised, and its Debug
/// says that there is something and not what.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the value in.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one place that sends it to whoever must know it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Where a secret is kept; itself no secret. Display reads as "the file /etc/x".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretSource {
    /// An environment variable's name.
    Env(String),
    /// A file, already resolved against the config's folder.
    File(PathBuf),
    /// A name below systemd's `$CREDENTIALS_DIRECTORY`.
    Credential(String),
    /// An SSM parameter's name or ARN, read with decryption.
    Ssm(String),
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Credential(name) => write!(f, "the systemd credential {name}"),
            Self::Ssm(name) => write!(f, "the SSM parameter {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_in_whatever_holds_it() {
        let held = (Some(Secret::new("hush")), 1);
        assert_eq!(format!("{held:?}"), "(Some(Secret(..)), 1)");
        assert!(!format!("{held:#?}").contains("hush"));
    }
}
