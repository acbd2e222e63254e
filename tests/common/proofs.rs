//! What must hold at the end of every life, read from the account and its ledger.

use std::collections::BTreeMap;

use amiwatch::model::tags;
use sim::{ImageView, Leftover};

use super::life::Life;
use super::world::INSTALLATION;

impl Life {
    /// The verified images of this installation that its bakes made.
    pub(crate) fn verified(&self) -> Vec<ImageView> {
        let images = self.account.own_images().into_iter();
        images
            .filter(|image| {
                image.tags.get(tags::INSTALLATION).map(String::as_str) == Some(INSTALLATION)
            })
            .filter(|image| is_verified(&image.tags) && !is_copy(image))
            .collect()
    }

    /// The copies that publishing made, the first first.
    pub(crate) fn copies(&self) -> Vec<ImageView> {
        let images = self.account.own_images().into_iter();
        let mut copies: Vec<_> = images.filter(is_copy).collect();
        copies.sort_by_key(|one| one.created);
        copies
    }

    /// What calls made and nobody removed, beside verified images and their snapshots.
    pub(crate) fn leaked(&self) -> Vec<Leftover> {
        let verified = self.verified().into_iter();
        let copies = self.copies().into_iter();
        let verified = verified.chain(copies.filter(|copy| copy.state != "failed"));
        let kept: Vec<String> = verified.flat_map(|one| [one.id, one.snapshot_id]).collect();
        let left = self.account.leftovers().into_iter();
        left.filter(|one| !kept.contains(&one.id)).collect()
    }

    /// Never two verified images of one key.
    #[track_caller]
    pub(crate) fn one_verified_image_per_key(&self) {
        let mut by_key: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for image in self.verified() {
            let key = image.tags[tags::KEY].clone();
            by_key.entry(key).or_default().push(image.id);
        }
        let doubled: Vec<_> = by_key.iter().filter(|(_, ids)| ids.len() > 1).collect();
        assert!(doubled.is_empty(), "two verified images: {doubled:?}");
    }

    /// Nothing that was made outlives its bake, save verified images and their snapshots.
    #[track_caller]
    pub(crate) fn nothing_leaks(&self) {
        let leaked = self.leaked();
        assert!(leaked.is_empty(), "left behind: {leaked:#?}");
    }

    /// Every request that ends, removes or marks something named what carries our tag.
    #[track_caller]
    pub(crate) fn nothing_foreign_touched(&self) {
        let trespasses = self.guard.trespasses();
        assert!(trespasses.is_empty(), "{trespasses:#?}");
    }

    /// One builder and one boot test: no launch was doubled, not even one that was removed later.
    /// For lives that ended within the hour in which EC2 lists what was terminated.
    #[track_caller]
    pub(crate) fn no_launch_was_doubled(&self) {
        let guests = self.account.instances().into_iter();
        let mut roles: Vec<String> = guests.map(|one| one.tags[tags::ROLE].clone()).collect();
        roles.sort();
        assert_eq!(roles, [tags::role::BOOT_TEST, tags::role::BUILDER]);
    }

    /// No guest could be reached or could leak: no key pair, IMDSv2 only, nothing let in.
    #[track_caller]
    pub(crate) fn guests_were_closed(&self) {
        for guest in self.account.instances() {
            assert_eq!(guest.key_name, None, "{}", guest.id);
            assert!(guest.imds_required, "{} answers IMDSv1", guest.id);
            assert_eq!(guest.group_ids.len(), 1, "{}", guest.id);
            let whose = guest.tags.get(tags::INSTALLATION).map(String::as_str);
            assert_eq!(whose, Some(INSTALLATION), "{} is untagged", guest.id);
        }
        let opened = self.account.ledger().into_iter().find(|call| {
            call.operation.starts_with("Authorize") || call.operation.contains("KeyPair")
        });
        assert_eq!(opened, None);
    }

    /// All promises that hold at any end, good or bad.
    #[track_caller]
    pub(crate) fn promises_hold(&self) {
        self.one_verified_image_per_key();
        self.nothing_leaks();
        self.nothing_foreign_touched();
        self.guests_were_closed();
    }

    /// Calls of one operation that did what was asked, whether or not the answer arrived.
    pub(crate) fn effects_of(&self, operation: &str) -> usize {
        let calls = self.account.ledger().into_iter();
        calls
            .filter(|call| call.operation == operation && call.took_effect && call.outcome == "ok")
            .count()
    }
}

fn is_copy(image: &ImageView) -> bool {
    image.tags.get(tags::ROLE).map(String::as_str) == Some(tags::role::COPY)
}

fn is_verified(tags: &BTreeMap<String, String>) -> bool {
    tags.get(tags::STATE).map(String::as_str) == Some(tags::state::VERIFIED)
}
