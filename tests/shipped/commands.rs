//! What is printed to be pasted can be pasted: commands of the AWS CLI are spelled in one place, which
//! gives each its region and quotes its words. This test reads the sources' texts and fails on one that
//! is spelled by hand.

use std::path::Path;

use super::imports::Source;
use super::layers::files;

/// The one place that spells them.
const HOME: &str = "model/aws_command.rs";

/// Services whose commands are told.
const SERVICES: [&str; 10] = [
    "autoscaling",
    "cloudtrail",
    "dynamodb",
    "ec2",
    "elasticbeanstalk",
    "kms",
    "s3",
    "sns",
    "ssm",
    "sts",
];

/// Lines outside comments and tests that spell a command by hand.
fn spelled(path: &str, text: &str) -> Vec<String> {
    if path == HOME || Source::is_test(path) {
        return Vec::new();
    }
    let code = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text);
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let by_hand = |line: &&str| {
        SERVICES
            .iter()
            .any(|one| line.contains(&format!("aws {one} ")))
    };
    lines
        .filter(by_hand)
        .map(|line| format!("{path}: {}", line.trim()))
        .collect()
}

#[test]
fn commands_of_the_aws_cli_are_spelled_in_one_place() {
    let mut all = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    files(&root, "", &mut all);
    assert!(all.iter().any(|(path, _)| path == HOME), "{HOME} is gone");
    let found: Vec<String> = all
        .iter()
        .flat_map(|(path, text)| spelled(path, text))
        .collect();
    assert!(found.is_empty(), "use AwsCommand: {found:#?}");
}

#[test]
fn one_that_is_spelled_by_hand_is_seen() {
    let by_hand = "fn f() { format!(\"run `aws ec2 enable-image --image-id {image}`\") }";
    assert_eq!(spelled("flow/plan.rs", by_hand).len(), 1);
    let comment = "/// `aws ec2 enable-image`\nfn f() {}";
    assert_eq!(spelled("flow/plan.rs", comment), [""; 0]);
}
