//! Lines and values as they may be shown: addresses without what may be secret in them. It judges text
//! alone and knows no setting.

/// Whether an address in the line holds a user's name and password, or may.
pub(super) fn holds_a_password(line: &str) -> bool {
    line.split_once("://")
        .is_some_and(|(_, rest)| rest.contains('@'))
}

/// A line as it may be shown: every address in it without its path, one `*` for each character.
pub(super) fn hidden(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, address)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end = address.find(['"', '\'', ' ', ',', '}']);
        let (address, after) = address.split_at(end.unwrap_or(address.len()));
        let secret = match before.ends_with("http") || before.ends_with("https") {
            true => address.find(['/', '?', '#']).unwrap_or(address.len()),
            // A store's file is no secret.
            false => address.len(),
        };
        shown.push_str(&address[..secret]);
        shown.extend(address[secret..].chars().map(|_| '*'));
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// A value as it may be shown: without an address's path, and without what stands before its host.
pub(super) fn hidden_value(value: &str) -> String {
    let (scheme, address) = match value.split_once("://") {
        Some((scheme, address)) => (scheme, address),
        None => return value.to_owned(),
    };
    match address.rsplit_once('@') {
        Some((_, host)) => hidden(&format!("{scheme}://*@{host}")),
        None => hidden(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_path() {
        for (line, shown) in [
            (
                r#"slack = { webhook_url = "https://hooks.slack.com/services/T/B/x", a = 1 }"#,
                r#"slack = { webhook_url = "https://hooks.slack.com***************", a = 1 }"#,
            ),
            ("a = 'http://h?k=v'", "a = 'http://h****'"),
            ("a = \"https://h/x", "a = \"https://h**"),
            (
                "e = \"http://127.0.0.1:4599\"",
                "e = \"http://127.0.0.1:4599\"",
            ),
            ("https://a/1 and https://b/2", "https://a** and https://b**"),
            ("grüße = 1", "grüße = 1"),
            ("a = \"sqlite:///var/x\"", "a = \"sqlite:///var/x\""),
        ] {
            assert_eq!(hidden(line), shown);
            assert_eq!(line.chars().count(), shown.chars().count());
        }
    }

    #[test]
    fn a_value_is_shown_without_a_password_whatever_is_in_it() {
        for (value, shown) in [
            ("https://u:p@h/x", "https://*@h**"),
            ("https://u:p/q?r\"s t@h/x", "https://*@h**"),
            ("postgres://u:p@h/db", "postgres://*@h/db"),
            ("sqlite:///var/x", "sqlite:///var/x"),
            ("plain", "plain"),
        ] {
            assert_eq!(hidden_value(value), shown);
        }
        assert!(holds_a_password("e = \"https://u:p@h\""));
        assert!(holds_a_password("e = https://u:p w,\"@h"));
        assert!(!holds_a_password("e = \"https://h\""));
        assert!(!holds_a_password("mail = \"a@b.example\""));
    }

    /// An address at every place of a megabyte: each character is looked at once.
    #[test]
    fn many_addresses_are_hidden_in_one_go() {
        let line = "http://a/b ".repeat(1 << 16);
        assert_eq!(hidden(&line), "http://a** ".repeat(1 << 16));
    }
}
