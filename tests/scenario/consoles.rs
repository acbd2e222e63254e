//! Guests whose words are lost, or that never came up: told as what they are.

use sim::Action;

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::REGION;

#[test]
fn a_guest_that_says_nothing_on_an_empty_console_is_not_told_of_a_full_one() {
    paused(async || {
        let life = Life::brisk();
        life.guests(Cast::both(Day::NoReport));
        life.pass().await;
        let failed = life.heard_of("failed");
        assert!(failed.body.contains("without a report"), "{}", failed.body);
        assert!(!failed.body.contains("is full"), "{}", failed.body);
    });
}

#[test]
fn a_builder_that_ec2_ends_at_launch_fails_at_once_with_the_place_in_the_config() {
    let cases = [
        (
            "Client.InvalidKMSKey.InvalidState",
            "The KMS key provided is in an incorrect state",
            "`encrypt` in [builder]",
        ),
        (
            "Client.InternalError",
            "Client error on launch",
            "`encrypt` in [builder]",
        ),
        (
            "Client.VolumeLimitExceeded",
            "Volume limit exceeded",
            "`root_volume_gib` in [builder]",
        ),
    ];
    for (code, message, place) in cases {
        paused(async || {
            let life = Life::begin();
            let here = life.account.at(REGION);
            let ends = |code: Option<&str>| Action::LaunchesEnd {
                code: code.map(str::to_owned),
                message: message.to_owned(),
            };
            here.act(ends(Some(code))).unwrap();
            let began = life.clock.now();
            life.pass().await;
            let took = (life.clock.now() - began).num_seconds();
            assert!(
                took < 120,
                "it waited {took} s for a console that never comes"
            );
            let failed = life.heard_of("failed");
            for said in [code, message, place] {
                assert!(failed.body.contains(said), "{said}: {}", failed.body);
            }
            life.promises_hold();
            here.act(ends(None)).unwrap();
            life.until_settled().await;
            assert_eq!(life.verified().len(), 1);
        });
    }
}
