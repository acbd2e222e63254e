//! The desk: everything that a person reads or does, each a function that gives the document which
//! `--format json` prints. The command line asks, draws and ends with the document's exit code; the
//! pages serve the same documents.
//!
//! What the store alone can answer takes a [`Desk`], which has no way to AWS, so that it works beside a
//! running daemon and on a page; what asks AWS takes a [`Service`]. Must not print or read the
//! environment: who asks, and how it is drawn, is the caller's.

pub mod adopt;

pub mod approval;

pub mod ask;

pub mod back_all;

pub mod bake;

pub mod blind;

mod changes;

pub mod check;

pub mod config;

pub mod explain;

pub mod digest;

mod follow;

pub mod heard;

pub mod history;

pub mod logs;

pub mod hold;

pub mod look;

pub mod moved;

pub mod moving;

pub mod notify;

pub mod once;

pub mod opening;

mod places;

pub mod plan;

pub mod progress;

pub mod publish;

pub mod reload;

pub mod requests;

pub mod restore;

pub mod retire;

pub mod rollout;

pub mod status;

pub mod store;

pub mod survey;

pub mod sweep;

mod turn;

pub mod whole_driving;

pub mod image_contents;
pub mod images;

pub mod whole_rollout;

use super::Service;
use crate::clock::Clock;
use crate::settings::Settings;
use crate::store::Store;

/// The config, the store and the time: enough for whatever needs no AWS.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub settings: &'a Settings,
    pub store: &'a dyn Store,
    pub clock: &'a Clock,
}

impl<'a> Service<'a> {
    /// The same without the ways out.
    pub fn desk(&self) -> Desk<'a> {
        Desk {
            settings: self.settings,
            store: self.store,
            clock: self.clock,
        }
    }
}
