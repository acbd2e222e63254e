//! What lasts of what cannot be read: told once, ended once, remembered over restarts. Every pass here is a
//! process of its own.

use std::time::Duration;

use sim::{FaultKind, FaultRule};

use crate::common::life::Life;
use crate::common::notices::Heard;
use crate::common::paused;
use crate::common::world::CONFIG;

const HALF_HOUR: Duration = Duration::from_secs(30 * 60);

/// A watch that only tells, and has made its first look.
async fn watching() -> Life {
    let life = Life::with_config(&CONFIG.replace("\"bake\"", "\"notify\""));
    life.pass().await;
    life
}

async fn passes(life: &Life, count: usize) {
    for _ in 0..count {
        life.wait(HALF_HOUR).await;
        life.pass().await;
    }
}

fn of(life: &Life, event: &str) -> Vec<Heard> {
    let heard = life.heard().into_iter();
    heard.filter(|one| one.event == event).collect()
}

#[test]
fn a_place_that_cannot_be_read_is_told_once_and_so_is_its_end() {
    for action in [
        "elasticbeanstalk:DescribeEnvironments",
        "sts:GetCallerIdentity",
    ] {
        paused(async || {
            let life = watching().await;
            life.account
                .fault(FaultRule::new(FaultKind::Denied).on(action));
            passes(&life, 2).await;
            assert_eq!(life.heard_events(), [""; 0], "{action}: it may be a moment");
            passes(&life, 4).await;
            assert_eq!(life.heard_events(), ["blind"], "{action}");
            let told = life.heard_of("blind");
            let place = "000000000000/eu-west-1";
            assert_eq!(
                told.subject,
                format!("[amiwatch] blind: {place} since 2026-11-02 08:30 UTC")
            );
            assert!(told.body.contains("- shop\n"), "{}", told.body);

            life.account.clear_faults();
            passes(&life, 3).await;
            assert_eq!(life.heard_events(), ["blind", "resolved"], "{action}");
            let over = life.heard_of("resolved");
            assert_eq!(
                over.subject,
                format!("[amiwatch] {place} can be read again")
            );
            life.each_notice_came_once();

            // The next time is another event.
            life.account
                .fault(FaultRule::new(FaultKind::Denied).on(action));
            passes(&life, 4).await;
            assert_eq!(
                life.heard_events(),
                ["blind", "resolved", "blind"],
                "{action}"
            );
            life.each_notice_came_once();
        });
    }
}

#[test]
fn a_base_that_cannot_be_read_is_told_by_its_name() {
    paused(async || {
        let life = watching().await;
        life.account.deny("elasticbeanstalk:ListPlatformVersions");
        passes(&life, 4).await;
        let base = "ECS running on 64bit Amazon Linux 2023";
        let mut subjects = of(&life, "blind").into_iter().map(|one| one.subject);
        assert!(
            subjects.any(|subject| subject.contains(base)),
            "{:?}",
            life.heard()
        );
        life.account.allow("elasticbeanstalk:ListPlatformVersions");
        passes(&life, 1).await;
        assert_eq!(of(&life, "blind").len(), of(&life, "resolved").len());
        life.each_notice_came_once();
    });
}

#[test]
fn what_lasts_shorter_than_is_asked_for_is_told_nobody() {
    paused(async || {
        let mut life = watching().await;
        let patient = CONFIG.replace("\"bake\"", "\"notify\"");
        life.set_config(&format!("{patient}\n[schedule]\nblind_after = \"1d\"\n"));
        life.account
            .fault(FaultRule::new(FaultKind::Http5xx).on("elasticbeanstalk:*"));
        passes(&life, 10).await;
        assert_eq!(life.heard_events(), [""; 0]);
        passes(&life, 40).await;
        assert!(!of(&life, "blind").is_empty());
    });
}

#[test]
fn a_target_that_matches_nothing_was_read() {
    paused(async || {
        let none = CONFIG.replace("environment = \"*\"", "environment = \"prod-*\"");
        let life = Life::with_config(&none.replace("\"bake\"", "\"notify\""));
        life.pass().await;
        passes(&life, 6).await;
        assert_eq!(life.heard_events(), [""; 0]);
    });
}

#[test]
fn what_nobody_asks_for_any_more_is_over() {
    paused(async || {
        let mut life = watching().await;
        life.account
            .fault(FaultRule::new(FaultKind::Denied).on("elasticbeanstalk:DescribeEnvironments"));
        passes(&life, 4).await;
        assert_eq!(life.heard_events(), ["blind"]);
        life.set_config(&CONFIG.replace(
            "[watch.shop]\nregion = \"eu-west-1\"",
            "[watch.shop]\nregion = \"eu-north-1\"",
        ));
        passes(&life, 1).await;
        let over = life.heard_of("resolved");
        assert_eq!(
            over.subject,
            "[amiwatch] no watch looks at 000000000000/eu-west-1 any more"
        );
    });
}
