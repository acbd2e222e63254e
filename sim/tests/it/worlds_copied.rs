//! A world that is copied as it stands: both go on from there, and neither knows of the other.

use std::time::Duration;

use sim::{SimClock, Timing};

use crate::support::{REGION, account, ec2, launch, start};

#[test]
fn both_go_on_from_where_it_stood_and_neither_knows_of_the_other() {
    let (one, hand) = account();
    one.set_timing(Timing {
        start: Duration::from_secs(10),
        ..Timing::default()
    });
    let image = one.at(REGION).image(sim::ImageSpec::amazon("base"));
    let id = launch(&one, &image.unwrap(), "");
    let (clock, other_hand) = SimClock::fixed_handle(start());
    let other = one.copied(clock);
    assert_eq!(other.ledger(), one.ledger());
    assert_eq!(other.instance(&id).unwrap().state, "pending");

    hand.advance(Duration::from_secs(11));
    assert_eq!(one.instance(&id).unwrap().state, "running");
    assert_eq!(
        other.instance(&id).unwrap().state,
        "pending",
        "no time went by"
    );
    other_hand.advance(Duration::from_secs(11));
    assert_eq!(
        other.instance(&id).unwrap().state,
        "running",
        "it was on its way"
    );

    ec2(
        &other,
        &format!("Action=TerminateInstances&InstanceId.1={id}"),
    );
    assert_eq!(one.instance(&id).unwrap().state, "running");
    assert_eq!(other.ledger().len(), one.ledger().len() + 1);
}
