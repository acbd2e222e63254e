//! Whose account calls are counted in, which is what a pace belongs to.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::OnceCell;

use crate::model::ids::{AccountId, Partition};

/// Whose account an identity's calls are counted in. A role says so in its ARN; of other credentials
/// it is known once AWS has told, by GetCallerIdentity or by the ARN of something of theirs.
#[derive(Debug)]
pub(super) struct Payer {
    number: u64,
    of_role: Option<AccountId>,
    pub(super) told: OnceCell<(Partition, AccountId)>,
}

/// What lanes are kept under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PayerKey {
    Account(AccountId),
    /// Not known yet, and so nobody else's: a number for each identity of each connection.
    Unknown(u64),
}

impl Payer {
    pub(super) fn new(of_role: Option<AccountId>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            of_role,
            told: OnceCell::new(),
        }
    }

    /// As far as it is known now.
    pub(super) fn key(&self) -> PayerKey {
        let told = self.told.get().map(|(_, account)| account);
        match told.or(self.of_role.as_ref()) {
            Some(account) => PayerKey::Account(account.clone()),
            None => self.unknown_key(),
        }
    }

    /// What it went by before anything was known.
    pub(super) fn unknown_key(&self) -> PayerKey {
        PayerKey::Unknown(self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_nobody_elses() {
        let (one, other) = (Payer::new(None), Payer::new(None));
        assert_ne!(one.key(), other.key());
        one.told.set(("aws".into(), "1".into())).unwrap();
        other.told.set(("aws".into(), "1".into())).unwrap();
        assert_eq!(one.key(), other.key());
    }
}
