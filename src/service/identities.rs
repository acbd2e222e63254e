//! As whom AWS is asked for what: the config's roles in the words of the door.

use crate::cloud::{AssumedRole, Identity};
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
