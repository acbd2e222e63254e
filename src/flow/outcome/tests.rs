//! Cause by cause: what is said before, after and in the history, and the command that helps.

use super::*;
use crate::flow::test_world::{BASE_450, BASE_451, World, days, now};
use crate::model::base::Release;
use crate::model::watch::OnDrift;

fn bake() -> BakeDecision {
    BakeDecision {
        release: Release {
            image: "ami-9".into(),
            version: "4.5.1".to_owned(),
            ..World::new().seen.release.known().unwrap().clone()
        },
        generation: 0,
        attempt: 1,
    }
}

fn bakes(ended: BakeSoFar) -> Cause {
    Cause::Bakes {
        bake: bake(),
        ended,
    }
}

/// Every cause there is.
fn causes() -> Vec<Cause> {
    Cause::samples(&bake(), now())
}

#[test]
fn cause_by_cause_what_is_said_and_what_helps() {
    let table: Vec<String> = causes()
        .iter()
        .map(|cause| {
            let command = cause.command("shop").unwrap_or_else(|| "-".to_owned());
            format!("{} | {} | {command}", cause.did(), cause.would())
        })
        .collect();
    insta::assert_snapshot!(table.join("\n"), @r#"
    in step, nothing to bake | would do nothing: in step | -
    nothing to bake: 1 environment is behind the image that is there | would bake nothing: 1 environment is behind the image that is there | amiwatch explain shop
    nothing to bake: 2 environments are behind the image that is there | would bake nothing: 2 environments are behind the image that is there | amiwatch explain shop
    nothing to bake: environments are out of step, and moving them is yours | would bake nothing: environments are out of step, and moving them is yours | amiwatch explain shop
    nothing to bake: 1 environment on the move, 2 behind a gate | would bake nothing: 1 environment on the move, 2 behind a gate | amiwatch explain shop
    out of step; the watch bakes nothing by itself | would tell, and nothing else (on_drift = "notify") | amiwatch bake shop
    a bake is under way: ami-9 (4.5.1), generation 0, attempt 1 | would bake ami-9 (4.5.1), generation 0, attempt 1 | amiwatch status
    baked on ami-9 (4.5.1), generation 0, attempt 1 | would bake ami-9 (4.5.1), generation 0, attempt 1 | amiwatch check --watch shop
    the bake failed: ami-9 (4.5.1), generation 0, attempt 1 | would bake ami-9 (4.5.1), generation 0, attempt 1 | amiwatch history shop
    adopted the verified ami-1 | would adopt the verified ami-1 | -
    waits until 2026-09-21 14:13 UTC | would wait until 2026-09-21 14:13 UTC | amiwatch bake shop
    is held until a person decides | is held until a person decides | amiwatch hold
    nothing was done: a person is needed | would do nothing: a person is needed | amiwatch check --watch shop
    nothing was done: a target matches no environment | would do nothing: a target matches no environment | amiwatch survey
    nothing was done: not everything could be read | would do nothing: not everything could be read | amiwatch check --watch shop
    "#);
}

#[test]
fn only_what_is_in_step_is_called_so() {
    let step = |text: String| text.contains("in step");
    for cause in causes() {
        let said = step(cause.did()) || step(cause.would()) || step(cause.decided());
        assert_eq!(said, cause == Cause::InStep, "{cause:?}");
    }
}

#[test]
fn only_a_bake_that_was_verified_is_called_baked() {
    for ended in [BakeSoFar::NotYet, BakeSoFar::Verified, BakeSoFar::Failed] {
        let baked = bakes(ended).did().starts_with("baked");
        assert_eq!(baked, ended == BakeSoFar::Verified, "{ended:?}");
    }
    let other = Cause::InStep.ended(BakeSoFar::Failed);
    assert_eq!(other, Cause::InStep, "nothing was baked");
}

#[test]
fn nobody_is_said_to_have_been_told() {
    // A first look is a baseline and tells nobody; the plan cannot know whether it was one.
    assert!(!Cause::OnlyTold.did().contains("told"));
    assert!(!Cause::OnlyTold.decided().contains("told"));
}

#[test]
fn a_cause_follows_from_verdict_and_action() {
    let cause = |world: &World| Cause::of_plan(&world.plan());
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    world.remember("ami-ours", BASE_451, 0);
    world.environment("shop-blue", "4.5.1", "ami-ours");
    assert_eq!(cause(&world), Cause::InStep);
    world.environment("shop-green", "4.5.1", BASE_451);
    assert_eq!(cause(&world), Cause::Behind(1));
    let mut unmatched = world.clone();
    unmatched.watch.targets[0].environment = "prod-*".to_owned();
    assert_eq!(cause(&unmatched), Cause::Unmatched);
    let mut untold = world.clone();
    let unread = crate::flow::test_world::trouble("settings");
    untold.environments()[0].settings = crate::model::sighting::Seen::Unreachable(unread);
    assert_eq!(cause(&untold), Cause::Unread);
    let mut tells = World::new();
    tells.watch.on_drift = OnDrift::Notify;
    assert_eq!(cause(&tells), Cause::OnlyTold);
    let mut fails = World::new();
    fails.fail(BASE_451, 1, Some(now() + days(1)));
    assert!(matches!(cause(&fails), Cause::Waits { .. }));
    let mut bakes = World::new();
    bakes.ours("ami-ours", BASE_450, 0);
    assert!(matches!(
        cause(&bakes),
        Cause::Bakes {
            ended: BakeSoFar::NotYet,
            ..
        }
    ));
}
