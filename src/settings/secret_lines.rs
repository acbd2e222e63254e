//! Which lines of a config may hold a secret that was written out by mistake, so that no fault shows
//! them. By the text alone: the file may be broken just there. Rather a line too many than one too few.

use super::keys::{ValueKind, all_keys};

/// What secrets are called, besides the keys that are known to be some.
const NAMES: [&str; 9] = [
    "secret",
    "token",
    "passw",
    "webhook",
    "api_key",
    "apikey",
    "access_key",
    "private_key",
    "routing_key",
];

/// What a line leaves open for those below it.
#[derive(Default)]
struct Open {
    /// The header that they stand under names a secret.
    section: bool,
    /// A text over several lines, by what ends it.
    text: Option<&'static str>,
    /// Brackets that a secret's value has opened and not closed.
    brackets: usize,
    /// Whether what is open belongs to a secret.
    secret: bool,
}

/// For each line whether it may hold a secret.
pub(super) fn secret_lines(text: &str) -> Vec<bool> {
    let mut open = Open::default();
    text.split('\n').map(|line| open.take(line)).collect()
}

impl Open {
    /// Reads one line more.
    fn take(&mut self, line: &str) -> bool {
        if let Some(end) = self.text {
            let secret = self.secret;
            if let Some((_, after)) = line.split_once(end) {
                self.text = None;
                self.leave_open(after, secret);
            }
            return secret;
        }
        if self.brackets > 0 {
            self.leave_open(line, true);
            return true;
        }
        let named = names_a_secret(line);
        if line.trim_start().starts_with('[') {
            self.section = named;
        }
        let secret = named || self.section;
        self.leave_open(line, secret);
        secret
    }

    fn leave_open(&mut self, line: &str, secret: bool) {
        self.secret = secret;
        self.text = ["\"\"\"", "\'\'\'"]
            .into_iter()
            .find(|quotes| line.matches(quotes).count() % 2 == 1);
        if secret {
            let count = |brackets: [char; 2]| line.matches(brackets).count();
            let opened = self.brackets + count(['{', '[']);
            self.brackets = opened.saturating_sub(count(['}', ']']));
        }
    }
}

fn names_a_secret(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let kept = all_keys().filter(|key| key.kind == ValueKind::Secret);
    // Addresses are secret where a secret's name stands before them; most are none.
    let kept = kept.map(|key| key.name()).filter(|name| *name != "url");
    let mut names = kept.chain(NAMES);
    names.any(|name| line.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines that may hold a secret, from 1.
    fn secret(text: &str) -> Vec<usize> {
        let lines = secret_lines(text).into_iter().enumerate();
        lines
            .filter(|(_, secret)| *secret)
            .map(|(at, _)| at + 1)
            .collect()
    }

    #[test]
    fn a_secret_is_known_by_its_name_and_by_its_header() {
        assert_eq!(secret("a = 1\nwebhook_url = \"x\"\nb = 2"), [2]);
        assert_eq!(
            secret("[n.slack.webhook_url]\nenv = \"x\"\n[watch.a]\nb = 2"),
            [1, 2]
        );
        assert_eq!(secret("Password: x\nb = 2"), [1]);
    }

    #[test]
    fn a_value_over_several_lines_is_secret_to_its_end() {
        assert_eq!(secret("token = {\n env = \"x\"\n}\nb = 2"), [1, 2, 3]);
        assert_eq!(secret("token = [\"a\",\n\"x\"]\nb = 2"), [1, 2]);
        assert_eq!(
            secret("token = \"\"\"\nx\n[y]\n\"\"\"\nb = 2"),
            [1, 2, 3, 4]
        );
        // A header inside of a text is none.
        assert_eq!(secret("doc = \'\'\'\n[token]\n\'\'\'\nb = 2"), [0; 0]);
    }
}
