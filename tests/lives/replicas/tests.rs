//! Two short lives of daemons that share a table in every run of the tests, with two of them and with three; many long
//! ones by the example. What costs in them is that a standby asks for the lease in every second.

use super::life::{live_shared, live_shared_with};
use crate::common::mutant::Mutant;
use crate::common::paused;

/// Lives one life; says how it is lived again where it breaks a promise.
fn lives(replicas: usize, seed: u64, minutes: u64) {
    let again = Replay {
        replicas,
        seed,
        minutes,
    };
    let lived = paused(|| live_shared(replicas, seed, minutes));
    drop(again);
    println!("{replicas} replicas, seed {seed}: {lived:?}");
    assert!(lived.kills > 0, "nothing ever died in this life");
    assert!(lived.frozen > 0, "nothing was ever frozen in this life");
    assert!(lived.followed > 1, "nobody ever followed anybody in time");
    assert!(lived.images > 0, "nothing was baked");
}

struct Replay {
    replicas: usize,
    seed: u64,
    minutes: u64,
}

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self {
                replicas,
                seed,
                minutes,
            } = self;
            eprintln!(
                "replay: cargo run --profile lives --example lives -- --replicas {replicas} --seed {seed} --minutes {minutes}"
            );
        }
    }
}

#[test]
fn two_daemons_that_share_a_table_keep_every_promise() {
    lives(2, 1, 60);
}

#[test]
fn three_daemons_that_share_a_table_keep_every_promise() {
    lives(3, 2, 60);
}

#[test]
fn the_same_seed_is_the_same_life_of_several_daemons() {
    let live = || paused(|| live_shared(2, 3, 6));
    assert_eq!(live(), live());
}

/// Each is caught by what one of them wrote or sent past its fence, or by two that lead at once.
#[test]
#[ignore = "takes minutes; the nets of `mutants::tables` are closer"]
fn lives_catch_the_deliberate_bugs_of_those_who_share_a_table() {
    for mutant in Mutant::OF_LEASES {
        let caught = (0..12).find(|seed| {
            let life = || paused(|| live_shared_with(Some(mutant), 3, *seed, 60));
            std::panic::catch_unwind(life).is_err()
        });
        println!("{mutant:?}: caught by seed {caught:?}");
        assert!(caught.is_some(), "{mutant:?} is caught by no life");
    }
}
