//! What is stored is read back the same; what an earlier version stored is read and kept as it is.

use serde_json::{Value, json};

use super::*;

/// As a store holds one that was written before notices were typed.
fn untyped(watch: &str) -> Value {
    json!({
        "key": "failed:abc:1",
        "event": "failed",
        "at": "2026-11-25T22:53:05.180701298Z",
        "watch": watch,
        "subject": "[amiwatch] shop: bake attempt 1 failed",
        "body": "Attempt 1 failed: why\n",
        "facts": { "attempt": "1", "installation": "acme" },
    })
}

#[test]
fn what_an_earlier_version_stored_is_read_and_kept() {
    let notice: Notice = serde_json::from_value(untyped("shop")).unwrap();
    assert_eq!(notice.key, "failed:abc:1");
    assert_eq!(
        (notice.event(), notice.severity()),
        (NoticeEvent::Failed, Severity::Warning)
    );
    assert_eq!(notice.watch_or_dash(), "shop");
    let What::Prose(prose) = &notice.what else {
        panic!("{notice:?}");
    };
    assert_eq!(prose.body(), "Attempt 1 failed: why\n");
    assert_eq!(prose.facts()["installation"], "acme");
    // Written again, as after a delivery that failed, it is the same notice.
    let again = serde_json::to_value(&notice).unwrap();
    assert_eq!(serde_json::from_value::<Notice>(again).unwrap(), notice);

    let nobody: Notice = serde_json::from_value(untyped("-")).unwrap();
    assert_eq!(nobody.watch, None);
}

#[test]
fn what_is_neither_typed_nor_known_is_an_error_that_says_what_is_missing() {
    let error = serde_json::from_value::<Notice>(json!({ "key": "k" })).unwrap_err();
    assert!(error.to_string().contains("missing field"), "{error}");
    let mut typed = untyped("shop");
    typed["what"] = json!({ "happened": "nothing_known" });
    let error = serde_json::from_value::<Notice>(typed).unwrap_err();
    assert!(
        error.to_string().contains("nothing_known") || error.to_string().contains("missing field"),
        "{error}"
    );
}

#[test]
fn a_typed_notice_is_read_back_the_same() {
    let notice = Notice {
        key: "pass-cut:acme:1".to_owned(),
        story: "pass-cut:acme:1".to_owned(),
        at: DateTime::<Utc>::UNIX_EPOCH,
        installation: Some("acme".into()),
        watch: None,
        scope: None,
        what: What::PassCut {
            began: DateTime::<Utc>::UNIX_EPOCH,
            limit_s: 60,
        },
        next: NextByItself::Look,
        commands: vec![PastedCommand::new("amiwatch check", "looks once")],
        links: vec![Link::to_image(&"eu-west-1".into(), &"ami-1".into())],
    };
    let stored = serde_json::to_value(&notice).unwrap();
    assert_eq!(stored["what"]["happened"], "pass_cut");
    assert!(stored.get("subject").is_none() && stored.get("body").is_none());
    assert_eq!(serde_json::from_value::<Notice>(stored).unwrap(), notice);
}

#[test]
fn a_list_keeps_the_first_and_counts_the_rest() {
    let listed = FirstOf::all_of(0..45);
    assert_eq!((listed.first.len(), listed.more), (FirstOf::<i32>::MAX, 5));
    assert_eq!(FirstOf::all_of(0..3).more, 0);
    assert!(FirstOf::<u8>::all_of([]).is_empty());
}

#[test]
fn a_link_leads_to_the_console_of_its_partition() {
    let host = |region: &str| {
        let url = Link::to_image(&region.into(), &"ami-1".into()).url;
        url.split('/').nth(2).unwrap_or_default().to_owned()
    };
    assert_eq!(host("us-east-1"), "us-east-1.console.aws.amazon.com");
    assert_eq!(host("cn-north-1"), "cn-north-1.console.amazonaws.cn");
    assert_eq!(
        host("us-gov-west-1"),
        "us-gov-west-1.console.amazonaws-us-gov.com"
    );
}

#[test]
fn a_platform_s_pages_are_those_of_its_partition() {
    let notes = |region: &str| Link::to_release_notes(&region.into()).url;
    let aws = "https://docs.aws.amazon.com/elasticbeanstalk/latest";
    let china = "https://docs.amazonaws.cn/en_us/elasticbeanstalk/latest";
    assert_eq!(notes("eu-west-1"), format!("{aws}/relnotes/relnotes.html"));
    assert_eq!(
        notes("us-gov-west-1"),
        format!("{aws}/relnotes/relnotes.html")
    );
    assert_eq!(
        notes("cn-north-1"),
        format!("{china}/relnotes/relnotes.html")
    );
    for (branch, place) in [
        (
            "Docker running on 64bit Amazon Linux 2023",
            "#platforms-supported.docker",
        ),
        (
            "ECS running on 64bit Amazon Linux 2023",
            "#platforms-supported.mcdocker",
        ),
        (
            "Corretto 21 running on 64bit Amazon Linux 2023",
            "#platforms-supported.javase",
        ),
        ("Something new running on 64bit Amazon Linux 2023", ""),
    ] {
        let page = format!("{china}/platforms/platforms-supported.html{place}");
        assert_eq!(
            Link::to_platform(&"cn-northwest-1".into(), branch).url,
            page
        );
    }
}

/// What stores hold from before stories went on with a release is read, and ended.
#[test]
fn a_drift_of_an_earlier_version_is_read_without_a_step() {
    let stored = json!({
        "happened": "drift", "release": null, "current": null, "watch": { "first": [], "more": 0 },
        "environments": { "first": [], "more": 0 }, "behind": 0, "unread": { "first": [], "more": 0 },
        "codes": ["STOCK"],
    });
    let What::Drift(told) = serde_json::from_value(stored).unwrap() else {
        panic!("no drift");
    };
    assert_eq!((told.step, told.instead_of), (DriftStep::Neither, None));
    assert!(told.moves.is_empty());
    let over = json!({ "happened": "resolved", "release": null, "current": null, "ends": "d" });
    let over: What = serde_json::from_value(over).unwrap();
    assert!(matches!(over, What::Resolved { also, .. } if also.is_empty()));
}
