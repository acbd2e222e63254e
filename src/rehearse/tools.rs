//! The programs that engines are made of: which are there, how long each may take, and what goes wrong
//! with them.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

/// A helper makes a file of a few kilobytes, or reads one's head.
const HELPER_MAX: Duration = Duration::from_secs(60);

/// The engine does not work here: nothing was said about the recipe.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("{tool} is not installed: `apt install {deb}`, or `dnf install {rpm}`")]
    Missing {
        tool: &'static str,
        deb: &'static str,
        rpm: &'static str,
    },
    #[error(
        "{tool} needs root: run it with sudo, or rehearse with `--engine qemu --image FILE`, which does not"
    )]
    NotRoot { tool: &'static str },
    #[error("{path} cannot be booted: {why}", path = .path.display())]
    Unfit { path: PathBuf, why: &'static str },
    #[error("{tool} failed: {said}")]
    Tool { tool: &'static str, said: String },
    #[error("{path} cannot be {what}", path = .path.display())]
    Io {
        path: PathBuf,
        what: &'static str,
        source: io::Error,
    },
}

impl EngineError {
    /// For `map_err`.
    pub(super) fn io(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_owned(),
            what,
            source,
        }
    }
}

/// A program that an engine needs, and the packages that have it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needed {
    pub(super) tool: &'static str,
    pub(super) deb: &'static str,
    pub(super) rpm: &'static str,
}

/// Refuses a machine that lacks one of them.
pub(super) fn installed(needed: &[Needed]) -> Result<(), EngineError> {
    for Needed { tool, deb, rpm } in needed.iter().copied() {
        let tried = Command::new(tool)
            .arg("--version")
            .stdin(Stdio::null())
            .output();
        if matches!(tried, Err(error) if error.kind() == io::ErrorKind::NotFound) {
            return Err(EngineError::Missing { tool, deb, rpm });
        }
    }
    Ok(())
}

/// Refuses whoever is not root.
pub(super) fn root_user(tool: &'static str) -> Result<(), EngineError> {
    match rustix::process::geteuid().is_root() {
        true => Ok(()),
        false => Err(EngineError::NotRoot { tool }),
    }
}

/// A program that is ended when it takes longer: coreutils' `timeout` around it, which every Linux has.
pub(super) fn within(limit: Duration, tool: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args(["-k", "5", &limit.as_secs().to_string(), tool]);
    command
}

/// Whether `timeout` had to end its program.
pub(super) fn took_too_long(status: ExitStatus) -> bool {
    const ENDED: i32 = 124;
    // 137: it did not even end when it was told to.
    matches!(status.code(), Some(ENDED | 137))
}

/// Runs a helper to its end, which must come soon; what it said goes into the error.
pub(super) fn run_tool(tool: &'static str, arguments: &[&OsStr]) -> Result<Vec<u8>, EngineError> {
    let mut command = within(HELPER_MAX, tool);
    let ran = command.args(arguments).stdin(Stdio::null()).output();
    let output = ran.map_err(|error| EngineError::Tool {
        tool,
        said: error.to_string(),
    })?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(EngineError::Tool {
            tool,
            said: match took_too_long(output.status) {
                true => format!("it did not end within {} s", HELPER_MAX.as_secs()),
                false => last_line(&output.stderr),
            },
        }),
    }
}

/// The last line of what a program said.
pub(super) fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    line.unwrap_or("it said nothing").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_names_its_package() {
        let needed = Needed {
            tool: "no-such-program-anywhere",
            deb: "some-deb",
            rpm: "some-rpm",
        };
        let error = installed(&[needed]).unwrap_err().to_string();
        assert!(error.contains("apt install some-deb") && error.contains("dnf install some-rpm"));
    }

    #[test]
    fn a_helper_that_fails_is_quoted() {
        let words = ["-c", "echo first >&2; echo last >&2; exit 3"].map(OsStr::new);
        let error = run_tool("sh", &words).unwrap_err();
        assert_eq!(error.to_string(), "sh failed: last");
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended() {
        let mut slow = within(Duration::from_secs(1), "sleep");
        let status = slow.arg("600").status().unwrap();
        assert!(took_too_long(status), "{status}");
    }
}
