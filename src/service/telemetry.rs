//! Logging: lines that read alone and carry fields, to stderr. Error means that someone should look.
//! A line is one line and steers no terminal, whoever's words its fields hold.

mod lines;

use tracing_subscriber::filter::{EnvFilter, LevelFilter};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Starts logging. `verbosity` is the number of `-v`.
///
/// `notices`: the log has what people asked to be told however quiet it is otherwise.
///
/// The SDK's own lines are held back, since some of them show requests whole; its search for a region or
/// credentials warns of every place that it looked at in vain, and what came of it we say ourselves.
/// `colours` is for the caller to know: only on a terminal, and not where NO_COLOR is set.
pub fn start_logging(format: LogFormat, verbosity: u8, notices: bool, colours: bool) {
    let ours = match verbosity {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let outbox = if notices && verbosity == 0 {
        "info"
    } else {
        ours
    };
    let directives = format!("warn,aws_config=error,amiwatch={ours},amiwatch::outbox={outbox}");
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .parse_lossy(directives);
    let form = match format {
        LogFormat::Json => lines::LineForm::Json,
        LogFormat::Text => lines::LineForm::Text { colours },
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(lines::Lines::new(form, std::io::stderr));
    let lines = lines.with_ansi(colours);
    // A second start (two commands in one process, in tests) keeps the first.
    let _ = match format {
        LogFormat::Text => lines.with_target(false).compact().try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}

/// An error with its sources on one line, each layer once.
pub fn source_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
