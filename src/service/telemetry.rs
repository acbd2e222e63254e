//! Logging: lines that read alone and carry fields, to stderr. Error means that someone should look.

use tracing_subscriber::filter::{EnvFilter, LevelFilter};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Starts logging. `verbosity` is the number of `-v`.
///
/// The SDK's own lines are held back, since some of them show requests whole.
pub fn start(format: LogFormat, verbosity: u8) {
    let ours = match verbosity {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    start_with(format, &format!("warn,amiwatch={ours}"));
}

/// Starts logging under these directives.
pub fn start_with(format: LogFormat, directives: &str) {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .parse_lossy(directives);
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second start (two commands in one process, in tests) keeps the first.
    let _ = match format {
        LogFormat::Text => lines.with_target(false).compact().try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}
