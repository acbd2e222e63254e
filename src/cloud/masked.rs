//! AWS's own words without the credentials in them: a refused signature comes back with the request as
//! AWS read it, session token and all. Masks before anything is cut, so that no half of one is left.

/// What credentials stand behind, in headers, in JSON and in the shared credentials file.
const LABELS: [&str; 7] = [
    "x-amz-security-token",
    "sessiontoken",
    "session_token",
    "secretaccesskey",
    "secret_access_key",
    "signature",
    "password",
];

/// How the ids of access keys begin, and how long they are.
const KEY_IDS: [&str; 2] = ["AKIA", "ASIA"];
const KEY_ID_LENGTH: usize = 20;

/// A secret access key has so many characters, a session token hundreds.
const KEY_LENGTH: usize = 40;

const MASK: &str = "[...]";

/// The words without what could be used by whoever reads them.
pub(super) fn masked(words: &str) -> String {
    without_long_keys(&without_key_ids(&without_labelled(words)))
}

/// `x-amz-security-token:FwoG...` -> `x-amz-security-token:[...]`
fn without_labelled(words: &str) -> String {
    let lower = words.to_ascii_lowercase();
    let mut shown = String::with_capacity(words.len());
    let mut from = 0;
    while let Some(label_end) = next_label(&lower, from) {
        let value = value_after(&words[label_end..]).map(|at| label_end + at);
        let Some(value) = value else {
            shown.push_str(&words[from..label_end]);
            from = label_end;
            continue;
        };
        let ends = |c: char| c.is_whitespace() || "\"',&;}\\".contains(c);
        let length = words[value..].find(ends);
        shown.push_str(&words[from..value]);
        shown.push_str(MASK);
        from = value + length.unwrap_or(words.len() - value);
    }
    shown.push_str(&words[from..]);
    shown
}

/// Where the next label ends.
fn next_label(lower: &str, from: usize) -> Option<usize> {
    // Place by place, so that a label that is nowhere is not looked for again and again.
    let ends = |at: usize| {
        let label = LABELS.iter().find(|label| lower[at..].starts_with(**label));
        label.map(|label| at + label.len())
    };
    let places = lower[from..].char_indices();
    places.map(|(at, _)| from + at).find_map(ends)
}

/// Where the value begins, if one is given: behind a colon or an equals sign, quoted or not.
fn value_after(rest: &str) -> Option<usize> {
    let value = rest.trim_start_matches(|c: char| c.is_whitespace() || "\"'\\:=".contains(c));
    let at = rest.len() - value.len();
    (rest[..at].contains([':', '=']) && !value.is_empty()).then_some(at)
}

/// `AKIAIOSFODNN7EXAMPLE` -> `AKIA[...]`
fn without_key_ids(words: &str) -> String {
    let mut shown = String::with_capacity(words.len());
    let mut rest = words;
    let begins = |four: &[u8]| KEY_IDS.iter().any(|begin| begin.as_bytes() == four);
    let next = |rest: &str| rest.as_bytes().windows(4).position(begins);
    while let Some(at) = next(rest) {
        let id = &rest[at..];
        let fits = |c: &char| c.is_ascii_uppercase() || c.is_ascii_digit();
        let length = id.chars().take_while(fits).count();
        shown.push_str(&rest[..at + 4]);
        rest = match length >= KEY_ID_LENGTH {
            true => {
                shown.push_str(MASK);
                &id[length..]
            }
            false => &id[4..],
        };
    }
    shown.push_str(rest);
    shown
}

/// A run that looks like a key or a token of its own: long, of base64, with letters of both cases and
/// digits. Names, ARNs and ids have hyphens or colons sooner, digests have no capitals.
fn without_long_keys(words: &str) -> String {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=%".contains(c);
    let mut shown = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(at) = rest.find(is_base64) {
        let run = &rest[at..];
        let length = run.find(|c| !is_base64(c)).unwrap_or(run.len());
        shown.push_str(&rest[..at]);
        shown.push_str(if is_a_key(&run[..length]) {
            MASK
        } else {
            &run[..length]
        });
        rest = &run[length..];
    }
    shown.push_str(rest);
    shown
}

fn is_a_key(run: &str) -> bool {
    let has = |sort: fn(&u8) -> bool| run.as_bytes().iter().any(sort);
    run.len() >= KEY_LENGTH
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const TOKEN: &str = "FwoGZXIvYXdzEBYaDHqa0AP1RexampleTOKEN12345678901234567890==";

    #[test]
    fn a_refused_signature_gives_nothing_away() {
        for words in [
            format!("The Canonical String should have been 'POST\nx-amz-security-token:{TOKEN}\n'"),
            format!(
                "{{\"AccessKeyId\": \"ASIAIOSFODNN7EXAMPLE\", \"SessionToken\" : \"{TOKEN}\"}}"
            ),
            format!("aws_secret_access_key = {KEY}"),
            format!("credential_process said SecretAccessKey={KEY}&x=1"),
            format!(
                "(hashed with SHA-256) Authorization=AWS4 Credential=AKIAIOSFODNN7EXAMPLE/2026, Signature=0123abcd {KEY}"
            ),
            format!("{TOKEN}{TOKEN}"),
        ] {
            let shown = masked(&words);
            for secret in [
                KEY,
                TOKEN,
                &TOKEN[..12],
                &KEY[..12],
                "IOSFODNN7",
                "0123abcd",
            ] {
                assert!(!shown.contains(secret), "{shown}");
            }
            assert!(shown.contains(MASK), "{shown}");
        }
    }

    #[test]
    fn what_a_person_needs_is_left() {
        for words in [
            "User: arn:aws:sts::111122223333:assumed-role/Amiwatch-Bake-Role1/i-0123456789abcdef0 is not \
             authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/B",
            "The request signature we calculated does not match the signature you provided",
            "The security token included in the request is invalid",
            "request e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "AKIA is a prefix",
            "ami-0123456789abcdef0 of vpc-1",
        ] {
            assert_eq!(masked(words), words);
        }
        assert_eq!(masked("key AKIAIOSFODNN7EXAMPLE!"), "key AKIA[...]!");
    }

    #[test]
    fn many_labels_are_masked_in_one_go() {
        let words = "signature ".repeat(100_000);
        assert_eq!(masked(&words), words);
    }
}
