//! Which kind of user data cloud-init takes a part for: by its type, or, where that says nothing, by how
//! it begins.

use std::io::{self, Read as _};

use super::mime::MimePart;

/// How user data begins, and the type that cloud-init then takes it for.
const BEGINNINGS: [(&str, &str); 9] = [
    ("#include-once", "text/x-include-once-url"),
    ("#include", "text/x-include-url"),
    ("#cloud-config-archive", "text/cloud-config-archive"),
    ("#cloud-config-jsonp", "text/cloud-config-jsonp"),
    ("#cloud-config", "text/cloud-config"),
    ("#cloud-boothook", "text/cloud-boothook"),
    ("#part-handler", "text/part-handler"),
    ("## template: jinja", "text/jinja2"),
    ("#!", "text/x-shellscript"),
];

/// Types whose content cloud-init looks at before it believes them.
const VAGUE: [&str; 4] = [
    "",
    "text/plain",
    "text/x-not-multipart",
    "application/octet-stream",
];

/// Believed too, unless its content says otherwise: people call everything a script.
const SCRIPT: &str = "text/x-shellscript";

/// Types that cloud-init unpacks first.
const PACKED: [&str; 8] = [
    "application/gzip",
    "application/gzip-compressed",
    "application/gzipped",
    "application/x-compress",
    "application/x-compressed",
    "application/x-gunzip",
    "application/x-gzip",
    "application/x-gzip-compressed",
];

/// What all compressed parts together may grow to; it has to fit into user data again.
pub const MAX_UNPACKED: usize = 1024 * 1024;

/// Why a part has no kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unrecognised {
    /// It says that it is compressed, and is not.
    Packed(String),
    /// It begins like nothing that cloud-init knows. Its words are not told: they may be a secret.
    Beginning,
}

/// Unpacks a part and finds its type. What is left of the room for packed parts goes down with it.
///
/// # Errors
/// When it has none that cloud-init would find.
pub fn settle_kind(part: &mut MimePart, room: &mut usize) -> Result<(), Unrecognised> {
    if PACKED.contains(&part.content_type.as_str()) || part.body.starts_with(&[0x1f, 0x8b]) {
        part.body = unpacked(&part.body, room).map_err(|error| {
            let why = format!("a compressed part cannot be unpacked ({error}): pack it again");
            Unrecognised::Packed(why)
        })?;
        part.content_type = String::new();
    }
    let text = String::from_utf8_lossy(&part.body);
    if VAGUE.contains(&part.content_type.as_str()) {
        sniff(&text)
            .ok_or(Unrecognised::Beginning)?
            .clone_into(&mut part.content_type);
    } else if part.content_type == SCRIPT {
        sniff(&text)
            .unwrap_or(SCRIPT)
            .clone_into(&mut part.content_type);
    }
    Ok(())
}

/// What gzip packed, as far as there is room for it.
///
/// # Errors
/// When it is not gzip's, or is more.
pub fn unpacked(body: &[u8], room: &mut usize) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body)
        .take(*room as u64 + 1)
        .read_to_end(&mut plain)?;
    let left = room.checked_sub(plain.len()).ok_or_else(|| {
        let why = format!("all of them have more than {MAX_UNPACKED} bytes");
        io::Error::new(io::ErrorKind::FileTooLarge, why)
    })?;
    *room = left;
    Ok(plain)
}

/// The type that cloud-init would take the text for. It forgives blanks and blank lines in front, and
/// capitals; not a byte order mark.
pub fn sniff(text: &str) -> Option<&'static str> {
    let begins = |begin: &str| {
        let mut chars = text.trim_start().chars();
        begin.chars().all(|c| {
            chars
                .next()
                .is_some_and(|found| found.to_ascii_lowercase() == c)
        })
    };
    let found = BEGINNINGS.iter().find(|(begin, _)| begins(begin));
    found.map(|(_, kind)| *kind)
}

/// A script's text as cloud-init writes it: with Unix line ends, if its first line has a DOS one.
pub fn script(text: &str) -> String {
    match text.find('\n') {
        Some(at) if text.get(..at).is_some_and(|line| line.ends_with('\r')) => {
            text.replace("\r\n", "\n")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_how_a_text_begins() {
        for (text, kind) in [
            ("#cloud-config\n", Some("text/cloud-config")),
            ("\n \n#Cloud-Config mine\n", Some("text/cloud-config")),
            ("#cloud-config-archive\n", Some("text/cloud-config-archive")),
            ("#!/bin/sh\n", Some("text/x-shellscript")),
            ("\u{feff}#!/bin/sh\n", None),
            ("# cloud-config\n", None),
            ("", None),
        ] {
            assert_eq!(sniff(text), kind, "{text:?}");
        }
    }

    #[test]
    fn line_ends_are_mended_where_the_first_is_dos() {
        assert_eq!(script("#!/bin/sh\r\na\r\n"), "#!/bin/sh\na\n");
        assert_eq!(script("#!/bin/sh\na\r\n"), "#!/bin/sh\na\r\n");
    }
}
