//! Secrets in a config: where they may be kept, and that one which stands there is not shown.

use crate::model::secret::SecretSource;

use super::NotifierKind;
use super::tests_faults::read;
use super::tests_rules::with;

/// The receiver of the shared config, told by Slack.
fn slack(webhook_url: &str) -> String {
    with(
        "sns = { topic_arn = \"arn:aws-cn:sns:cn-north-1:111122223333:amiwatch\" }",
        &format!("slack = {{ webhook_url = {webhook_url} }}"),
    )
}

#[test]
fn a_webhook_is_kept_in_one_of_four_places() {
    let ssm = "arn:aws:ssm:eu-west-1:111122223333:parameter/hook";
    for (written, source) in [
        ("{ env = \"HOOK\" }", SecretSource::Env("HOOK".to_owned())),
        (
            "{ file = \"hook.txt\" }",
            SecretSource::File("dir/hook.txt".into()),
        ),
        (
            "{ credential = \"hook\" }",
            SecretSource::Credential("hook".to_owned()),
        ),
        (
            "{ ssm = \"/a/hook\" }",
            SecretSource::Ssm("/a/hook".to_owned()),
        ),
        (
            &format!("{{ ssm = \"{ssm}\" }}"),
            SecretSource::Ssm(ssm.to_owned()),
        ),
    ] {
        let settings = read(&slack(written)).unwrap_or_else(|faults| panic!("{faults}"));
        let webhook_url = source;
        let kind = NotifierKind::Slack { webhook_url };
        assert_eq!(settings.notifiers["ops"].kind, kind);
    }
}

#[test]
fn a_webhook_that_stands_in_the_config_is_refused_and_not_shown() {
    let hook = "https://hooks.slack.com/services/T/B/hushhush";
    for (text, fault) in [
        (
            slack(&format!("\"{hook}\"")),
            "is a secret and stands in the config",
        ),
        (
            slack(&format!("{{ env = \"{hook}\" }}")),
            "not the name of a variable",
        ),
        (
            slack(&format!("{{ file = \"{hook}\" }}")),
            "an address and not a file",
        ),
        (
            slack(&format!("{{ credential = \"{hook}\" }}")),
            "not the name of a systemd",
        ),
        (
            slack(&format!("{{ ssm = \"{hook}\" }}")),
            "is not a parameter's name",
        ),
        (slack("{}"), "does not say where it is kept"),
        (slack("{ env = \"A\", file = \"b\" }"), "kept in 2 places"),
        (slack("{ env = \"A B\" }"), "not the name of a variable"),
        (
            slack("{ credential = \"../hook\" }"),
            "not the name of a systemd",
        ),
        (slack("{ vault = \"x\" }"), "unknown key `vault`"),
        (slack("1"), "cannot be a whole number"),
        (slack("\"x\", channel = \"#y\""), "takes no `channel`"),
        (
            slack("{ env = \"A\" }").replace(
                "slack = ",
                "sns = { topic_arn = \"arn:aws:sns:eu-west-1:111122223333:t\" }\nslack = ",
            ),
            "told in one way",
        ),
    ] {
        let faults = read(&text).expect_err(&text).to_string();
        assert!(faults.contains(fault), "{faults}");
        assert!(!faults.contains("hushhush"), "{faults}");
    }
}

/// Whatever is wrong with a line that may hold a secret, the line is not shown.
#[test]
fn no_fault_shows_a_line_that_may_hold_a_secret() {
    for text in [
        slack("{ ssm = \"hushhush\" }"),
        slack("{ env = \"hush hushhush\" }"),
        slack("\"hushhush\""),
        slack("hushhush"),
        slack("{ evn = \"hushhush\" }"),
        slack("[\"hushhush\"]"),
        slack("{\n evn = \"hushhush\" }"),
        "[notify.ops.slack.webhook_url]\nevn = \"hushhush\"\n".to_owned(),
        "[notify.ops.slack.webhook_url]\nenv = \"hush hushhush\"\n".to_owned(),
        "slack_token = \"hushhush\"\n".to_owned(),
        "aws = { secret_access_key = \"hushhush\", region = 1 }\n".to_owned(),
        "aws.password = \"\"\"\nhushhush\"\"\" = 1\n".to_owned(),
        "aws.endpoint_url = \"https://me:hushhush@aws.example\"\n".to_owned(),
        "aws.endpoint_url = https://me:hushhush@aws.example\n".to_owned(),
        "aws = { endpoint_url = \"https://me:hush/hushhush@aws.example\", regoin = \"x\" }\n"
            .to_owned(),
        "store.url = \"postgres://me:hushhush@db.example/a\"\n".to_owned(),
        "store.url = \"mysql://me:hush,\\\"}hushhush@db.example/a\"\n".to_owned(),
        "\"https://hooks.example/hushhush\" = 1\n".to_owned(),
    ] {
        let faults = read(&text).expect_err(&text).to_string();
        assert!(!faults.contains("hushhush"), "{faults}");
    }
}

/// What lies beside is shown as ever.
#[test]
fn other_lines_are_shown() {
    let faults = read("webhook_url = 1\ninstalation = \"acme\"\n").unwrap_err();
    assert!(
        faults.contains("    1 | (not shown: it may hold a secret)"),
        "{faults}"
    );
    assert!(
        faults.contains("    2 | instalation = \"acme\""),
        "{faults}"
    );
}

/// The first line of a file that is no recipe: of `/etc/shadow`, say.
#[test]
fn a_file_that_is_no_recipe_is_not_quoted() {
    for text in [
        "root:$y$hushhush:1::",
        "-----BEGIN hushhush KEY-----",
        "#clod-config hushhush",
    ] {
        let problems = crate::settings::user_data_problems(text, false);
        assert!(
            problems[0].wrong.contains("would ignore it"),
            "{problems:?}"
        );
        assert!(
            !format!("{problems:?}").contains("hushhush"),
            "{problems:?}"
        );
    }
}
