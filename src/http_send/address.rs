//! Where a request goes. The path is taken for a secret; only the host may be named.

use std::collections::HashSet;
use std::fmt;

use url::Url;

use crate::model::loopback::is_loopback;
use crate::model::secret::Secret;

/// So many characters of a path in a row, or a whole part of so many, are taken for the secret.
const RUN: usize = 8;
const SHORTEST: usize = 6;

/// An address that requests may go to: https anywhere, or http on this machine.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    whole: Secret,
    host: String,
    loopback: bool,
}

/// Why a text is no address that may be used. Never says what the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("it is empty")]
    Empty,
    #[error("it is not one line of plain characters")]
    NotPlain,
    #[error("it does not begin with https://")]
    NotHttps,
    #[error("it names no host")]
    NoHost,
    #[error("it holds a user's name or password")]
    User,
    #[error("it is plain http to another machine, which would show it on the way; use https")]
    PlainHttp,
}

impl Address {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, without a word of it.
    pub fn parse(text: &Secret) -> Result<Self, BadAddress> {
        let whole = text.expose();
        if whole.is_empty() {
            return Err(BadAddress::Empty);
        }
        if !whole.bytes().all(|byte| byte.is_ascii_graphic()) || whole.contains('\\') {
            return Err(BadAddress::NotPlain);
        }
        let secure = whole.starts_with("https://");
        if !secure && !whole.starts_with("http://") {
            return Err(BadAddress::NotHttps);
        }
        let authority = authority(whole);
        if authority.contains('@') {
            return Err(BadAddress::User);
        }
        let url = Url::parse(whole).map_err(|_| BadAddress::NoHost)?;
        let host = url.host().ok_or(BadAddress::NoHost)?;
        let name = host.to_string();
        let loopback = is_loopback(&host);
        // A host that reads otherwise than it is written (`2130706433`, `127.1`) hides where it leads.
        let as_written = authority.get(..name.len());
        if !as_written.is_some_and(|written| written.eq_ignore_ascii_case(&name)) {
            return Err(BadAddress::NoHost);
        }
        if !secure && !loopback {
            return Err(BadAddress::PlainHttp);
        }
        Ok(Self {
            whole: text.clone(),
            host: name,
            loopback,
        })
    }

    /// The host alone, which is no secret.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.loopback
    }

    pub(super) fn expose(&self) -> &str {
        self.whole.expose()
    }

    /// A text in which nothing of the address stands but its host, and no longer run of its path, in
    /// whatever case: a receiver may say a part of it.
    pub(super) fn without_secret(&self, text: &str) -> String {
        let text = text.replace(self.expose(), "[address]");
        let lower = text.to_ascii_lowercase();
        let mut secret = vec![false; lower.len()];
        let path = self.path().to_ascii_lowercase();
        let runs: HashSet<&[u8]> = path.as_bytes().windows(RUN).collect();
        for (at, run) in lower.as_bytes().windows(RUN).enumerate() {
            if runs.contains(run) {
                secret[at..at + RUN].fill(true);
            }
        }
        let short = path.split(['/', '?', '&', '=', '#']);
        for part in short.filter(|part| (SHORTEST..RUN).contains(&part.len())) {
            for (at, _) in lower.match_indices(part) {
                secret[at..at + part.len()].fill(true);
            }
        }
        let mut clean = String::with_capacity(text.len());
        for (at, letter) in text.char_indices() {
            match secret[at] {
                false => clean.push(letter),
                true if at > 0 && secret[at - 1] => {}
                true => clean.push_str("[...]"),
            }
        }
        clean
    }

    /// What stands behind the host and port.
    fn path(&self) -> &str {
        let whole = self.expose();
        let begins = whole.find("://").map_or(0, |at| at + 3) + authority(whole).len();
        whole.get(begins..).unwrap_or_default()
    }
}

/// What stands between the scheme and the path.
fn authority(whole: &str) -> &str {
    let rest = whole.split_once("://").map_or(whole, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}/..)", self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, BadAddress> {
        Address::parse(&Secret::new(text))
    }

    #[test]
    fn https_goes_anywhere_and_http_only_to_this_machine() {
        for (text, host) in [
            ("https://hooks.slack.com/services/T/B/x", "hooks.slack.com"),
            (
                "https://hooks.slack-gov.com/services/T/B/x",
                "hooks.slack-gov.com",
            ),
            ("https://chat.example.com:8443?x=1", "chat.example.com"),
            ("http://127.0.0.1:4599/hook", "127.0.0.1"),
            ("http://127.9.9.9/hook", "127.9.9.9"),
            ("http://localhost/hook", "localhost"),
            ("http://[::1]:80/hook", "[::1]"),
        ] {
            assert_eq!(parse(text).unwrap().host(), host, "{text}");
        }
        for text in [
            "http://hooks.slack.com/services/T/B/x",
            "http://127.0.0.1.example.com/x",
            "http://localhost.example.com/x",
            "http://10.0.0.1/x",
        ] {
            assert_eq!(parse(text), Err(BadAddress::PlainHttp), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_a_word_of_it() {
        for (text, fault) in [
            ("", BadAddress::Empty),
            ("https://a.example/x y", BadAddress::NotPlain),
            ("https://a.example/x\n", BadAddress::NotPlain),
            ("https://a.example\\@b/x", BadAddress::NotPlain),
            ("ftp://a.example/x", BadAddress::NotHttps),
            ("hooks.slack.com/services/T/B/x", BadAddress::NotHttps),
            ("https://", BadAddress::NoHost),
            ("https:///services/T", BadAddress::NoHost),
            ("https://a.example:port/x", BadAddress::NoHost),
            ("http://2130706433/x", BadAddress::NoHost),
            ("http://0x7f.1/x", BadAddress::NoHost),
            ("https://127.1/x", BadAddress::NoHost),
            ("https://a%2eexample/x", BadAddress::NoHost),
            ("https://127.0.0.1@evil.example/x", BadAddress::User),
            ("http://localhost:1@evil.example/x", BadAddress::User),
        ] {
            assert_eq!(parse(text), Err(fault), "{text}");
            assert!(text.len() < 12 || !fault.to_string().contains(text));
        }
    }

    #[test]
    fn neither_debug_nor_a_cleaned_text_shows_the_path() {
        let address = parse("https://hooks.slack.com/services/T0123456/B0123456/hushhush").unwrap();
        assert_eq!(format!("{address:?}"), "Address(hooks.slack.com/..)");
        let said = "no_team at https://hooks.slack.com/services/T0123456/B0123456/hushhush";
        assert_eq!(address.without_secret(said), "no_team at [address]");
        assert_eq!(address.without_secret("token hushhush?"), "token [...]?");
        assert_eq!(address.without_secret("no_service"), "no_service");
        assert_eq!(address.without_secret("Grüße HUSHHUSH ü"), "Grüße [...] ü");
    }
}
