//! Guests: boots, consoles, reboots, power-off, disks, on a clock turned by hand.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sim::{Account, Action, Boot, ConsoleEnd, Disk, LatestRefused, Machine, Timing};

use crate::support::{REGION, account, ec2, instant, launch};

pub(super) fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(super) fn console(account: &Account, id: &str, latest: bool) -> String {
    let form = format!("Action=GetConsoleOutput&InstanceId={id}&Latest={latest}");
    let output = ec2(account, &form).text("output").unwrap_or_default();
    String::from_utf8(STANDARD.decode(output).unwrap()).unwrap()
}

pub(super) fn base(account: &Account) -> String {
    account
        .at(REGION)
        .image(sim::ImageSpec::amazon("base"))
        .unwrap()
}

#[test]
fn console_comes_late_then_whole_then_expires() {
    let (account, hand) = account();
    account.set_timing(Timing {
        start: seconds(5),
        stop: seconds(10),
        ..Timing::default()
    });
    account.set_guest(|boot: Boot, machine: Machine| {
        machine.console_after(seconds(1), "early\n");
        machine.console_after(seconds(30), "late\n");
        machine.power_off_after(seconds(31), boot.disk);
    });
    let id = launch(&account, &base(&account), "");
    hand.advance(seconds(5 + 1));
    assert_eq!(console(&account, &id, true), "", "not yet posted");
    hand.advance(seconds(2));
    assert_eq!(console(&account, &id, true), "early\n");
    assert_eq!(
        console(&account, &id, false),
        "",
        "without Latest only what was posted"
    );
    hand.advance(seconds(28 + 10));
    assert_eq!(account.instance(&id).unwrap().state, "stopped");
    assert_eq!(
        console(&account, &id, false),
        "",
        "the last lines come after the stop"
    );
    hand.advance(seconds(60));
    assert_eq!(console(&account, &id, false), "early\nlate\n");
    hand.advance(seconds(3600));
    assert_eq!(
        console(&account, &id, true),
        "",
        "gone an hour after the last posting"
    );
}

/// The guest says `early`, then `late`, and is off a second later; the console as it ends in this way.
fn ends(end: ConsoleEnd) -> (Account, sim::HandClock, String) {
    let (account, hand) = account();
    account.set_timing(Timing {
        start: seconds(5),
        stop: seconds(10),
        console_end: end,
        ..Timing::default()
    });
    account.set_guest(|boot: Boot, machine: Machine| {
        machine.console_after(seconds(1), "early\n");
        machine.console_after(seconds(30), "late\n");
        machine.power_off_after(seconds(33), boot.disk);
    });
    let id = launch(&account, &base(&account), "");
    // Stopping.
    hand.advance(seconds(5 + 33 + 2));
    assert_eq!(account.instance(&id).unwrap().state, "stopping");
    (account, hand, id)
}

fn refusal(account: &Account, id: &str) -> Option<String> {
    let form = format!("Action=GetConsoleOutput&InstanceId={id}&Latest=true");
    ec2(account, &form).text("Code")
}

#[test]
fn a_console_can_end_without_a_posting() {
    let (account, hand, id) = ends(ConsoleEnd {
        never_posted: true,
        ..ConsoleEnd::default()
    });
    assert_eq!(console(&account, &id, true), "early\nlate\n", "still live");
    hand.advance(seconds(600));
    assert_eq!(account.instance(&id).unwrap().state, "stopped");
    assert_eq!(console(&account, &id, true), "");
    assert_eq!(console(&account, &id, false), "");
}

#[test]
fn the_latest_output_can_be_refused_as_the_guest_goes_down() {
    let refused = |latest_refused| {
        ends(ConsoleEnd {
            latest_refused,
            ..ConsoleEnd::default()
        })
    };
    let (account, hand, id) = refused(LatestRefused::WhileStopping);
    let code = refusal(&account, &id);
    assert_eq!(code.as_deref(), Some("IncorrectInstanceState"));
    hand.advance(seconds(120));
    assert_eq!(console(&account, &id, false), "early\nlate\n");

    let (account, hand, id) = refused(LatestRefused::Ended);
    assert_eq!(refusal(&account, &id), None);
    hand.advance(seconds(120));
    let code = refusal(&account, &id);
    assert_eq!(code.as_deref(), Some("UnsupportedOperation"));
    assert_eq!(console(&account, &id, false), "early\nlate\n");
}

#[test]
fn what_is_left_of_a_console_at_its_end_can_be_cut() {
    let (account, hand, id) = ends(ConsoleEnd {
        cut: 5,
        ..ConsoleEnd::default()
    });
    assert_eq!(console(&account, &id, true), "early\nlate\n", "not yet");
    hand.advance(seconds(120));
    assert_eq!(console(&account, &id, false), "late\n");
    assert_eq!(console(&account, &id, true), "late\n");
}

#[test]
fn ec2_can_end_what_it_launched_and_says_why() {
    let (account, _hand, image) = instant();
    let here = account.at(REGION);
    let ends = |code: Option<&str>| Action::LaunchesEnd {
        code: code.map(str::to_owned),
        message: "Client error on launch".to_owned(),
    };
    here.act(ends(Some("Client.InternalError"))).unwrap();
    let id = launch(&account, &image, "");
    assert_eq!(account.instance(&id).unwrap().state, "terminated");
    let told = ec2(
        &account,
        &format!("Action=DescribeInstances&InstanceId.1={id}"),
    );
    let why = "Client.InternalError: Client error on launch";
    assert!(told.body.contains(why), "{}", told.body);
    here.act(ends(None)).unwrap();
    let id = launch(&account, &image, "");
    assert_eq!(account.instance(&id).unwrap().state, "running");
}

#[test]
fn console_keeps_the_last_64_kib() {
    let (account, _hand, image) = instant();
    account.set_guest(|boot: Boot, machine: Machine| {
        machine.console_after(Duration::ZERO, vec![b'a'; 70_000]);
        machine.console_after(Duration::ZERO, "end");
        machine.power_off_after(Duration::ZERO, boot.disk);
    });
    let id = launch(&account, &image, "");
    let text = console(&account, &id, false);
    assert_eq!((text.len(), text.ends_with("aend")), (65_536, true));
}

#[test]
fn reboot_is_the_same_instance_and_start_is_a_new_boot() {
    let (account, _hand, image) = instant();
    account.set_guest(|boot: Boot, machine: Machine| {
        let line = format!("{} {}\n", boot.boot_number, boot.first_boot);
        machine.console_after(Duration::ZERO, line);
        match boot.boot_number {
            1 => machine.reboot_after(Duration::ZERO),
            _ => machine.power_off_after(Duration::ZERO, boot.disk),
        }
    });
    let id = launch(&account, &image, "");
    assert_eq!(account.instance(&id).unwrap().console, "1 true\n2 false\n");
    assert_eq!(account.instance(&id).unwrap().state, "stopped");
    ec2(
        &account,
        &format!("Action=StartInstances&InstanceId.1={id}"),
    );
    assert_eq!(
        account.instance(&id).unwrap().console,
        "3 false\n",
        "a start clears it"
    );
}

#[test]
fn power_off_obeys_the_shutdown_behaviour() {
    let (account, _hand, image) = instant();
    account.set_guest(|boot: Boot, machine: Machine| {
        machine.power_off_after(Duration::ZERO, boot.disk);
    });
    let stops = launch(&account, &image, "InstanceInitiatedShutdownBehavior=stop");
    let ends = launch(
        &account,
        &image,
        "InstanceInitiatedShutdownBehavior=terminate",
    );
    assert_eq!(account.instance(&stops).unwrap().state, "stopped");
    assert_eq!(account.instance(&ends).unwrap().state, "terminated");
    let told = ec2(
        &account,
        &format!("Action=DescribeInstances&InstanceId.1={stops}"),
    );
    assert!(
        told.body.contains("Client.InstanceInitiatedShutdown"),
        "{}",
        told.body
    );
}

#[test]
fn a_boot_that_ended_has_no_more_say() {
    let (account, hand, image) = instant();
    account.set_guest(|boot: Boot, machine: Machine| {
        machine.console_after(seconds(60), "from the grave");
        machine.power_off_after(seconds(90), boot.disk);
    });
    let id = launch(&account, &image, "");
    ec2(&account, &format!("Action=StopInstances&InstanceId.1={id}"));
    ec2(
        &account,
        &format!("Action=StartInstances&InstanceId.1={id}"),
    );
    hand.advance(seconds(59));
    ec2(
        &account,
        &format!("Action=RebootInstances&InstanceId.1={id}"),
    );
    hand.advance(seconds(35));
    let instance = account.instance(&id).unwrap();
    assert_eq!((instance.state.as_str(), instance.boots), ("running", 3));
    assert_eq!(
        instance.console, "",
        "only the third boot may speak, and not yet"
    );
    hand.advance(seconds(60));
    assert_eq!(account.instance(&id).unwrap().state, "stopped");
}

#[test]
fn a_disk_goes_from_image_to_instance_to_image() {
    let (account, _hand) = account();
    account.set_timing(Timing::instant());
    account.set_guest(|boot: Boot, machine: Machine| {
        let mut disk = boot.disk;
        let before = disk.get("/etc/motd").cloned().unwrap_or_default();
        let user_data = String::from_utf8(boot.user_data).unwrap();
        disk.insert("/etc/motd".to_owned(), before + &user_data);
        machine.power_off_after(Duration::ZERO, disk);
    });
    let disk = Disk::from([("/etc/motd".to_owned(), "stock ".to_owned())]);
    let spec = sim::ImageSpec {
        disk,
        ..sim::ImageSpec::amazon("base")
    };
    let image = account.at(REGION).image(spec).unwrap();
    let data = STANDARD.encode("baked ");
    let id = launch(&account, &image, &format!("UserData={data}"));
    let made = ec2(
        &account,
        &format!("Action=CreateImage&InstanceId={id}&Name=one"),
    );
    let made = made.text("imageId").unwrap();
    let next = launch(
        &account,
        &made,
        &format!("UserData={}", STANDARD.encode("booted")),
    );
    assert_eq!(
        account.image(&made).unwrap().disk["/etc/motd"],
        "stock baked "
    );
    assert_eq!(
        account.instance(&next).unwrap().disk["/etc/motd"],
        "stock baked booted"
    );
    assert_eq!(
        account.image(&image).unwrap().disk["/etc/motd"],
        "stock ",
        "the base is as it was"
    );
}

#[test]
fn a_guest_that_does_nothing_hangs() {
    let (account, hand, image) = instant();
    let id = launch(&account, &image, "");
    hand.advance(seconds(86_400));
    assert_eq!(account.instance(&id).unwrap().state, "running");
}
