//! Two daemons on one store: one drives, the other stands aside; and one that has lost its place without
//! knowing it moves nothing more.

use std::time::Duration;

use amiwatch::service::desk::Desk;
use amiwatch::service::desk::opening::{NoPlace, drive};
use amiwatch::store::StoreError;

use super::world::{ALL, CANARY, UNASKED, town};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::watching::{Ended, Manner, Watching};

fn moves_begin(one: &Watching<'_>) -> bool {
    !one.life.updated().is_empty()
}

/// Another process wants to drive the store.
async fn is_refused(life: &Life) -> bool {
    let store = life.store();
    let desk = Desk {
        settings: &life.settings,
        store: &store,
        clock: &life.clock,
    };
    matches!(drive(&desk).await, Err(NoPlace::Taken { .. }))
}

#[test]
fn while_one_daemon_rolls_out_no_other_process_drives_the_store() {
    paused(async || {
        let life = town(UNASKED);
        life.daemon(async |watching| {
            assert!(is_refused(&life).await, "before anything moves");
            watching.until("an update", moves_begin).await;
            for _ in 0..10 {
                life.wait(Duration::from_secs(60)).await;
                assert!(is_refused(&life).await, "and all the while");
            }
            watching.rolled_out().await;
        })
        .await;
        let updated = life.updated();
        assert_eq!((&*updated[0], updated.len()), (CANARY, ALL.len()));
        life.each_notice_came_once();
    });
}

/// Both live and look at the same move under way, and only one of them may write: whoever lost the place
/// stops, and no environment is moved twice.
#[test]
fn a_daemon_whose_place_is_taken_in_the_middle_stops_and_nothing_moves_twice() {
    paused(async || {
        let life = town(UNASKED);
        let (begins, begun) = tokio::sync::oneshot::channel();
        let first = life.beside(Manner::default(), async |watching: &Watching<'_>| {
            watching.until("an update", moves_begin).await;
            begins.send(()).expect("the other one waits for it");
            life.wait(Duration::from_secs(60 * 60 * 6)).await;
        });
        let second = async {
            begun.await.expect("it begins");
            life.successor(async |watching| watching.rolled_out().await)
                .await;
        };
        let (first, ()) = futures_util::future::join(Box::pin(first), Box::pin(second)).await;
        assert!(
            matches!(first, Ended::Itself(Err(StoreError::LeaseLost))),
            "{first:?}"
        );
        let updated = life.updated();
        assert_eq!((&*updated[0], updated.len()), (CANARY, ALL.len()));
        // What the first one had sent and could not cross off any more comes again, under its key.
        let kinds = life.heard_kinds();
        let waves = kinds.iter().filter(|kind| *kind == "rolled_out").count();
        assert_eq!(waves, 2, "{kinds:?}");
    });
}
