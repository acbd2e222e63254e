//! What can be typed, what is refused, and in which words.

use super::harness::{Desk, Served};

#[test]
fn help_says_what_there_is() {
    let ran = Desk::bare().run(&["--help"]);
    assert_eq!(ran.code, 0);
    let lines: Vec<&str> = ran.stdout.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    Keeps custom AMIs in step with the base they were made from

    Usage: amiwatch [OPTIONS] <COMMAND>

    Commands:
      survey       Shows every Beanstalk environment, its image, the base it came from, and drift; needs
                   no config
      init         Writes a config from what a survey finds
      check        Looks once at what the config names: verdicts with reasons
      plan         Shows what `run` would do now, and why; changes nothing
      bake         Bakes a watch's image now; joins a bake that is under way
      rollout      Moves environments to the watch's image, one after another, and proves it
      rollback     Takes an environment back to what its last move found
      publish      Makes a watch's image known now, where the config says
      approve      Lets an image go to a watch's environments, in answer to a question of the daemon
      deny         Keeps an image from a watch's environments, in answer to a question of the daemon
      run          Watches: makes passes on the schedule (look, decide, bake what may be baked, tell)
                   until stopped
      look         Has the running daemon make a pass now, and waits for its end
      reload       Has the running daemon read its config again
      health       Asks the running daemon how it is; for health checks that have no shell
      status       Shows what is: each watch's image, bakes under way, failures, notices that wait
      hold         Says no to a watch, a release or an image; without arguments, shows what is held
      unhold       Ends a hold
      notify       Tries whom to tell, and sends what was given up again
      history      Shows what was: what passes saw, bakes with their steps, what people did
      logs         Prints what the guests of a bake wrote to their consoles
      explain      Says why a watch stands as it does, what happens next and when, and what you can do
      adopt        Takes an image that was made by hand, or by another tool, as a watch's current one
      images       Lists the images that were made here: how old each is, where it stands, and what
                   comes next
      image        Shows one image: what it was made from, what names it, and why it stays or goes
      restore      Brings an older image back: enables it, ends its deprecation, and lets those launch
                   it who might before
      sweep        Lists what carries our tag, and removes what no bake claims when told to
      rehearse     Boots a recipe on this machine under a real cloud-init, as a bake would, and judges
                   it
      recipe       Works on recipes without booting them
      store        Makes, checks, copies or moves the store: what must survive
      config       Works on the config itself
      completions  Prints completions for a shell
      man          Prints the manual's page, or writes the pages of all commands
      demo         Shows the whole story on a simulated account, in seconds: no AWS, no config
      sim          The simulated account, for any AWS client
      help         Print this message or the help of the given subcommand(s)

    Options:
          --config <FILE>
              The config [default: ./amiwatch.toml, then /etc/amiwatch/amiwatch.toml]

              [env: AMIWATCH_CONFIG=]

          --format <FORMAT>
              How results are printed

              Possible values:
              - table: For people
              - json:  For programs: a documented `schema`

              [default: table]

          --log <LOG>
              How log lines look, on stderr

              [default: text]
              [possible values: text, json]

      -v, --verbose...
              Log more (twice: still more)

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Exit codes: 0 in step or done; 1 failed; 2 wrong usage or config; 3 drift found;
    4 could not tell (something was unreachable). When several hold: 2, then 1, then 4, then 3.
    ");
}

#[test]
fn wrong_usage_is_2() {
    for arguments in [
        &["bogus"][..],
        &[],
        &["bake"],
        &["run"],
        &["check", "--format", "xml"],
    ] {
        let ran = Desk::bare().run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

#[test]
fn every_fault_of_a_config_is_listed_at_its_place() {
    let desk = Desk::bare();
    desk.file(
        "amiwatch.toml",
        r#"instalation = "acme"
[builder]
timeout = "soon"
[watch.Shop]
base = { ssm = "no-slash" }
recipe = "missing"
on_drift = "always"
"#,
    );
    let ran = desk.run(&["config", "check"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let faults: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("amiwatch.toml:"))
        .collect();
    let places: Vec<String> = faults
        .iter()
        .map(|line| line.split(':').take(3).collect::<Vec<_>>().join(":"))
        .collect();
    for line in [1, 3, 4, 5, 6, 7] {
        let prefix = format!("amiwatch.toml:{line}:");
        assert!(
            places.iter().any(|place| place.starts_with(&prefix)),
            "{}",
            ran.stderr
        );
    }
    for place in &places {
        let column = place
            .rsplit(':')
            .next()
            .and_then(|word| word.parse::<u32>().ok());
        assert!(column.is_some_and(|column| column > 0), "{place}");
    }
    // Whatever reads the config refuses it alike.
    for arguments in [&["check"][..], &["plan"], &["run", "--once"], &["status"]] {
        assert_eq!(desk.run(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn a_right_config_is_0_and_calls_nobody() {
    let desk = Desk::bare().configured();
    let ran = desk.run(&["config", "check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(
        ran.stdout.contains("nothing is wrong with it"),
        "{}",
        ran.stdout
    );
}

#[test]
fn no_config_and_an_unknown_watch_are_2_and_say_what_there_is() {
    let ran = Desk::bare().run(&["check"]);
    assert_eq!(ran.code, 2);
    ran.says_in_one_line("--config");
    let desk = Desk::bare().configured();
    for arguments in [
        &["check", "--watch", "shopp"][..],
        &["check", "shopp"],
        &["plan", "--watch", "shopp"],
        &["plan", "shopp"],
        &["bake", "shopp"],
    ] {
        let ran = desk.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        ran.says_in_one_line("shop");
    }
}

#[test]
fn explain_needs_no_name_where_there_is_one_watch_and_asks_for_it_where_there_are_more() {
    let desk = Desk::bare().configured().with("AWS_REGION", "eu-west-1");
    let alone = desk.run(&["explain", "--stored", "--format", "json"]);
    assert_eq!(alone.json()["watch"], "shop", "{alone:?}");
    let config = std::fs::read_to_string(desk.path("amiwatch.toml")).unwrap();
    let another = config.replace(
        "[watch.shop]",
        "[watch.jobs]\nbase = { ssm = \"/aws/service/x\" }\n\n[watch.shop]",
    );
    desk.file("amiwatch.toml", &another);
    let ran = desk.run(&["explain", "--stored"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("name one: jobs, shop"), "{ran:?}");
}

#[test]
fn shells_and_the_manual_know_every_command() {
    let desk = Desk::bare();
    for shell in ["bash", "zsh", "fish"] {
        let script = desk.run(&["completions", shell]);
        assert_eq!(script.code, 0, "{script:?}");
        for word in ["explain", "stored", "rehearse"] {
            assert!(script.stdout.contains(word), "{word} in {shell}'s");
        }
    }
    let page = desk.run(&["man"]);
    assert!(page.stdout.contains(".TH amiwatch 1"), "{page:?}");
    std::fs::create_dir(desk.path("man")).unwrap();
    assert_eq!(desk.run(&["man", "man"]).code, 0);
    for name in ["amiwatch.1", "amiwatch-explain.1", "amiwatch-notify-test.1"] {
        assert!(desk.path("man").join(name).exists(), "{name}");
    }
    let nowhere = desk.run(&["man", "nowhere"]);
    assert_eq!(nowhere.code, 1, "{nowhere:?}");
    nowhere.says_in_one_line("name a folder that is there");
}

#[test]
fn status_of_an_empty_store_is_0_and_makes_none() {
    let desk = Desk::bare().configured();
    let ran = desk.run(&["status"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("Nothing is remembered yet"), "{ran:?}");
    assert!(!desk.path("amiwatch.db").exists());
    let json = desk.run(&["status", "--format", "json"]).json();
    assert_eq!(json["schema"], "amiwatch.status/1");
    assert_eq!(json["watches"], serde_json::json!([]));
}

#[test]
fn without_credentials_one_line_says_what_to_do() {
    let desk = Desk::bare().configured().with("AWS_REGION", "eu-west-1");
    let ran = desk.run(&["survey"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    ran.says_in_one_line("AWS_PROFILE");
    let ran = desk.run(&["check"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("AWS_PROFILE"), "{ran:?}");
    assert!(!ran.stdout.contains("BASE_NEWER"), "{ran:?}");
}

#[test]
fn without_a_region_one_line_says_so_whatever_the_metadata_service_answers() {
    let served = Served::start();
    let desk = Desk::bare()
        .with("AWS_EC2_METADATA_DISABLED", "false")
        .with(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            &format!("http://{}", served.address),
        );
    let ran = desk.run(&["survey"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    ran.says_in_one_line("amiwatch: no region is named: pass --region");
}

#[test]
fn an_endpoint_that_refuses_is_4_and_not_drift() {
    // A port that was free a moment ago and that nobody listens on.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let desk = Desk::at(address).configured();
    let ran = desk.run(&["survey"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    ran.says_in_one_line("refused");
    let ran = desk.run(&["check"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("UNREACHABLE"), "{ran:?}");
    assert!(!ran.stdout.contains("BASE_NEWER"), "{ran:?}");
}
