//! What one bake works with: the account, the store, and what it remembers between two looks. Does
//! nothing by itself.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::conversation::Conversation;
use crate::cloud::{Cloud, Instance};
use crate::model::ids::InstanceId;
use crate::model::notice::ToldBy;
use crate::store::Store;

/// One bake's hands: the account it works in, and where its end is written.
pub struct BakeHands<'a> {
    pub cloud: Cloud,
    pub store: &'a dyn Store,
    /// Who is told of which events; each stored notice waits for all of them.
    pub told: &'a ToldBy,
    /// When each stopped guest was first seen stopped. Only shortens waits: a restart begins anew,
    /// and the journal's deadline holds either way.
    pub stopped_seen: RefCell<BTreeMap<InstanceId, DateTime<Utc>>>,
    /// The frames that were read on each guest's console. A restart reads anew.
    pub(super) frames_seen: RefCell<BTreeMap<InstanceId, BTreeSet<String>>>,
    /// What each guest's console held when it was read last, until that is kept. A restart reads anew.
    pub(super) consoles_read: RefCell<BTreeMap<InstanceId, Vec<u8>>>,
    /// What was asked of guests over SSM, and heard. A restart asks anew.
    pub(super) conversations: RefCell<BTreeMap<InstanceId, Conversation>>,
}

impl<'a> BakeHands<'a> {
    /// A bake in one account and region.
    pub fn new(cloud: Cloud, store: &'a dyn Store, told: &'a ToldBy) -> Self {
        Self {
            cloud,
            store,
            told,
            stopped_seen: RefCell::default(),
            frames_seen: RefCell::default(),
            consoles_read: RefCell::default(),
            conversations: RefCell::default(),
        }
    }

    /// A guest's console as it was read now. What was read earlier is replaced, unless nothing is there any
    /// more: EC2 forgets the console of a guest that is gone.
    pub(super) fn has_read(&self, guest: &Instance, console: &[u8]) {
        let mut read = self.consoles_read.borrow_mut();
        if !console.is_empty() {
            read.insert(guest.id.clone(), console.to_vec());
        }
    }
}
