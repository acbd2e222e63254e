//! Tells the watchdog how passes go, one ping after the other, beside everything else: it holds nothing up,
//! and one that does not answer is said once.

use std::collections::VecDeque;
use std::rc::Rc;

use super::lanes::{self, Lane};
use super::{Daemon, Host};
use crate::service::vitals::PassResult;
use crate::service::watchdog::WatchdogPing;

/// Older ones say nothing that newer ones do not.
const WAITING_MAX: usize = 4;

/// Pings that are under way, or wait.
#[derive(Default)]
pub(super) struct Pings<'a> {
    pub(super) under_way: Lane<'a, Result<(), String>>,
    waiting: VecDeque<WatchdogPing>,
    failing: bool,
}

impl<H: Host> Daemon<'_, H> {
    pub(super) fn ping(&mut self, ping: WatchdogPing) {
        if self.live.settings.watchdog.is_none() {
            return;
        }
        self.pings.waiting.push_back(ping);
        if self.pings.waiting.len() > WAITING_MAX {
            self.pings.waiting.pop_front();
        }
        self.next_ping();
    }

    /// How a pass ended: one that could not read everything has ended all the same.
    pub(super) fn ping_end(&mut self, result: PassResult) {
        self.ping(match result {
            PassResult::Good | PassResult::Partial => WatchdogPing::Success,
            PassResult::Failed | PassResult::Cut => WatchdogPing::Fail,
        });
    }

    pub(super) fn pinged(&mut self, told: &Result<(), String>) {
        match told {
            Err(why) if !self.pings.failing => {
                tracing::warn!(why, "the watchdog cannot be told how passes go");
            }
            Ok(()) if self.pings.failing => {
                tracing::info!("the watchdog hears again how passes go")
            }
            _ => {}
        }
        self.pings.failing = told.is_err();
        self.next_ping();
    }

    fn next_ping(&mut self) {
        if self.pings.under_way.is_none()
            && let Some(ping) = self.pings.waiting.pop_front()
        {
            let live = Rc::clone(&self.live);
            self.pings.under_way = Some(lanes::ping_lane(self.ground, live, ping));
        }
    }
}
