//! Two machines of one installation, each with a store of its own, which the docs advise against: what
//! the one has under way, the other's sweep leaves alone, however long it takes.

use std::time::Duration;

use amiwatch::model::stray::VerdictWord;
use amiwatch::model::tags;
use amiwatch::service::sweep::{Done, OLDER_THAN, Swept};

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::CONFIG;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// The usual config, of another watch, whose builders may take a morning.
fn of_the_other() -> String {
    let config = CONFIG.replace("watch.shop", "watch.office");
    config + "\n[builder]\ntimeout = \"5h\"\n"
}

/// What a sweep meant to do something about.
fn touched(swept: &Swept) -> Vec<&str> {
    let found = swept.found.iter();
    let touched = found.filter(|one| one.done != Done::Listed);
    touched.map(|one| one.thing.id.as_str()).collect()
}

fn words_on_instances(swept: &Swept) -> Vec<VerdictWord> {
    let found = swept.found.iter();
    let guests = found.filter(|one| one.thing.kind.as_str() == "instance");
    guests.map(|one| one.verdict.word).collect()
}

/// The builder that runs now.
fn builder(life: &Life) -> Option<String> {
    let mut guests = life.account.instances().into_iter();
    let found = guests
        .find(|guest| guest.tags[tags::ROLE] == tags::role::BUILDER && guest.state == "running");
    found.map(|guest| guest.id)
}

#[test]
fn a_sweep_leaves_alone_what_another_store_s_bake_needs() {
    paused(async || {
        let one = Life::brisk();
        one.until_settled().await;
        let other = one.with_a_store_of_its_own(&of_the_other());
        one.guests(Cast {
            builder: Day::Slow,
            boot_test: Day::Quick,
        });
        let since = one.clock.now();
        other
            .daemon(async |_| {
                // The one's daemon is up as well, and sweeps when it comes up.
                one.daemon(async |_| one.wait(HOUR / 2).await).await;
                let guest = builder(&one).expect("the other bakes");
                one.wait(OLDER_THAN).await;
                let swept = one.sweep().await;
                assert_eq!(
                    words_on_instances(&swept),
                    [VerdictWord::Claimed],
                    "{swept:#?}"
                );
                assert_eq!(touched(&swept), [""; 0], "{swept:#?}");
                assert_eq!(builder(&one), Some(guest));
                // Its image is made of it, and booted.
                one.wait(HOUR).await;
            })
            .await;
        assert_eq!(other.open_bakes().await, [""; 0]);
        let verified = one.verified().into_iter();
        let watches: Vec<String> = verified
            .map(|image| image.tags[tags::WATCH].clone())
            .collect();
        assert_eq!(watches, ["shop", "office"]);
        assert!(one.clock.now() - since > chrono::TimeDelta::hours(3));
        // A day later neither has anything to remove.
        one.wait(HOUR * 26).await;
        for life in [&one, &other] {
            assert_eq!(touched(&life.sweep().await), [""; 0]);
        }
        one.promises_hold();
    });
}
