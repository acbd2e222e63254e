//! What accounts of one world see of each other's images and snapshots.
//!
//! An account holds what others share with it as entries of its own, so that every verb finds them where
//! it looks; here they are brought up to date after something changed at their owner's.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Account;
use crate::ec2::model::{Image, Permission, Snapshot};
use crate::state::State;

/// What an account shares with another: by region, images with what they are on.
type Shared = BTreeMap<String, Vec<(Image, Option<Snapshot>)>>;

/// Who somebody is, to permissions.
struct Reader {
    account: String,
    organizations: BTreeSet<String>,
}

impl Reader {
    fn of(state: &State) -> Self {
        Self {
            account: state.core.account.clone(),
            organizations: state.organizations.clone(),
        }
    }

    fn is_named_in(&self, permissions: &BTreeSet<Permission>) -> bool {
        permissions.iter().any(|permission| match permission {
            Permission::Account(id) => *id == self.account,
            Permission::Organization(arn) | Permission::Unit(arn) => {
                self.organizations.contains(arn)
            }
        })
    }
}

impl Account {
    /// Carries over to every other account what this one shares with it, where something may have changed.
    pub(crate) fn carry_over(&self) {
        if !std::mem::take(&mut self.lock().stirred) {
            return;
        }
        for other in self.everyone() {
            if other.id() != self.id() {
                let reader = Reader::of(&other.lock());
                let shared = shared_with(&self.lock(), &reader);
                take_in(&mut other.lock(), self.id(), shared);
            }
        }
    }
}

fn shared_with(state: &State, reader: &Reader) -> Shared {
    let mut shared = Shared::new();
    for (region, here) in &state.regions {
        let own = here.ec2.images.values();
        let own = own.filter(|image| image.owner_id == state.core.account);
        for image in own {
            let named = reader.is_named_in(&image.launch_permissions);
            if !named && !image.public {
                continue;
            }
            let snapshot = here.ec2.snapshots.get(&image.snapshot_id);
            let readable = snapshot
                .is_some_and(|snapshot| snapshot.public || reader.is_named_in(&snapshot.readers));
            let mut image = image.clone();
            image.shared = named;
            image.world = true;
            image.storage_kept |= !readable;
            let snapshot = snapshot.cloned().map(|mut snapshot| {
                snapshot.shared = readable;
                snapshot.world = true;
                snapshot
            });
            shared
                .entry(region.clone())
                .or_default()
                .push((image, snapshot));
        }
    }
    shared
}

/// What `owner` shares is here as it is there, and nothing else of his.
fn take_in(state: &mut State, owner: &str, mut shared: Shared) {
    let regions: BTreeSet<String> = state.regions.keys().chain(shared.keys()).cloned().collect();
    for region in regions {
        let now = shared.remove(&region).unwrap_or_default();
        let (_, here) = state.enter(&region);
        let ec2 = &mut here.ec2;
        let kept: BTreeSet<String> = now.iter().map(|(image, _)| image.id.clone()).collect();
        let lost = ec2.images.values().filter(|image| image.owner_id == owner);
        let lost: Vec<String> = lost
            .filter(|image| !kept.contains(&image.id))
            .map(|image| image.id.clone())
            .collect();
        for id in lost {
            if let Some(image) = ec2.images.remove(&id) {
                ec2.snapshots.remove(&image.snapshot_id);
                ec2.gone_images.insert(id, image);
            }
        }
        for (mut image, snapshot) in now {
            if let Some(before) = ec2.images.get(&image.id) {
                image.key_unusable |= before.key_unusable;
                image.launches.clone_from(&before.launches);
            }
            if let Some(snapshot) = snapshot {
                ec2.snapshots.insert(snapshot.id.clone(), snapshot);
            }
            ec2.images.insert(image.id.clone(), image);
        }
    }
}
