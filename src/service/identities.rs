//! As whom AWS is asked for what: the config's roles in the words of the door.

use crate::cloud::{AssumedRole, Identity};
use crate::model::ids::{AccountId, Scope};
use crate::model::watch::Watch;
use crate::settings::{FleetAccount, Settings};

/// The name of our sessions, in CloudTrail and in the ARN of whoever asks.
const SESSION: &str = "amiwatch";
/// As long as STS takes.
const SESSION_MAX: usize = 64;

impl Settings {
    /// What sessions are called: by the installation, so that an account that several look at knows whose
    /// daemon it was.
    fn session_name(&self) -> String {
        let installation = self.installation.as_ref();
        let name = installation.map_or(SESSION.to_owned(), |one| format!("{SESSION}-{one}"));
        name.chars().take(SESSION_MAX).collect()
    }

    /// A role that is assumed by this config.
    fn assumed(&self, arn: &str, external_id: Option<&str>) -> AssumedRole {
        AssumedRole {
            arn: arn.to_owned(),
            external_id: external_id.map(str::to_owned),
            session_name: self.session_name(),
        }
    }

    /// The role under which everything is done that has no role of its own.
    pub fn own_role(&self) -> Option<AssumedRole> {
        let arn = self.aws.role_arn.as_deref()?;
        Some(self.assumed(arn, None))
    }

    /// As whom an account of the config is looked at.
    pub fn looker(&self, account: &FleetAccount) -> Identity {
        Identity::Role(self.assumed(&account.role_arn, account.external_id.as_deref()))
    }

    /// Where a watch that works in `home` moves environments.
    pub fn places_moved_in(&self, watch: &Watch, home: &Scope) -> Vec<Scope> {
        let moved_in = watch.moves_in(home);
        let there = self.accounts.values();
        let there = there.filter(|one| moved_in.contains(&one.id));
        let there = there.map(|one| Scope {
            partition: one.partition.clone(),
            account: one.id.clone(),
            region: home.region.clone(),
        });
        std::iter::once(home.clone()).chain(there).collect()
    }

    /// What the config calls an account; absent for the credentials' own.
    pub fn account_name(&self, account: &AccountId) -> Option<&str> {
        let mut accounts = self.accounts.iter();
        let found = accounts.find(|(_, one)| one.id == *account);
        found.map(|(name, _)| name.as_str())
    }

    /// As whom an account of the config is looked at; absent where the config does not know it.
    pub fn looker_of(&self, account: &AccountId) -> Option<Identity> {
        let account = self.accounts.values().find(|one| one.id == *account)?;
        Some(self.looker(account))
    }

    /// As whom environments of an account of the config are changed; absent where the config names nobody.
    pub fn mover_of(&self, account: &AccountId) -> Option<Identity> {
        let account = self.accounts.values().find(|one| one.id == *account)?;
        let arn = account.rollout_role_arn.as_deref()?;
        Some(Identity::Role(
            self.assumed(arn, account.external_id.as_deref()),
        ))
    }

    /// As whom environments in `there` are changed, by watches that work in `home`. Absent where the config names
    /// nobody for it: our own identity would be in another account, and meet a namesake there.
    pub fn mover_there(&self, home: &AccountId, there: &AccountId) -> Option<Identity> {
        match home == there {
            true => Some(self.rollout_identity()),
            false => self.mover_of(there),
        }
    }

    /// As whom environments are changed: a role of their own where the config names one, so that nothing
    /// else needs to be allowed it.
    pub fn rollout_identity(&self) -> Identity {
        match &self.aws.rollout_role_arn {
            Some(arn) => Identity::Role(self.assumed(arn, None)),
            None => Identity::Own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn settings(text: &str) -> Settings {
        let no_recipe = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
        crate::settings::parse_config(text, Path::new("amiwatch.toml"), &no_recipe).unwrap()
    }

    #[test]
    fn moves_are_made_as_their_own_role_or_as_everything_else() {
        assert_eq!(settings("").rollout_identity(), Identity::Own);
        let arn = "arn:aws:iam::111122223333:role/amiwatch-rollout";
        let named = format!(
            "[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/amiwatch\"\n[aws.rollout]\nrole_arn = \"{arn}\""
        );
        let Identity::Role(role) = settings(&named).rollout_identity() else {
            panic!("a role is named");
        };
        assert_eq!(role.arn, arn);
    }

    #[test]
    fn sessions_say_whose_daemon_it_is() {
        let account = "[account.prod]\nrole_arn = \"arn:aws:iam::222233334444:role/amiwatch\"\nexternal_id = \"of-us\"\n";
        let long = "x".repeat(64);
        for (installation, session) in [
            ("acme-prod", "amiwatch-acme-prod"),
            (long.as_str(), &format!("amiwatch-{long}")[..64]),
        ] {
            let settings = settings(&format!("installation = \"{installation}\"\n{account}"));
            let looker = settings.looker(&settings.accounts["prod"]);
            let Identity::Role(role) = looker else {
                panic!("a role is assumed");
            };
            assert_eq!(role.session_name, session);
            assert_eq!(role.external_id.as_deref(), Some("of-us"));
        }
        let nobody = settings(account);
        assert_eq!(nobody.session_name(), "amiwatch");
    }
}
