//! Which type PyYAML takes a text without quotes for: YAML 1.1's, with PyYAML's own patterns.

const BOOLS: [&str; 18] = [
    "yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE", "on",
    "On", "ON", "off", "Off", "OFF",
];

/// The tag of a scalar that has none. Python's `$` matches before a last line's end too.
pub(super) fn of_scalar(value: &str) -> &'static str {
    let Some(first) = value.chars().next() else {
        return "tag:yaml.org,2002:null";
    };
    let text = value.strip_suffix('\n').unwrap_or(value);
    let number = first.is_ascii_digit() || matches!(first, '+' | '-');
    if BOOLS.contains(&text) {
        "tag:yaml.org,2002:bool"
    } else if (number || first == '.') && is_float(text) {
        "tag:yaml.org,2002:float"
    } else if number && is_int(text) {
        "tag:yaml.org,2002:int"
    } else if text == "<<" {
        "tag:yaml.org,2002:merge"
    } else if matches!(text, "~" | "null" | "Null" | "NULL") {
        "tag:yaml.org,2002:null"
    } else if first.is_ascii_digit() && is_timestamp(text) {
        "tag:yaml.org,2002:timestamp"
    } else if text == "=" {
        "tag:yaml.org,2002:value"
    } else {
        "tag:yaml.org,2002:str"
    }
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

/// At least one, and all of them.
fn all(text: &str, wanted: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(wanted)
}

fn digits(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && all(text, |c| c.is_ascii_digit() || c == '_')
}

/// `:59`s behind a number of base 60.
fn sixties<'t>(mut parts: impl Iterator<Item = &'t str>) -> bool {
    parts.all(|part| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
        _ => false,
    })
}

fn is_int(text: &str) -> bool {
    let text = unsigned(text);
    if let Some(rest) = text.strip_prefix("0b") {
        return all(rest, |c| matches!(c, '0' | '1' | '_'));
    }
    if let Some(rest) = text.strip_prefix("0x") {
        return all(rest, |c| c.is_ascii_hexdigit() || c == '_');
    }
    if let Some(rest) = text.strip_prefix('0') {
        return rest.is_empty() || all(rest, |c| matches!(c, '0'..='7' | '_'));
    }
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    digits(first) && sixties(parts)
}

fn is_float(text: &str) -> bool {
    let positive = unsigned(text);
    if matches!(positive, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let Some((whole, rest)) = positive.split_once('.') else {
        return false;
    };
    let (fraction, exponent) = match rest.split_once(['e', 'E']) {
        Some((fraction, exponent)) => (fraction, Some(exponent)),
        None => (rest, None),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        exponent.starts_with(['+', '-']) && all(unsigned(exponent), |c| c.is_ascii_digit())
    });
    let fraction_fits = fraction.chars().all(|c| c.is_ascii_digit() || c == '_');
    if whole.is_empty() {
        // No sign in front of this one.
        return text.starts_with('.') && digits(fraction) && exponent_fits;
    }
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let based = whole.contains(':');
    digits(first)
        && fraction_fits
        && sixties(parts)
        && exponent_fits
        && !(based && exponent.is_some())
}

/// A timestamp as written: its parts, and the zone's hours and minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Timestamp {
    pub(super) date: [u32; 3],
    pub(super) time: Option<[u32; 3]>,
    pub(super) zone: Option<[u32; 2]>,
    /// Each part has the digits that the short form asks for.
    plain_date: bool,
}

fn is_timestamp(text: &str) -> bool {
    timestamp(text).is_some_and(|stamp| stamp.time.is_some() || stamp.plain_date)
}

/// The parts of `2001-12-14t21:59:43.10-05:00`, in range or not.
pub(super) fn timestamp(text: &str) -> Option<Timestamp> {
    let mut rest = text;
    let year = number(&mut rest, 4, 4)?;
    let month_at = rest.strip_prefix('-')?;
    rest = month_at;
    let month = number(&mut rest, 1, 2)?;
    let day_at = rest.strip_prefix('-')?;
    rest = day_at;
    let day = number(&mut rest, 1, 2)?;
    let date = [year, month, day];
    if rest.is_empty() {
        let plain_date = text.len() == "2001-12-14".len();
        return Some(Timestamp {
            date,
            time: None,
            zone: None,
            plain_date,
        });
    }
    let blanks = rest.trim_start_matches([' ', '\t']);
    rest = match rest.strip_prefix(['T', 't']) {
        Some(rest) => rest,
        None if blanks.len() < rest.len() => blanks,
        None => return None,
    };
    let hour = number(&mut rest, 1, 2)?;
    rest = rest.strip_prefix(':')?;
    let minute = number(&mut rest, 2, 2)?;
    rest = rest.strip_prefix(':')?;
    let second = number(&mut rest, 2, 2)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    Some(Timestamp {
        date,
        time: Some([hour, minute, second]),
        zone: zone(rest)?,
        plain_date: false,
    })
}

/// `None` where what is there is no zone.
fn zone(text: &str) -> Option<Option<[u32; 2]>> {
    if text.is_empty() {
        return Some(None);
    }
    let mut rest = text.trim_start_matches([' ', '\t']);
    if rest == "Z" {
        return Some(Some([0, 0]));
    }
    rest = rest.strip_prefix(['+', '-'])?;
    let hours = number(&mut rest, 1, 2)?;
    let minutes = match rest.strip_prefix(':') {
        Some(minutes) => {
            rest = minutes;
            number(&mut rest, 2, 2)?
        }
        None => 0,
    };
    rest.is_empty().then_some(Some([hours, minutes]))
}

/// A number of so many digits, and over it.
fn number(rest: &mut &str, least: usize, most: usize) -> Option<u32> {
    let length = rest
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    let (number, more) = rest.split_at_checked(length)?;
    *rest = more;
    (length >= least).then(|| number.parse().ok())?
}
