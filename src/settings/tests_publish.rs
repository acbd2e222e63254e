//! `[watch.NAME.publish]`: what it becomes, and what is wrong with it.

use crate::model::ids::WatchName;
use crate::model::publish_rules::{PublishRules, PublishWhen, TemplateRef};

use super::tests_faults::first_lines;
use super::tests_rules::{only_fault, right, with};

/// The good config with these keys in its watch's `publish`.
fn publishing(keys: &str) -> String {
    with(
        "[recipe.r]",
        &format!("[watch.shop.publish]\n{keys}\n[recipe.r]"),
    )
}

fn rules(text: &str) -> PublishRules {
    let watch = &right(text).watches[&WatchName::new("shop")];
    watch.publish.clone().expect("the table is there")
}

#[test]
fn the_processor_stands_in_the_name() {
    let rules = rules(&publishing("ssm = \"/amis/shop/{architecture}\""));
    assert_eq!(rules.ssm.as_deref(), Some("/amis/shop/arm64"));
    assert_eq!(rules.when, PublishWhen::Verified);
}

#[test]
fn a_watch_that_rolls_out_publishes_what_it_has_rolled_out() {
    let rolls_out = |text: &str| {
        let text = text.replace("on_drift = \"bake\"", "on_drift = \"rollout\"");
        assert!(text.contains("on_drift = \"rollout\""), "{text}");
        text.replace(
            "[watch.shop.publish]",
            "[watch.shop.rollout]\nwaves = [\"*\"]\n[watch.shop.publish]",
        )
    };
    let silent = rolls_out(&publishing("ssm = \"/amis/shop\""));
    assert_eq!(rules(&silent).when, PublishWhen::RolledOut);
    let said = rolls_out(&publishing("ssm = \"/amis/shop\"\nwhen = \"verified\""));
    assert_eq!(rules(&said).when, PublishWhen::Verified);
    let nothing = publishing("ssm = \"/amis/shop\"\nwhen = \"rolled_out\"");
    assert!(only_fault(&nothing).contains("publishes what was rolled out, and nothing of it is"));
}

#[test]
fn a_name_that_cannot_be_is_said_at_once() {
    for (name, said) in [
        ("amis/shop", "does not start with `/`"),
        ("/amis//shop", "is not a parameter's name"),
        ("/amis/shop/", "is not a parameter's name"),
        ("/amis/the shop", "is not a parameter's name"),
        ("/amis/{arch}", "braces that is not {architecture}"),
        ("/aws/service/mine", "AWS keeps for itself"),
        ("/SSM/mine", "AWS keeps for itself"),
        ("/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", "more than 15 levels"),
    ] {
        let fault = only_fault(&publishing(&format!("ssm = \"{name}\"")));
        assert!(fault.contains(said), "{name}: {fault}");
    }
}

#[test]
fn a_table_that_publishes_nowhere_is_no_table() {
    let fault = only_fault(&publishing("when = \"verified\""));
    assert!(fault.contains("nothing says where"), "{fault}");
}

/// A release feed makes a parameter, and it must be somebody's.
#[test]
fn whoever_publishes_has_an_installation() {
    let text = publishing("ssm = \"/amis/shop\"").replacen("installation", "# installation", 1);
    let text = text.replace("on_drift = \"bake\"", "on_drift = \"notify\"");
    let fault = only_fault(&text);
    assert!(fault.contains("who owns what would be made"), "{fault}");
}

#[test]
fn two_watches_do_not_publish_to_one_parameter() {
    let two = |first: &str, second: &str| {
        format!(
            "installation = \"acme\"\n[watch.one]\n{first}\n[watch.two]\n{second}\n[notify.ops]\n\
             sns = {{ topic_arn = \"arn:aws:sns:eu-west-1:111122223333:amiwatch\" }}\n"
        )
    };
    let feed = |region: &str, architecture: &str, name: &str| {
        format!(
            "{region}base = {{ beanstalk = \"b\", architecture = \"{architecture}\" }}\n\
             publish = {{ ssm = \"{name}\" }}"
        )
    };
    let here = feed("", "x86_64", "/amis/one");
    let lines = first_lines(&two(&here, &here));
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("and so does [watch.one]"), "{lines:#?}");
    let arm = feed("", "arm64", "/amis/one");
    let faults = super::tests_faults::read(&two(&here, &arm)).expect_err("one parameter");
    assert!(
        faults.contains("put {architecture} into the name"),
        "{faults}"
    );
    for fine in [
        two(
            &feed("", "x86_64", "/amis/{architecture}"),
            &feed("", "arm64", "/amis/{architecture}"),
        ),
        two(
            &feed("region = \"eu-west-1\"\n", "x86_64", "/amis/one"),
            &feed("region = \"eu-west-2\"\n", "x86_64", "/amis/one"),
        ),
    ] {
        right(&fine);
    }
}

const ORGANIZATION: &str = "arn:aws:organizations::111122223333:organization/o-exampleorgid";
const UNIT: &str =
    "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-examplerootid-exampleou";

#[test]
fn an_image_is_shared_with_whom_the_config_names() {
    let keys = format!(
        "share = {{ accounts = [\"222233334444\"], organization = \"{ORGANIZATION}\", ou = [\"{UNIT}\"] }}"
    );
    let share = rules(&publishing(&keys)).share;
    assert_eq!(share.accounts, ["222233334444".into()].into());
    assert_eq!(share.organizations, [ORGANIZATION.to_owned()].into());
    assert_eq!(share.units, [UNIT.to_owned()].into());
    assert_eq!(share.counted(), "1 account, 1 organization, 1 unit");
}

#[test]
fn nobody_is_shared_with_by_a_slip() {
    let swapped = format!("organization = \"{UNIT}\"");
    for (share, said) in [
        ("accounts = [\"2222\"]", "is not an account"),
        (swapped.as_str(), "is not an organization"),
        (
            "ou = [\"ou-examplerootid\"]",
            "is not an organizational unit",
        ),
        ("", "names nobody"),
    ] {
        let fault = only_fault(&publishing(&format!("share = {{ {share} }}")));
        assert!(fault.contains(said), "{share}: {fault}");
    }
}

#[test]
fn a_base_is_not_its_followers_to_share() {
    let text = publishing("share = { accounts = [\"222233334444\"] }");
    let text = text.replace("recipe = \"r\"\n", "");
    let text = text.replace("on_drift = \"bake\"", "on_drift = \"notify\"");
    let fault = only_fault(&text);
    assert!(fault.contains("not yours"), "{fault}");
}

#[test]
fn what_nobody_else_can_decrypt_is_not_shared() {
    let text = publishing("share = { accounts = [\"222233334444\"] }");
    let key = |key: &str| {
        format!("{text}\n[builder]\nencrypt = \"arn:aws:kms:eu-west-1:111122223333:{key}\"\n")
    };
    let fault = only_fault(&key("alias/aws/ebs"));
    assert!(fault.contains("nobody else can use"), "{fault}");
    right(&key("alias/amis"));
}

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/mine";

/// The good config in a region of its own, with these keys in its watch's `publish`.
fn copying(keys: &str) -> String {
    let text = publishing(keys);
    text.replacen(
        "recipe = \"r\"",
        "region = \"eu-west-1\"\nrecipe = \"r\"",
        1,
    )
}

#[test]
fn an_image_is_copied_to_the_regions_that_the_config_names() {
    let text = copying(&format!(
        "copy_to = [\"eu-central-1\", \"us-east-1\"]\nencrypt = {{ eu-central-1 = \"{KEY}\" }}"
    ));
    let copies = rules(&text).copy_to;
    let expected = [
        ("eu-central-1".into(), Some(KEY.to_owned())),
        ("us-east-1".into(), None),
    ];
    assert_eq!(copies, expected.into());
}

#[test]
fn each_region_has_its_copy_first_and_then_what_is_made_of_it() {
    let keys = "copy_to = [\"eu-central-1\"]\nssm = \"/amis/shop\"\n\
                share = { accounts = [\"222233334444\"] }";
    let destinations = rules(&copying(keys)).destinations(&"eu-west-1".into());
    let destinations = destinations.iter().map(|(one, _)| one.to_string());
    assert_eq!(
        destinations.collect::<Vec<_>>(),
        [
            "share:eu-west-1",
            "ssm:eu-west-1",
            "copy:eu-central-1",
            "share:eu-central-1",
            "ssm:eu-central-1"
        ]
    );
}

#[test]
fn a_copy_that_goes_nowhere_is_said_at_once() {
    let other = KEY.replace("eu-central-1", "eu-west-3");
    for (keys, said) in [
        ("copy_to = []".to_owned(), "`copy_to` names no region"),
        ("copy_to = [\"frankfurt\"]".to_owned(), "is not a region"),
        ("copy_to = [\"eu-central-1a\"]".to_owned(), "is a zone"),
        (
            "copy_to = [\"eu-west-1\"]".to_owned(),
            "the watch is in eu-west-1: its image is there",
        ),
        (
            "copy_to = [\"cn-north-1\"]".to_owned(),
            "they are of two partitions",
        ),
        (
            "copy_to = [\"us-east-1\", \"us-east-1\"]".to_owned(),
            "us-east-1 is named twice",
        ),
        (
            format!("ssm = \"/amis/shop\"\nencrypt = {{ eu-central-1 = \"{KEY}\" }}"),
            "a key for eu-central-1, and nothing is copied there",
        ),
        (
            format!("copy_to = [\"eu-central-1\"]\nencrypt = {{ eu-central-1 = \"{other}\" }}"),
            "is not a KMS key of eu-central-1",
        ),
        (
            "copy_to = [\"eu-central-1\"]\nencrypt = { eu-central-1 = \"none\" }".to_owned(),
            "is not a KMS key of eu-central-1",
        ),
    ] {
        let fault = only_fault(&copying(&keys));
        assert!(fault.contains(said), "{keys}: {fault}");
    }
}

/// Where the watch names no region, the top of the config may; and two regions of one list are held against
/// each other.
#[test]
fn home_may_stand_at_the_top_and_partitions_are_told_without_one() {
    let own = publishing("copy_to = [\"eu-west-1\"]") + "[aws]\nregion = \"eu-west-1\"\n";
    assert!(only_fault(&own).contains("its image is there"));
    right(&publishing("copy_to = [\"eu-west-1\"]"));
    let two = publishing("copy_to = [\"us-east-1\", \"us-gov-west-1\"]");
    assert!(only_fault(&two).contains("two partitions"));
}

#[test]
fn a_base_is_not_its_followers_to_copy() {
    let text = copying("copy_to = [\"eu-central-1\"]");
    let text = text.replace("recipe = \"r\"\n", "");
    let text = text.replace("on_drift = \"bake\"", "on_drift = \"notify\"");
    let fault = only_fault(&text);
    assert!(
        fault.contains("copies an image that is not yours"),
        "{fault}"
    );
}

#[test]
fn a_copy_that_nobody_else_can_decrypt_is_not_shared() {
    let share = "copy_to = [\"eu-central-1\"]\nshare = { accounts = [\"222233334444\"] }";
    let builder = "[builder]\nencrypt = \"arn:aws:kms:eu-west-1:111122223333:alias/amis\"\n";
    right(&copying(share));
    let fault = only_fault(&format!("{}{builder}", copying(share)));
    assert!(
        fault.contains("its copy in eu-central-1 is encrypted with a key that nobody else can use"),
        "{fault}"
    );
    let keyed = |key: &str| {
        copying(&format!(
            "{share}\nencrypt = {{ eu-central-1 = \"{key}\" }}"
        ))
    };
    right(&format!("{}{builder}", keyed(KEY)));
    let own = "arn:aws:kms:eu-central-1:111122223333:alias/aws/ebs";
    assert!(only_fault(&keyed(own)).contains("nobody else can use"));
}

#[test]
fn a_copy_s_parameter_is_no_other_watch_s() {
    let two = "installation = \"acme\"\n\
        [watch.one]\nregion = \"eu-west-1\"\nbase = { beanstalk = \"b\" }\nrecipe = \"r\"\n\
        publish = { ssm = \"/amis/one\", copy_to = [\"eu-central-1\"] }\n\
        [watch.two]\nregion = \"eu-central-1\"\nbase = { beanstalk = \"b\" }\n\
        publish = { ssm = \"/amis/one\" }\n\
        [recipe.r]\nuser_data = \"good.yaml\"\nchecks = [{ name = \"one\", run = \"true\" }]\n\
        [notify.ops]\nsns = { topic_arn = \"arn:aws:sns:eu-west-1:111122223333:amiwatch\" }\n";
    let fault = only_fault(two);
    assert!(fault.contains("and so does [watch.one]"), "{fault}");
    right(&two.replace("eu-central-1\"]", "eu-west-3\"]"));
}

#[test]
fn a_launch_template_is_named_by_its_name_or_its_id() {
    let template = |keys: &str| {
        let keys = format!("launch_template = {{ {keys} }}");
        rules(&publishing(&keys)).template.expect("it is named")
    };
    let by_name = template("name = \"shop-{architecture}\"");
    assert_eq!(by_name.template, TemplateRef::Name("shop-arm64".to_owned()));
    assert!(!by_name.make_default, "nobody asked for it");
    let by_id = template("id = \"lt-0123456789abcdef0\", make_default = true");
    assert_eq!(
        by_id.template,
        TemplateRef::Id("lt-0123456789abcdef0".to_owned())
    );
    assert!(by_id.make_default);
    for (keys, said) in [
        ("make_default = true", "names no template"),
        ("name = \"shop\", id = \"lt-0\"", "has a name and an id"),
        ("name = \"the shop\"", "is not a launch template's name"),
        ("name = \"ab\"", "is not a launch template's name"),
        ("id = \"shop\"", "is not the id of one"),
    ] {
        let fault = only_fault(&publishing(&format!("launch_template = {{ {keys} }}")));
        assert!(fault.contains(said), "{keys}: {fault}");
    }
}

#[test]
fn two_watches_do_not_publish_to_one_launch_template() {
    let watch = |name: &str, architecture: &str| {
        format!(
            "[watch.{name}]\nbase = {{ beanstalk = \"b\", architecture = \"{architecture}\" }}\n\
             publish = {{ launch_template = {{ name = \"shop\" }} }}\n"
        )
    };
    let two = |second: &str| {
        format!(
            "installation = \"acme\"\n{}{}[notify.ops]\n\
             sns = {{ topic_arn = \"arn:aws:sns:eu-west-1:111122223333:amiwatch\" }}\n",
            watch("one", "x86_64"),
            watch("two", second)
        )
    };
    let lines = first_lines(&two("x86_64"));
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("and so does [watch.one]"), "{lines:#?}");
    let faults = super::tests_faults::read(&two("arm64")).expect_err("one template");
    assert!(
        faults.contains("a launch template names one image"),
        "{faults}"
    );
}
