//! Platform versions as numbers, and the wishes a config can have about them. Versions are compared by
//! number, never as text: 4.10.0 is newer than 4.9.1.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `X.Y.Z`, as platform versions are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    pub major: u64,
    pub minor: u64,
    pub patch: u64,
}

impl Version {
    /// Reads `X.Y.Z`; absent for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match numbers(text)?.as_slice() {
            &[major, minor, patch] => Some(Self {
                major,
                minor,
                patch,
            }),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// `4.*`, `4.5.*` or `4.5.1`: a version of which the last parts may be open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionPattern {
    /// 1 to 3 numbers; what is not there is open.
    fixed: Vec<u64>,
}

impl VersionPattern {
    /// True when the version begins with the numbers that are fixed.
    pub fn matches(&self, version: Version) -> bool {
        let parts = [version.major, version.minor, version.patch];
        parts.starts_with(&self.fixed)
    }
}

impl FromStr for VersionPattern {
    type Err = String;

    /// Reads a pattern: three numbers, or one or two and a `*`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let open = text.strip_suffix(".*");
        let fixed = numbers(open.unwrap_or(text));
        match (fixed, open.is_some()) {
            (Some(fixed), true) if fixed.len() <= 2 => Ok(Self { fixed }),
            (Some(fixed), false) if fixed.len() == 3 => Ok(Self { fixed }),
            _ => Err(format!(
                "`{text}` is not a version: write three numbers (\"4.5.1\"), or fewer and a star \
                 (\"4.5.*\", \"4.*\")"
            )),
        }
    }
}

impl fmt::Display for VersionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed: Vec<String> = self.fixed.iter().map(u64::to_string).collect();
        f.write_str(&fixed.join("."))?;
        match fixed.len() {
            3 => Ok(()),
            _ => f.write_str(".*"),
        }
    }
}

impl Serialize for VersionPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VersionPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Which version of a platform branch a base follows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionWish {
    /// The one that AWS recommends.
    #[default]
    Recommended,
    /// The one that the watch's targets run.
    Environment,
    /// The newest that matches.
    Matching(VersionPattern),
}

/// The numbers between dots. Signs, blanks and empty parts are none.
fn numbers(text: &str) -> Option<Vec<u64>> {
    let number = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    };
    text.split('.').map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap_or_else(|| panic!("{text} is a version"))
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(version("4.10.0") > version("4.9.9"));
        assert!(version("10.0.0") > version("9.99.99"));
        for not in [
            "", "4", "4.5", "4.5.x", "4.5.1.2", "+4.5.1", "4. 5.1", "4..1", "v4.5.1",
        ] {
            assert_eq!(Version::parse(not), None, "{not}");
        }
        assert_eq!(Version::parse("99999999999999999999.0.0"), None);
    }

    #[test]
    fn a_pattern_matches_what_begins_with_its_numbers() {
        let matches = |pattern: &str, text: &str| {
            let pattern: VersionPattern = pattern.parse().unwrap();
            pattern.matches(version(text))
        };
        for (pattern, right, wrong) in [
            ("4.5.*", "4.5.12", "4.50.1"),
            ("4.*", "4.10.0", "40.1.0"),
            ("4.5.1", "4.5.1", "4.5.10"),
        ] {
            assert!(matches(pattern, right), "{pattern} {right}");
            assert!(!matches(pattern, wrong), "{pattern} {wrong}");
        }
    }

    #[test]
    fn a_pattern_is_written_as_it_was_read_and_anything_else_is_refused() {
        for text in ["4.*", "4.5.*", "4.5.1", "0.0.0"] {
            let pattern: VersionPattern = text.parse().unwrap();
            assert_eq!(pattern.to_string(), text);
        }
        for wrong in [
            "", "*", "4", "4.5", "4.5.1.*", "4.*.1", "4.5*", "latest", "4.5.-1", ".*",
        ] {
            assert!(wrong.parse::<VersionPattern>().is_err(), "{wrong}");
        }
    }
}
