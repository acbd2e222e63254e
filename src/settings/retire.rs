//! Reads `[watch.NAME.retire]`: how a watch's older images come down the ladder. A watch without the
//! section retires nothing.

use std::time::Duration;

use crate::model::retire_rules::{RetireMode, RetireRules};

use super::fault::{Problem, quoted_value};
use super::reading::{ConfigReading, ConfigSection};
use super::values;

/// Whatever is kept for longer is kept for good.
const LONGEST: Duration = Duration::from_secs(3650 * 24 * 60 * 60);
/// More images than that are no choice of anybody's.
const NEWEST_MAX: i64 = 1000;

/// Absent where the watch says nothing about it.
pub(super) fn read_retire(
    watch: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<RetireRules> {
    watch.place_of("retire")?;
    let section = watch.section("retire");
    let default = RetireRules::default();
    let mut days = |key: &str, absent: Duration| {
        let read = reading.parsed(section.text(key), |text| {
            values::parse_duration(text, values::DAY, LONGEST)
        });
        read.unwrap_or(absent)
    };
    let rules = RetireRules {
        younger_than: days("younger_than", default.younger_than),
        disable_after: days("disable_after", default.disable_after),
        deregister_after: days("deregister_after", default.deregister_after),
        rollback_horizon: days("rollback_horizon", default.rollback_horizon),
        keep_newest: keep_newest(&section, reading).unwrap_or(default.keep_newest),
        mode: mode(&section, reading).unwrap_or(default.mode),
    };
    order(&section, &rules, reading);
    Some(rules)
}

fn keep_newest(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<usize> {
    let count = section.integer("keep_newest")?;
    if (1..=NEWEST_MAX).contains(&count) {
        return usize::try_from(count).ok();
    }
    let at = section.place_of("keep_newest").unwrap_or_default();
    let wrong = format!("{count} newest images cannot be kept");
    let right = format!("write 1 to {NEWEST_MAX}: the newest is always kept");
    reading.fault(at, Problem::new(wrong, right));
    None
}

/// Whoever disables on the day of deregistering leaves nobody time to miss the image.
fn order(section: &ConfigSection<'_>, rules: &RetireRules, reading: &mut ConfigReading<'_>) {
    if rules.deregister_after > rules.disable_after {
        return;
    }
    let named = ["deregister_after", "disable_after"];
    let at = named.into_iter().find_map(|key| section.place_of(key));
    let problem = Problem::new(
        format!(
            "an image would be deregistered ({}) before it has been disabled ({})",
            humantime::format_duration(rules.deregister_after),
            humantime::format_duration(rules.disable_after)
        ),
        "let `deregister_after` be longer than `disable_after`: both count from when it was superseded",
    );
    reading.fault(at.unwrap_or_default(), problem);
}

fn mode(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<RetireMode> {
    reading.parsed(section.text("mode"), |text| {
        let all = [RetireMode::Tell, RetireMode::Apply];
        let named = all.into_iter().find(|mode| mode.as_str() == text);
        named.ok_or_else(|| {
            Problem::new(
                format!("`mode` cannot be {}", quoted_value(text)),
                "write \"tell\", which says what would be done, or \"apply\", which does it",
            )
        })
    })
}
