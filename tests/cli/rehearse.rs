//! `rehearse`: what it takes, what it says, how it ends. QEMU is played by a script that prints a
//! console; real boots are tests/contract/guest's.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use amiwatch::flow::verify::encode::encode_report;
use amiwatch::model::report::{CheckResult, Report};
use amiwatch::model::watch::Check;
use amiwatch::rehearse::guests::{RehearsalSubject, SentGuest, boot_test, builder};

use super::harness::{Desk, Ran};

const RECIPE: &str = "#cloud-config\nruncmd: [touch /etc/marker]\n";
const COMMAND: &str = "test -e /etc/marker";

/// Prints the console that lies ready for this machine's id.
const QEMU: &str = "#!/bin/sh\nPATH=/usr/bin:/bin\nwhile [ $# -gt 0 ]; do\n\
                    [ \"$1\" != -uuid ] || cat \"$(dirname \"$0\")/$(echo \"$2\" | tr -d -)\"\n\
                    shift\ndone\n";

/// A desk with the recipe, an image, and a machine that prints what it is told to.
struct Bench {
    desk: Desk,
    sent: [SentGuest; 2],
}

impl Bench {
    fn new() -> Self {
        let desk = Desk::bare();
        let bin = desk.path("bin");
        std::fs::create_dir(&bin).unwrap();
        let script = |name: &str, text: &str| {
            let path = bin.join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        script("qemu-system-x86_64", QEMU);
        script("timeout", "#!/bin/sh\nexec /usr/bin/timeout \"$@\"\n");
        script("qemu-img", "#!/bin/sh\necho '{\"format\": \"raw\"}'\n");
        desk.file("recipe.yaml", RECIPE);
        desk.file("disk.img", "a disk");
        let subject = RehearsalSubject {
            name: "recipe.yaml".to_owned(),
            user_data: RECIPE.to_owned(),
            checks: vec![Check {
                name: "marker".to_owned(),
                run: COMMAND.to_owned(),
            }],
            boot_checks: Vec::new(),
            timeout: Duration::from_secs(600),
        };
        let sent = [builder(&subject).unwrap(), boot_test(&subject).unwrap()];
        let desk = desk.with("PATH", bin.to_str().unwrap());
        let bench = Self { desk, sent };
        bench.prints(0, &report(0, "one"));
        bench.prints(1, &report(0, "two"));
        bench
    }

    /// What the builder (0) or the fresh boot (1) prints.
    fn prints(&self, guest: usize, report: &Report) {
        let SentGuest { uuid, nonce, .. } = &self.sent[guest];
        let console = format!("booting ...\n{}", encode_report(report, nonce, true));
        self.desk.file(&format!("bin/{uuid}"), &console);
    }

    fn rehearse(&self, more: &[&str]) -> Ran {
        let check = format!("marker={COMMAND}");
        let mut arguments = vec!["rehearse", "recipe.yaml", "--check", &check];
        arguments.extend(["--image", "disk.img", "--work", "."]);
        arguments.extend(more);
        self.desk.run(&arguments)
    }
}

fn report(exit: i32, machine: &str) -> Report {
    let result = |exit| CheckResult {
        name: "marker".to_owned(),
        exit,
        tail: "what it printed".to_owned(),
        ..CheckResult::default()
    };
    Report {
        before: (machine == "one").then(|| vec![result(1)]),
        after: vec![result(exit)],
        boots: 1,
        cloud_init: "done".to_owned(),
        kernel: "6.1.0".to_owned(),
        packages: vec!["bash 5".to_owned()],
        facts: [("id.machine".to_owned(), machine.to_owned())].into(),
        ..Report::default()
    }
}

#[test]
fn a_good_recipe_passes_on_the_builder_and_on_a_fresh_boot() {
    let bench = Bench::new();
    let ran = bench.rehearse(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let said: Vec<&str> = ran.stdout.lines().collect();
    assert!(said[0].starts_with("recipe.yaml: ") && said[0].ends_with("of user data, qemu"));
    let row = said.iter().find(|line| line.starts_with("marker")).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(words, ["marker", "exit", "1", "passed", "passed"]);
    assert!(ran.stdout.contains("fresh boot: passed") && ran.stdout.contains("kernel 6.1.0"));
    let left = std::fs::read_dir(bench.desk.path(".")).unwrap();
    let left: Vec<String> = left
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("amiwatch-rehearse"))
        .collect();
    assert_eq!(left, [""; 0], "nothing stays behind");
}

#[test]
fn a_bad_recipe_is_1_with_the_reason_and_the_console() {
    let bench = Bench::new();
    bench.prints(0, &report(3, "one"));
    let ran = bench.rehearse(&[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for words in [
        "checks failed in the finished builder: \"marker\" (exit 3)",
        "what it printed",
        "booting ...",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {ran:?}");
    }
    assert!(
        !ran.stdout.contains("fresh boot:"),
        "it is not tried: {ran:?}"
    );
}

#[test]
fn an_image_that_keeps_its_builders_identity_is_1() {
    let bench = Bench::new();
    bench.prints(1, &report(0, "one"));
    let ran = bench.rehearse(&[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stdout.contains("still carries its builder's identity"),
        "{ran:?}"
    );
    assert_eq!(bench.rehearse(&["--no-boot-test"]).code, 0);
}

#[test]
fn programs_get_json() {
    let bench = Bench::new();
    let json = bench.rehearse(&["--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.rehearse/1");
    assert_eq!(
        (&json["passed"], &json["engine"]),
        (&true.into(), &"qemu".into())
    );
    assert_eq!(json["guests"][0]["before"][0]["exit"], 1);
    assert_eq!(json["guests"][1]["role"], "boot-test");
    bench.prints(1, &report(1, "two"));
    let json = bench.rehearse(&["--format", "json"]).json();
    let why = json["guests"][1]["why"].as_str().unwrap();
    assert!(why.contains("on a fresh boot of the image"), "{why}");
    assert_eq!(json["passed"], false);
}

/// A config would refuse it; here one sees what it leads to, and it is no success whatever boots.
#[test]
fn what_is_wrong_as_written_is_told_first() {
    let bench = Bench::new();
    bench.desk.file("slip.yaml", "#cloud-config\nrun_cmd: []\n");
    let said = bench.desk.run(&[
        "rehearse",
        "slip.yaml",
        "--check",
        "a=true",
        "--image",
        "disk.img",
        "--work",
        ".",
    ]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stdout.contains("did you mean `runcmd`?"), "{said:?}");
    bench
        .desk
        .file("off.yaml", "#cloud-config\npower_state: {mode: halt}\n");
    let said = bench.desk.run(&[
        "rehearse", "off.yaml", "--check", "a=true", "--image", "disk.img", "--work", ".",
    ]);
    assert_eq!(said.code, 1, "{said:?}");
    said.says_in_one_line("amiwatch powers the builder off itself");
}

#[test]
fn an_engine_that_does_not_work_here_is_4_and_says_what_to_install() {
    let bench = Bench::new();
    std::fs::remove_file(bench.desk.path("bin/qemu-img")).unwrap();
    let ran = bench.rehearse(&[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    ran.says_in_one_line("qemu-img is not installed: `apt install qemu-utils`");
    // Whoever is not root is told so; root is told what is missing.
    let ran = bench.desk.run(&[
        "rehearse",
        "recipe.yaml",
        "--check",
        "a=true",
        "--root",
        ".",
    ]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
}

#[test]
fn wrong_usage_is_2_with_a_next_step() {
    let desk = Desk::bare().configured();
    desk.file("recipe.yaml", RECIPE);
    let cache = ["--cache", "nowhere"];
    for (arguments, words) in [
        (&["rehearse", "logging"][..], "there is nothing to boot"),
        (&["rehearse", "loging"], "it has logging"),
        (&["rehearse", "logging", "--check", "a=true"], "./logging"),
        (&["rehearse", "recipe.yaml"], "give at least one --check"),
        (
            &["rehearse", "recipe.yaml", "--check", "a"],
            "'NAME=COMMAND'",
        ),
        (
            &["rehearse", "logging", "--engine", "qemu"],
            "name one with --image",
        ),
    ] {
        let ran = desk.run(&[arguments, &cache].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        ran.says_in_one_line(words);
    }
    assert_eq!(desk.run(&["rehearse"]).code, 2);
}
