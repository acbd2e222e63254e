//! Whether the profile that is asked for is there. The SDK goes on without one that is not, and says so at
//! the end of a long chain.

use std::fmt;

use aws_config::profile;
use aws_types::os_shim_internal::{Env, Fs};

use super::connection::Reach;

/// The profile that is used when nobody names one; it may be missing.
const DEFAULT: &str = "default";
/// Names that are told of those that are there.
const NAMES_MAX: usize = 10;

/// A profile that somebody named and that no file has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingProfile {
    pub name: String,
    /// Those that are there, sorted.
    pub known: Vec<String>,
}

impl fmt::Display for MissingProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, known } = self;
        write!(
            f,
            "there is no profile `{name}` in ~/.aws/config and ~/.aws/credentials (or where \
             AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say)"
        )?;
        let first: Vec<&str> = known.iter().take(NAMES_MAX).map(String::as_str).collect();
        match first.as_slice() {
            [] => f.write_str("; there is none at all: `aws configure sso` makes one"),
            first => write!(f, "; there are: {}", first.join(", ")),
        }
    }
}

/// The profile that the config, or AWS_PROFILE, names, where no file has it. Files that cannot be read are
/// the chain's to complain of.
pub async fn missing_profile(reach: &Reach) -> Option<MissingProfile> {
    missing(&Fs::real(), &Env::real(), reach.profile.clone()).await
}

async fn missing(fs: &Fs, env: &Env, named: Option<String>) -> Option<MissingProfile> {
    let named = named.map(Into::into);
    let set = profile::load(fs, env, &Default::default(), named).await;
    let set = set.ok()?;
    let name = set.selected_profile();
    if name == DEFAULT || set.get_profile(name).is_some() {
        return None;
    }
    let mut known: Vec<String> = set.profiles().map(str::to_owned).collect();
    known.sort();
    let name = name.to_owned();
    Some(MissingProfile { name, known })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(named: Option<&str>, variable: Option<&str>) -> Option<String> {
        let variables = variable.map(|name| ("AWS_PROFILE", name));
        let home = [("HOME", "/home")];
        let env = Env::from_slice(&home.into_iter().chain(variables).collect::<Vec<_>>());
        let config = "[default]\nregion = eu-west-1\n[profile prod]\nregion = eu-west-1\n";
        let fs = Fs::from_slice(&[("/home/.aws/config", config)]);
        let missing = missing(&fs, &env, named.map(str::to_owned)).await;
        missing.map(|missing| missing.to_string())
    }

    #[tokio::test]
    async fn a_profile_that_is_not_there_is_told_with_those_that_are() {
        assert_eq!(of(None, None).await, None);
        assert_eq!(of(Some("prod"), None).await, None);
        assert_eq!(of(None, Some("prod")).await, None);
        assert_eq!(
            of(Some("prod"), Some("warehouse")).await,
            None,
            "the config's wins"
        );
        for missing in [of(Some("warehouse"), None), of(None, Some("warehouse"))] {
            let said = missing.await.unwrap();
            assert!(said.contains("no profile `warehouse`"), "{said}");
            assert!(said.ends_with("there are: default, prod"), "{said}");
        }
    }
}
