//! Receivers in a config: each way to be told, what it wants to hear of, and what is wrong with either.

use std::path::Path;
use std::time::Duration;

use crate::model::notice::{DailyHours, MailTls, NoticeEvent, Severity, SnsForm};
use crate::model::secret::SecretSource;

use super::tests_faults::first_lines;
use super::tests_rules::{only_fault, right, with};
use super::{HookTemplateFile, MailAt, NotifierKind, Settings, parse_config};

const SNS: &str = "sns = { topic_arn = \"arn:aws-cn:sns:cn-north-1:111122223333:amiwatch\" }";

/// The receiver of the shared config, told in another way.
fn told_by(way: &str) -> String {
    with(SNS, way)
}

fn kind(way: &str) -> NotifierKind {
    right(&told_by(way)).notifiers["ops"].kind.clone()
}

fn env(name: &str) -> SecretSource {
    SecretSource::Env(name.to_owned())
}

/// Read where there is one template.
fn with_template(way: &str, template: &str) -> Result<Settings, String> {
    let file = |path: &Path| match path.ends_with("hook.json") {
        true => Ok(template.as_bytes().to_vec()),
        false => {
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/recipes/demo.yaml"))
        }
    };
    let read = parse_config(&told_by(way), Path::new("dir/amiwatch.toml"), &file);
    read.map_err(|faults| faults.to_string())
}

#[test]
fn each_way_to_be_told() {
    let arn = "arn:aws:events:eu-west-1:111122223333:event-bus/ops";
    for (way, wanted) in [
        (
            "teams = { webhook_url = { env = \"T\" } }",
            NotifierKind::Teams {
                webhook_url: env("T"),
            },
        ),
        (
            "slack = { token = { env = \"T\" }, channel = \"C0123456789\" }",
            NotifierKind::SlackApp {
                token: env("T"),
                channel: "C0123456789".to_owned(),
                url: "https://slack.com/api".to_owned(),
            },
        ),
        (
            "pagerduty = { routing_key = { env = \"P\" } }",
            NotifierKind::PagerDuty {
                routing_key: env("P"),
                url: "https://events.pagerduty.com".to_owned(),
            },
        ),
        (
            "pagerduty = { routing_key = { env = \"P\" }, url = \"https://events.eu.pagerduty.com/\" }",
            NotifierKind::PagerDuty {
                routing_key: env("P"),
                url: "https://events.eu.pagerduty.com".to_owned(),
            },
        ),
        (
            "eventbridge = {}",
            NotifierKind::EventBridge {
                bus: "default".to_owned(),
            },
        ),
        (
            &format!("eventbridge = {{ bus = \"{arn}\" }}"),
            NotifierKind::EventBridge {
                bus: arn.to_owned(),
            },
        ),
        (
            "webhook = { url = { env = \"H\" }, secret = { env = \"S\" } }",
            NotifierKind::Webhook {
                url: env("H"),
                secret: Some(env("S")),
                template: None,
            },
        ),
        (
            "email = { smtp = { host = \"mx\", user = \"u\", password = { env = \"M\" } }, from = \"a@b.example\", to = [\"Ops <o@b.example>\", \"c@d.example\"] }",
            NotifierKind::Email {
                server: MailAt {
                    host: "mx".to_owned(),
                    port: 587,
                    tls: MailTls::Starttls,
                    login: Some(("u".to_owned(), env("M"))),
                },
                from: "a@b.example".parse().unwrap(),
                to: vec![
                    "Ops <o@b.example>".parse().unwrap(),
                    "c@d.example".parse().unwrap(),
                ],
            },
        ),
        (
            "email = { smtp = { host = \"::1\", port = 2525, tls = \"none\" }, from = \"a@b.example\", to = [\"c@d.example\"] }",
            NotifierKind::Email {
                server: MailAt {
                    host: "::1".to_owned(),
                    port: 2525,
                    tls: MailTls::Nothing,
                    login: None,
                },
                from: "a@b.example".parse().unwrap(),
                to: vec!["c@d.example".parse().unwrap()],
            },
        ),
        (
            "exec = { command = [\"/bin/hear\", \"a b\"], timeout = \"5s\" }",
            NotifierKind::Exec {
                command: vec!["/bin/hear".to_owned(), "a b".to_owned()],
                timeout: Duration::from_secs(5),
            },
        ),
        (
            "sns = { topic_arn = \"arn:aws:sns:eu-west-1:111122223333:a.fifo\", format = \"json\" }",
            NotifierKind::Sns {
                topic_arn: "arn:aws:sns:eu-west-1:111122223333:a.fifo".to_owned(),
                form: SnsForm::Json,
            },
        ),
    ] {
        assert_eq!(kind(way), wanted, "{way}");
        assert!(way.starts_with(wanted.word()), "{way}");
    }
}

#[test]
fn what_is_wrong_with_a_way_is_said_at_its_place() {
    let hook = "https://hooks.example.com/hushhush";
    for (way, fault) in [
        (
            "sns = { topic_arn = \"arn:aws:sns:eu-west-1:111122223333:a\", format = \"jsn\" }",
            "did you mean \"json\"?",
        ),
        ("teams = {}", "`webhook_url` is missing"),
        (
            &format!("teams = {{ webhook_url = \"{hook}\" }}"),
            "is a secret and stands in the config",
        ),
        (
            "pagerduty = { routing_key = \"0123456789abcdef\" }",
            "is a secret and stands in the config",
        ),
        (
            "pagerduty = { routing_key = { env = \"P\" }, url = \"https://events.pagerduty.com/v2/enqueue\" }",
            "is not https and a host alone",
        ),
        (
            "pagerduty = { routing_key = { env = \"P\" }, url = \"http://localhost.example.com\" }",
            "is not https and a host alone",
        ),
        (
            "pagerduty = { routing_key = { env = \"P\" }, url = \"http://127.0.0.1.example.com\" }",
            "is not https and a host alone",
        ),
        ("slack = {}", "nothing says how Slack is told"),
        (
            "slack = { token = { env = \"T\" } }",
            "`channel` is missing",
        ),
        (
            "slack = { token = { env = \"T\" }, channel = \"#ops\" }",
            "is not a channel's id",
        ),
        (
            "slack = { token = \"xoxb-hushhush\", channel = \"C0123456789\" }",
            "is a secret and stands in the config",
        ),
        (
            "slack = { token = { env = \"T\" }, channel = \"C0123456789\", webhook_url = { env = \"W\" } }",
            "by a webhook or by a token",
        ),
        (
            "slack = { webhook_url = { env = \"W\" }, channel = \"C0123456789\" }",
            "takes no `channel`",
        ),
        (
            "slack = { token = { env = \"T\" }, channel = \"C0123456789\", url = \"http://slack.com/api\" }",
            "is not https",
        ),
        ("eventbridge = { bus = \"no bus\" }", "is not an event bus"),
        (
            "eventbridge = { bus = \"arn:aws:events:eu-west-1:111122223333:rule/x\" }",
            "is not an event bus",
        ),
        ("webhook = { secret = { env = \"S\" } }", "`url` is missing"),
        (
            &format!("webhook = {{ url = \"{hook}\" }}"),
            "is a secret and stands in the config",
        ),
        (
            "webhook = { url = { env = \"H\" }, template = \"gone.json\" }",
            "cannot be read",
        ),
        ("exec = {}", "there is no command to run"),
        ("exec = { command = [] }", "there is no command to run"),
        (
            "exec = { command = [\"hear\"] }",
            "is not the whole path of a program",
        ),
        (
            "exec = { command = [\"/bin/hear\"], timeout = \"1h\" }",
            "out of bounds",
        ),
        ("exec = { command = \"/bin/hear\" }", "cannot be text"),
        ("teams = 1", "cannot be a whole number"),
        (
            "carrier_pigeon = { loft = \"roof\" }",
            "unknown key `carrier_pigeon`",
        ),
        (
            "teams = { webhook_url = { env = \"T\" } }\nexec = { command = [\"/bin/x\"] }",
            "told in one way",
        ),
    ] {
        let found = match way {
            // Nothing else is left then.
            way if way.starts_with("carrier") => {
                super::tests_faults::first_lines(&told_by(way)).join("\n")
            }
            way => only_fault(&told_by(way)),
        };
        assert!(found.contains(fault), "{way}: {found}");
        assert!(
            !found.contains("hushhush") && !found.contains("abcdef"),
            "{found}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_mail_server_is_said_at_its_place() {
    let email = |smtp: &str, more: &str| format!("email = {{ smtp = {{ {smtp} }}, {more} }}");
    let whom = "from = \"a@b.example\", to = [\"c@d.example\"]";
    let host = "host = \"mx.example.com\"";
    for (smtp, more, fault) in [
        ("port = 25", whom, "`host` is missing"),
        ("host = \"smtp://mx\"", whom, "is not a host"),
        ("host = \"mx\", port = 70000", whom, "70000 is not a port"),
        (
            "host = \"mx\", tls = \"startls\"",
            whom,
            "did you mean \"starttls\"?",
        ),
        (
            "host = \"mx.example.com\", tls = \"none\"",
            whom,
            "mail would leave this machine in the clear",
        ),
        (
            "host = \"localhost.example.com\", tls = \"none\"",
            whom,
            "mail would leave this machine in the clear",
        ),
        (
            "host = \"mx\", user = \"u\"",
            whom,
            "a user without a password",
        ),
        (
            "host = \"mx\", password = { env = \"M\" }",
            whom,
            "a password without a user",
        ),
        (
            "host = \"mx\", user = \"u\", password = \"hushhush\"",
            whom,
            "is a secret and stands in the config",
        ),
        (host, "to = [\"c@d.example\"]", "`from` is missing"),
        (host, "from = \"a@b.example\"", "the mail goes to nobody"),
        (
            host,
            "from = \"a@b.example\", to = []",
            "the mail goes to nobody",
        ),
        (
            host,
            "from = \"a@b.example\", to = [\"nobody\"]",
            "is not a mail address",
        ),
        (
            host,
            "from = \"a@b.example\\nBcc: x@y.example\", to = [\"c@d.example\"]",
            "is not a mail address",
        ),
    ] {
        let found = only_fault(&told_by(&email(smtp, more)));
        assert!(found.contains(fault), "{smtp} {more}: {found}");
        assert!(!found.contains("hushhush"), "{found}");
    }
    let bare = "email = { from = \"a@b.example\", to = [\"c@d.example\"] }";
    let found = only_fault(&told_by(bare));
    assert!(found.contains("`smtp` is missing"), "{found}");
    let all = "port = 70000, tls = \"startls\", user = \"u\"";
    let found = first_lines(&told_by(&email(all, "to = [\"nobody\"]")));
    assert_eq!(found.len(), 6, "all at once: {found:#?}");
}

#[test]
fn a_template_is_tried_when_the_config_is_read() {
    let way = "webhook = { url = { env = \"H\" }, template = \"hook.json\" }";
    let good = "{ \"text\": {{ title }} }";
    let settings = with_template(way, good).unwrap();
    let NotifierKind::Webhook { template, .. } = &settings.notifiers["ops"].kind else {
        panic!("{:?}", settings.notifiers["ops"].kind)
    };
    let wanted = HookTemplateFile {
        name: "hook.json".to_owned(),
        text: good.to_owned(),
    };
    assert_eq!(template.as_ref(), Some(&wanted));
    for (template, part) in [
        ("{ \"text\": {{ titel }} }", "no notice has `titel`"),
        ("{ \"text\": \"{{ title }}\" }", "is no JSON"),
        ("{{ title", "syntax error"),
    ] {
        let faults = with_template(way, template).unwrap_err();
        assert!(faults.contains(part), "{faults}");
        assert!(
            faults.contains("amiwatch.toml:15:"),
            "at its place: {faults}"
        );
    }
}

#[test]
fn what_a_receiver_wants_to_hear_of() {
    let route = |more: &str| {
        right(&with("events = [\"drift\", \"failed\"]", more)).notifiers["ops"]
            .route
            .clone()
    };
    let all = route("");
    assert_eq!(all.events.len(), NoticeEvent::ALL.len());
    assert_eq!(
        (all.severity, all.watches.len(), all.accounts.len()),
        (Severity::Info, 0, 0)
    );
    let some = route(
        "severity = \"critical\"\nwatches = [\"shop\", \"eu-*\"]\naccounts = [\"111122223333\"]",
    );
    assert_eq!(some.severity, Severity::Critical);
    assert_eq!(
        some.watches
            .iter()
            .map(|one| one.as_str())
            .collect::<Vec<_>>(),
        ["shop", "eu-*"]
    );
    assert!(some.accounts.contains(&"111122223333".into()));
    let limited = right(&with(
        "events = [\"drift\", \"failed\"]",
        "per_hour = 30\nquiet_hours = \"22:00-07:30\"",
    ));
    let ops = &limited.notifiers["ops"];
    let time = |hour, minute| chrono::NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
    let night = DailyHours {
        from: time(22, 0),
        to: time(7, 30),
    };
    assert_eq!((ops.per_hour, ops.quiet_hours), (Some(30), Some(night)));
    for (written, cron) in [("mon 08:05", "5 8 * * MON"), ("daily 23:00", "0 23 * * *")] {
        let more = format!("digest = \"{written}\"");
        let settings = right(&with("events = [\"drift\", \"failed\"]", &more));
        let digest = settings.notifiers["ops"].digest.as_ref().unwrap();
        assert_eq!(digest.as_str(), cron);
    }
    for (more, fault) in [
        ("per_hour = 0", "cannot be sent"),
        ("per_hour = 1001", "cannot be sent"),
        ("remind = \"1h\"", "out of bounds"),
        ("digest = \"monday 08:00\"", "is no time of a week"),
        ("digest = \"mon 8:00\"", "is no time of a week"),
        ("digest = \"08:00\"", "is no time of a week"),
        ("quiet_hours = \"22:00\"", "are no hours of a day"),
        ("quiet_hours = \"22:00-24:00\"", "are no hours of a day"),
        ("quiet_hours = \"8-9\"", "are no hours of a day"),
        ("quiet_hours = \"08:00-08:00\"", "the whole day"),
        ("severity = \"kritical\"", "did you mean \"critical\"?"),
        ("watches = []", "the receiver is never told anything"),
        ("watches = [\"[\"]", "is not a pattern"),
        ("accounts = [\"1111\"]", "is not an account"),
        ("events = [\"drft\"]", "did you mean \"drift\"?"),
    ] {
        let found = only_fault(&with("events = [\"drift\", \"failed\"]", more));
        assert!(found.contains(fault), "{more}: {found}");
    }
}
