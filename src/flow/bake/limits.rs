//! How long is waited for what. Plain functions of an order.

use std::time::Duration;

use super::user_data::grace_s;
use crate::model::bake::{BakeOrder, Proof};

/// How soon after its creation a thing may still be invisible.
pub(super) const SETTLE_S: i64 = 300;
/// How long an undo looks for something whose creation was answered by nobody.
pub(super) const LATE_S: i64 = 60;

/// The console lags behind the guest: EC2 posts it a while after the stop, by what is reported up to
/// twenty minutes.
const CONSOLE_LAG_S: i64 = 20 * 60;
/// Over SSM a guest that has ended has said what it says; the console is for people.
const CONSOLE_LAG_SSM_S: i64 = 5 * 60;
/// A guest that has reported cleans up and is off well before this.
pub(super) const POWER_OFF_S: i64 = 15 * 60;

/// From the launch: what the guest may take, its console's lag, and time to say so with its end.
pub(super) fn guest_allowance(order: &BakeOrder) -> Duration {
    seconds(guest_max_s(order) + end_lag_s(order) + SETTLE_S)
}

/// From the report: what the builder may take to stop, its console's lag, and time to say so.
pub(super) fn stop_allowance(order: &BakeOrder) -> Duration {
    seconds(POWER_OFF_S + end_lag_s(order) + SETTLE_S)
}

/// From the launch: what the guest is given, and what it may take beyond.
pub(super) fn guest_max_s(order: &BakeOrder) -> i64 {
    let checks = order.checks.len() + order.boot_checks.len();
    let given = order.guest_timeout_s.saturating_add(grace_s(checks));
    i64::try_from(given).unwrap_or(i64::MAX / 2) + SETTLE_S
}

/// From the guest's end until its console is believed to hold nothing more.
pub(super) fn end_lag_s(order: &BakeOrder) -> i64 {
    match order.proof {
        Proof::Console => CONSOLE_LAG_S,
        Proof::Ssm => CONSOLE_LAG_SSM_S,
    }
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs())
}
