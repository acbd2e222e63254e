//! What these stories tell of their town ([`crate::common::town`]) and see of it.

use std::time::Duration;

use amiwatch::model::ids::WatchName;
use amiwatch::model::rollout_memory::RolloutMemory;
use amiwatch::store::moves;
use sim::{ImageChange, Serves};

use crate::common::life::Life;
pub(crate) use crate::common::town::{
    ALL, BLUE, CANARY, GREEN, UNASKED, build_town, config, environment, scope, town, town_of,
};
use crate::common::watching::Watching;
use crate::common::world::REGION;

impl Life {
    /// The newest verified image.
    pub(crate) fn newest(&self) -> String {
        let newest = self
            .verified()
            .into_iter()
            .max_by_key(|image| image.id.clone());
        newest.expect("one is baked").id
    }

    /// The environments that are on it.
    pub(crate) fn all_on(&self, image: &str) -> Vec<&'static str> {
        ALL.into_iter()
            .filter(|name| self.is_on(name, image))
            .collect()
    }

    /// The application does not work on an image, a while after it was started.
    pub(crate) fn is_ill(&self, image: &str, after: Duration) {
        let serves = Serves {
            status: "Severe".to_owned(),
            after_s: after.as_secs_f64(),
            causes: vec!["100 % of requests fail with HTTP 5xx.".to_owned()],
        };
        let here = self.account.at(REGION);
        here.change_image(image, ImageChange::Serves(serves))
            .unwrap();
    }

    /// What is remembered of the watch's rollout.
    pub(crate) async fn remembered(&self) -> RolloutMemory {
        let watch = WatchName::new("shop");
        let memory = moves::rollout(&self.store(), &scope(), &watch).await;
        memory.unwrap().value
    }

    /// The environments that were updated, in turn.
    pub(crate) fn updated(&self) -> Vec<String> {
        let environments = self.account.environments();
        let name = |id: &String| {
            let named = environments.iter().find(|one| one.id == *id);
            named.map_or_else(|| id.clone(), |one| one.name.clone())
        };
        let ledger = self.account.ledger().into_iter();
        let updates = ledger.filter(|call| {
            call.operation == "UpdateEnvironment" && call.took_effect && call.outcome == "ok"
        });
        updates
            .map(|call| name(&call.params["EnvironmentId"]))
            .collect()
    }

    /// A pass that bakes, and before it the one that only looks.
    pub(crate) async fn bakes_first(&self) -> String {
        self.pass().await;
        if self.verified().is_empty() {
            self.pass().await;
        }
        self.newest()
    }

    /// So many passes, a minute apart.
    pub(crate) async fn passes(&self, count: usize) {
        for _ in 0..count {
            self.wait(Duration::from_secs(60)).await;
            self.pass().await;
        }
    }

    /// The subjects of what was told of this event.
    pub(crate) fn told(&self, event: &str) -> Vec<String> {
        let heard = self.heard().into_iter().filter(|one| one.event == event);
        heard.map(|one| one.subject).collect()
    }
}

impl Watching<'_> {
    /// Lets time pass until the newest image has gone through every wave, and people were told.
    pub(crate) async fn rolled_out(&self) -> String {
        let told = |one: &Watching<'_>| {
            let newest = one.life.verified().into_iter().map(|image| image.id).max();
            newest.is_some_and(|newest| {
                let said = one.life.told("rolled_out");
                let last = format!("{newest} is rolled out");
                said.iter().any(|one| one.contains(&last))
            })
        };
        self.until("every wave through", told).await;
        let newest = self.life.newest();
        assert_eq!(self.life.all_on(&newest).len(), ALL.len());
        newest
    }
}
