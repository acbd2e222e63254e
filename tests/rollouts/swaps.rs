//! CNAMEs that are swapped while the daemon moves an environment: an environment is its id, whatever address
//! it answers under; whose health it is after a swap nobody can tell, so that settling begins anew, and a
//! person is asked where it does not end.

use std::time::Duration;

use amiwatch::model::ids::TargetId;
use amiwatch::store::{Store as _, moves};

use super::world::{ALL, BLUE, CANARY, UNASKED, scope, town};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::watching::Watching;
use crate::common::world::REGION;

const MINUTE: Duration = Duration::from_secs(60);

/// Lets time pass until the canary's move has come to its last step.
async fn settles(watching: &Watching<'_>) {
    watching.until("an update", moves_begin).await;
    let life = watching.life;
    let target = TargetId {
        scope: scope(),
        application: "shop".to_owned(),
        environment: CANARY.to_owned(),
    };
    let store = life.store();
    for _ in 0..240 {
        let claim = moves::moving(&store, &target).await.unwrap();
        let journal = claim.expect("it moves").value.journal;
        let entries = store.journal(&journal).await.unwrap();
        if entries.iter().any(|entry| entry["step"] == "settle") {
            return;
        }
        life.wait(Duration::from_secs(5)).await;
    }
    panic!("it never settles");
}

fn moves_begin(one: &Watching<'_>) -> bool {
    !one.life.updated().is_empty()
}

fn swap(life: &Life) {
    let here = life.account.at(REGION);
    here.somebody_swaps(CANARY, BLUE).unwrap();
}

fn cname(life: &Life, name: &str) -> String {
    life.environment(name).cname
}

/// Three minutes into four of settling: the four begin anew, and the rollout goes on by the same ids.
#[test]
fn a_swap_while_the_canary_settles_lets_it_settle_anew() {
    paused(async || {
        let life = town(UNASKED);
        let (was, other) = (cname(&life, CANARY), cname(&life, BLUE));
        life.daemon(async |watching| {
            settles(watching).await;
            life.wait(3 * MINUTE).await;
            swap(&life);
            life.wait(3 * MINUTE).await;
            assert_eq!(life.updated(), [CANARY], "not four minutes after the swap");
            watching.rolled_out().await;
        })
        .await;
        assert_eq!((cname(&life, CANARY), cname(&life, BLUE)), (other, was));
        let updated = life.updated();
        assert_eq!((&*updated[0], updated.len()), (CANARY, ALL.len()));
        life.each_notice_came_once();
    });
}

/// Again and again: a person is told, the image is not to blame, nothing goes further, and nothing is fought.
#[test]
fn swaps_without_an_end_end_the_move_and_ask_a_person() {
    paused(async || {
        let life = town(UNASKED);
        life.daemon(async |watching| {
            settles(watching).await;
            for _ in 0..3 {
                life.wait(2 * MINUTE).await;
                swap(&life);
            }
            life.wait(180 * MINUTE).await;
        })
        .await;
        assert_eq!(life.updated(), [CANARY], "not taken back, and nobody else");
        let told = life.told("attention");
        assert!(told.iter().any(|one| one.contains(CANARY)), "{told:?}");
        assert_eq!(life.told("rolled_out"), [""; 0]);
        assert_eq!(life.verified().len(), 1, "it is not quarantined");
        life.each_notice_came_once();
    });
}

/// While instances are being replaced: it settles anew from there, and nobody is moved twice.
#[test]
fn a_swap_in_the_middle_of_an_update_moves_nobody_twice() {
    paused(async || {
        let life = town(UNASKED);
        life.daemon(async |watching| {
            watching.until("an update", moves_begin).await;
            swap(&life);
            watching.rolled_out().await;
        })
        .await;
        let updated = life.updated();
        assert_eq!((&*updated[0], updated.len()), (CANARY, ALL.len()));
        life.each_notice_came_once();
    });
}
