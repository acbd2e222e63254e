//! Commands of the AWS CLI that people are told. Each names its region and quotes what a shell would take
//! apart, so that it does the same wherever it is pasted.
//!
//! The only place that spells one: a test fails on a text elsewhere that begins like one.

use std::fmt;

use super::ids::Region;

/// One command, ready to be pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsCommand {
    /// Without the region, which comes last.
    text: String,
    region: Region,
}

impl AwsCommand {
    /// `aws <operation>` in a region; the operation is the service's and the command's word.
    pub fn new(operation: &str, region: &Region) -> Self {
        Self {
            text: format!("aws {operation}"),
            region: region.clone(),
        }
    }

    /// With an option and its value.
    #[must_use]
    pub fn with(self, option: &str, value: impl AsRef<str>) -> Self {
        self.with_each(option, [value])
    }

    /// With an option and its values, one word each.
    #[must_use]
    pub fn with_each<V: AsRef<str>>(
        mut self,
        option: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.text.push(' ');
        self.text.push_str(option);
        for value in values {
            self.text.push(' ');
            self.text.push_str(&shell_word(value.as_ref()));
        }
        self
    }

    /// With an option that has no value.
    #[must_use]
    pub fn flag(self, option: &str) -> Self {
        self.with_each::<&str>(option, [])
    }
}

impl fmt::Display for AwsCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = shell_word(self.region.as_str());
        write!(f, "{} --region {region}", self.text)
    }
}

/// A word as a POSIX shell takes it for one: as it is where nothing in it means anything to a shell, else
/// in single quotes.
pub fn shell_word(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_command_names_its_region_and_quotes_what_needs_it() {
        let command = AwsCommand::new("ec2 describe-images", &"eu-west-1".into())
            .with("--owners", "self")
            .with_each("--filters", ["Name=name,Values=a b", "Name=state,Values=x"])
            .flag("--no-paginate");
        assert_eq!(
            command.to_string(),
            "aws ec2 describe-images --owners self --filters 'Name=name,Values=a b' \
             Name=state,Values=x --no-paginate --region eu-west-1"
        );
    }

    #[test]
    fn words_are_quoted_only_where_a_shell_would_take_them_apart() {
        for (word, quoted) in [
            ("shop-blue", "shop-blue"),
            ("Name=tag:a,Values=b", "Name=tag:a,Values=b"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$(id)", "'$(id)'"),
            ("~", "'~'"),
            ("a*", "'a*'"),
        ] {
            assert_eq!(shell_word(word), quoted);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A real shell reads back what was meant.
        #[test]
        fn a_shell_reads_the_word_back(word in "[^\0]{0,20}") {
            let script = format!("printf %s {}", shell_word(&word));
            let read = Command::new("sh").args(["-c", &script]).output().unwrap();
            prop_assert_eq!(read.stdout, word.into_bytes());
        }
    }
}
