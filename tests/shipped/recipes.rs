//! The shipped recipe's own shell code, run by the shells of this machine on ecs.config files as
//! they are found, and judged by the recipe's own checks.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use amiwatch::model::watch::Recipe;
use amiwatch::settings;

const WRITTEN: &str = "ECS_AVAILABLE_LOGGING_DRIVERS=[\"json-file\",\"syslog\",\"awslogs\",\
                       \"fluentd\",\"none\",\"gelf\",\"splunk\"]\n";

/// The recipe as the example's config names it.
fn recipe() -> Recipe {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/amiwatch.example.toml");
    let settings = settings::load_config(&config).expect("the example is right");
    let mut recipes = settings.watches.into_values();
    recipes.find_map(|watch| watch.recipe).expect("a recipe")
}

/// The command under `runcmd`, as cloud-init's YAML reader gives it: a block without its indent.
fn command(recipe: &Recipe) -> String {
    let (_, block) = recipe
        .user_data
        .split_once("\nruncmd:\n  - |\n")
        .expect("one runcmd block");
    let lines = block.lines().map(|line| {
        assert!(
            line.is_empty() || line.starts_with("    "),
            "{line:?} ends the block"
        );
        line.get(4..).unwrap_or("")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The shells that are here; `sh` always is.
fn shells() -> Vec<Vec<&'static str>> {
    let known = [
        vec!["sh"],
        vec!["dash"],
        vec!["bash", "--posix"],
        vec!["busybox", "sh"],
    ];
    let here = |shell: &Vec<&str>| {
        let tried = Command::new(shell[0])
            .args(&shell[1..])
            .args(["-c", ":"])
            .output();
        tried.is_ok_and(|output| output.status.success())
    };
    known.into_iter().filter(here).collect()
}

/// A folder with an ecs.config that the recipe is run on.
struct Guest {
    folder: tempfile::TempDir,
    shell: Vec<&'static str>,
    recipe: Recipe,
}

impl Guest {
    fn with(shell: &[&'static str], config: Option<&str>) -> Self {
        let guest = Self {
            folder: tempfile::tempdir().expect("a folder"),
            shell: shell.to_vec(),
            recipe: recipe(),
        };
        if let Some(config) = config {
            fs::create_dir(guest.folder.path().join("ecs")).expect("a folder");
            fs::write(guest.path(), config).expect("a file");
        }
        guest
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("ecs/ecs.config")
    }

    fn sh(&self, script: &str) -> Output {
        let mut command = Command::new(self.shell[0]);
        command.args(&self.shell[1..]).args(["-c", script]);
        command
            .env("ECS_CONFIG", self.path())
            .output()
            .expect("the shell runs")
    }

    /// Runs the recipe; gives the file it left.
    fn run(&self) -> String {
        let output = self.sh(&command(&self.recipe));
        assert!(output.status.success(), "{:?}: {output:?}", self.shell);
        assert!(output.stderr.is_empty(), "{:?}: {output:?}", self.shell);
        fs::read_to_string(self.path()).expect("ecs.config is there")
    }

    /// The names of the checks that fail.
    fn failed_checks(&self) -> Vec<&str> {
        let path = self.path();
        let fails = |run: &str| {
            assert!(run.contains("/etc/ecs/ecs.config"), "{run}");
            let here = run.replace("/etc/ecs/ecs.config", path.to_str().expect("UTF-8"));
            !self.sh(&here).status.success()
        };
        let failed = self.recipe.checks.iter().filter(|check| fails(&check.run));
        failed.map(|check| check.name.as_str()).collect()
    }
}

#[test]
fn sets_the_drivers_and_keeps_everything_else() {
    let old = "ECS_AVAILABLE_LOGGING_DRIVERS=[\"json-file\"]\n";
    let commented = "#ECS_AVAILABLE_LOGGING_DRIVERS=[\"awslogs\"]\n";
    let odd =
        "ECS_INSTANCE_ATTRIBUTES={\"a\":\"b c\\\\n\"}\n\n  # %s $HOME `x`\nECS_CLUSTER= two \n";
    let alike = "MY_ECS_AVAILABLE_LOGGING_DRIVERS=1\nECS_AVAILABLE_LOGGING_DRIVERS_X=2\n";
    let cases = [
        ("missing", None, WRITTEN.to_owned()),
        ("empty", Some(String::new()), WRITTEN.to_owned()),
        (
            "only an end of line",
            Some("\n".into()),
            format!("\n{WRITTEN}"),
        ),
        (
            "no end of line",
            Some("ECS_CLUSTER=a".into()),
            format!("ECS_CLUSTER=a\n{WRITTEN}"),
        ),
        (
            "already set",
            Some(format!("A=1\n{old}B=2\n")),
            format!("A=1\n{WRITTEN}B=2\n"),
        ),
        (
            "set, no end of line",
            Some(old.trim_end().into()),
            WRITTEN.to_owned(),
        ),
        (
            "set twice",
            Some(format!("{old}A=1\n  {old}")),
            format!("{WRITTEN}A=1\n"),
        ),
        (
            "commented",
            Some(commented.into()),
            format!("{commented}{WRITTEN}"),
        ),
        ("odd lines", Some(odd.into()), format!("{odd}{WRITTEN}")),
        (
            "names alike",
            Some(alike.into()),
            format!("{alike}{WRITTEN}"),
        ),
    ];
    for shell in shells() {
        for (case, before, after) in &cases {
            let guest = Guest::with(&shell, before.as_deref());
            assert_eq!(&guest.run(), after, "{shell:?}: {case}");
            assert_eq!(guest.failed_checks(), [""; 0], "{shell:?}: {case}");
            assert_eq!(&guest.run(), after, "{shell:?}: {case}, a second time");
            let left = fs::read_dir(guest.folder.path().join("ecs"))
                .expect("a folder")
                .count();
            assert_eq!(
                left, 1,
                "{shell:?}: {case}: something lies beside ecs.config"
            );
        }
    }
}

#[test]
fn keeps_the_mode_and_follows_a_link() {
    for shell in shells() {
        let guest = Guest::with(&shell, Some("ECS_ENGINE_AUTH_DATA=secret\n"));
        let real = guest.folder.path().join("real.config");
        fs::rename(guest.path(), &real).expect("renamed");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).expect("a mode");
        symlink(&real, guest.path()).expect("a link");
        guest.run();
        let link = fs::symlink_metadata(guest.path()).expect("metadata");
        assert!(link.is_symlink(), "{shell:?}");
        let mode = fs::metadata(&real).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{shell:?}");
    }
}

#[test]
fn a_new_file_can_be_read_by_the_agent_and_written_by_root_alone() {
    for shell in shells() {
        let guest = Guest::with(&shell, None);
        guest.run();
        let mode = fs::metadata(guest.path())
            .expect("metadata")
            .permissions()
            .mode();
        assert_eq!(mode & 0o7777, 0o644, "{shell:?}");
    }
}

/// A check that cannot fail proves nothing.
#[test]
fn the_checks_catch_what_a_slip_would_leave() {
    let [fluentd, array, others] = [
        "fluentd is an allowed log driver",
        "the log drivers are one JSON array",
        "every other line of ecs.config is still a setting",
    ];
    let without_fluentd = "ECS_AVAILABLE_LOGGING_DRIVERS=[\"json-file\"]\n";
    for (config, failed) in [
        (String::new(), vec![fluentd, array]),
        (format!("ECS_CLUSTER=a{WRITTEN}"), vec![fluentd, array]),
        (without_fluentd.to_owned(), vec![fluentd]),
        (format!("{WRITTEN}{without_fluentd}"), vec![fluentd, array]),
        (format!("{without_fluentd}{WRITTEN}"), vec![array]),
        (
            WRITTEN.replace("[", "").replace("]", ""),
            vec![fluentd, array],
        ),
        (WRITTEN.replace("]", ",]"), vec![fluentd, array]),
        (format!("{WRITTEN}garbage\n"), vec![others]),
    ] {
        let guest = Guest::with(&["sh"], Some(&config));
        assert_eq!(guest.failed_checks(), failed, "{config}");
    }
}
