//! `init`: from an account as it is found to a config that works.

use super::adopt::lived_in;
use super::harness::Desk;
use crate::common::world::{BRANCH, REGION, release};
use sim::EnvironmentSpec;

fn read(desk: &Desk, name: &str) -> String {
    std::fs::read_to_string(desk.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn what_init_writes_is_accepted_and_planned() {
    let (served, _) = lived_in();
    let desk = Desk::at(served.address);
    let ran = desk.run(&["init", "--yes"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stdout.contains("wrote amiwatch.toml: shop"), "{ran:?}");
    assert!(
        ran.stdout.contains("wrote recipes/ecs-logging.yaml"),
        "{ran:?}"
    );
    assert!(read(&desk, "amiwatch.toml").contains("installation = \"amiwatch-000000000000\""));

    let checked = desk.run(&["config", "check"]);
    assert_eq!(
        (checked.code, checked.stderr.as_str()),
        (0, ""),
        "{checked:?}"
    );
    // A watch without a recipe is in step until its base moves; then it tells.
    let planned = desk.run(&["plan"]);
    assert_eq!(planned.code, 0, "{planned:?}");
    assert!(
        planned.stdout.contains("would do nothing: in step"),
        "{planned:?}"
    );
    let here = served.account.at(REGION);
    here.release(release("4.5.1")).unwrap();
    let planned = desk.run(&["plan"]);
    assert_eq!(planned.code, 3, "{planned:?}");
    assert!(planned.stdout.contains("would tell"), "{planned:?}");
    // Nothing but the config was made, here or there.
    assert_eq!(served.account.leftovers(), []);
    assert!(!desk.path("amiwatch.db").exists());
}

/// Said where the config is made, and in it, with the command that ends it.
#[test]
fn init_says_where_managed_updates_are_on() {
    let (served, by_hand) = lived_in();
    let updated = EnvironmentSpec::new("shop", "shop-self", BRANCH).image(&by_hand);
    let here = served.account.at(REGION);
    here.environment(updated.managed_actions()).unwrap();
    let desk = Desk::at(served.address);
    let ran = desk.run(&["init", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let off = "--environment-name shop-self --option-settings \
               Namespace=aws:elasticbeanstalk:managedactions,OptionName=ManagedActionsEnabled,Value=false";
    assert!(said.contains("shop/shop-self MANAGED_UPDATES_ON"), "{said}");
    assert!(said.contains(off), "{said}");
    assert_eq!(said.matches("MANAGED_UPDATES_ON").count(), 1, "{said}");
    let config = read(&desk, "amiwatch.toml");
    assert!(
        config.contains("# shop-self: MANAGED_UPDATES_ON: "),
        "{config}"
    );
    assert_eq!(desk.run(&["config", "check"]).code, 0);
    let again = Desk::at(served.address);
    let json = again.run(&["init", "--yes", "--format", "json"]).json();
    let told = &json["managed_updates"][0];
    assert_eq!(told["environment"], "shop/shop-self");
    assert_eq!(told["reason"]["code"], "MANAGED_UPDATES_ON");
}

#[test]
fn init_with_bake_plans_a_bake_of_the_shipped_recipe() {
    let (served, _) = lived_in();
    let desk = Desk::at(served.address);
    let arguments = [
        "init",
        "--yes",
        "--bake",
        "--installation",
        "acme",
        "--format",
        "json",
    ];
    let json = desk.run(&arguments).json();
    assert_eq!(json["schema"], "amiwatch.init/1");
    assert_eq!(json["config"], "amiwatch.toml");
    assert_eq!(json["watches"], serde_json::json!(["shop"]));
    assert_eq!(
        json["files"],
        serde_json::json!(["recipes/ecs-logging.yaml"])
    );
    assert_eq!(json["left_out"], serde_json::json!([]));
    assert_eq!(json["unreachable"], serde_json::json!([]));
    assert_eq!(desk.run(&["config", "check"]).stderr, "");
    let planned = desk.run(&["plan"]);
    assert_eq!(planned.code, 3, "{planned:?}");
    assert!(planned.stdout.contains("would bake"), "{planned:?}");
}

#[test]
fn without_a_terminal_init_asks_for_yes_and_writes_nothing() {
    let (served, _) = lived_in();
    let desk = Desk::at(served.address);
    let ran = desk.run(&["init"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    ran.says_in_one_line("--yes");
    assert!(!desk.path("amiwatch.toml").exists());
    let ran = desk.run(&["init", "--yes", "--installation", "a b"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    ran.says_in_one_line("use 1 to 64 of");
}

#[test]
fn init_writes_over_nothing() {
    let (served, _) = lived_in();
    for mine in ["amiwatch.toml", "recipes/ecs-logging.yaml"] {
        let desk = Desk::at(served.address);
        std::fs::create_dir(desk.path("recipes")).unwrap();
        desk.file(mine, "mine");
        let ran = desk.run(&["init", "--yes"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        ran.says_in_one_line(mine);
        assert!(ran.stderr.contains("--output"), "{ran:?}");
        assert_eq!(read(&desk, mine), "mine");
        let others = ["amiwatch.toml", "recipes/ecs-logging.yaml"];
        let left = others
            .iter()
            .filter(|name| desk.path(name).exists())
            .count();
        assert_eq!(left, 1, "{mine} alone is there");
    }
    // A link that leads nowhere is not written through either.
    let desk = Desk::at(served.address);
    std::os::unix::fs::symlink("elsewhere.toml", desk.path("amiwatch.toml")).unwrap();
    assert_eq!(desk.run(&["init", "--yes"]).code, 2);
    assert!(!desk.path("elsewhere.toml").exists());
}

#[test]
fn init_makes_no_config_of_nothing_and_says_what_it_could_not_read() {
    let (served, _) = lived_in();
    let desk = Desk::at(served.address);
    let ran = desk.run(&["init", "--yes", "--region", "us-east-1"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    ran.says_in_one_line("--region all");

    let settings = "elasticbeanstalk:DescribeConfigurationSettings";
    served.account.deny(settings);
    let ran = desk.run(&["init", "--yes"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(!desk.path("amiwatch.toml").exists());
    served.account.allow(settings);

    let ran = desk.run(&["init", "--yes", "--output", "etc/new.toml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(desk.path("etc/recipes/ecs-logging.yaml").exists());
    let checked = desk.run(&["config", "check", "--config", "etc/new.toml"]);
    assert_eq!(
        (checked.code, checked.stderr.as_str()),
        (0, ""),
        "{checked:?}"
    );
}
