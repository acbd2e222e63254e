//! One of the daemons that share a table, on a machine of its own beside the others of its life: it leads and stands
//! by in turn. Must not decide what becomes of it.

use std::rc::Rc;

use amiwatch::service::daemon::{LiveConfig, Replica, SettingsInUse};
use amiwatch::service::desk::opening::NoPlace;
use amiwatch::service::vitals::Vitals;
use chrono::TimeDelta;

use super::life::Life;
use super::mutant::taken;
use super::watching::{Ended, Manner, Watching};

impl Life {
    /// Runs the daemon beside a story, and stops it when the story ends.
    pub(crate) async fn replica<T>(
        &self,
        manner: Manner,
        story: impl AsyncFnOnce(&Watching<'_>) -> T,
    ) -> Ended<T> {
        let clock = self.process_clock();
        let store = self.seamed_store_by(&clock);
        let surroundings = self.surroundings(&clock, manner.alive_every);
        let vitals = Vitals::new(clock.now(), clock.steady(), TimeDelta::hours(1));
        let vitals = vitals.behind(&store.inner.fence());
        let way = self.connection(&clock);
        let first = LiveConfig {
            settings: Rc::new(taken(self.mutant, self.settings.clone())),
            connection: store.inner.guarded(way, self.mutant),
        };
        let outside = self.outside();
        let in_use = SettingsInUse::new(&first.settings);
        let watching = Watching {
            life: self,
            clock: clock.clone(),
            surroundings: &surroundings,
            vitals: vitals.clone(),
        };
        let replica = Replica {
            store: &store,
            clock: &clock,
            outside: &outside,
            in_use: &in_use,
            host: &surroundings,
            vitals: &vitals,
            shared: true,
            place: "the table of this life".to_owned(),
        };
        let work = async {
            match replica.run(first, manner.rhythm).await {
                Ok(()) => Ok(()),
                Err(NoPlace::Store(error)) => Err(error),
                Err(NoPlace::Taken { place }) => panic!("{place} has room for any number"),
            }
        };
        self.until_told(&watching, work, story).await
    }
}
