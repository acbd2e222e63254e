//! What people hand over that has no end, and what a process may leave behind: the binary answers, and
//! does not wait, panic or dump.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};

use super::harness::Desk;

/// Each would take the process for ever, or all of its memory.
#[test]
fn what_is_no_file_is_refused_at_once() {
    let desk = Desk::bare().configured();
    let pipe = desk.path("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    for what in ["./pipe", "/dev/zero", "./"] {
        for arguments in [
            vec!["config", "check", "--config", what],
            vec!["rehearse", what, "--check", "a=true"],
            vec!["sim", "serve", "--world", what],
            vec!["recipe", "check", "--dockerrun", what],
        ] {
            let ran = desk.run(&arguments);
            assert_ne!(ran.code, 0, "{arguments:?}: {ran:?}");
            let said = ["it is a pipe", "it is a device", "irectory"];
            let told = said.iter().any(|words| ran.stderr.contains(words));
            assert!(told, "{arguments:?}: {ran:?}");
        }
    }
}

#[test]
fn a_speed_that_leaves_the_calendar_is_wrong_usage() {
    let desk = Desk::bare();
    for speed in ["1e300", "1e-300", "0", "-1", "inf", "NaN", "fast"] {
        let speed = format!("--speed={speed}");
        let ran = desk.run(&["sim", "serve", "--listen", "127.0.0.1:0", &speed]);
        assert_eq!(ran.code, 2, "{speed}: {ran:?}");
        assert!(ran.stderr.contains("from 0.001 to 1000000"), "{ran:?}");
    }
}

/// A template is bounded before it runs: little memory is enough to refuse each of these, and a process
/// that wants more is ended by the shell's limit.
#[test]
fn a_template_that_would_take_all_memory_is_refused_in_little() {
    let desk = Desk::bare();
    let so_often = |head: &str, step: &str, times: usize| format!("{head}{}", step.repeat(times));
    let templates = [
        so_often("{% set s = 'xxxx' %}", "{% set s = s ~ s %}", 28),
        so_often("{% set s = ['x'] %}", "{% set s = [s, s] %}", 40) + "{{ s|string|length }}",
        "{% set s = 'x' * 99999999 %}{% set s = s ~ s ~ s ~ s ~ s ~ s ~ s ~ s %}".to_owned(),
        "{% set s = ('x' * 30000)|replace('x', 'y' * 30000) %}".to_owned(),
        "{% set l = range(99999)|join('x' * 9999) %}".to_owned(),
        "{% set s %}{% for i in range(9999) %}{{ 'x' * 99999 }}{% endfor %}{% endset %}".to_owned(),
        format!("{{{{ 1{} }}}}", " ~ 1".repeat(60_000)),
        so_often("{% if a %}", "{% elif a %}", 15_000) + "{% endif %}",
    ];
    for template in templates {
        std::fs::write(
            desk.path("recipe.yaml"),
            format!("#cloud-config\n# {template}\n"),
        )
        .unwrap();
        let rehearse =
            "rehearse recipe.yaml --template --check a=true --base-name b --base-version 1";
        let script = format!(
            "ulimit -v 600000 && exec {} {rehearse}",
            env!("CARGO_BIN_EXE_amiwatch")
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(desk.path("."));
        let ran = shell.output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        let shown: String = template.chars().take(60).collect();
        assert_eq!(ran.status.signal(), None, "{shown}: {said}");
        assert!(said.contains("cannot be rendered"), "{shown}: {said}");
    }
}

/// How a shell's `exec` of the words ends when it may leave a core and is aborted.
fn aborted(desk: &Desk, words: &str) -> ExitStatus {
    let script = format!("ulimit -c unlimited && exec {words}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(desk.path("."));
    let mut child = shell.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut first = [0];
    // It is up when it says something.
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::ABORT).unwrap();
    child.wait().unwrap()
}

#[test]
fn a_crash_leaves_no_core_with_secrets_in_it() {
    let desk = Desk::bare();
    let any = aborted(&desk, "sh -c 'echo up; sleep 60'");
    if !any.core_dumped() {
        eprintln!("this machine keeps no cores at all, so that nothing was shown");
        return;
    }
    let ours = format!(
        "{} sim serve --listen 127.0.0.1:0",
        env!("CARGO_BIN_EXE_amiwatch")
    );
    let ours = aborted(&desk, &ours);
    assert_eq!(ours.signal(), Some(6));
    assert!(!ours.core_dumped());
}
