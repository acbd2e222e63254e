//! A schedule's ticks by hand: reads `cron text<TAB>zone<TAB>from<TAB>count` lines and answers each
//! with a line of RFC 3339 times in UTC, separated by spaces, or with `error: ...`. `from` is RFC 3339
//! too. tests/contract/cron_croniter.py drives it.
//!
//!     printf '0 2 * * *\tEurope/Zurich\t2026-03-28T12:00:00Z\t3\n' | cargo run --example ticks

use std::io::{BufRead as _, Write as _};

use amiwatch::flow::timetable::Timetable;
use amiwatch::settings::parse_cron;
use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;

fn main() -> Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        match answer(&line?) {
            Ok(ticks) => writeln!(out, "{}", ticks.join(" "))?,
            Err(error) => writeln!(out, "error: {error:#}")?,
        }
    }
    Ok(())
}

fn answer(line: &str) -> Result<Vec<String>> {
    let [cron, zone, from, count] = line.split('\t').collect::<Vec<_>>()[..] else {
        bail!("a line is `cron text<TAB>zone<TAB>from<TAB>count`");
    };
    let cron = parse_cron(cron).map_err(|told| anyhow!("{}; {}", told.wrong, told.right))?;
    let zone: Tz = zone.parse().map_err(|_| anyhow!("no zone {zone}"))?;
    let from: DateTime<Utc> = from.parse().context("`from` is no RFC 3339 time")?;
    let table = Timetable::new(&cron, zone);
    let ticks = std::iter::successors(table.next_after(from), |tick| table.next_after(*tick));
    let count = count.parse().context("`count` is no number")?;
    let shown = |tick: DateTime<Utc>| tick.to_rfc3339_opts(SecondsFormat::Secs, true);
    Ok(ticks.take(count).map(shown).collect())
}
