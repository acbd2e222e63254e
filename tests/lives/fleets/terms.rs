//! What the config of a moved watch says, and how people edit it. When its windows are open is reckoned
//! here in a way of its own, so that what the daemon makes of a zone is not taken for what it is.

use chrono::{DateTime, Datelike as _, Timelike as _, Utc, Weekday};
use chrono_tz::Tz;

use super::super::chance::Chance;

/// What a config says of a watch's moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) settle: &'static str,
    pub(crate) health: &'static str,
    pub(crate) on_failure: &'static str,
    pub(crate) hands: &'static str,
    /// Absent: people move environments, the daemon bakes.
    pub(crate) rolls: Option<Rolls>,
}

/// What a config says of the daemon's rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rolls {
    pub(crate) at_once: usize,
    pub(crate) window: Option<Window>,
    pub(crate) approval: &'static str,
}

/// When moves may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    hour: u32,
    hours: u32,
    zone: Tz,
    weekdays_only: bool,
}

const WINDOWS: [Window; 3] = [
    Window {
        hour: 2,
        hours: 5,
        zone: Tz::Europe__Zurich,
        weekdays_only: false,
    },
    Window {
        hour: 19,
        hours: 4,
        zone: Tz::America__New_York,
        weekdays_only: false,
    },
    Window {
        hour: 9,
        hours: 8,
        zone: Tz::Asia__Kolkata,
        weekdays_only: true,
    },
];

impl Window {
    /// Whether it is open: none of them goes past midnight.
    pub(crate) fn is_open(&self, at: DateTime<Utc>) -> bool {
        let there = at.with_timezone(&self.zone);
        let rests = matches!(there.weekday(), Weekday::Sat | Weekday::Sun);
        let hour = there.hour();
        (self.hour..self.hour + self.hours).contains(&hour) && !(self.weekdays_only && rests)
    }

    fn line(&self) -> String {
        let days = if self.weekdays_only { "1-5" } else { "*" };
        format!(
            "windows = [{{ cron = \"0 {} * * {days}\", duration = \"{}h\", timezone = \"{}\" }}]\n",
            self.hour,
            self.hours,
            self.zone.name()
        )
    }
}

/// Long enough that whatever an image does wrong shows while it settles.
const SETTLES: [&str; 3] = ["5m", "12m", "{ first = \"30m\", later = \"10m\" }"];

impl Terms {
    /// What is safe, and moves.
    pub(crate) fn usual(rolls: bool) -> Self {
        let rolls = rolls.then_some(Rolls {
            at_once: 1,
            window: None,
            approval: "each",
        });
        Self {
            settle: SETTLES[0],
            health: "info",
            on_failure: "rollback",
            hands: "ours",
            rolls,
        }
    }

    /// Other terms; who lets the daemon roll out goes on letting it.
    pub(crate) fn draw(rolls: bool, chance: &mut Chance) -> Self {
        let rolls = rolls.then(|| Rolls {
            at_once: usize::try_from(1 + chance.below(2)).unwrap(),
            window: match chance.once_in(2) {
                true => Some(chance.one_of(&WINDOWS)),
                false => None,
            },
            approval: chance.one_of(&["first", "each", "none"]),
        });
        Self {
            settle: chance.one_of(&SETTLES),
            health: chance.one_of(&["ok", "info", "info", "warning"]),
            on_failure: chance.one_of(&["rollback", "rollback", "rollback", "stop"]),
            hands: chance.one_of(&["ours", "ours", "ours", "ours", "ours", "print"]),
            rolls,
        }
    }

    pub(crate) fn config(&self) -> String {
        let Self {
            settle,
            health,
            on_failure,
            hands,
            rolls,
        } = self;
        let settle = match settle.starts_with('{') {
            true => format!("settle = {settle}"),
            false => format!("settle = \"{settle}\""),
        };
        let (on_drift, order) = match rolls {
            None => ("bake", String::new()),
            Some(rolls) => ("rollout", rolls.lines()),
        };
        format!(
            r#"
installation = "acme"

[aws.rollout]
role_arn = "arn:aws:iam::000000000000:role/amiwatch-rollout"

[schedule]
cron = "0 */4 * * *"

[watch.shop]
region = "eu-west-1"
base = {{ beanstalk = "ECS running on 64bit Amazon Linux 2023" }}
recipe = "logging"
on_drift = "{on_drift}"

[[watch.shop.target]]
beanstalk = {{ application = "shop", environment = "*" }}

[watch.shop.rollout]
{settle}
health = "{health}"
on_failure = "{on_failure}"
hands = "{hands}"
allow_downtime = ["shop-*"]
{order}
[builder]
timeout = "12m"

[recipe.logging]
user_data = "logging.yaml"
checks = [{{ name = "splunk is allowed", run = "grep -q 'splunk' /etc/ecs/ecs.config" }}]

[notify.ops]
sns = {{ topic_arn = "arn:aws:sns:eu-west-1:000000000000:amiwatch" }}
"#
        )
    }
}

impl Rolls {
    fn lines(&self) -> String {
        let Self {
            at_once, approval, ..
        } = self;
        let window = self.window.map(|one| one.line()).unwrap_or_default();
        format!(
            "waves = [\"shop-canary\", \"shop-*\"]\nat_once = {at_once}\napproval = \"{approval}\"\n\
             approval_deadline = \"1d\"\n{window}"
        )
    }
}
