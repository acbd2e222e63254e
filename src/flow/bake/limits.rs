//! How long is waited for what. Plain functions of an order.

use std::time::Duration;

use super::user_data::grace_s;
use crate::model::bake::BakeOrder;

/// How soon after its creation a thing may still be invisible.
pub(super) const SETTLE_S: i64 = 300;
/// How long an undo looks for something whose creation was answered by nobody.
pub(super) const LATE_S: i64 = 60;

/// The console lags behind the guest: EC2 posts it a while after the stop.
pub(super) const CONSOLE_LAG_S: i64 = 5 * 60;
/// A guest that has reported cleans up and is off well before this.
pub(super) const POWER_OFF_S: i64 = 15 * 60;
/// From the launch: what the guest may take, and time to say so with the console's end.
pub(super) fn guest_allowance(order: &BakeOrder) -> Duration {
    let seconds = guest_max_s(order) + SETTLE_S;
    Duration::from_secs(seconds.unsigned_abs())
}

/// From the launch: what the guest is given, what it may take beyond, and the console's lag.
pub(super) fn guest_max_s(order: &BakeOrder) -> i64 {
    let checks = order.checks.len() + order.boot_checks.len();
    let given = order.guest_timeout_s.saturating_add(grace_s(checks));
    i64::try_from(given).unwrap_or(i64::MAX / 2) + CONSOLE_LAG_S
}
