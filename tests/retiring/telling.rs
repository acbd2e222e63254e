//! `mode = "tell"`: what would be done is told once, shown by `plan` and `status`, and nothing is done.

use super::world::{config, stands};
use crate::common::paused;
use crate::publishing::world::brisk_life;
use amiwatch::service::desk::plan::plan_watches;
use amiwatch::service::desk::status::status;

#[test]
fn what_would_go_is_told_once_and_shown_and_nothing_is_done() {
    paused(async || {
        let life = brisk_life(&config("tell"));
        let [old, new] = life.two_images().await;
        life.days(8).await;
        assert_eq!(stands(&life, &old.id), "in force");
        assert_eq!(stands(&life, &new.id), "in force");
        assert!(life.account.retirements().is_empty());
        let told = life.heard_of_retiring();
        assert_eq!(
            told,
            [format!("[amiwatch] shop: {} may be deprecated now", old.id)]
        );
        let shown = life.process(async |service, _| {
            let planned = plan_watches(&service, None).await.unwrap();
            let status = status(&service.desk()).await.unwrap();
            assert_eq!(planned.retire, status.retire);
            planned.retire
        });
        let shown = shown.await.expect("nothing is armed");
        assert_eq!(
            shown[0].lines(),
            [
                "shop, 000000000000/eu-west-1: older images: 1 to deprecate; nothing is done to them; \
                 `amiwatch images shop` shows all"
            ]
        );
        life.each_notice_came_once();
        life.promises_hold();
    });
}

#[test]
fn a_watch_that_says_nothing_of_it_is_not_even_asked_after() {
    paused(async || {
        let life = crate::publishing::world::brisk_life(crate::common::world::CONFIG);
        life.two_images().await;
        life.days(3).await;
        let asked = life.account.ledger().into_iter();
        let asked = asked.filter(|call| call.operation == "DescribeLaunchConfigurations");
        assert_eq!(asked.count(), 0);
        assert_eq!(life.heard_of_retiring(), [""; 0]);
    });
}
