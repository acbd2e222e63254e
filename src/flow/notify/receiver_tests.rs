//! Every event as every receiver is sent it: whole forms as snapshots of one event, and for each event what
//! no form may lose or exceed.

use serde_json::Value;

use super::*;
use crate::flow::test_world::now;
use crate::model::ids::Installation;
use crate::model::notice::{NoticeEvent, Severity, SnsForm};
use crate::outbox::render::{SpokenNotice, notice_event, notice_fields, notice_title};
use crate::outbox::{
    adaptive_card, blocks, bus_event, mail_html, mail_text, pager_event, sns_message,
};
use crate::template::{render_message, sample_fields};

fn every_event() -> Vec<Notice> {
    let acme = Installation::new("acme");
    let all = NoticeEvent::ALL.into_iter().chain(NoticeEvent::UNNAMED);
    all.map(|event| event_sample(event, Some(&acme), "ops", now()))
        .collect()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

fn of(event: NoticeEvent) -> Notice {
    event_sample(event, Some(&Installation::new("acme")), "ops", now())
}

#[test]
fn a_sample_is_of_its_event_and_told_apart() {
    let all = every_event();
    for (notice, event) in all.iter().zip(NoticeEvent::ALL) {
        assert_eq!(notice.event(), event);
        assert!(notice.key.starts_with("test:acme:ops:"), "{}", notice.key);
        assert_eq!(notice.watch_or_dash(), "sample");
        assert_eq!(notice.story, "test:acme:ops", "one story");
    }
    assert_eq!(all.last().unwrap().event(), NoticeEvent::Test);
}

/// One line an event: what people read first, and what each receiver makes of it.
#[test]
fn every_event_in_a_line_for_each_receiver() {
    let all = every_event();
    let lines = all.iter().map(|notice| {
        let card = &adaptive_card(notice, false)["attachments"][0]["content"]["body"][0];
        let pager = pager_event(notice);
        [
            format!(
                "{} ({})",
                notice.event().as_str(),
                notice.severity().as_str()
            ),
            format!("  title   {}", notice_title(notice)),
            format!("  mail    {}", sns_message(notice, SnsForm::Text).subject),
            format!(
                "  slack   {}",
                blocks(notice, false)["blocks"][0]["text"]["text"]
            ),
            format!("  teams   {}", card["inlines"][0]["text"]),
            format!("  pager   {} {}", pager.path, pager.body["event_action"]),
            format!("  bus     {}", bus_event(notice).detail_type),
        ]
        .join("\n")
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_event_as_text() {
    let all = every_event();
    let texts = all.iter().map(|notice| {
        let message = sns_message(notice, SnsForm::Text);
        format!("{}\n\n{}", message.subject, message.body)
    });
    insta::assert_snapshot!(texts.collect::<Vec<_>>().join("\n----\n"));
}

#[test]
fn one_event_whole_in_each_form() {
    let failed = of(NoticeEvent::Failed);
    insta::assert_snapshot!("failed_json", pretty(&notice_event(&failed)));
    insta::assert_snapshot!("failed_teams", pretty(&adaptive_card(&failed, true)));
    insta::assert_snapshot!("failed_pagerduty", pretty(&pager_event(&failed).body));
    let amazon_q = sns_message(&failed, SnsForm::AmazonQ).body;
    let amazon_q: Value = serde_json::from_str(&amazon_q).unwrap();
    insta::assert_snapshot!("failed_amazon_q", pretty(&amazon_q));
    insta::assert_snapshot!("failed_mail_text", mail_text(&failed, true));
    insta::assert_snapshot!("failed_mail_html", mail_html(&failed, true));
    let attributes = sns_message(&failed, SnsForm::Json).attributes;
    insta::assert_snapshot!("failed_attributes", format!("{attributes:#?}"));
}

/// What Amazon Q drops without a word, EventBridge and SNS refuse, and Teams and PagerDuty cut.
#[test]
fn every_form_keeps_its_receiver_s_limits() {
    for notice in every_event() {
        let event = notice.event().as_str();
        let q: Value = serde_json::from_str(&sns_message(&notice, SnsForm::AmazonQ).body).unwrap();
        let length = |value: &Value| value.as_str().unwrap().chars().count();
        assert_eq!(
            (&q["version"], &q["source"]),
            (&"1.0".into(), &"custom".into())
        );
        assert!(
            (1..=250).contains(&length(&q["content"]["title"])),
            "{event}"
        );
        assert!(
            (1..=8_000).contains(&length(&q["content"]["description"])),
            "{event}"
        );
        for step in q["content"]["nextSteps"].as_array().unwrap() {
            assert!(length(step) <= 350, "{event}");
        }
        let json = sns_message(&notice, SnsForm::Json);
        assert!(json.body.len() < 200_000, "{event}");
        assert!(json.attributes.len() <= 10, "raw delivery to SQS takes ten");
        assert!(
            json.attributes.values().all(|value| !value.is_empty()),
            "{json:?}"
        );
        assert!(bus_event(&notice).detail.len() < 250_000, "{event}");
        assert!(
            adaptive_card(&notice, true).to_string().len() < 28_000,
            "{event}"
        );
        let pager = pager_event(&notice);
        let ends = notice.event() == NoticeEvent::Resolved;
        let action = match (ends, notice.severity()) {
            (true, _) => "resolve",
            (false, Severity::Info) => "",
            _ => "trigger",
        };
        assert_eq!(
            pager.body["event_action"].as_str().unwrap_or_default(),
            action,
            "{event}"
        );
    }
}

#[test]
fn a_template_is_given_the_fields_that_it_was_tried_on() {
    let names = |fields: &Value| {
        fields
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut wanted = names(&sample_fields());
    wanted.sort();
    for notice in every_event() {
        let mut given = names(&notice_fields(&notice, false));
        given.sort();
        assert_eq!(given, wanted);
        for name in ["discord", "ntfy", "google-chat", "alertmanager"] {
            let file = format!("config/templates/{name}.json");
            let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
            let template = std::fs::read_to_string(path).unwrap();
            let fields = notice_fields(&notice, true);
            let made = render_message(&template, &file, &fields);
            let made: Value = serde_json::from_str(&made.unwrap()).unwrap();
            assert!(
                made.to_string().contains(&notice_title(&notice)[..10]),
                "{made}"
            );
        }
    }
}

/// Whoever reads Alertmanager sees one alert a story, and its end ends it.
#[test]
fn an_end_ends_the_alert_of_its_beginning() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/config/templates/alertmanager.json"
    );
    let template = std::fs::read_to_string(path).unwrap();
    let alert = |event| -> Value {
        let fields = notice_fields(&of(event), false);
        let made = render_message(&template, "alertmanager.json", &fields).unwrap();
        serde_json::from_str::<Value>(&made).unwrap()[0].clone()
    };
    let (begun, ended) = (alert(NoticeEvent::Drift), alert(NoticeEvent::Resolved));
    assert_eq!(begun["labels"], ended["labels"]);
    assert!(begun["endsAt"].is_null() && ended["endsAt"].is_string());
    // One whose place a newer release takes is over too.
    let mut newer = of(NoticeEvent::Drift);
    let What::Drift(told) = &mut newer.what else {
        panic!("{newer:?}");
    };
    told.instead_of = Some("an older one".to_owned());
    let fields = notice_fields(&newer, false);
    let made = render_message(&template, "alertmanager.json", &fields).unwrap();
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made[0]["labels"]["story"], "an older one");
    assert_eq!(made[0]["labels"]["watch"], begun["labels"]["watch"]);
    assert!(made[0]["endsAt"].is_string() && made[1]["endsAt"].is_null());
    assert_eq!(made[1]["labels"], begun["labels"]);
}

/// People read times in their zone, by name; programs in UTC.
#[test]
fn times_are_those_of_the_schedule_s_zone() {
    let digest = of(NoticeEvent::Digest);
    let spoken = SpokenNotice::in_zone(&digest, chrono_tz::Europe::Zurich);
    let (here, utc) = ("2026-09-21 16:13 CEST", "2026-09-21 14:13 UTC");
    let for_people = [
        sns_message(spoken, SnsForm::Text).body,
        sns_message(spoken, SnsForm::AmazonQ).body,
        blocks(spoken, false).to_string(),
        adaptive_card(spoken, false).to_string(),
        pager_event(spoken).body.to_string(),
        mail_text(spoken, false),
        mail_html(spoken, false),
        notice_fields(spoken, false)["text"].to_string(),
    ];
    for text in for_people {
        assert!(text.contains(here) && !text.contains(utc), "{text}");
    }
    let for_programs = [
        sns_message(spoken, SnsForm::Json).body,
        bus_event(&digest).detail,
    ];
    for text in for_programs {
        assert!(text.contains(utc) && !text.contains(here), "{text}");
        assert!(text.contains("2026-09-21T14:13:20Z"), "{text}");
    }
    // Reasons too: they are sentences of the model.
    let reason = crate::model::reason::About::Soaking {
        newest: "ami-1".into(),
        version: "4.5.2".to_owned(),
        until: now(),
    };
    assert!(
        reason
            .said_in(chrono_tz::Asia::Kathmandu)
            .contains("2026-09-21 19:58 +0545")
    );
}

/// What another platform version is told with leads to what is in it.
#[test]
fn what_is_told_of_a_platform_leads_to_its_release_notes() {
    let notes = "elasticbeanstalk/latest/relnotes/relnotes.html";
    for event in [
        NoticeEvent::Drift,
        NoticeEvent::Released,
        NoticeEvent::RolledOut,
    ] {
        let notice = of(event);
        let forms = [
            sns_message(&notice, SnsForm::Text).body,
            blocks(&notice, false).to_string(),
            adaptive_card(&notice, false).to_string(),
            pager_event(&notice).body.to_string(),
            mail_html(&notice, false),
            notice_event(&notice).to_string(),
        ];
        for form in forms {
            assert!(form.contains(notes), "{form}");
        }
    }
}
