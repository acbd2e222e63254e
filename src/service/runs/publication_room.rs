//! How many publications are under way at once. Plain: counts names, drives nothing.
//!
//! Copies have a room of their own. EC2 may take a day for one, which costs a look a minute: what waits for it
//! must not keep a parameter, which is a handful of calls, from being written.

use crate::model::publish_rules::{Destination, DestinationKind};

/// Publications at once that are no copies: each is a handful of calls.
const PUBLICATIONS_MAX: usize = 32;
/// Copies at once. EC2 itself bounds how many it makes in a region.
const COPIES_MAX: usize = 1_000;

/// What there is room for, beside those that are under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationRoom {
    copies: usize,
    others: usize,
}

impl PublicationRoom {
    /// Beside those of these names: a run's subject, or a journal that cannot be read.
    pub fn beside<'a>(under_way: impl IntoIterator<Item = &'a String>) -> Self {
        let mut room = Self {
            copies: COPIES_MAX,
            others: PUBLICATIONS_MAX,
        };
        for name in under_way {
            room.take(kind_of(name));
        }
        room
    }

    /// Takes a place for one more; false where there is none.
    pub fn take(&mut self, kind: Option<DestinationKind>) -> bool {
        let places = match kind {
            Some(DestinationKind::Copy) => &mut self.copies,
            Some(_) | None => &mut self.others,
        };
        let free = *places > 0;
        *places = places.saturating_sub(1);
        free
    }
}

/// The sort of destination of a run, by its subject.
pub fn kind_of(subject: &str) -> Option<DestinationKind> {
    let (_, destination) = subject.rsplit_once('/')?;
    let destination: Destination = destination.parse().ok()?;
    Some(destination.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_that_wait_leave_room_for_everything_else() {
        let copies: Vec<String> = (0..500)
            .map(|nth| format!("111122223333/eu-west-1/shop-{nth}/copy:eu-central-1"))
            .collect();
        let mut room = PublicationRoom::beside(&copies);
        for _ in 0..PUBLICATIONS_MAX {
            assert!(room.take(Some(DestinationKind::Parameter)));
        }
        assert!(!room.take(Some(DestinationKind::Share)));
        assert!(room.take(Some(DestinationKind::Copy)));
    }

    #[test]
    fn what_cannot_be_read_takes_a_place_as_any_other() {
        let unread: Vec<String> = (0..PUBLICATIONS_MAX)
            .map(|nth| format!("publish/0123456789abcdef/{nth:04}"))
            .collect();
        let mut room = PublicationRoom::beside(&unread);
        assert!(!room.take(Some(DestinationKind::Parameter)));
    }
}
