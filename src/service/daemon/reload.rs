//! A reload: a good new config is taken up by what begins from now on; a bad one is refused with a
//! word, and the old one stays.

use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::acts::unless_replaced;
use super::host::{Condition, LiveConfig};
use super::names::Names;
use super::timers::Tick;
use super::{Daemon, Host, lanes};
use crate::model::request::RequestAnswer;
use crate::service::schedule::pass_times;
use crate::service::vitals::{Pulse, ReloadResult};
use crate::settings::Settings;
use crate::store::StoreError;
use crate::store::requests::StoredRequest;

/// Reading a config and finding the way to AWS that it names.
const LOAD_MAX: Duration = Duration::from_secs(30);

/// What came of reading the config again, and who asked for it.
pub(super) struct Loaded {
    asked: Option<StoredRequest>,
    read: Result<LiveConfig, String>,
}

impl<'a, H: Host> Daemon<'a, H> {
    pub(super) fn load(&self, asked: Option<StoredRequest>) -> LocalBoxFuture<'a, Loaded> {
        self.host.tell(&Condition::Reloading);
        let (host, clock) = (self.host, self.ground.clock);
        async move {
            let read = match clock.timeout(LOAD_MAX, host.load()).await {
                Ok(read) => read,
                Err(elapsed) => Err(format!("the config could not be read: {elapsed}")),
            };
            Loaded { asked, read }
        }
        .boxed_local()
    }

    pub(super) async fn loaded(
        &mut self,
        loaded: Loaded,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let settled = loaded.read.and_then(|new| {
            let warnings = settle(&self.live.settings, &new.settings)?;
            Ok((new, warnings))
        });
        let (said, result) = match settled {
            Ok((new, warnings)) => {
                self.take_up(new, now);
                for warning in &warnings {
                    tracing::warn!("{warning}");
                }
                tracing::info!(
                    watches = self.live.settings.watches.len(),
                    "the new config is in use"
                );
                (RequestAnswer::Reloaded { warnings }, ReloadResult::Done)
            }
            Err(why) => {
                tracing::error!(why, "the new config is not used; the old one still is");
                (RequestAnswer::KeptOld { why }, ReloadResult::KeptOld)
            }
        };
        self.vitals
            .change(|pulse| *pulse.reloads.entry(result).or_default() += 1);
        self.host.tell(&Condition::Ready);
        let Some(asked) = loaded.asked else {
            return Ok(());
        };
        self.asking.remove(&asked.id);
        match lanes::answer_lane(self.ground, &asked, said).await {
            Ok(()) => Ok(()),
            Err(error) => unless_replaced(error, "a request cannot be answered"),
        }
    }

    /// What is under way goes on as it began; the next pass is at once, under the new config.
    fn take_up(&mut self, mut new: LiveConfig, now: DateTime<Utc>) {
        // Bakes of the old config go on asking: both together keep the new pace.
        new.connection = new.connection.in_lines_of(&self.live.connection);
        self.timetable = pass_times(&new.settings.schedule);
        self.ground.outside.secrets.forget_all();
        self.count();
        self.vitals.change(Pulse::new_connection);
        self.ground.in_use.replace(&new.settings);
        self.live = Rc::new(new);
        self.names = Names::default();
        self.reminding.set(now, now);
        // What an earlier pass queued was decided under the old config.
        self.waiting.retain(|_, (_, asked)| asked.is_some());
        if self.pass.is_none() {
            self.tick = Some(Tick::new(now, now));
        }
    }
}

/// What a running daemon cannot change, and what it cannot change yet.
///
/// # Errors
/// Why the new settings cannot be taken up.
fn settle(old: &Settings, new: &Settings) -> Result<Vec<String>, String> {
    if old.store != new.store {
        return Err(
            "[store] url differs: a running daemon keeps its store; restart it to use another"
                .to_owned(),
        );
    }
    let mut warnings: Vec<String> = new.warnings.iter().map(ToString::to_string).collect();
    if old.http != new.http {
        warnings.push("[http] listen differs: it takes effect at the next start".to_owned());
    }
    Ok(warnings)
}
