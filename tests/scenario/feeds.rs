//! Watches without a recipe: they tell releases and ends, and are in step otherwise.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::reason::ReasonCode;
use sim::ImageSpec;

use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{BRANCH, CONFIG, REGION, base_disk};

const DAY: Duration = Duration::from_secs(86_400);

const BEANSTALK: &str = "base = { beanstalk = \"ECS running on 64bit Amazon Linux 2023\" }";
const PARAMETER: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

/// The usual watch without its recipe, on this base.
fn feed(base: &str) -> Life {
    let config = CONFIG
        .replace("recipe = \"logging\"\n", "")
        .replace("on_drift = \"bake\"\n", "")
        .replace(BEANSTALK, base);
    assert!(!config.contains("recipe = "), "{config}");
    Life::with_config(&config)
}

fn image(life: &Life, name: &str) -> String {
    let spec = ImageSpec {
        owner: "amazon".to_owned(),
        public: true,
        disk: base_disk(),
        ..ImageSpec::mine(name)
    };
    life.account.at(REGION).image(spec).unwrap()
}

/// A base in words, and how it gets its first and its second release.
type Base = (String, fn(&Life, u32));

fn bases() -> [Base; 3] {
    [
        (BEANSTALK.to_owned(), |life, nth| {
            if nth > 1 {
                life.release("4.5.1");
            }
        }),
        (
            format!("base = {{ ssm = \"{PARAMETER}\" }}"),
            |life, nth| {
                let image = image(life, &format!("al2023-ami-2023.{nth}.0-x86_64"));
                let here = life.account.at(REGION);
                here.parameter(PARAMETER, &image).unwrap();
            },
        ),
        (
            "base = { images = { owners = [\"amazon\"], name = \"al2023-ami-2023.*\" } }"
                .to_owned(),
            |life, nth| {
                image(life, &format!("al2023-ami-2023.{nth}.0-x86_64"));
            },
        ),
    ]
}

#[test]
fn another_release_is_told_once_whatever_the_base() {
    for (base, release) in bases() {
        paused(async || {
            let life = feed(&base);
            release(&life, 1);
            life.pass().await;
            assert_eq!(life.heard_events(), [""; 0], "{base}: the first look");
            let (items, exit) = life.check().await;
            assert_eq!(exit, Exit::Done, "{base}: {:?}", items[0].drift);

            life.wait(DAY).await;
            release(&life, 2);
            life.pass().await;
            assert_eq!(life.heard_events(), ["released"], "{base}");
            let told = life.heard_of("released");
            assert!(told.body.contains("- shop/shop-blue: ami-"), "{told:?}");
            assert!(told.body.contains("(stock)"), "{told:?}");

            life.pass().await;
            assert_eq!(life.heard_events(), ["released"], "{base}: told once");
            let (_, exit) = life.check().await;
            assert_eq!(exit, Exit::Done, "{base}: nothing waits for anybody");
        });
    }
}

#[test]
fn a_branch_s_end_is_told_once() {
    paused(async || {
        let life = feed(BEANSTALK);
        life.pass().await;
        let here = life.account.at(REGION);
        here.lifecycle(BRANCH, "Deprecated").unwrap();
        // What a platform version was said to be is believed for less than a day.
        life.wait(2 * DAY).await;
        life.pass().await;
        life.pass().await;
        assert_eq!(life.heard_events(), ["lifecycle"]);
        let told = life.heard_of("lifecycle");
        assert!(told.subject.contains("is deprecated"), "{told:?}");
        assert!(told.body.contains("- BRANCH_DEPRECATED: "), "{told:?}");
    });
}

#[test]
fn a_target_that_nothing_matches_is_never_in_step_and_gives_no_all_clear() {
    paused(async || {
        let mut life = Life::brisk();
        life.until_settled().await;
        let misspelt = CONFIG.replace("application = \"shop\"", "application = \"Shop\"");
        life.set_config(&misspelt);
        let (items, exit) = life.check().await;
        assert_eq!(
            exit,
            Exit::CannotTell,
            "an image exists, and nothing runs it"
        );
        let reasons = &items[0].drift.reasons;
        assert_eq!(reasons[0].code, ReasonCode::NoTarget);
        assert_eq!(reasons[0].facts()["near_application"], "shop");
        let resolved = |life: &Life| life.heard_events().contains(&"resolved".to_owned());
        let before = resolved(&life);
        life.pass().await;
        assert_eq!(resolved(&life), before, "empty is never all is well");
    });
}
