//! A watch that rolls out publishes what has gone through every wave, and takes back what fell ill.

use crate::common::paused;
use crate::publishing::world::NAME;
use crate::rollouts::world::{UNASKED, town};

const PUBLISH: &str = "[watch.shop.publish]\nssm = \"/amis/shop/{architecture}\"\n";

#[test]
fn an_image_is_published_after_its_last_wave_and_not_before() {
    paused(async || {
        let life = town(&format!("{UNASKED}\n{PUBLISH}"));
        life.daemon(async |watching| {
            let newest = watching.rolled_out().await;
            let names = |one: &crate::common::watching::Watching<'_>| {
                let told = one.life.heard_events().contains(&"published".to_owned());
                told && one.life.values() == [newest.clone()]
            };
            watching.until("it is published", names).await;
        })
        .await;
        let ledger = life.account.ledger();
        let last = |operation: &str| ledger.iter().rposition(|call| call.operation == operation);
        let (put, update) = (last("PutParameter"), last("UpdateEnvironment"));
        assert!(put > update, "the parameter comes last");
        let puts = ledger
            .iter()
            .filter(|call| call.operation == "PutParameter");
        assert_eq!(puts.count(), 1);
        assert_eq!(life.parameter().unwrap().name, NAME);
        let events = life.heard_events();
        let at = |event: &str| events.iter().rposition(|one| one == event);
        assert!(at("published") > at("rolled_out"), "{events:?}");
    });
}
