//! Proof of completion: reads a guest's console and judges what it says. Plain functions of values:
//! no clock, no cloud, nothing to wait for. The wire format is written down in docs/guest-protocol.md.

pub mod changes;

pub mod console;

pub mod encode;

mod frame;

mod judge;

mod payload;

mod tail;

pub use console::{ConsoleReading, closed_sum, frames, read_console, report_sum};
pub use frame::MARK;
pub use judge::{Expected, GuestRole, GuestVerdict, judge_report};
pub use tail::tail;
