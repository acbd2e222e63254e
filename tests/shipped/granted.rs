//! Whole stories under the shipped policies: what each needs is granted by those that its page names, and no more.

use amiwatch::flow::detect::LookDepth;
use amiwatch::flow::exit_code::Exit;
use amiwatch::flow::survey::ImageToldBy;
use amiwatch::service::desk::survey::{SurveyAsk, look_everywhere};

use sim::EnvironmentSpec;

use super::policies::together;
use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{BRANCH, CONFIG, OVER_SSM, REGION};

#[test]
fn a_whole_bake_needs_no_more_than_is_granted() {
    paused(async || {
        let life = Life::brisk();
        let policy = together(&["look.json", "bake.json", "notify.json"]);
        life.account.set_policy(Some(&policy)).unwrap();
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);
        life.promises_hold();
        let swept = life.sweep().await;
        assert_eq!(swept.exit(), Exit::Done, "{swept:#?}");
    });
}

#[test]
fn a_bake_over_ssm_needs_no_more_than_is_granted() {
    paused(async || {
        let life = Life::with_config(&format!("{CONFIG}{OVER_SSM}"));
        life.guests(Cast::both(Day::Quick));
        let names = [
            "look.json",
            "bake.json",
            "bake-profile.json",
            "bake-ssm.json",
            "notify.json",
        ];
        life.account.set_policy(Some(&together(&names))).unwrap();
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1, "{:#?}", life.heard());
        life.promises_hold();
    });
}

#[test]
fn publishing_needs_no_more_than_is_granted() {
    paused(async || {
        let share = "share = { accounts = [\"222233334444\"] }\n";
        let template = "launch_template = { name = \"shop\", make_default = true }\n";
        let config =
            crate::publishing::world::config() + share + crate::publishing::COPY + template;
        let life = crate::publishing::world::brisk_life(&config);
        for region in [crate::common::world::REGION, "eu-central-1"] {
            let made =
                life.account
                    .at(region)
                    .act(sim::Action::LaunchTemplate(sim::LaunchTemplateSpec {
                        name: "shop".to_owned(),
                        images: vec![life.base_image()],
                        ..sim::LaunchTemplateSpec::default()
                    }));
            made.unwrap();
        }
        let names = ["look.json", "bake.json", "publish.json", "notify.json"];
        life.account.set_policy(Some(&together(&names))).unwrap();
        life.until_settled().await;
        assert_eq!(life.values(), [life.newest_verified()]);
        assert_eq!(life.copies().len(), 1, "{:#?}", life.heard());
        let templates = life.account.launch_templates();
        assert_eq!(templates.len(), 2);
        assert!(
            templates.iter().all(|one| one.default == 2),
            "{templates:#?}"
        );
        life.promises_hold();
    });
}

#[test]
fn retiring_and_bringing_back_need_no_more_than_is_granted() {
    paused(async || {
        let life = crate::retiring::world::applying();
        let names = [
            "look.json",
            "bake.json",
            "images.json",
            "retire.json",
            "notify.json",
        ];
        life.account.set_policy(Some(&together(&names))).unwrap();
        let [old, _] = life.two_images().await;
        life.until_it_stands(&old.id, "disabled").await;
        let plan = life.restore(&old.id).await.unwrap();
        assert_eq!(plan.end, "restored");
        life.until_it_stands(&old.id, "gone").await;
        assert!(!life.heard_events().contains(&"attention".to_owned()));
        life.promises_hold();
    });
}

#[test]
fn a_look_needs_no_more_than_is_granted() {
    paused(async || {
        let life = Life::brisk();
        let policy = together(&["look.json"]);
        life.account.set_policy(Some(&policy)).unwrap();
        let (_, exit) = life.check().await;
        // Nothing was baked yet: drift, and not "could not tell".
        assert_eq!(exit, Exit::Drift);
    });
}

/// Both kinds of groups, so that every page is asked for.
#[test]
fn a_survey_by_pages_needs_no_more_than_is_granted() {
    paused(async || {
        let life = Life::brisk();
        let launch = "aws:autoscaling:launchconfiguration";
        for name in ["a", "b", "c"] {
            let spec = EnvironmentSpec::new("till", name, BRANCH).instances(1);
            life.account.at(REGION).environment(spec).unwrap();
        }
        let old = EnvironmentSpec::new("till", "old", BRANCH)
            .option(launch, "RootVolumeType", "gp2")
            .option(launch, "DisableIMDSv1", "false");
        life.account
            .at(REGION)
            .environment(old.instances(1))
            .unwrap();
        let policy = together(&["look.json"]);
        life.account.set_policy(Some(&policy)).unwrap();
        let connection = life.connection(&life.clock);
        let ask = SurveyAsk::of_own(&[], LookDepth::Pages);
        let found = look_everywhere(&connection, &life.clock, &ask);
        let survey = found.await.unwrap().survey;
        assert_eq!((survey.unreachable, survey.pages_unread), (vec![], vec![]));
        let mut by_pages = survey
            .environments
            .iter()
            .filter(|one| one.application == "till");
        assert!(by_pages.all(|one| one.told_by == ImageToldBy::Pages));
        let asked = life.account.counters().by_operation;
        assert_eq!(asked["autoscaling:DescribeLaunchConfigurations"], 1);
    });
}
