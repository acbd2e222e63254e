//! Colours: on a terminal, not where they are refused, and not in a pipe.

use std::process::Command;

use super::harness::{Desk, Served};

/// What the command prints on a terminal, whose other end is read here.
fn on_a_terminal(desk: &Desk, words: &str, refused: bool) -> String {
    let binary = env!("CARGO_BIN_EXE_amiwatch");
    let no_color = if refused { "NO_COLOR=1 " } else { "" };
    let line = format!("stty cols 120 2>/dev/null; {no_color}{binary} {words}");
    let mut script: Command = desk.program("script");
    script.args(["-qec", &line, "/dev/null"]);
    let output = script.output().expect("script runs: it is in bsdutils");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_terminal_gets_colours_and_nobody_else() {
    let served = Served::start();
    served.guests_play();
    let desk = Desk::at(served.address).configured();
    desk.run(&["bake", "shop"]);
    desk.run(&["run", "--once"]);
    let here = served.account.at(crate::common::world::REGION);
    here.release(crate::common::world::release("4.5.1"))
        .unwrap();
    for words in [
        "status",
        "explain shop",
        "survey",
        "check",
        "history",
        "plan",
    ] {
        let shown = on_a_terminal(&desk, words, false);
        assert!(shown.contains("\u{1b}["), "{words}: {shown:?}");
        let refused = on_a_terminal(&desk, words, true);
        assert!(!refused.contains("\u{1b}["), "{words}: {refused:?}");
        let arguments: Vec<&str> = words.split(' ').collect();
        let piped = desk.run(&arguments);
        assert!(!piped.stdout.contains('\u{1b}'), "{words}: {piped:?}");
        // The colours are all that differs from what is refused them.
        let bare = without_colours(&shown);
        assert_eq!(digitless(&bare), digitless(&refused), "{words}");
    }
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once('m').map_or(part, |(_, rest)| rest));
    rest.fold(first, |text, part| text + part)
}

/// Ages and times go on between two commands.
fn digitless(text: &str) -> String {
    let digits = |letter: &char| !letter.is_ascii_digit();
    let bare: String = text.chars().filter(digits).collect();
    // One second ago; two seconds, a minute ago.
    let units = ["seconds", "second", "minutes", "minute"];
    units.iter().fold(bare, |text, unit| text.replace(unit, ""))
}
