//! `config check`: what the config names and cannot be had, and what is doubtful as written.

use super::harness::{Desk, Served, wait_for_line};
use crate::common::world::{CONFIG, REGION};

const STORE: &str = "\n[store]\nurl = \"sqlite://amiwatch.db\"\n";

/// A config that names this much more.
fn naming(served: &Served, more: &str) -> Desk {
    let desk = Desk::at(served.address).configured();
    desk.file("amiwatch.toml", &format!("{CONFIG}{STORE}{more}"));
    desk
}

#[test]
fn what_is_there_is_said_to_be_there() {
    let served = Served::start();
    let desk = naming(&served, "");
    let offline = desk.run(&["config", "check"]);
    assert_eq!(offline.code, 0, "{offline:?}");
    let online = desk.run(&["config", "check", "--online"]);
    assert_eq!(online.code, 0, "{online:?}");
    assert!(
        online.stdout.contains("what it names is there"),
        "{online:?}"
    );
}

/// What is added to the config, and what is said of it.
const MISSING: [(&str, &str); 6] = [
    (
        "[notify.team]\nslack = { webhook_url = { env = \"NO_HOOK\" } }\n",
        "wrong: [notify.team] slack.webhook_url: ",
    ),
    (
        "[notify.gone]\nsns = { topic_arn = \"arn:aws:sns:eu-west-1:000000000000:gone\" }\n",
        "wrong: [notify.gone] sns.topic_arn: the topic arn:aws:sns:eu-west-1:000000000000:gone is not there",
    ),
    (
        "[notify.gone]\neventbridge = { bus = \"gone\" }\n",
        "wrong: [notify.gone] eventbridge.bus: the event bus gone is not there in eu-west-1",
    ),
    (
        "[builder]\nsubnets = [\"subnet-0123456789abcdef0\"]\n",
        "wrong: [builder] subnets: the subnet subnet-0123456789abcdef0 is not there in eu-west-1",
    ),
    (
        "[builder]\nsecurity_groups = [\"sg-0123456789abcdef0\"]\n",
        "wrong: [builder] security_groups: the security group sg-0123456789abcdef0 is not there",
    ),
    (
        "[watch.far]\nregion = \"mx-central-1\"\nbase = { beanstalk = \"ECS running on 64bit Amazon Linux 2023\" }\n",
        "wrong: [watch.far] region: mx-central-1 has no Elastic Beanstalk",
    ),
];

#[test]
fn what_is_missing_is_said_at_the_check_and_at_the_daemon_s_start() {
    let served = Served::start();
    for (more, said) in MISSING {
        let desk = naming(&served, more);
        assert_eq!(desk.run(&["config", "check"]).code, 0, "nobody is called");
        let online = desk.run(&["config", "check", "--online"]);
        assert_eq!(online.code, 2, "{more}: {online:?}");
        let lines: Vec<&str> = online.stdout.lines().map(str::trim).collect();
        assert!(
            lines.iter().any(|line| line.starts_with(said)),
            "{said}: {online:?}"
        );
        let json = desk.run(&["config", "check", "--online", "--format", "json"]);
        assert_eq!(json.json()["findings"][0]["is"], "wrong", "{json:?}");

        let mut daemon = desk.start(&["run"]);
        let (_, at_start) = said.split_once("wrong: ").unwrap();
        let key = at_start.split(": ").next().unwrap();
        wait_for_line(&mut daemon, key);
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    }
}

/// Where the usual watch would publish, and what is said of it: in an account where a parameter of another
/// data type has that name, and no such template is there.
#[test]
fn where_nothing_can_be_published_is_said() {
    let served = Served::start();
    let text = sim::Action::Parameter {
        name: "/amis/shop".to_owned(),
        value: "a text".to_owned(),
    };
    served.account.perform(REGION, text).unwrap();
    let publishing = |to: &str| naming(&served, &format!("[watch.shop.publish]\n{to}\n"));
    let online = |to: &str| {
        let online = publishing(to).run(&["config", "check", "--online"]);
        (online.code, online.stdout)
    };
    let wrong = [
        (
            "ssm = \"/amis/shop\"",
            "ssm: the parameter /amis/shop is there in eu-west-1, and not of data type aws:ec2:image",
        ),
        (
            "launch_template = { name = \"fleet\" }",
            "launch_template: the launch template fleet is not there in eu-west-1",
        ),
    ];
    for (to, said) in wrong {
        let (code, stdout) = online(to);
        assert_eq!(code, 2, "{stdout}");
        let said = format!("wrong: [watch.shop.publish] {said}");
        assert!(stdout.contains(&said), "{said}: {stdout}");
    }
    let (code, stdout) = online("ssm = \"/amis/new\"");
    assert_eq!(code, 0, "the first publication makes it: {stdout}");
    served.account.deny("ssm:GetParameter*");
    let (_, stdout) = online("ssm = \"/amis/new\"");
    let untold = "cannot be told: [watch.shop.publish] ssm: whether the parameter /amis/new";
    assert!(stdout.contains(untold), "{stdout}");
}

#[test]
fn an_environment_of_two_watches_is_told() {
    let served = Served::start();
    let twice = CONFIG.split("[recipe.logging]").next().unwrap();
    let twice = twice.split("[watch.shop]").nth(1).unwrap();
    let second = format!(
        "[watch.other]{}",
        twice.replace("watch.shop", "watch.other")
    );
    let desk = naming(&served, &second);
    let online = desk.run(&["config", "check", "--online"]);
    assert_eq!(online.code, 2, "{online:?}");
    let said = "shop/shop-blue is a target of the watches other and shop";
    assert!(online.stdout.contains(said), "{online:?}");
    let mut daemon = desk.start(&["run"]);
    wait_for_line(&mut daemon, said);
    daemon.kill().unwrap();
    daemon.wait().unwrap();

    // Two that only tell are allowed.
    let config = std::fs::read_to_string(desk.path("amiwatch.toml")).unwrap();
    let told = config.replace("recipe = \"logging\"\non_drift = \"bake\"\n", "");
    desk.file("amiwatch.toml", &told);
    let online = desk.run(&["config", "check", "--online"]);
    assert_eq!(online.code, 0, "{online:?}");
    assert!(online.stdout.contains("doubtful: "), "{online:?}");
}

#[test]
fn a_profile_that_is_not_there_is_said_by_every_command() {
    let served = Served::start();
    let desk = naming(&served, "").with("AWS_PROFILE", "warehouse");
    let check = desk.run(&["check"]);
    assert!(
        check
            .stderr
            .contains("warning: there is no profile `warehouse`"),
        "{check:?}"
    );
    let online = desk.run(&["config", "check", "--online"]);
    assert_eq!(online.code, 2, "{online:?}");
    assert!(online.stdout.contains("wrong: AWS_PROFILE: "), "{online:?}");
    // Without any other credentials the whole chain is told, and not cut within the profile.
    let desk = Desk::bare()
        .with("AWS_REGION", "eu-west-1")
        .with("AWS_PROFILE", "warehouse");
    let survey = desk.run(&["survey"]);
    assert!(
        survey.stderr.contains("no profile `warehouse`"),
        "{survey:?}"
    );
    assert!(!survey.stderr.contains("wa...)"), "{survey:?}");
}

#[test]
fn a_check_whose_quote_is_not_closed_is_a_doubt() {
    let served = Served::start();
    let desk = naming(&served, "");
    let config = std::fs::read_to_string(desk.path("amiwatch.toml")).unwrap();
    let open = config.replace("grep -q 'splunk' /etc", "grep -q 'splunk /etc");
    assert_ne!(open, config);
    desk.file("amiwatch.toml", &open);
    let checked = desk.run(&["config", "check"]);
    assert_eq!(checked.code, 0, "the guest's shell may be another");
    let said =
        "doubtful: [recipe.logging] checks: the check `splunk is allowed` cannot be read: sh says";
    assert!(checked.stdout.contains(said), "{checked:?}");
    let mut daemon = desk.start(&["run"]);
    wait_for_line(&mut daemon, "cannot be read: sh says");
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

#[test]
fn quotes_within_quotes_are_told_with_what_holds_both() {
    let served = Served::start();
    let desk = naming(&served, "");
    let config = std::fs::read_to_string(desk.path("amiwatch.toml")).unwrap();
    for (from, to) in [
        (
            "\"grep -q 'splunk' /etc/ecs/ecs.config\"",
            "'grep -q 'splunk' /etc/ecs/ecs.config'",
        ),
        (
            "\"grep -q 'splunk' /etc/ecs/ecs.config\"",
            "\"grep -q \"splunk\" /etc/ecs/ecs.config\"",
        ),
    ] {
        let nested = config.replace(from, to);
        assert_ne!(nested, config);
        desk.file("amiwatch.toml", &nested);
        let checked = desk.run(&["config", "check"]);
        assert_eq!(checked.code, 2, "{checked:?}");
        let faults = checked
            .stderr
            .lines()
            .filter(|line| line.starts_with("amiwatch.toml:"));
        let faults: Vec<&str> = faults.collect();
        assert_eq!(faults.len(), 1, "no consequences beside it: {checked:?}");
        assert!(faults[0].contains("write it between `'''`"), "{checked:?}");
        // As it says.
        let right = config.replace(from, "'''grep -q 'splunk' /etc/ecs/ecs.config'''");
        desk.file("amiwatch.toml", &right);
        assert_eq!(desk.run(&["config", "check"]).code, 0);
    }
}
