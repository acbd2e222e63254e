//! `[account.NAME]`: what is read of it, and what is wrong with it where.

use std::path::Path;

use super::{Settings, parse_config};
use crate::model::ids::WatchName;

fn read(text: &str) -> Result<Settings, Vec<String>> {
    let nothing = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
    let read = parse_config(text, Path::new("c.toml"), &nothing);
    read.map_err(|faults| faults.iter().map(|fault| fault.to_string()).collect())
}

fn only_fault(text: &str) -> String {
    let mut faults = read(text).expect_err("something is wrong");
    assert_eq!(faults.len(), 1, "{faults:#?}");
    let fault = faults.remove(0);
    fault.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn an_account_is_known_by_its_role() {
    let settings = read(
        "[account.prod]\nrole_arn = \"arn:aws-cn:iam::222233334444:role/ops/amiwatch\"\n\
         external_id = \"acme-prod\"\nregions = [\"cn-north-1\", \"cn-northwest-1\", \"cn-north-1\"]",
    )
    .unwrap();
    let prod = &settings.accounts["prod"];
    assert_eq!(prod.id.as_str(), "222233334444");
    assert_eq!(prod.partition.as_str(), "aws-cn");
    assert_eq!(
        prod.role_arn,
        "arn:aws-cn:iam::222233334444:role/ops/amiwatch"
    );
    assert_eq!(prod.external_id.as_deref(), Some("acme-prod"));
    let regions: Vec<&str> = prod.regions.iter().map(|one| one.as_str()).collect();
    assert_eq!(regions, ["cn-north-1", "cn-northwest-1"]);
    assert_eq!(settings.aws.places_at_once, 16);
    let own = read("[aws]\nplaces_at_once = 3").unwrap();
    assert_eq!(own.aws.places_at_once, 3);
}

#[test]
fn what_is_wrong_is_said_at_its_place() {
    let role = "role_arn = \"arn:aws:iam::222233334444:role/amiwatch\"";
    for (text, said) in [
        (
            "[account.prod]".to_owned(),
            "c.toml:1:1: `role_arn` is missing",
        ),
        (
            "[account.prod]\nrole_arn = \"arn:aws:iam::222233334444:user/me\"".to_owned(),
            "c.toml:2:12: `arn:aws:iam::222233334444:user/me` is not a role;",
        ),
        (
            format!("[account.prod]\n{role}\nregions = [\"eu-west-1\", \"cn-north-1\"]"),
            "c.toml:3:25: cn-north-1 is of another partition of AWS than the role, which is of aws;",
        ),
        (
            format!("[account.prod]\n{role}\nregions = []"),
            "c.toml:3:11: `regions` names none;",
        ),
        (
            format!("[account.prod]\n{role}\nexternal_id = \"a b\""),
            "c.toml:3:15: `a b` is not an external id;",
        ),
        (
            format!(
                "[account.prod]\n{role}\nrollout_role_arn = \"arn:aws:iam::111122223333:role/x\""
            ),
            "c.toml:3:20: `arn:aws:iam::111122223333:role/x` is of another account than `role_arn`;",
        ),
        (
            format!("[account.all]\n{role}"),
            "c.toml:1:10: an account cannot be called `all`;",
        ),
        (
            format!("[account.Prod]\n{role}"),
            "c.toml:1:10: the name `Prod` does not fit everywhere it is used;",
        ),
        (
            format!("[account.a]\n{role}\n[account.b]\n{role}"),
            "c.toml:4:12: account 222233334444 is [account.a] already;",
        ),
        (
            "[aws]\nplaces_at_once = 0".to_owned(),
            "c.toml:2:18: 0 places cannot be looked at side by side;",
        ),
    ] {
        let fault = only_fault(&text);
        assert!(fault.starts_with(said), "{fault}");
    }
}

/// What a watch moves in other accounts binds as what it moves in its own: an order, and no rival.
#[test]
fn an_account_with_a_role_for_moves_is_moved_in() {
    let text = |mover: &str, waves: &str| {
        format!(
            "installation = \"acme\"\n[account.prod]\nrole_arn = \"arn:aws:iam::222233334444:role/a\"\n{mover}\n\
             [watch.shop]\nbase = {{ beanstalk = \"ECS running on 64bit Amazon Linux 2023\" }}\n\
             recipe = \"r\"\non_drift = \"rollout\"\n[watch.shop.rollout]\n{waves}\n\
             [[watch.shop.target]]\nbeanstalk = {{ application = \"shop\", environment = \"shop-1\" }}\n\
             [[watch.shop.target]]\nbeanstalk = {{ account = \"prod\", application = \"shop\", environment = \"*\" }}\n\
             [recipe.r]\nuser_data = \"r.yaml\"\nunchecked = true\n"
        )
    };
    let recipe = |_: &Path| Ok(b"#cloud-config\n".to_vec());
    let parse = |text: &str| parse_config(text, Path::new("c.toml"), &recipe);
    let mover = "rollout_role_arn = \"arn:aws:iam::222233334444:role/m\"";
    let told = parse(&text("", "")).unwrap();
    let warned: Vec<String> = told.warnings.iter().map(|one| one.to_string()).collect();
    assert!(warned[0].contains("rollout_role_arn"), "{warned:?}");
    let movable = |settings: &Settings| {
        let watch = &settings.watches[&WatchName::new("shop")];
        watch
            .targets
            .iter()
            .map(|one| one.movable)
            .collect::<Vec<_>>()
    };
    assert_eq!(movable(&told), [true, false]);
    let faults = parse(&text(mover, "")).unwrap_err();
    let said: Vec<String> = faults.iter().map(|one| one.to_string()).collect();
    assert!(said.iter().any(|one| one.contains("waves")), "{said:?}");
    let moved = parse(&text(mover, "waves = [\"shop-*\", \"prod:*\"]")).unwrap();
    assert_eq!(moved.warnings, []);
    assert_eq!(movable(&moved), [true, true]);
}

/// A watch in eu-west-1, beside an account of two regions, with this target.
fn with_target(place: &str) -> String {
    format!(
        "installation = \"acme\"\n\
         [account.prod]\nrole_arn = \"arn:aws:iam::222233334444:role/amiwatch\"\n\
         rollout_role_arn = \"arn:aws:iam::222233334444:role/mover\"\n\
         regions = [\"eu-west-1\", \"eu-central-1\"]\n\
         [account.bare]\nrole_arn = \"arn:aws:iam::333344445555:role/amiwatch\"\n\
         [watch.shop]\nregion = \"eu-west-1\"\nbase = {{ ssm = \"/a/x86_64\" }}\n\
         [[watch.shop.target]]\nbeanstalk = {{ {place}application = \"shop\", environment = \"*\" }}\n"
    )
}

#[test]
fn targets_of_other_regions_are_of_their_place_and_never_moved() {
    let patterns = |place: &str| {
        let settings = read(&with_target(place)).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let targets = &settings.watches[&WatchName::new("shop")].targets;
        let read = targets.iter().map(|one| {
            let region = one.region.as_ref().map(|region| region.to_string());
            (one.place_name(), region, one.movable)
        });
        read.collect::<Vec<_>>()
    };
    let far = || Some("eu-central-1".to_owned());
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(patterns(""), [(None, None, true)]);
    assert_eq!(
        patterns("region = \"eu-west-1\", "),
        [(None, None, true)],
        "the watch's own is none"
    );
    assert_eq!(
        patterns("region = \"eu-central-1\", "),
        [(named("eu-central-1"), far(), false)]
    );
    assert_eq!(
        patterns("account = \"prod\", region = \"eu-central-1\", "),
        [(named("prod/eu-central-1"), far(), false)]
    );
    assert_eq!(
        patterns("account = \"prod\", regions = \"account\", "),
        [
            (named("prod"), None, true),
            (named("prod/eu-central-1"), far(), false)
        ]
    );
}

#[test]
fn what_a_target_says_of_regions_is_checked_where_it_stands() {
    for (place, said) in [
        (
            "region = \"eu-central-1\", regions = \"account\", ",
            "the target has both `region` and `regions`",
        ),
        (
            "regions = \"account\", ",
            "`regions = \"account\"` without an account",
        ),
        (
            "account = \"bare\", regions = \"account\", ",
            "that account names no regions",
        ),
        (
            "account = \"prod\", regions = \"all\", ",
            "`regions` of a target can only be \"account\"",
        ),
        (
            "region = \"cn-north-1\", ",
            "the watch is in eu-west-1, and cn-north-1 is of another partition",
        ),
        ("region = \"here\", ", "`here` is not a region"),
    ] {
        let fault = only_fault(&with_target(place));
        assert!(fault.contains(said), "{place}: {fault}");
    }
    let homeless =
        with_target("region = \"eu-central-1\", ").replace("region = \"eu-west-1\"\n", "");
    let fault = only_fault(&homeless);
    assert!(
        fault.contains("the config does not say which is the watch's own"),
        "{fault}"
    );
}
