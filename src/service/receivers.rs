//! Whom the config names, as those who can be told: each with the doors that it needs. It decides nothing of
//! what is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Service, region_of};
use crate::cloud::{Cloud, CloudError, Identity};
use crate::model::ids::Region;
use crate::model::notice::{NoticeLimits, NoticeRoute, QuietHours, ToldBy};
use crate::model::secret::SecretSource;
use crate::outbox::{
    EventBus, Hook, HookTemplate, KeptSecret, LOG, Limited, LogReceiver, MailServer, NoticeCommand,
    Pager, Sender, Slack, SlackApp, SnsTopic, Teams, Webhook,
};
use crate::settings::{Notifier, NotifierKind};

impl Service<'_> {
    /// Where notices go, by name: the log, and what the config names.
    ///
    /// # Errors
    /// When there is no region to reach AWS in.
    pub fn senders(&self) -> Result<BTreeMap<String, Sender>, CloudError> {
        let log: Sender = Arc::new(LogReceiver);
        let mut senders = BTreeMap::from([(LOG.to_owned(), log)]);
        for (name, notifier) in &self.settings.notifiers {
            let inner = self.sender(&notifier.kind)?;
            let limits = self.limits(notifier);
            senders.insert(name.clone(), Arc::new(Limited { inner, limits }));
        }
        Ok(senders)
    }

    fn sender(&self, kind: &NotifierKind) -> Result<Sender, CloudError> {
        let zone = self.settings.schedule.timezone;
        Ok(match kind {
            NotifierKind::Sns { topic_arn, form } => Arc::new(SnsTopic {
                cloud: self.door_in(region_of(topic_arn).as_ref())?,
                topic_arn: topic_arn.clone(),
                form: *form,
                zone,
            }),
            NotifierKind::EventBridge { bus } => Arc::new(EventBus {
                cloud: self.door_in(region_of(bus).as_ref())?,
                bus: bus.clone(),
            }),
            NotifierKind::Slack { webhook_url } => Arc::new(Slack {
                hook: self.hook(webhook_url),
                zone,
            }),
            NotifierKind::SlackApp {
                token,
                channel,
                url,
            } => Arc::new(SlackApp {
                http: self.outside.http.clone(),
                pacing: self.outside.pacing.clone(),
                token: self.kept(token),
                channel: channel.clone(),
                url: url.clone(),
                zone,
            }),
            NotifierKind::Teams { webhook_url } => Arc::new(Teams {
                hook: self.hook(webhook_url),
                zone,
            }),
            NotifierKind::PagerDuty { routing_key, url } => Arc::new(Pager {
                http: self.outside.http.clone(),
                pacing: self.outside.pacing.clone(),
                routing_key: self.kept(routing_key),
                url: url.clone(),
                zone,
            }),
            NotifierKind::Webhook {
                url,
                secret,
                template,
            } => Arc::new(Webhook {
                hook: self.hook(url),
                clock: self.clock.clone(),
                signing: secret.as_ref().map(|secret| self.kept(secret)),
                template: template.as_ref().map(|template| HookTemplate {
                    name: template.name.clone(),
                    text: template.text.clone(),
                    zone,
                }),
            }),
            NotifierKind::Email { server, from, to } => Arc::new(MailServer {
                host: server.host.clone(),
                port: server.port,
                tls: server.tls,
                login: (server.login.as_ref())
                    .map(|(user, password)| (user.clone(), self.kept(password))),
                from: from.clone(),
                to: to.clone(),
                zone,
                clock: self.clock.clone(),
            }),
            NotifierKind::Exec { command, timeout } => Arc::new(NoticeCommand {
                command: command.clone(),
                timeout: *timeout,
                clock: self.clock.clone(),
            }),
        })
    }

    fn limits(&self, notifier: &Notifier) -> NoticeLimits {
        let timezone = self.settings.schedule.timezone;
        let quiet = notifier.quiet_hours;
        NoticeLimits {
            per_hour: notifier.per_hour,
            quiet: quiet.map(|hours| QuietHours { hours, timezone }),
        }
    }

    fn hook(&self, url: &SecretSource) -> Hook {
        Hook {
            http: self.outside.http.clone(),
            pacing: self.outside.pacing.clone(),
            url: self.kept(url),
        }
    }

    fn kept(&self, secret: &SecretSource) -> KeptSecret {
        KeptSecret {
            secrets: self.outside.secrets.clone(),
            from: secret.clone(),
            cloud: self.door_to(secret),
        }
    }

    fn door_in(&self, region: Option<&Region>) -> Result<Cloud, CloudError> {
        self.connection.cloud(&Identity::Own, region)
    }

    /// The door by which a secret is read. Where no region is named, whoever reads it says so.
    pub(super) fn door_to(&self, secret: &SecretSource) -> Option<Cloud> {
        match secret {
            SecretSource::Ssm(name) => self.door_in(region_of(name).as_ref()).ok(),
            _ => None,
        }
    }

    /// Who is told of what: the log of everything, a receiver of what it asked for.
    pub fn told(&self) -> ToldBy {
        let notifiers = self.settings.notifiers.iter();
        let asked = notifiers.map(|(name, one)| (name.clone(), one.route.clone()));
        let log = (LOG.to_owned(), NoticeRoute::of_everything());
        ToldBy::of_routes(asked.chain([log]))
    }
}
