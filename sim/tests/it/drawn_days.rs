//! What comes of each bad day that can be drawn, for each way of replacing instances.

use sim::{BadDay, EnvironmentSpec, UpdateEnd};

use crate::shop::{HOUR, Shop};

type Ends = Vec<(BadDay, UpdateEnd)>;

/// How each bad day ends for our update. Whatever it was, the fleet is whole afterwards, unless nothing
/// could be done about it.
fn ends(spec: fn(EnvironmentSpec) -> EnvironmentSpec) -> Ends {
    let ended = BadDay::ALL.into_iter().filter_map(|day| {
        let shop = Shop::new(|of| spec(of).instances(4));
        shop.at().befalls("shop", &shop.image, day).unwrap();
        let answer = shop.move_to(&shop.image);
        shop.pass(3 * HOUR);
        let ours = shop.account.updates("shop").into_iter().next();
        let refused = [BadDay::ImageIsGone, BadDay::CallIsLost].contains(&day);
        assert_eq!(ours.is_none(), refused, "{day:?}: {answer}");
        let there = shop.account.environment("shop");
        let whole = there.is_none_or(|e| e.instances.values().all(|image| *image == e.image_id));
        let end = ours?.end;
        let mixed = [UpdateEnd::RollbackFailed, UpdateEnd::UnderWay].contains(&end);
        assert!(whole || mixed, "{day:?}");
        Some((day, end))
    });
    ended.collect()
}

fn those(ends: &Ends, end: UpdateEnd) -> Vec<BadDay> {
    let of = ends.iter().filter(|(_, ended)| *ended == end);
    of.map(|(day, _)| *day).collect()
}

#[test]
fn immutable_updates_end_in_known_ways() {
    let all = ends(EnvironmentSpec::immutable);
    assert_eq!(those(&all, UpdateEnd::UnderWay), [BadDay::UpdateIsStuck]);
    assert_eq!(
        those(&all, UpdateEnd::RollbackFailed),
        [BadDay::RollbackFails]
    );
    assert_eq!(
        those(&all, UpdateEnd::Terminated),
        [BadDay::SomebodyTerminates]
    );
    assert_eq!(those(&all, UpdateEnd::DeployedWithErrors), []);
    let back = [
        BadDay::ImageServesNothing,
        BadDay::HealthFailsMidway,
        BadDay::QuotaIsUsedUp,
        BadDay::CapacityIsGone,
        BadDay::KeyIsUnusable,
        BadDay::OldImageIsGone,
        BadDay::LaunchesAreSuspended,
    ];
    assert_eq!(those(&all, UpdateEnd::RolledBack), back);
}

#[test]
fn rolling_updates_fail_on_their_way_back_for_the_same_reason() {
    let all = ends(|of| of.rolling_by_health().between(4, 8));
    let failed = those(&all, UpdateEnd::RollbackFailed);
    for day in [
        BadDay::QuotaIsUsedUp,
        BadDay::CapacityIsGone,
        BadDay::RollbackFails,
    ] {
        assert!(failed.contains(&day), "{day:?}: {failed:?}");
    }
    assert_eq!(those(&all, UpdateEnd::UnderWay), [BadDay::UpdateIsStuck]);
}

#[test]
fn all_at_once_calls_a_bad_image_deployed() {
    let all = ends(|of| of);
    let errors = those(&all, UpdateEnd::DeployedWithErrors);
    assert!(errors.contains(&BadDay::ImageServesNothing), "{errors:?}");
    assert_eq!(those(&all, UpdateEnd::UnderWay), [BadDay::UpdateIsStuck]);
}

#[test]
fn the_image_is_to_blame_where_it_is_and_nowhere_else() {
    for day in BadDay::ALL {
        let shop = Shop::new(EnvironmentSpec::immutable);
        shop.at().befalls("shop", &shop.image, day).unwrap();
        shop.move_to(&shop.image);
        shop.pass(3 * HOUR);
        let ours = shop.account.updates("shop").into_iter().next();
        let ours = ours.map(|update| update.request_id);
        let severe = shop.account.unhealthy("shop").into_iter();
        let mut blamed = severe
            .filter(|turn| turn.to == "Severe")
            .map(|turn| turn.update);
        let found = blamed.any(|update| update.is_some() && update == ours);
        assert_eq!(found, day.blames_image(), "{day:?}");
    }
}
