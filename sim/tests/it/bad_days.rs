//! Bad days of environments, scripted from Rust as the product's tests script them, and what the account
//! remembers of them.

use std::time::Duration;

use sim::{Edit, EnvironmentSpec, ImageSpec, Moment, Moves, Release, Serves, Timing, UpdateEnd};

use crate::shop::{HOUR, MINUTE, Shop};
use crate::support::{BRANCH, REGION, call};

#[test]
fn an_update_is_remembered_with_its_end() {
    let shop = Shop::new(EnvironmentSpec::immutable);
    assert_eq!(shop.move_to(&shop.image), "ok");
    assert_eq!(shop.last().end, UpdateEnd::UnderWay);
    shop.pass(HOUR);
    let last = shop.last();
    assert_eq!(
        (last.end, last.replacement),
        (UpdateEnd::Deployed, "immutable")
    );
    assert_eq!(last.image_id.as_deref(), Some(shop.image.as_str()));
    assert_eq!(last.by, "arn:aws:iam::000000000000:user/simulated");
    assert_eq!(last.least_serving, Some(2), "nothing was ever down");
    assert_eq!(shop.account.update_calls("shop").len(), 1);
    assert!(shop.account.unhealthy("shop").is_empty());
    assert_eq!(shop.running(&shop.image), 2);
}

#[test]
fn all_at_once_goes_down_and_that_is_remembered() {
    let shop = Shop::new(|spec| spec);
    shop.move_to(&shop.image);
    shop.pass(HOUR);
    let last = shop.last();
    assert_eq!(
        (last.replacement, last.least_serving),
        ("all_at_once", Some(0))
    );
}

#[test]
fn an_image_that_turns_bad_later_is_to_blame_after_the_update() {
    let shop = Shop::new(EnvironmentSpec::immutable);
    shop.at()
        .image_turns_bad(&shop.image, "Severe", HOUR)
        .unwrap();
    shop.move_to(&shop.image);
    shop.pass(HOUR / 2);
    assert_eq!(
        (shop.last().end, shop.now().health.as_str()),
        (UpdateEnd::Deployed, "Ok")
    );
    shop.pass(HOUR);
    let turns = shop.account.unhealthy("shop");
    assert_eq!(turns.len(), 1, "{turns:?}");
    assert_eq!(
        (turns[0].from.as_str(), turns[0].to.as_str()),
        ("Ok", "Severe")
    );
    assert_eq!(
        turns[0].update.as_deref(),
        Some(shop.last().request_id.as_str())
    );
}

#[test]
fn health_that_fails_midway_takes_a_rolling_update_back_in_batches() {
    let shop = Shop::new(|spec| spec.rolling_by_health().between(4, 8).instances(4));
    let bad = Serves {
        status: "Severe".to_owned(),
        ..Serves::default()
    };
    let turn = sim::Action::ChangeImage {
        image_id: shop.image.clone(),
        change: sim::ImageChange::Serves(bad),
    };
    shop.at().on_moment("shop", Moment::Halfway, turn).unwrap();
    shop.move_to(&shop.image);
    shop.pass(2 * HOUR);
    let last = shop.last();
    assert_eq!(
        (last.end, last.replacement),
        (UpdateEnd::RolledBack, "rolling_by_health")
    );
    assert_eq!(
        (shop.running(&shop.image), shop.now().instances.len()),
        (0, 4)
    );
    assert_eq!(
        shop.now().failed_draft.and_then(|draft| draft.image_id),
        Some(shop.image.clone())
    );
}

#[test]
fn what_cannot_be_taken_back_leaves_a_mixed_fleet() {
    let shop = Shop::new(|spec| spec.rolling_by_health().between(4, 8).instances(4));
    shop.at()
        .image_turns_bad(&shop.image, "Severe", Duration::ZERO)
        .unwrap();
    shop.at().rollback_fails("shop", true).unwrap();
    shop.move_to(&shop.image);
    shop.pass(2 * HOUR);
    assert_eq!(shop.last().end, UpdateEnd::RollbackFailed);
    let mixed = (shop.running(&shop.image), shop.now().instances.len());
    assert!(mixed.0 > 0 && mixed.0 < mixed.1, "{mixed:?}");
    assert!(shop.now().is_broken && shop.now().status == "Ready");
}

#[test]
fn a_deploy_and_an_edit_wait_for_ready_and_are_others() {
    let shop = Shop::new(EnvironmentSpec::immutable);
    let theirs = shop.at().image(ImageSpec::mine("theirs")).unwrap();
    shop.move_to(&shop.image);
    shop.pass(MINUTE);
    shop.at().somebody_deploys("shop", "v2").unwrap();
    let edit = Edit {
        image: Some(theirs.clone()),
        ..Edit::default()
    };
    shop.at().somebody_edits("shop", edit).unwrap();
    assert_eq!(
        shop.account.updates("shop").len(),
        1,
        "both are refused while ours is under way"
    );
    shop.pass(2 * HOUR);
    let by: Vec<_> = shop
        .account
        .updates("shop")
        .into_iter()
        .map(|u| (u.by, u.end))
        .collect();
    let somebody = ("somebody else".to_owned(), UpdateEnd::Deployed);
    assert_eq!(by[1..], [somebody.clone(), somebody]);
    assert_eq!(
        (shop.now().version_label.as_str(), shop.running(&theirs)),
        ("v2", 2)
    );
    assert_eq!(
        shop.account.update_calls("shop").len(),
        1,
        "theirs are no calls of ours"
    );
}

#[test]
fn what_is_stuck_is_stuck_on_the_way_back_too() {
    let shop = Shop::new(EnvironmentSpec::immutable);
    let stuck = sim::Action::ChangeEnvironment {
        environment: "shop".to_owned(),
        change: sim::EnvironmentChange::Stuck(true),
    };
    shop.at()
        .on_moment("shop", Moment::RollingBack, stuck)
        .unwrap();
    shop.move_to(&shop.image);
    shop.pass(MINUTE);
    assert_eq!(
        shop.call("Action=AbortEnvironmentUpdate&EnvironmentName=shop"),
        "ok"
    );
    shop.pass(3 * HOUR);
    assert_eq!(shop.now().status, "Aborting");
    assert_eq!(
        shop.call("Action=AbortEnvironmentUpdate&EnvironmentName=shop"),
        "InvalidParameterValue"
    );
    shop.at().is_stuck("shop", false).unwrap();
    shop.pass(HOUR);
    assert!(shop.last().aborted && shop.last().end == UpdateEnd::RolledBack);
}

#[test]
fn suspended_launches_let_an_update_time_out() {
    let shop = Shop::new(EnvironmentSpec::immutable);
    shop.at().scaling_suspended("shop", &["Launch"]).unwrap();
    shop.move_to(&shop.image);
    shop.pass(MINUTE);
    assert_eq!(shop.running(&shop.image), 0);
    shop.pass(HOUR);
    assert_eq!(shop.last().end, UpdateEnd::RolledBack);
    shop.at().scaling_suspended("shop", &[]).unwrap();
    shop.move_to(&shop.image);
    shop.pass(HOUR);
    assert_eq!(shop.last().end, UpdateEnd::Deployed);
}

/// What a replacement does without lets it through; what it needs does not, with a load balancer or without.
#[test]
fn what_a_replacement_needs_lets_it_time_out_when_suspended() {
    for (process, end) in [
        ("Terminate", UpdateEnd::RolledBack),
        ("AddToLoadBalancer", UpdateEnd::RolledBack),
        ("AZRebalance", UpdateEnd::Deployed),
        ("HealthCheck", UpdateEnd::Deployed),
        ("ReplaceUnhealthy", UpdateEnd::Deployed),
    ] {
        let shop = Shop::new(EnvironmentSpec::immutable);
        shop.at().scaling_suspended("shop", &[process]).unwrap();
        shop.move_to(&shop.image);
        shop.pass(2 * HOUR);
        assert_eq!(shop.last().end, end, "{process}");
    }
}

#[test]
fn scaling_out_reads_degraded_and_is_nobodys_fault() {
    let shop = Shop::new(EnvironmentSpec::immutable);
    shop.at().scales("shop", 5).unwrap();
    let now = shop.now();
    assert_eq!((now.health.as_str(), now.instances.len()), ("Degraded", 5));
    assert_eq!(
        now.causes,
        ["2 active instances is below Auto Scaling group minimum size 5."]
    );
    shop.pass(5 * MINUTE);
    assert_eq!(shop.now().health, "Ok");
    assert_eq!(shop.account.unhealthy("shop")[0].update, None);
}

#[test]
fn what_scaling_adds_meanwhile_is_replaced_too() {
    for spec in [
        EnvironmentSpec::immutable,
        EnvironmentSpec::rolling_by_health,
    ] {
        let shop = Shop::new(spec);
        shop.move_to(&shop.image);
        shop.pass(MINUTE);
        shop.at().scales("shop", 5).unwrap();
        shop.pass(2 * HOUR);
        assert_eq!(shop.running(&shop.image), shop.now().instances.len());
    }
}

#[test]
fn an_old_image_that_is_gone_fails_the_update_or_is_not_noticed() {
    for (gone, end) in [
        (sim::OldImageGone::Fails, UpdateEnd::RolledBack),
        (sim::OldImageGone::Ignored, UpdateEnd::Deployed),
    ] {
        let shop = Shop::new(EnvironmentSpec::immutable);
        shop.account.set_moves(Moves {
            old_image_gone: gone,
            ..Moves::default()
        });
        let today = shop.now().image_id;
        shop.at().image_goes(&today).unwrap();
        shop.move_to(&shop.image);
        shop.pass(HOUR);
        assert_eq!(shop.last().end, end);
    }
}

#[test]
fn an_update_is_seen_late_where_the_world_says_so() {
    let shop = Shop::new(EnvironmentSpec::immutable);
    shop.account.set_timing(Timing {
        updates_seen: 2 * MINUTE,
        ..Timing::default()
    });
    shop.move_to(&shop.image);
    let status = |shop: &Shop| {
        let form = "Action=DescribeEnvironments&EnvironmentNames.member.1=shop";
        call(&shop.account, "elasticbeanstalk", form).text("Status")
    };
    assert_eq!(
        status(&shop).as_deref(),
        Some("Ready"),
        "nobody sees it yet"
    );
    assert_eq!(
        shop.move_to(&shop.image),
        "InvalidParameterValue",
        "and it is there"
    );
    shop.pass(2 * MINUTE);
    assert_eq!(status(&shop).as_deref(), Some("Updating"));
}

#[test]
fn a_terminated_environment_ends_its_update() {
    let shop = Shop::new(EnvironmentSpec::immutable);
    shop.move_to(&shop.image);
    shop.pass(MINUTE);
    shop.at().somebody_terminates("shop").unwrap();
    assert_eq!(shop.now().status, "Terminating");
    assert_eq!(shop.move_to(&shop.image), "InvalidParameterValue");
    shop.pass(MINUTE);
    assert_eq!(shop.account.environment("shop"), None);
    assert_eq!(shop.last().end, UpdateEnd::Terminated);
}

#[test]
fn switches_are_drawn_by_number() {
    let all: Vec<Moves> = Moves::every().collect();
    assert_eq!((all.len(), &all[0]), (Moves::COUNT, &Moves::default()));
    let distinct = all
        .iter()
        .enumerate()
        .all(|(n, one)| !all[..n].contains(one));
    assert!(distinct, "no combination comes twice");
    assert_eq!(Moves::nth(Moves::COUNT), all[0]);
}

#[test]
fn whatever_the_switches_an_update_ends_ready_and_whole() {
    for (number, moves) in Moves::every().enumerate() {
        let shop = Shop::new(EnvironmentSpec::immutable);
        shop.account.set_moves(moves);
        shop.at().release(Release::new(BRANCH, "4.5.1")).unwrap();
        let form = format!(
            "Action=UpdateEnvironment&EnvironmentName=shop&OptionSettings.member.1.OptionName=ImageId&\
             OptionSettings.member.1.Namespace=aws:autoscaling:launchconfiguration&\
             OptionSettings.member.1.Value={}&\
             PlatformArn=arn:aws:elasticbeanstalk:{REGION}::platform/{BRANCH}/4.5.1",
            shop.image
        );
        let answer = shop.call(&form);
        shop.pass(HOUR);
        let now = shop.now();
        let whole = now.instances.values().all(|image| *image == now.image_id);
        assert!(
            whole && now.status == "Ready",
            "{number}: {answer}, {now:?}"
        );
        assert_eq!(
            answer == "ok",
            shop.running(&shop.image) == 2,
            "{number}: {answer}"
        );
    }
}
