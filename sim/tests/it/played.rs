//! Guests that are played by a program, and agents that answer commands.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sim::{Account, Agent, Boot, ExecGuest, Machine, Ran, SimClock, Timing};

use super::guests::{base, seconds};
use crate::support::{ec2, instant, launch, request};

#[tokio::test]
async fn a_program_plays_the_guest() {
    let disks = tempfile::tempdir().unwrap();
    let account = Account::new(SimClock::system());
    account.set_timing(Timing::instant());
    let script = "echo boot $SIM_BOOT_NUMBER first $SIM_FIRST_BOOT; cat; \
                  [ $SIM_BOOT_NUMBER = 1 ] && exit 75; echo kept >> $SIM_DISK_DIR/file";
    account.set_guest(ExecGuest::new(script, disks.path()));
    let image = base(&account);
    let data = STANDARD.encode("hello\n");
    let id = launch(&account, &image, &format!("UserData={data}"));
    until_stopped(&account, &id).await;
    let seen = account.instance(&id).unwrap().console;
    assert_eq!(seen, "boot 1 first 1\nhello\nboot 2 first 0\nhello\n");
    let made = ec2(
        &account,
        &format!("Action=CreateImage&InstanceId={id}&Name=one"),
    );
    let made = made.text("imageId").unwrap();
    let next = launch(&account, &made, "");
    until_stopped(&account, &next).await;
    let file = std::fs::read_to_string(disks.path().join(&next).join("file")).unwrap();
    assert_eq!(
        file, "kept\nkept\n",
        "the second instance began with the first one's disk"
    );
}

/// Real programs take real time; the runtime's own tests end a hang.
async fn until_stopped(account: &Account, id: &str) {
    for _ in 0..100_000 {
        account.tick();
        if account.instance(id).is_some_and(|i| i.state == "stopped") {
            return;
        }
        wait_a_little().await;
    }
    panic!("the guest program did not end: {:?}", account.instance(id));
}

#[expect(
    clippy::disallowed_methods,
    reason = "a real program lives in real time"
)]
async fn wait_a_little() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

fn ssm(account: &Account, operation: &str, body: &str) -> String {
    let mut request = request("ssm", body);
    let target = format!("AmazonSSM.{operation}").parse().unwrap();
    let json = "application/x-amz-json-1.1".parse().unwrap();
    request.headers_mut().insert("x-amz-target", target);
    request.headers_mut().insert("content-type", json);
    let answer = account.handle(&request).response;
    String::from_utf8(answer.body().to_vec()).unwrap()
}

/// `"Name":"..."` of an answer.
fn word(answer: &str, name: &str) -> String {
    let rest = answer
        .split_once(&format!("\"{name}\":\""))
        .map(|(_, rest)| rest);
    let word = rest
        .and_then(|rest| rest.split_once('"'))
        .map(|(word, _)| word);
    word.unwrap_or_else(|| panic!("no {name} in {answer}"))
        .to_owned()
}

#[test]
fn an_agent_registers_late_answers_and_goes_with_its_boot() {
    let (account, hand, image) = instant();
    account.set_guest(|boot: Boot, machine: Machine| {
        let agent = Agent::new(|script| Ran {
            stdout: format!("{script}:{}", "x".repeat(30_000)),
            took: seconds(5),
            ..Ran::default()
        });
        machine.agent_after(seconds(20), agent);
        if boot.first_boot {
            machine.reboot_after(seconds(100));
        }
    });
    let bare = launch(&account, &image, "");
    let id = launch(&account, &image, "IamInstanceProfile.Name=p");
    let send = |id: &str| {
        let body = format!(
            r#"{{"DocumentName":"AWS-RunShellScript","InstanceIds":["{id}"],"Parameters":{{"commands":["who","are you"]}}}}"#
        );
        ssm(&account, "SendCommand", &body)
    };
    let ask = |command: &str| {
        let body = format!(r#"{{"CommandId":"{command}","InstanceId":"{id}"}}"#);
        ssm(&account, "GetCommandInvocation", &body)
    };
    assert!(
        send(&id).contains("InvalidInstanceId"),
        "it has not registered"
    );
    hand.advance(seconds(21));
    assert!(
        send(&bare).contains("InvalidInstanceId"),
        "it has no profile"
    );
    let command = word(&send(&id), "CommandId");
    assert!(
        ask(&command).contains("InvocationDoesNotExist"),
        "right after"
    );
    hand.advance(seconds(2));
    assert_eq!(word(&ask(&command), "Status"), "InProgress");
    hand.advance(seconds(5));
    let answer = ask(&command);
    assert_eq!(word(&answer, "Status"), "Success");
    let output = word(&answer, "StandardOutputContent");
    assert!(output.starts_with("who\\nare you:xxx"), "{}", &output[..40]);
    assert!((24_000..24_010).contains(&output.len()), "{}", output.len());
    hand.advance(seconds(70));
    let cut = word(&send(&id), "CommandId");
    hand.advance(seconds(3));
    assert_eq!(
        word(&ask(&cut), "Status"),
        "TimedOut",
        "it rebooted under it"
    );
    assert!(
        send(&id).contains("InvalidInstanceId"),
        "the agent of this boot is not up"
    );
}
