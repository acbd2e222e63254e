//! Texts that become types: durations, names, regions, patterns. Each either gives the value or says
//! what is wrong and what would be right. Plain functions; what AWS would say is not asked here.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::ids::{Installation, Region};

use super::StoreUrl;
use super::fault::{Problem, quoted_value};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A duration such as `30m`, `1h30m` or `30d`, within bounds that are themselves allowed.
pub(super) fn parse_duration(
    text: &str,
    least: Duration,
    most: Duration,
) -> Result<Duration, Problem> {
    let parsed = humantime::parse_duration(text).map_err(|_| {
        Problem::new(
            format!("{} is not a duration", quoted_value(text)),
            "write numbers with units, such as \"45s\", \"30m\", \"1h30m\" or \"30d\"",
        )
    })?;
    if parsed < least || parsed > most {
        let (least, most) = (
            humantime::format_duration(least),
            humantime::format_duration(most),
        );
        return Err(Problem::new(
            format!("{} is out of bounds", quoted_value(text)),
            format!("write a duration from {least} to {most}"),
        ));
    }
    Ok(parsed)
}

/// Letters a to z, digits and hyphens, 1 to 40 of them: fit for image names, tags and paths.
pub(super) fn parse_name(text: &str) -> Result<String, Problem> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=40).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!(
            "the name {} does not fit everywhere it is used",
            quoted_value(text)
        ),
        "use 1 to 40 of a-z, 0-9 and `-`",
    ))
}

pub(super) fn parse_installation(text: &str) -> Result<Installation, Problem> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=64).contains(&text.len()) && text.chars().all(fits) {
        return Ok(Installation::new(text));
    }
    Err(Problem::new(
        format!(
            "the installation {} does not fit a tag that policies match",
            quoted_value(text)
        ),
        "use 1 to 64 of A-Z, a-z, 0-9, `-`, `_` and `.`",
    ))
}

/// `eu-west-1`, `us-gov-east-1`, `eu-isoe-west-1`, `eusc-de-east-1`.
pub(super) fn parse_region(text: &str) -> Result<Region, Problem> {
    if looks_like_a_region(text) {
        return Ok(Region::new(text));
    }
    let right = match text.strip_suffix(|c: char| c.is_ascii_lowercase()) {
        Some(region) if looks_like_a_region(region) => {
            format!("`{text}` is a zone; write its region, \"{region}\"")
        }
        _ => "write a region's code, such as \"eu-west-1\"".to_owned(),
    };
    Err(Problem::new(
        format!("{} is not a region", quoted_value(text)),
        right,
    ))
}

fn looks_like_a_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    match parts.as_slice() {
        [area, middle @ .., number] if !middle.is_empty() => {
            (2..=4).contains(&area.len())
                && word(area)
                && middle.iter().all(word)
                && (1..=2).contains(&number.len())
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        _ => false,
    }
}

pub(super) fn timezone(text: &str) -> Result<chrono_tz::Tz, Problem> {
    text.parse().map_err(|_| {
        let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let right = match super::nearest::nearest(text, names) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "write a zone of the IANA database, such as \"Europe/Zurich\"".to_owned(),
        };
        Problem::new(format!("{} is not a time zone", quoted_value(text)), right)
    })
}

/// `sqlite:///absolute/path`, `sqlite://relative/path`, `sqlite::memory:`, `dynamodb://table?region=eu-west-1`.
pub(super) fn store_url(text: &str) -> Result<StoreUrl, Problem> {
    let wrong = |why: &str| {
        Problem::new(
            format!("the store {} {why}", quoted_value(text)),
            "write \"sqlite:///absolute/path.db\", \"sqlite://relative/path.db\", \
             \"sqlite::memory:\" or \"dynamodb://table?region=eu-west-1\"",
        )
    };
    if let Some(rest) = text.strip_prefix("dynamodb://") {
        return dynamo_table(rest);
    }
    let Some(rest) = text.strip_prefix("sqlite:") else {
        return Err(wrong("is not of a kind that this version has"));
    };
    let path = rest.strip_prefix("//").unwrap_or(rest);
    match path {
        ":memory:" => Ok(StoreUrl::SqliteMemory),
        "" => Err(wrong("names no file")),
        _ if path.ends_with('/') => Err(wrong("names a folder")),
        _ if path.contains(['?', '#']) => Err(wrong("has options, and there are none")),
        _ if path.contains(char::is_control) => Err(wrong("holds a control character")),
        _ => Ok(StoreUrl::SqliteFile(PathBuf::from(path))),
    }
}

/// `table` or `table?region=eu-west-1`.
fn dynamo_table(rest: &str) -> Result<StoreUrl, Problem> {
    let (table, options) = match rest.split_once('?') {
        Some((table, options)) => (table, Some(options)),
        None => (rest, None),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if !(3..=255).contains(&table.len()) || !table.chars().all(fits) {
        return Err(Problem::new(
            format!("{} is not a table's name", quoted_value(table)),
            "use 3 to 255 of A-Z, a-z, 0-9, `_`, `-` and `.`, as in \"dynamodb://amiwatch?region=eu-west-1\"",
        ));
    }
    let region = match options.map(|options| options.split_once('=')) {
        None => None,
        Some(Some(("region", region))) => Some(parse_region(region)?),
        Some(_) => {
            return Err(Problem::new(
                "the only option of a table is its region",
                "write \"dynamodb://table?region=eu-west-1\"; another endpoint is set by AWS_ENDPOINT_URL_DYNAMODB",
            ));
        }
    };
    Ok(StoreUrl::DynamoTable {
        table: table.to_owned(),
        region,
    })
}

/// An address and port of this machine alone: what is served there asks nobody who they are.
pub(super) fn loopback(text: &str) -> Result<SocketAddr, Problem> {
    let right = "write a loopback address and a port, such as \"127.0.0.1:9464\"";
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(address),
        Ok(_) => Err(Problem::new(
            format!(
                "{} can be reached by others, and nobody is asked who they are",
                quoted_value(text)
            ),
            format!("{right}, and put a proxy before it where others must read it"),
        )),
        Err(_) => Err(Problem::new(
            format!("{} is not an address", quoted_value(text)),
            right,
        )),
    }
}

/// Sets of characters make a pattern longer than the names that it is for.
const MAX_PATTERN_CHARS: usize = 256;

/// A pattern of application or environment names; `*` and `?` match within a name.
pub(super) fn name_pattern(text: &str) -> Result<String, Problem> {
    let right = "write a name, in which `*` stands for any text and `?` for one character";
    if text.is_empty() {
        return Err(Problem::new("an empty pattern matches nothing", right));
    }
    if text.chars().count() > MAX_PATTERN_CHARS {
        let wrong = format!("the pattern is longer than {MAX_PATTERN_CHARS} characters");
        return Err(Problem::new(wrong, "shorten it: a name has at most 100"));
    }
    match glob::Pattern::new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(Problem::new(
            format!("{} is not a pattern: {}", quoted_value(text), error.msg),
            right,
        )),
    }
}

/// Environment names hold letters, digits and hyphens: a pattern of anything else never matches.
pub(super) fn environment_pattern(text: &str) -> Result<String, Problem> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-*?[]!".contains(c);
    match text.chars().find(|c| !fits(*c)) {
        None => name_pattern(text),
        Some(c) => Err(Problem::new(
            format!(
                "no environment's name has {} in it",
                quoted_value(&c.to_string())
            ),
            "environment names hold letters, digits and hyphens; give each pattern a target of \
             its own",
        )),
    }
}

/// A text that must be there and must be one line.
pub(super) fn parse_line(text: &str, what: &str) -> Result<String, Problem> {
    if !text.trim().is_empty() && super::fault::visible_value(text) == text {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("{} is not {what}", quoted_value(text)),
        format!("write {what} in one line, without control characters"),
    ))
}

/// More than a page's address needs.
const MAX_URL_CHARS: usize = 2_000;

pub(super) fn tag_key(text: &str) -> Result<String, Problem> {
    let reserved = ["aws:", "amiwatch:"];
    if let Some(prefix) = reserved
        .iter()
        .find(|p| text.to_ascii_lowercase().starts_with(**p))
    {
        let wrong = format!("tags beginning with `{prefix}` are not yours to set");
        return Err(Problem::new(wrong, "use another tag key"));
    }
    if text.chars().count() > 128 {
        return Err(Problem::new(
            "the tag key is longer than 128 characters",
            "shorten it",
        ));
    }
    parse_line(text, "a tag key")
}

pub(super) fn tag_value(text: &str) -> Result<String, Problem> {
    if text.chars().count() > 256 {
        return Err(Problem::new(
            "the tag value is longer than 256 characters",
            "shorten it",
        ));
    }
    if text.is_empty() {
        return Ok(String::new());
    }
    parse_line(text, "a tag value")
}

pub(super) fn endpoint_url(text: &str) -> Result<String, Problem> {
    let wrong = |wrong: &str| {
        let right = "write http or https, a host and perhaps a port, such as \
                     \"http://127.0.0.1:4599\"";
        Err(Problem::new(wrong.to_owned(), right))
    };
    if !text.starts_with("https://") && !text.starts_with("http://") {
        return wrong("the endpoint is not an http or https address");
    }
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    // Not quoted: what stands before the `@` may be a password, and a password may hold a `/`.
    if rest.contains('@') {
        return wrong("the endpoint holds a user's name or password");
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    match url::Url::parse(text) {
        // `https:///x` has none, although a browser would find one.
        Ok(_) if plain && !rest.starts_with('/') => Ok(text.to_owned()),
        _ => wrong("the endpoint names no host"),
    }
}

/// A page that is asked for from here. A password in it would stand in the config, and in every notice
/// that quotes the page.
pub(super) fn probe_url(text: &str) -> Result<String, Problem> {
    let wrong = |wrong: &str| {
        let right = "write http or https, a host and a path, such as \
                     \"https://shop.example.com/health\"";
        Err(Problem::new(wrong.to_owned(), right))
    };
    if !text.starts_with("https://") && !text.starts_with("http://") {
        return wrong("the probe is not an http or https address");
    }
    let plain = text.len() <= MAX_URL_CHARS && text.bytes().all(|byte| byte.is_ascii_graphic());
    match url::Url::parse(text) {
        // Not quoted: it is a password.
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            wrong("the probe holds a user's name or password")
        }
        Ok(url) if url.fragment().is_some() => {
            wrong("the probe has a part that no server sees, behind the `#`")
        }
        Ok(_) if plain && !text.contains(":///") => Ok(text.to_owned()),
        _ => wrong("the probe names no page"),
    }
}
