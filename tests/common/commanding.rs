//! A person's command beside whoever drives: the same account and the same store, by ways of its own, so
//! that what disturbs the driver does not disturb it.

use amiwatch::service::Service;

use super::life::Life;
use super::seam::Seam;

impl Life {
    /// Runs a command as a process of its own that nothing disturbs. It takes no driver's place by itself.
    pub(crate) async fn command<T>(&self, work: impl AsyncFnOnce(Service<'_>) -> T) -> T {
        let (store, clock, outside) = (self.store(), self.process_clock(), self.outside());
        let connection = self.connection_through(&Seam::new(), &clock);
        let service = Service {
            settings: &self.settings,
            connection: &connection,
            store: &store,
            clock: &clock,
            outside: &outside,
        };
        work(service).await
    }
}
