//! The command line: one file per subcommand. It may use everything and decides nothing.
//!
//! Only here is the environment read, a connection chosen, and something printed.

/// Prints as the standard macro does, with whatever could steer a terminal made visible: a line may hold
/// a guest's console, a tag, an answer of AWS. It stands before the commands, so that they all use it.
macro_rules! println {
    () => {
        $crate::cli::draw::out("")
    };
    ($($text:tt)*) => {
        $crate::cli::draw::out(&$crate::cli::draw::visible_text(&::std::format!($($text)*)))
    };
}

/// As `println!`, to stderr.
macro_rules! eprintln {
    () => {
        $crate::cli::draw::err("")
    };
    ($($text:tt)*) => {
        $crate::cli::draw::err(&$crate::cli::draw::visible_text(&::std::format!($($text)*)))
    };
}

pub mod args;

mod adopt;

mod agree;

mod approval;

mod bake;

mod check;

mod config;

#[cfg(feature = "sim")]
pub mod demo;

mod draw;

mod explain;

mod health;

mod history;

mod hold;

mod init;

mod logs;
mod look;

mod manual;

mod move_report;

mod moved;

mod notify;

mod plan;

mod progress;

mod publish;

mod recipe;

mod rehearse;

mod reload;

mod restore;

mod rollout;

mod run;

mod session;

mod shells;

#[cfg(feature = "sim")]
mod sim;

mod status;

mod store;

mod supervisor;

mod survey;

mod images;
mod sweep;

mod whole_rollout;

use std::io::IsTerminal as _;

use clap::Parser as _;

use crate::clock::{Clock, plausible};
use crate::flow::exit_code::Exit;
use crate::service::telemetry::{self, LogFormat};
use args::{Arguments, CliCommand, Common};

/// Runs the command that the process was started with; prints; says how it ended.
pub fn main() -> Exit {
    keep_memory_private();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap knows which stream help and errors go to; a closed pipe is nobody's error.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
        }
    };
    let Common { log, verbose, .. } = arguments.common;
    // A daemon that says nothing for days would look dead.
    let verbose = verbose.max(u8::from(is_daemon(&arguments.command)));
    let person = log == LogFormat::Text && std::io::stderr().is_terminal();
    let notices = notices(&arguments.command, person);
    telemetry::start_logging(log, verbose, notices, colours());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(run_until_stopped(arguments)),
        Err(error) => {
            eprintln!("amiwatch: cannot start: {error}; check the process's limits");
            Exit::Failed
        }
    }
}

/// Neither a core dump nor another process of the same user gets to see what is in memory: webhooks,
/// session tokens. Where the kernel does not know how, the unit's LimitCORE= is left.
fn keep_memory_private() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

fn is_daemon(command: &CliCommand) -> bool {
    matches!(command, CliCommand::Run(own) if !own.once)
}

/// Whether the log has notices however quiet it is otherwise. A `person` at a terminal is told by the
/// command itself what it did, and the demo shows its notices as its topic received them.
fn notices(command: &CliCommand, person: bool) -> bool {
    let makes = matches!(
        command,
        CliCommand::Bake(_)
            | CliCommand::Rollout(_)
            | CliCommand::Rollback(_)
            | CliCommand::Publish(_)
            | CliCommand::Run(_)
            | CliCommand::Sweep(_)
    );
    makes && !person
}

/// Colours on stderr: only on a terminal, and not where they are refused.
fn colours() -> bool {
    std::io::stderr().is_terminal() && !no_color()
}

/// Whether NO_COLOR is set to anything.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read here, in cli"
)]
fn no_color() -> bool {
    std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty())
}

/// Runs the command until it ends or somebody stops it. Stopping loses nothing: whatever was under way
/// is in the journal, and the next start goes on with it.
async fn run_until_stopped(arguments: Arguments) -> Exit {
    // These are stopped like this on purpose, and see to it themselves.
    #[cfg(feature = "sim")]
    if matches!(arguments.command, CliCommand::Sim(_)) {
        return run(arguments).await;
    }
    if is_daemon(&arguments.command) {
        return run(arguments).await;
    }
    tokio::select! {
        biased;
        () = stopped() => {
            eprintln!("amiwatch: stopped; what was under way goes on at the next start");
            Exit::Failed
        }
        exit = run(arguments) => exit,
    }
}

/// Waits for Ctrl-C or SIGTERM; for ever where they cannot be listened for.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        biased;
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Runs one command; its errors are printed here, with their whole chain.
/// Whether a command asks AWS or others, and so needs the right time to be believed. The daemon waits
/// for it by itself.
fn needs_the_time(command: &CliCommand) -> bool {
    match command {
        CliCommand::Run(own) => own.once,
        CliCommand::Survey(_)
        | CliCommand::Check(_)
        | CliCommand::Plan(_)
        | CliCommand::Bake(_)
        | CliCommand::Rollout(_)
        | CliCommand::Rollback(_)
        | CliCommand::Publish(_)
        | CliCommand::Notify(_)
        | CliCommand::Explain(_)
        | CliCommand::Adopt(_)
        | CliCommand::Init(_)
        | CliCommand::Images(_)
        | CliCommand::Image(_)
        | CliCommand::Restore(_)
        | CliCommand::Store(_)
        | CliCommand::Sweep(_) => true,
        _ => false,
    }
}

/// This machine's clock cannot be right.
#[derive(Debug, thiserror::Error)]
#[error(
    "this machine's clock says {0}, and nobody would believe a request of that time; set it right \
     (`timedatectl set-ntp true`), and try again"
)]
struct WrongClock(String);

async fn run(arguments: Arguments) -> Exit {
    let Arguments { common, command } = arguments;
    let now = Clock::real().now();
    if needs_the_time(&command) && !plausible(now) {
        let now = now.format("%Y-%m-%d %H:%M UTC").to_string();
        return draw::failure_exit(&WrongClock(now).into());
    }
    let ended = match command {
        CliCommand::Survey(own) => survey::run_survey(&common, &own).await,
        CliCommand::Check(own) => check::run_check(&common, &own).await,
        CliCommand::Plan(own) => plan::run_plan(&common, &own).await,
        CliCommand::Bake(own) => bake::run_bake(&common, &own).await,
        CliCommand::Rollout(own) => rollout::run_rollout(&common, &own).await,
        CliCommand::Rollback(own) => rollout::run_rollback(&common, &own).await,
        CliCommand::Publish(own) => publish::run_publish(&common, &own).await,
        CliCommand::Approve(own) => approval::run_approve(&common, &own).await,
        CliCommand::Deny(own) => approval::run_deny(&common, &own).await,
        CliCommand::Run(own) => run::run_passes(&common, &own).await,
        CliCommand::Look => look::run_look(&common).await,
        CliCommand::Reload => reload::run_reload(&common).await,
        CliCommand::Health => health::run_health(&common).await,
        CliCommand::Status => status::run_status(&common).await,
        CliCommand::Hold(own) => hold::run_hold(&common, &own).await,
        CliCommand::Unhold(own) => hold::run_unhold(&common, &own).await,
        CliCommand::Notify(own) => notify::run_notify(&common, &own).await,
        CliCommand::History(own) => history::run_history(&common, &own).await,
        CliCommand::Logs(own) => logs::run_logs(&common, &own).await,
        CliCommand::Explain(own) => explain::run_explain(&common, &own).await,
        CliCommand::Adopt(own) => adopt::run_adopt(&common, &own).await,
        CliCommand::Init(own) => init::run_init(&common, &own).await,
        CliCommand::Sweep(own) => sweep::run_sweep(&common, &own).await,
        CliCommand::Images(own) => images::run_images(&common, &own).await,
        CliCommand::Image(own) => images::run_image(&common, &own).await,
        CliCommand::Restore(own) => restore::run_restore(&common, &own).await,
        CliCommand::Rehearse(own) => rehearse::run_rehearse(&common, &own).await,
        CliCommand::Recipe(own) => recipe::run_recipe(&common, &own),
        CliCommand::Store(own) => store::run_store(&common, &own).await,
        CliCommand::Config(own) => config::run_config(&common, &own).await,
        CliCommand::Completions(own) => manual::completions(&own),
        CliCommand::Man(own) => manual::man(&own),
        #[cfg(feature = "sim")]
        CliCommand::Demo => demo::run_demo(&common).await,
        #[cfg(feature = "sim")]
        CliCommand::Sim(own) => sim::run_sim(&own).await,
    };
    ended.unwrap_or_else(|error| draw::failure_exit(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> CliCommand {
        let words = ["amiwatch"].iter().chain(words);
        Arguments::try_parse_from(words).unwrap().command
    }

    #[test]
    fn notices_are_logged_for_machines_and_not_thrown_before_a_person() {
        for words in [&["bake", "shop"][..], &["run", "--once"], &["sweep"]] {
            assert!(notices(&command(words), false), "{words:?}");
            assert!(!notices(&command(words), true), "{words:?}");
        }
        assert!(!notices(&command(&["check"]), false));
        // A daemon logs whatever happens, in front of whom ever.
        assert!(is_daemon(&command(&["run"])) && !is_daemon(&command(&["run", "--once"])));
    }
}
