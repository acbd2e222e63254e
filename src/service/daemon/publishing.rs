//! What the loop does about destinations: begins what a pass decided on, drives what is open, and looks again
//! when one has ended, since what stands at one destination may let the next begin.

use std::rc::Rc;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::acts::unless_replaced;
use super::host::LiveConfig;
use super::lanes::{self, AskEnd, Ground};
use super::{Daemon, Host, log};
use crate::flow::publish::kind::PublishKind;
use crate::model::request::{PublishWish, RequestAnswer};
use crate::service::desk::publish::{PublishAsked, begin_wish_to_publish};
use crate::service::pass::publish::PublishPass;
use crate::service::publications_counted::PublicationCounted;
use crate::service::runs::publication_room::{PublicationRoom, kind_of};
use crate::service::runs::publishing::{PublicationResult, begin_publication};
use crate::service::runs::{self, DriveError, RunUnderWay};
use crate::service::telemetry::source_chain;
use crate::store::StoreError;
use crate::store::requests::StoredRequest;
use crate::workflow::error::RunError;

/// How a publication ended, and under which name it was kept.
pub(super) struct PublishLaneEnd {
    name: String,
    since: DateTime<Utc>,
    ended: Result<PublicationResult, DriveError>,
}

/// Drives an open publication to its end.
fn publish_lane<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
    open: RunUnderWay,
) -> LocalBoxFuture<'a, PublishLaneEnd> {
    let since = ground.clock.now();
    let name = lanes::name_of(&open);
    async move {
        let service = ground.service(&live);
        let observers = &log::publish_log_observer;
        let ended =
            runs::resume_one::<PublishKind>(&service, ground.lease, &open.journal, observers).await;
        PublishLaneEnd { name, since, ended }
    }
    .boxed_local()
}

/// Begins the publication that a person wishes, and tells its journal or why there is none.
pub(super) fn asking_publication<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
    asked: StoredRequest,
    wish: PublishWish,
) -> LocalBoxFuture<'a, AskEnd> {
    async move {
        let service = ground.service(&live);
        let said = match Box::pin(begin_wish_to_publish(&service, ground.lease, &wish)).await {
            Ok(PublishAsked::Open { journal }) => RequestAnswer::Driving { journal },
            Ok(PublishAsked::NothingToDo { why }) => RequestAnswer::NothingToDo { why },
            Ok(PublishAsked::Refused { why, exit }) => RequestAnswer::Refused {
                why: vec![why],
                exit_code: exit.code(),
            },
            Err(DriveError::Store(error)) => return AskEnd::Failed(asked.id, error),
            Err(error) => lanes::answer_of_error(&error),
        };
        match lanes::answer_lane(ground, &asked, said).await {
            Ok(()) => AskEnd::Begun(asked.id),
            Err(error) => AskEnd::Failed(asked.id, error),
        }
    }
    .boxed_local()
}

impl<H: Host> Daemon<'_, H> {
    /// A watch makes its image known.
    pub(super) fn publishes(&self) -> bool {
        let mut watches = self.live.settings.watches.values();
        watches.any(|watch| watch.publish.is_some())
    }

    /// Begins what a pass decided on. Says when the next look is worth while.
    pub(super) async fn publish(
        &mut self,
        pass: PublishPass,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut room = PublicationRoom::beside(&self.publishing);
        let live = Rc::clone(&self.live);
        let service = self.ground.service(&live);
        for start in pass.starts {
            if !room.take(Some(start.order.destination.kind)) {
                continue;
            }
            let (watch, destination) = (&start.order.watch, start.order.destination.to_string());
            match begin_publication(&service, self.ground.lease, &start).await {
                Ok(Some(journal)) => {
                    let watch = watch.as_str();
                    tracing::info!(watch, destination, journal, "a publication begins");
                }
                // Something changed meanwhile: the next pass decides again.
                Ok(None) => {}
                Err(DriveError::Store(error) | DriveError::Run(RunError::Store(error))) => {
                    unless_replaced(
                        error,
                        "a publication cannot be begun; the next pass tries again",
                    )?;
                }
                Err(error) => {
                    let (watch, why) = (watch.as_str(), source_chain(&error));
                    tracing::error!(watch, destination, why, "a publication cannot be begun");
                }
            }
        }
        Ok(pass.look_at)
    }

    /// Drives the publications that are open and that nobody here drives, as many as there is room for.
    pub(super) async fn drive_open_publications(&mut self) -> Result<(), StoreError> {
        let mut room = PublicationRoom::beside(&self.publishing);
        for one in runs::under_way::<PublishKind>(self.ground.store).await? {
            let name = lanes::name_of(&one);
            if self.publishing.contains(&name) || !room.take(kind_of(&name)) {
                continue;
            }
            self.publishing.insert(name);
            let live = Rc::clone(&self.live);
            self.publications.push(publish_lane(self.ground, live, one));
        }
        Ok(())
    }

    /// A publication ended: what it left stands in its ledger, its journal and its notice.
    pub(super) fn published(
        &mut self,
        end: PublishLaneEnd,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.publishing.remove(&end.name);
        self.tell_soon(now);
        let (name, took_s) = (end.name.as_str(), (now - end.since).num_seconds());
        match end.ended {
            Ok(result) => {
                let failed = result.failure().is_some();
                let counted = PublicationCounted::of_result(&result);
                self.vitals
                    .change(|pulse| *pulse.publications.entry(counted).or_default() += 1);
                tracing::info!(name, took_s, failed, "a publication ended");
                self.look_soon(now);
                Ok(())
            }
            Err(DriveError::Store(error) | DriveError::Run(RunError::Store(error))) => {
                unless_replaced(
                    error,
                    "a publication cannot go on; the next pass tries again",
                )
            }
            Err(error) => {
                let why = source_chain(&error);
                tracing::error!(
                    name,
                    why,
                    "a publication cannot go on; the next pass tries again"
                );
                Ok(())
            }
        }
    }
}
