//! Words of a notice that no other test reads: of an earlier version, and of things without a watch.

use serde_json::json;

use super::*;
use crate::model::notice::{NextByItself, PastedCommand, What};
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
