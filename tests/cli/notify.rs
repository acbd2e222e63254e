//! `notify test` and `notify retry` as people use them, with a webhook on loopback.

use serde_json::json;

use super::harness::{Desk, Ran, Served, let_play};
use super::receiver::Receiver;
use crate::common::world::{CONFIG, QUEUE, REGION, TEAM, release};

/// The usual config and these receivers beside the topic.
fn desk(served: &Served, receiver: &Receiver, receivers: &str) -> Desk {
    let desk = Desk::at(served.address)
        .configured()
        .with("SLACK_WEBHOOK_URL", &receiver.hook());
    let store = "\n[store]\nurl = \"sqlite://amiwatch.db\"\n";
    desk.file("amiwatch.toml", &format!("{CONFIG}{receivers}{store}"));
    desk
}

/// The first line of every post.
const POST: &str = "POST /services/T0000/B0000/whispered-token HTTP/1.1";

#[test]
fn a_sample_reaches_every_receiver_wherever_its_secret_is_kept() {
    let served = Served::start();
    let receiver = Receiver::start();
    let kept = r#"
[notify.by-file]
slack = { webhook_url = { file = "hook.txt" } }
[notify.by-credential]
slack = { webhook_url = { credential = "hook.txt" } }
[notify.by-ssm]
slack = { webhook_url = { ssm = "/amiwatch/hook" } }
"#;
    let desk = desk(&served, &receiver, &format!("{TEAM}{kept}"));
    let folder = desk.path("").display().to_string();
    let desk = desk.with("CREDENTIALS_DIRECTORY", &folder);
    desk.file("hook.txt", &format!("{}\n", receiver.hook()));
    let here = served.account.at(REGION);
    here.parameter("/amiwatch/hook", &receiver.hook()).unwrap();

    // As loud as it can be: the harness looks for secrets in every output.
    let ran = desk.run(&["notify", "test", "-vvv"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for name in [
        "ops (sns)",
        "team (slack)",
        "by-file (slack)",
        "by-ssm (slack)",
    ] {
        let line = format!("{name}: a sample was sent");
        assert!(ran.stdout.contains(&line), "{line} in {ran:?}");
    }
    let heard = receiver.heard();
    assert_eq!(heard.len(), 4, "{heard:?}");
    for (first, body) in heard {
        assert_eq!(first, POST);
        assert_eq!(body["blocks"][0]["type"], "header");
    }
    let topic = served.account.queue_messages(QUEUE);
    assert_eq!(topic.len(), 1);
    assert!(topic[0].body.contains("amiwatch.event") && topic[0].body.contains("\"test\""));
    assert!(!desk.path("amiwatch.db").exists(), "a sample is not stored");

    let ran = desk.run(&["notify", "test", "team", "--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let wanted = json!({
        "schema": "amiwatch.notify-test/1",
        "notifiers": [{ "name": "team", "kind": "slack", "sent": true, "why": null }],
    });
    assert_eq!(ran.json(), wanted);
}

#[test]
fn a_receiver_that_fails_is_1_and_an_unknown_one_is_2() {
    let served = Served::start();
    let receiver = Receiver::start();
    let gone = "[notify.gone]\nslack = { webhook_url = { env = \"NO_SUCH_HOOK\" } }\n";
    let desk = desk(&served, &receiver, &format!("{TEAM}{gone}"));
    receiver.answers(404, "no_service");
    let ran = desk.run(&["notify", "test"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for line in [
        "ops (sns): a sample was sent",
        "team (slack): not sent: 127.0.0.1 answered 404 (no_service); the webhook was removed",
        "gone (slack): not sent: the webhook's address: the environment variable NO_SUCH_HOOK",
    ] {
        assert!(ran.stdout.contains(line), "{line} in {ran:?}");
    }
    let ran = desk.run(&["notify", "test", "taem"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    ran.says_in_one_line("it has gone, ops, team");
}

#[test]
fn a_webhook_that_is_written_into_the_config_is_refused_and_not_shown() {
    let desk = Desk::bare().configured();
    let hook = "https://hooks.slack.com/services/T0/B0/whispered-token";
    desk.file(
        "amiwatch.toml",
        &format!("[notify.team.slack]\nwebhook_url = \"{hook}\"\n"),
    );
    let ran = desk.run(&["config", "check"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr
            .contains("amiwatch.toml:2:15: `webhook_url` is a secret"),
        "{ran:?}"
    );
}

/// A bake whose team could not be told: the webhook had been removed.
fn given_up(served: &Served, receiver: &Receiver) -> Desk {
    served.guests_play();
    let desk = desk(served, receiver, TEAM);
    receiver.answers(404, "no_service");
    let ran = desk.run(&["run", "--once"]);
    assert_eq!(ran.code, 0, "telling fails and the bake does not: {ran:?}");
    assert_eq!(receiver.heard().len(), 1);
    desk
}

#[test]
fn what_was_given_up_is_shown_and_sent_when_somebody_asks() {
    let served = Served::start();
    let receiver = Receiver::start();
    let desk = given_up(&served, &receiver);
    let status = desk.run(&["status"]);
    for part in [
        "not told to team, given up (attempts: 1): [amiwatch] shop: baked ami-",
        "because: 127.0.0.1 answered 404 (no_service)",
        "then run `amiwatch notify retry`",
    ] {
        assert!(status.stdout.contains(part), "{part} in {status:?}");
    }
    let ran = desk.run(&["notify", "retry"]);
    assert_eq!(ran.code, 1, "it is still gone: {ran:?}");
    assert!(
        ran.stdout
            .contains("team: not sent: [amiwatch] shop: baked"),
        "{ran:?}"
    );

    receiver.answers(200, "ok");
    let json = desk.run(&["notify", "retry", "--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.notify-retry/1");
    assert_eq!(json["left_to_driver"], false);
    assert_eq!(json["notices"][0]["notifier"], "team");
    assert_eq!(json["notices"][0]["delivered"], true);
    assert_eq!(receiver.heard().len(), 3);
    let ran = desk.run(&["notify", "retry"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("nothing was given up"), "{ran:?}");
    let status = desk.run(&["status"]);
    assert!(!status.stdout.contains("team"), "{status:?}");
}

#[test]
fn both_work_beside_a_process_that_drives_which_then_sends() {
    let served = Served::start();
    let receiver = Receiver::start();
    let desk = given_up(&served, &receiver);
    receiver.answers(200, "ok");
    served.account.at(REGION).release(release("4.5.1")).unwrap();
    served.guests_wait();
    let bake = desk.start(&["bake", "shop"]);
    let builder = served.builder();

    let ran = desk.run(&["notify", "test", "team"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let before = receiver.heard().len();
    let json = desk.run(&["notify", "retry", "--format", "json"]).json();
    assert_eq!(json["left_to_driver"], true);
    assert_eq!(json["notices"][0]["delivered"], json!(null));
    assert_eq!(receiver.heard().len(), before, "it is left to the bake");

    let_play(builder);
    let bake = Ran::from(bake.wait_with_output().unwrap());
    assert_eq!(bake.code, 0, "{bake:?}");
    let headers: Vec<String> = receiver.heard()[before..]
        .iter()
        .map(|(_, body)| body["blocks"][0]["text"]["text"].to_string())
        .collect();
    let baked = headers.iter().filter(|header| header.contains("baked"));
    assert_eq!(
        baked.count(),
        2,
        "the one given up, and the new one: {headers:?}"
    );
}

#[test]
fn a_sample_of_an_event_is_told_as_that_event_is_and_told_apart() {
    let served = Served::start();
    let receiver = Receiver::start();
    let desk = desk(&served, &receiver, TEAM);
    let ran = desk.run(&["notify", "test", "team", "--event", "drift"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let heard = receiver.heard();
    let header = heard[0].1["blocks"][0]["text"]["text"].as_str().unwrap();
    assert!(
        header.contains("sample: release 4.5.0 \u{2192} 4.5.1"),
        "{header}"
    );
    assert!(heard[0].1.to_string().contains("test:acme"), "{heard:?}");
    for (event, said) in [
        ("digest", "2 of 3 watches in step"),
        ("reminder", "still failing"),
        ("withheld", "14 notices withheld from team"),
    ] {
        let ran = desk.run(&["notify", "test", "team", "--event", event]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let heard = receiver.heard();
        let last = heard.last().unwrap().1.to_string();
        assert!(last.contains(said), "{last}");
        assert!(last.contains("test:acme"), "{last}");
    }
    let ran = desk.run(&["notify", "test", "team", "--event", "drfit"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    ran.says_in_one_line("there is no event `drfit`; there are drift, baked");
}

#[test]
fn a_list_says_what_waits_what_was_given_up_and_what_was_sent_last() {
    let served = Served::start();
    let receiver = Receiver::start();
    let desk = given_up(&served, &receiver);
    let json = desk.run(&["notify", "list", "--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.notify-list/1");
    let (ops, team) = (&json["receivers"][0], &json["receivers"][1]);
    assert_eq!((&ops["name"], &ops["kind"]), (&json!("ops"), &json!("sns")));
    assert_eq!((&ops["waiting"], &ops["dead"]), (&json!(0), &json!(0)));
    assert_eq!(ops["last_sent"]["event"], "baked");
    assert_eq!((&team["waiting"], &team["dead"]), (&json!(0), &json!(1)));
    assert_eq!(team["last_sent"], json!(null));
    assert!(
        team["last_why"].as_str().unwrap().contains("no_service"),
        "{team}"
    );
    let table = desk.run(&["notify", "list"]);
    assert_eq!(table.code, 0, "{table:?}");
    for part in [
        "ops (sns)",
        "baked",
        "team (slack)",
        "never",
        "team: not sent: 127.0.0.1 answered 404",
    ] {
        assert!(table.stdout.contains(part), "{part} in {table:?}");
    }
    receiver.answers(200, "ok");
    desk.run(&["notify", "retry"]);
    let json = desk.run(&["notify", "list", "--format", "json"]).json();
    assert_eq!(json["receivers"][1]["dead"], 0);
    assert_eq!(json["receivers"][1]["last_sent"]["event"], "baked");
}

#[test]
fn whoever_wants_another_watch_or_more_weight_is_not_told_of_a_bake() {
    let served = Served::start();
    served.guests_play();
    let receiver = Receiver::start();
    let narrow = "\nwatches = [\"other-*\"]\n";
    let desk = desk(&served, &receiver, &format!("{TEAM}{narrow}"));
    let ran = desk.run(&["run", "--once"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(receiver.heard().len(), 0, "it is about `shop`");
    assert!(
        !served.account.queue_messages(QUEUE).is_empty(),
        "the topic is told"
    );
}
