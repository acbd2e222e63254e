//! Whom to tell and how, as checked: values that `notifiers` reads and receivers are made of. Secrets are named here and
//! read where they are used.

use std::time::Duration;

use lettre::message::Mailbox;

use crate::model::cron_text::CronText;
use crate::model::notice::{DailyHours, MailTls, NoticeRoute, SnsForm};
use crate::model::secret::SecretSource;

/// Somebody to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notifier {
    pub kind: NotifierKind,
    pub route: NoticeRoute,
    /// How many messages an hour; never 0.
    pub per_hour: Option<u32>,
    /// In the zone of the schedule.
    pub quiet_hours: Option<DailyHours>,
    /// When it is told how everything stands, in the zone of the schedule.
    pub digest: Option<CronText>,
    /// After how long it is told again what is still out of step.
    pub remind: Option<Duration>,
}

/// How they are told. Secrets are read when they are needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotifierKind {
    Sns {
        topic_arn: String,
        form: SnsForm,
    },
    /// A Slack incoming webhook.
    Slack {
        webhook_url: SecretSource,
    },
    /// A Slack app of one's own.
    SlackApp {
        token: SecretSource,
        /// By its id.
        channel: String,
        /// Without a `/` at its end.
        url: String,
    },
    /// A Microsoft Teams workflow's webhook.
    Teams {
        webhook_url: SecretSource,
    },
    /// An integration of a PagerDuty service.
    PagerDuty {
        routing_key: SecretSource,
        /// Without a path, and without a `/` at its end.
        url: String,
    },
    /// A bus by its name or ARN.
    EventBridge {
        bus: String,
    },
    /// A webhook of one's own.
    Webhook {
        url: SecretSource,
        /// What messages are signed with.
        secret: Option<SecretSource>,
        /// What makes the body; absent for CloudEvents.
        template: Option<HookTemplateFile>,
    },
    /// People's mailboxes, by a mail server.
    Email {
        server: MailAt,
        from: Mailbox,
        /// Never empty.
        to: Vec<Mailbox>,
    },
    /// A command of one's own: the program and its arguments.
    Exec {
        command: Vec<String>,
        timeout: Duration,
    },
}

/// A mail server, and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAt {
    pub host: String,
    pub port: u16,
    pub tls: MailTls,
    /// A name, and where its password is kept.
    pub login: Option<(String, SecretSource)>,
}

/// A message's template as it was read with the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookTemplateFile {
    /// As written in the config; how it ends says whether it makes JSON.
    pub name: String,
    pub text: String,
}

impl NotifierKind {
    /// The key of the receiver's table.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Sns { .. } => "sns",
            Self::Slack { .. } | Self::SlackApp { .. } => "slack",
            Self::Teams { .. } => "teams",
            Self::PagerDuty { .. } => "pagerduty",
            Self::EventBridge { .. } => "eventbridge",
            Self::Webhook { .. } => "webhook",
            Self::Email { .. } => "email",
            Self::Exec { .. } => "exec",
        }
    }

    /// The secrets that it needs, each under its key in the receiver's table.
    pub fn secrets(&self) -> Vec<(&'static str, &SecretSource)> {
        match self {
            Self::Sns { .. } | Self::EventBridge { .. } | Self::Exec { .. } => Vec::new(),
            Self::Slack { webhook_url } => vec![("slack.webhook_url", webhook_url)],
            Self::SlackApp { token, .. } => vec![("slack.token", token)],
            Self::Teams { webhook_url } => vec![("teams.webhook_url", webhook_url)],
            Self::PagerDuty { routing_key, .. } => vec![("pagerduty.routing_key", routing_key)],
            Self::Email { server, .. } => {
                let login = server.login.iter();
                let passwords = login.map(|(_, password)| ("email.smtp.password", password));
                passwords.collect()
            }
            Self::Webhook { url, secret, .. } => {
                let secret = secret.iter().map(|secret| ("webhook.secret", secret));
                [("webhook.url", url)].into_iter().chain(secret).collect()
            }
        }
    }
}
