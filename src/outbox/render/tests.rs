//! Words of a notice that no other test reads: of an earlier version, and of things without a watch.

use serde_json::json;

use super::*;
use crate::model::blind::BlindOf;
use crate::model::notice::{BlindTold, FirstOf, NextByItself, PastedCommand, What};
use crate::model::stray::StrayKind;

fn notice(what: What) -> Notice {
    Notice {
        key: "k".to_owned(),
        story: "k".to_owned(),
        at: DateTime::<Utc>::UNIX_EPOCH,
        installation: Some("acme".into()),
        watch: None,
        scope: None,
        what,
        next: NextByItself::Person,
        commands: vec![PastedCommand::new("amiwatch sweep", "shows it")],
        links: Vec::new(),
    }
}

#[test]
fn an_earlier_version_s_words_are_sent_as_they_are() {
    let stored = json!({
        "key": "k", "event": "attention", "at": "1970-01-01T00:00:00Z", "watch": "-",
        "subject": "[amiwatch] acme: a pass", "body": "One.\n\nTwo: x\n", "facts": { "a": "b" },
    });
    let notice: Notice = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(
        serde_json::to_value(WrittenNotice::of_notice(&notice)).unwrap(),
        stored
    );
}

#[test]
fn a_stray_s_words_and_facts() {
    let written = WrittenNotice::of_notice(&notice(What::Stray {
        kind: StrayKind::Instance,
        id: "i-1".to_owned(),
        why: "no bake claims it".to_owned(),
        since: Some(DateTime::<Utc>::UNIX_EPOCH),
    }));
    assert_eq!(written.watch, "-", "SNS takes no empty attribute");
    insta::assert_snapshot!(format!("{}\n\n{}", written.subject, written.body), @r"
    [amiwatch] instance i-1 is ours and nothing claims it

    The instance i-1 in - carries the tag of acme, and no bake claims it.
    It may cost money. A bake whose store was lost leaves such things behind.
    It was made at 1970-01-01 00:00 UTC.

    What you can do:
      amiwatch sweep  shows it
    ");
    assert_eq!(written.facts["kind"], "instance");
}

#[test]
fn a_cut_pass_s_words_and_facts() {
    let written = WrittenNotice::of_notice(&notice(What::PassCut {
        began: DateTime::<Utc>::UNIX_EPOCH,
        limit_s: 60,
    }));
    insta::assert_snapshot!(format!("{}\n\n{}", written.subject, written.body), @r"
    [amiwatch] acme: a pass did not end within 60 s

    The pass that began 1970-01-01 00:00 UTC did not end within 60 s and was cut.
    Releases are not noticed while that is so. Bakes that are under way go on.

    installation  acme

    What you can do:
      amiwatch sweep  shows it
    ");
    assert_eq!(written.facts["limit_s"], "60");
}

#[test]
fn what_cannot_be_read_and_its_end_in_words_and_facts() {
    let of = |base: Option<&str>| BlindOf {
        account_name: None,
        region: Some("eu-west-1".into()),
        account: Some("000000000000".into()),
        base: base.map(str::to_owned),
    };
    let since = DateTime::<Utc>::UNIX_EPOCH;
    let blind = WrittenNotice::of_notice(&notice(What::Blind(BlindTold {
        of: of(None),
        since,
        why: "AWS refused".to_owned(),
        denied: true,
        watches: FirstOf::all_of(["shop".into()]),
    })));
    insta::assert_snapshot!(format!("{}\n\n{}", blind.subject, blind.body), @r"
    [amiwatch] blind: 000000000000/eu-west-1 since 1970-01-01 00:00 UTC

    000000000000/eu-west-1 could not be read, or not wholly, since 1970-01-01 00:00 UTC.
    Why: AWS refused
    Nothing is concluded from what cannot be read: a release there may go unnoticed.

    Watches that look there:
    - shop

    What you can do:
      amiwatch sweep  shows it
    ");
    assert_eq!(
        (
            blind.facts["account"].as_str(),
            blind.facts["base"].as_str()
        ),
        ("000000000000", "-")
    );
    assert_eq!(blind.facts["denied"], "true");
    let over = |read| {
        WrittenNotice::of_notice(&notice(What::BlindOver {
            of: of(Some("ECS on Amazon Linux")),
            since,
            read,
            ends: "blind:acme:1".to_owned(),
        }))
    };
    let read = over(true);
    insta::assert_snapshot!(format!("{}\n\n{}", read.subject, read.body), @r"
    [amiwatch] ECS on Amazon Linux in 000000000000/eu-west-1 can be read again

    ECS on Amazon Linux in 000000000000/eu-west-1 could not be read since 1970-01-01 00:00 UTC.
    Now it can be read again.

    What you can do:
      amiwatch sweep  shows it
    ");
    assert_eq!(read.facts["resolves"], "blind:acme:1");
    assert_eq!(
        over(false).subject,
        "[amiwatch] no watch looks at ECS on Amazon Linux in 000000000000/eu-west-1 any more"
    );
}
