//! The report as text: one `key value...` a line, values that may hold anything in base64.
//! Knows nothing of frames.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::report::{CheckResult, RecipeEnded, Report};

use super::frame::sha256;
use super::tail::printable;

const FIRST_LINE: &str = "amiwatch-report 1";

/// No honest report comes near it; a compressed bomb would.
const MAX_TEXT: u64 = 4 * 1024 * 1024;

/// A report and the sum that it carries.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) report: Report,
    /// SHA-256 in hex of the text up to the `end` line; the closing frame repeats it.
    pub(super) sum: String,
}

/// Reads the joined chunks. Errors are one sentence.
pub(super) fn decode_payload(joined: &str) -> Result<Decoded, String> {
    let bytes = STANDARD
        .decode(joined)
        .map_err(|_| "the joined frames are not base64".to_owned())?;
    let text =
        String::from_utf8(unpacked(bytes)?).map_err(|_| "the report is not text".to_owned())?;
    let (body, sum) = split_sum(&text)?;
    Ok(Decoded {
        report: parse(body)?,
        sum,
    })
}

/// Writes a report: the base64 to cut into frames, and its sum.
pub(super) fn encode_payload(report: &Report) -> (String, String) {
    let mut text = write(report);
    let sum = sha256(text.as_bytes());
    text.push_str(&format!("end {sum}\n"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let packed = gzip.write_all(text.as_bytes()).and_then(|()| gzip.finish());
    (STANDARD.encode(packed.unwrap_or(text.into_bytes())), sum)
}

/// Undoes gzip when the bytes begin like it; a guest without gzip sends plain text.
fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice())
        .take(MAX_TEXT)
        .read_to_end(&mut text)
        .map_err(|error| format!("the report cannot be unpacked: {error}"))?;
    Ok(text)
}

/// Splits off the last line, `end <sum>`, and holds the sum against the rest.
fn split_sum(text: &str) -> Result<(&str, String), String> {
    let end = text
        .trim_end_matches('\n')
        .rfind("\nend ")
        .ok_or("the report has no end line")?;
    let (body, last) = text.split_at(end + 1);
    let sum = last.trim_end().trim_start_matches("end ").to_owned();
    if sha256(body.as_bytes()) != sum {
        return Err("the report's own sum does not hold".to_owned());
    }
    Ok((body, sum))
}

fn parse(body: &str) -> Result<Report, String> {
    let mut lines = body.lines();
    if lines.next() != Some(FIRST_LINE) {
        return Err(format!("the report does not begin with `{FIRST_LINE}`"));
    }
    let mut report = Report {
        cloud_init: "unknown".to_owned(),
        ..Report::default()
    };
    let mut packages = 0_u32;
    for line in lines {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let read = match key {
            "packages" => value.trim().parse().ok().map(|count| packages = count),
            _ => take(&mut report, key, value),
        };
        read.ok_or_else(|| format!("the report has a line that cannot be read: `{key}`"))?;
    }
    let listed = u32::try_from(report.packages.len()).unwrap_or(u32::MAX);
    report.packages_omitted = packages.saturating_sub(listed);
    Ok(report)
}

/// One line into the report. Keys that this version does not know are skipped: a newer guest may
/// say more.
fn take(report: &mut Report, key: &str, value: &str) -> Option<()> {
    match key {
        "ended" => report.ended = ended(value)?,
        "boots" => report.boots = value.trim().parse().ok()?,
        "kernel" => report.kernel = printable(value),
        "cloud-init" => report.cloud_init = status(value),
        "before" => report.before.get_or_insert_default().push(check(value)?),
        "after" => report.after.push(check(value)?),
        "installed" => report.packages.push(printable(value)),
        "fact" => fact(&mut report.facts, value)?,
        _ => {}
    }
    Some(())
}

fn ended(word: &str) -> Option<RecipeEnded> {
    [RecipeEnded::Finished, RecipeEnded::Deadline]
        .into_iter()
        .find(|ended| ended.as_str() == word)
}

/// The last line of `cloud-init status`: `status: done`. There is none where there is no such command.
fn status(line: &str) -> String {
    let word = line.rsplit(':').next().unwrap_or_default().trim();
    match word {
        "" => "unknown".to_owned(),
        word => printable(word),
    }
}

/// `<name, base64> <exit> <seconds> [<tail, base64>]`. A clock that was set back while a check ran makes
/// the seconds negative; they are only for people.
fn check(value: &str) -> Option<CheckResult> {
    let mut words = value.split(' ');
    let result = CheckResult {
        // As it came: it is held against the config's own. Whoever prints it cleans it.
        name: unbase64(words.next()?)?,
        exit: words.next()?.parse().ok()?,
        seconds: u32::try_from(words.next()?.parse::<i64>().ok()?).unwrap_or(0),
        tail: printable(&unbase64(words.next().unwrap_or_default())?),
    };
    words.next().is_none().then_some(result)
}

/// `<name> <value, base64>`; what has no value is no fact.
fn fact(facts: &mut BTreeMap<String, String>, line: &str) -> Option<()> {
    let (name, value) = line.split_once(' ')?;
    let value = printable(unbase64(value)?.trim_end());
    if !value.is_empty() {
        facts.insert(printable(name), value);
    }
    Some(())
}

/// Text from base64; bytes that are no UTF-8 become replacement characters.
fn unbase64(text: &str) -> Option<String> {
    let bytes = STANDARD.decode(text).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The report's text without its end line.
fn write(report: &Report) -> String {
    let mut text = format!("{FIRST_LINE}\n");
    let mut line = |key: &str, value: &str| {
        let _infallible = writeln!(text, "{key} {value}");
    };
    line("ended", report.ended.as_str());
    line("boots", &report.boots.to_string());
    line("kernel", &report.kernel);
    line("cloud-init", &format!("status: {}", report.cloud_init));
    report
        .before
        .iter()
        .flatten()
        .for_each(|check| line("before", &written(check)));
    report
        .after
        .iter()
        .for_each(|check| line("after", &written(check)));
    for (name, value) in &report.facts {
        line("fact", &format!("{name} {}", STANDARD.encode(value)));
    }
    report
        .packages
        .iter()
        .for_each(|package| line("installed", package));
    let listed = u32::try_from(report.packages.len()).unwrap_or(u32::MAX);
    let all = listed.saturating_add(report.packages_omitted);
    line("packages", &all.to_string());
    text
}

fn written(check: &CheckResult) -> String {
    let CheckResult {
        name,
        exit,
        seconds,
        tail,
    } = check;
    let (name, tail) = (STANDARD.encode(name), STANDARD.encode(tail));
    format!("{name} {exit} {seconds} {tail}")
}
