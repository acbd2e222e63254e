//! As whom AWS is asked for what: the config's roles in the words of the door.

use crate::cloud::{AssumedRole, Identity};
use crate::settings::Settings;

impl Settings {
    /// As whom environments are changed: a role of their own where the config names one, so that nothing
    /// else needs to be allowed it.
    pub fn rollout_identity(&self) -> Identity {
        match &self.aws.rollout_role_arn {
            Some(arn) => Identity::Role(AssumedRole::by_arn(arn)),
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
}
