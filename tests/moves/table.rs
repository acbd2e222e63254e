//! Every scenario with each of the behaviours that AWS does not document: where the environment ends, who
//! was told of what, and how often it was changed. The table is the snapshot beside this file.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::TimeDelta;
use sim::{
    Action, EnvironmentChange, EnvironmentSpec, ImageChange, ImageChecked, ImageWithPlatform,
    ManagedUpdate, Moves, Superseded,
};

use super::orders::Wish;
use super::world::{NEW, OLD, environment, immutable, new_image_is_ill, serves, with};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{BRANCH, REGION};

/// What happens in the account beside the move.
struct Scenario {
    name: &'static str,
    begin: fn() -> Life,
    prepare: fn(&Life),
}

fn usual() -> Life {
    with(immutable())
}

fn rolling() -> Life {
    const POLICY: &str = "aws:autoscaling:updatepolicy:rollingupdate";
    let spec = environment()
        .option(POLICY, "RollingUpdateEnabled", "true")
        .option(POLICY, "RollingUpdateType", "Health");
    with(spec)
}

fn basic() -> Life {
    let health = "aws:elasticbeanstalk:healthreporting:system";
    with(environment().option(health, "SystemType", "basic"))
}

/// Something happens to the environment so long after the beginning.
fn later(life: &Life, minutes: i64, change: EnvironmentChange) {
    let at = life.account.now() + TimeDelta::minutes(minutes);
    let environment = "shop-blue".to_owned();
    let action = Action::ChangeEnvironment {
        environment,
        change,
    };
    life.account.schedule(REGION, at, action);
}

fn change(life: &Life, change: EnvironmentChange) {
    let here = life.account.at(REGION);
    here.change_environment("shop-blue", change).unwrap();
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "immutable, good",
        begin: usual,
        prepare: |_| {},
    },
    Scenario {
        name: "rolling, good",
        begin: rolling,
        prepare: |_| {},
    },
    Scenario {
        name: "all at once, good",
        begin: || with(environment()),
        prepare: |_| {},
    },
    Scenario {
        name: "basic health, good",
        begin: basic,
        prepare: |_| {},
    },
    Scenario {
        name: "immutable, ill from the start",
        begin: usual,
        prepare: new_image_is_ill,
    },
    Scenario {
        name: "rolling, ill from the start",
        begin: rolling,
        prepare: new_image_is_ill,
    },
    Scenario {
        name: "all at once, ill from the start",
        begin: || with(environment()),
        prepare: new_image_is_ill,
    },
    Scenario {
        name: "immutable, ill after 5 min",
        begin: usual,
        prepare: |life| serves(life, NEW, "Severe", 300.0),
    },
    Scenario {
        name: "the vCPU quota is full",
        begin: usual,
        prepare: |life| {
            let quota = Action::VcpuQuota { vcpus: 4 };
            life.account.perform(REGION, quota).unwrap();
        },
    },
    Scenario {
        name: "the key may not be used",
        begin: usual,
        prepare: |life| {
            let here = life.account.at(REGION);
            here.change_image(NEW, ImageChange::KeyUnusable).unwrap();
        },
    },
    Scenario {
        name: "the image is deregistered before",
        begin: usual,
        prepare: |life| {
            let here = life.account.at(REGION);
            here.change_image(NEW, ImageChange::Deregistered).unwrap();
        },
    },
    Scenario {
        name: "somebody deploys while it settles",
        begin: usual,
        prepare: |life| later(life, 6, EnvironmentChange::Deploy("v8".to_owned())),
    },
    Scenario {
        name: "terminated in the middle",
        begin: usual,
        prepare: |life| later(life, 2, EnvironmentChange::Terminated),
    },
    Scenario {
        name: "it scales, and reads Degraded",
        begin: usual,
        prepare: |life| {
            let scaling = EnvironmentChange::HealthStatus {
                status: Some("Degraded".to_owned()),
                causes: vec!["Environment is in the process of scaling.".to_owned()],
            };
            later(life, 5, scaling);
            let done = EnvironmentChange::HealthStatus {
                status: None,
                causes: Vec::new(),
            };
            later(life, 9, done);
        },
    },
    Scenario {
        name: "an old failed draft of this image lies there",
        begin: usual,
        prepare: |life| change(life, EnvironmentChange::FailedImage(NEW.to_owned())),
    },
    Scenario {
        name: "taking back fails",
        begin: || with(environment()),
        prepare: |life| {
            new_image_is_ill(life);
            change(life, EnvironmentChange::RollbackFails(true));
        },
    },
    Scenario {
        name: "it is stuck in Updating",
        begin: usual,
        prepare: |life| change(life, EnvironmentChange::Stuck(true)),
    },
    Scenario {
        name: "its CNAME is swapped while it settles",
        begin: usual,
        prepare: |life| {
            let green = EnvironmentSpec::new("shop", "shop-green", BRANCH);
            life.account.at(REGION).environment(green).unwrap();
            later(
                life,
                6,
                EnvironmentChange::SwapCname("shop-green".to_owned()),
            );
        },
    },
    Scenario {
        name: "somebody sets another image while it settles",
        begin: usual,
        prepare: |life| later(life, 6, EnvironmentChange::Image(OLD.to_owned())),
    },
    Scenario {
        name: "a managed update at the worst moment",
        begin: usual,
        prepare: |life| {
            let update = ManagedUpdate {
                after_s: 60.0,
                version: "4.5.1".to_owned(),
            };
            change(life, EnvironmentChange::ManagedUpdate(update));
        },
    },
];

/// Where the call itself is refused.
const REFUSED: [&str; 2] = ["together refused", "immutable alone"];

fn switches() -> Vec<(&'static str, Moves)> {
    vec![
        ("as documented", Moves::default()),
        (
            "two replacements",
            Moves {
                image_with_platform: ImageWithPlatform::TwoReplacements,
                ..Moves::default()
            },
        ),
        (
            "together refused",
            Moves {
                image_with_platform: ImageWithPlatform::Refused,
                ..Moves::default()
            },
        ),
        (
            "immutable alone",
            Moves {
                immutable_alone: true,
                ..Moves::default()
            },
        ),
        (
            "image checked at launch",
            Moves {
                image_checked: ImageChecked::AtLaunch,
                ..Moves::default()
            },
        ),
        (
            "all superseded usable",
            Moves {
                superseded: Superseded::All,
                ..Moves::default()
            },
        ),
    ]
}

/// One line of the table: where it ends, what was told, how often it was changed.
async fn row(scenario: &Scenario, moves: &Moves) -> String {
    let life = (scenario.begin)();
    life.account.set_moves(moves.clone());
    (scenario.prepare)(&life);
    life.moves(Wish::Forward).await;
    life.wait(Duration::from_secs(60)).await;
    life.pass().await;
    life.no_move_is_open().await;
    life.each_notice_came_once();
    let runs: Vec<&str> = life
        .runs()
        .iter()
        .map(|image| match image.as_str() {
            OLD => "old",
            NEW => "new",
            _ => "other",
        })
        .collect();
    let runs = match runs.is_empty() {
        true => "none".to_owned(),
        false => runs.join("+"),
    };
    let told: Vec<String> = life
        .heard_events()
        .into_iter()
        .filter(|event| event != "held")
        .collect();
    assert!(!told.is_empty() || life.updates() == 0, "{}", scenario.name);
    format!("{runs} | {} | {}", told.join(", "), life.updates())
}

#[test]
fn every_scenario_ends_in_a_stated_state_whatever_aws_does() {
    let mut table = String::from(
        "| scenario | what AWS does not document | instances run | told | updates |\n|---|---|---|---|---|\n",
    );
    for (nth, scenario) in SCENARIOS.iter().enumerate() {
        // A call that is refused is refused whatever happens later.
        let switches = switches()
            .into_iter()
            .filter(|(name, _)| nth == 0 || !REFUSED.contains(name));
        let rows: Vec<(&str, String)> = switches
            .map(|(name, moves)| (name, paused(async || row(scenario, &moves).await)))
            .collect();
        let usual = rows[0].1.clone();
        writeln!(table, "| {} | as by default | {usual} |", scenario.name).unwrap();
        for (name, row) in rows.iter().filter(|(_, row)| *row != usual) {
            writeln!(table, "| | {name} | {row} |").unwrap();
        }
    }
    insta::assert_snapshot!("moves", table);
}
