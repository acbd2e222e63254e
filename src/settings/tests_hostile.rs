//! Configs and schedules that mean harm, or nothing: every answer is settings or faults, and no fault
//! steers a terminal.

use std::path::Path;

use proptest::prelude::*;

use super::cron::parse_cron;
use super::{Faults, Settings, listen_of, load_config, parse_config};

fn read(text: &str) -> Result<Settings, Faults> {
    let file = |_: &Path| Ok(b"#!/bin/sh\ntrue\n".to_vec());
    parse_config(text, Path::new("amiwatch.toml"), &file)
}

fn answered(text: &str) -> Result<(), TestCaseError> {
    if let Err(faults) = read(text) {
        prop_assert!(faults.iter().next().is_some());
        let told = faults.to_string();
        let steers = told
            .chars()
            .find(|c| c.is_control() && *c != '\n' && *c != '\t');
        prop_assert!(steers.is_none(), "{told:?}");
    }
    Ok(())
}

/// Texts in which a value can be anything at all, quoted so that TOML takes it.
fn quoted(value: &str) -> String {
    let escaped: String = value
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

const KEYS: [&str; 12] = [
    "installation",
    "schedule.cron",
    "schedule.jitter",
    "store.url",
    "aws.endpoint_url",
    "builder.timeout",
    "builder.encrypt",
    "watch.a.region",
    "watch.a.base.ssm",
    "watch.a.soak",
    "watch.a.on_drift",
    "notify.a.sns.topic_arn",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answered(&text)?;
    }

    #[test]
    fn any_value_of_any_key_is_answered(
        keys in proptest::collection::vec((proptest::sample::select(&KEYS[..]), any::<String>()), 1..4),
    ) {
        let lines: Vec<String> = keys.iter().map(|(key, value)| format!("{key} = {}", quoted(value))).collect();
        answered(&lines.join("\n"))?;
    }

    /// Nothing but what a field can hold is accepted, and what is accepted names something.
    #[test]
    fn cron_text_is_refused_or_names_something(text in "[-0-9*,/ ?#LWA-Za-z]{0,40}") {
        if let Ok(cron) = parse_cron(&text) {
            for field in [&cron.seconds, &cron.minutes, &cron.hours, &cron.days_of_month, &cron.months, &cron.days_of_week, &cron.years] {
                prop_assert!(!field.values.is_empty(), "{text}");
            }
            prop_assert!(cron.minutes.values.iter().all(|minute| *minute < 60));
            prop_assert!(cron.days_of_week.values.iter().all(|day| *day < 7));
        }
    }

    #[test]
    fn cron_text_of_anything_is_answered(text in any::<String>()) {
        let _answered = parse_cron(&text);
    }
}

/// A thousand levels and a megabyte in one value: bounded work, a fault, no crash.
#[test]
fn deep_and_long_configs_are_answered() {
    let deep = format!("a = {}{}", "[".repeat(2_000), "]".repeat(2_000));
    assert!(read(&deep).is_err());
    let nested = format!("{} = 1", vec!["a"; 2_000].join("."));
    assert!(read(&nested).is_err());
    let long = format!("installation = \"{}\"", "x".repeat(1 << 20));
    let told = read(&long).err().unwrap().to_string();
    assert!(told.len() < 8_192, "a fault of {} bytes", told.len());
}

/// The faults of a text, and what they say.
fn told(text: &str) -> (Faults, String) {
    let faults = read(text).unwrap_err();
    let said = faults.to_string();
    (faults, said)
}

/// However many there are, a hundred are told and that there are more; a long line is not kept with
/// each of its faults.
#[test]
fn faults_without_end_are_bounded() {
    let unknown: String = (0..499)
        .map(|n| format!("[watch.w{n}]\nk=1\nl=1\n"))
        .collect();
    let tables: String = (0..499).map(|n| format!("w{n}={{k=1}},")).collect();
    let one_line = format!("watch = {{ {tables} w = 1 }}");
    let mistyped = format!("watch.a.base.images.owners = [{}]", "1,".repeat(100_000));
    let broken = "= \n".repeat(100_000);
    let headers: String = (0..50_000).map(|n| format!("[w{n}\n")).collect();
    for text in [unknown, one_line, mistyped, broken, headers] {
        let (faults, said) = told(&text);
        assert_eq!(faults.count(), 101, "{}", &text[..20]);
        assert!(said.contains("100 faults are told"), "{said}");
        assert!(said.len() < 64 * 1024, "{} bytes", said.len());
    }
}

#[test]
fn what_a_loop_has_written_is_one_fault_at_its_place() {
    let unknown: String = (0..200_000).map(|n| format!("k{n}=1\n")).collect();
    let owners = format!(
        "watch.a.base.images.owners = [{}]",
        "\"self\",".repeat(100_000)
    );
    let watches: String = (0..40_000).map(|n| format!("[watch.w{n}]\n")).collect();
    let tags: String = (0..40_000)
        .map(|n| format!("tags.t{n} = \"x\"\n"))
        .collect();
    for (text, place, wrong) in [
        (unknown, "2001:1: ", "200000 keys are too many"),
        (owners, "1:1431: ", "100000 entries are too many"),
        (watches, "2001:8: ", "40000 keys are too many"),
        (tags, "2001:6: ", "40000 keys are too many"),
    ] {
        let (faults, said) = told(&text);
        assert_eq!(faults.count(), 1, "{said}");
        assert!(
            said.starts_with(&format!("amiwatch.toml:{place}")),
            "{said}"
        );
        assert!(said.contains(wrong), "{said}");
    }
}

#[test]
fn recipes_are_read_up_to_a_bound_in_all() {
    let recipes: String = (0..40)
        .map(|n| format!("[recipe.r{n}]\nuser_data = \"r\"\nunchecked = true\n"))
        .collect();
    let script = [b"#!/bin/sh\n".as_slice(), &vec![b'#'; 1 << 20]].concat();
    let read = std::cell::Cell::new(0);
    let file = |_: &Path| {
        read.set(read.get() + 1);
        Ok(script.clone())
    };
    let faults = parse_config(&recipes, Path::new("amiwatch.toml"), &file).unwrap_err();
    assert_eq!(read.get(), 16);
    assert_eq!(faults.count(), 24, "{faults}");
}

/// A pipe, a device, a folder and a file without an end, as config and as recipe: a fault at once.
#[test]
fn what_is_no_file_is_a_fault_and_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let long = folder.path().join("long");
    std::fs::write(&long, vec![b'#'; 1024 * 1024 + 1]).unwrap();
    let config = folder.path().join("amiwatch.toml");
    for (path, what) in [
        (pipe.as_path(), "it is a pipe"),
        (Path::new("/dev/zero"), "it is a device"),
        (folder.path(), "is a directory"),
        (&long, "it is longer than 1048576 bytes"),
    ] {
        let said = load_config(path).unwrap_err().to_string();
        assert!(said.contains(":1:1: the config cannot be read: "), "{said}");
        assert!(said.contains(what), "{said}");
        assert_eq!(listen_of(path), None);
        let named = path.display();
        let text = format!("[recipe.r]\nuser_data = \"{named}\"\nunchecked = true\n");
        std::fs::write(&config, text).unwrap();
        let said = load_config(&config).unwrap_err().to_string();
        assert!(said.contains(":2:13: "), "{said}");
        assert!(said.contains(what), "{said}");
    }
}

/// Recipes of a few hundred bytes that stand for billions of values, or for keys without end.
#[test]
fn a_recipe_that_means_harm_is_a_fault_of_its_own() {
    let keys: String = (0..9_000).map(|n| format!("runcm{n}: 1\n")).collect();
    let slips: String = (0..400)
        .map(|n| format!("runcmd{}: 1\n", char::from_u32(0x100 + n).unwrap()))
        .collect();
    let deep = "- ".repeat(300_000);
    for (recipe, wrong, count) in [
        (keys, "it has 9000 keys", 1),
        (slips, "did you mean `runcmd`?", 20),
        (deep, "nested too deeply", 1),
    ] {
        let recipe = format!("#cloud-config\n{recipe}");
        let file = |_: &Path| Ok(recipe.clone().into_bytes());
        let text = "[recipe.r]\nuser_data = \"r.yaml\"\nunchecked = true\n";
        let faults = parse_config(text, Path::new("a.toml"), &file).unwrap_err();
        assert!(faults.to_string().contains(wrong), "{faults}");
        assert_eq!(faults.count(), count, "{faults}");
    }
}

/// What aliases stand for is not made: 387,420,489 values of some hundred bytes are answered, by
/// whatever reads a recipe.
#[test]
fn aliases_are_not_written_out() {
    let mut laughs = "#cloud-config\na0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..9 {
        let below = vec![format!("*a{}", level - 1); 9].join(",");
        laughs += &format!("a{level}: &a{level} [{below}]\n");
    }
    laughs += "runcmd: [*a8, *a0]\nwrite_files: *a8\nusers: *a8\n";
    assert!(laughs.len() < 512, "{}", laughs.len());
    assert!(super::user_data_problems(&laughs, false).len() < 20);
    assert!(super::user_data_doubts(&laughs).len() < 20);
    assert!(super::user_data_shell(&laughs).len() < 20);
}
