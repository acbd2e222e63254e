//! Runs one guest to its end and gives its console. Ends it itself when it does not end.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use super::engine::Engine;
use super::guests::SentGuest;
use super::tools::{EngineError, last_line};
use crate::clock::Clock;

/// How often it is asked whether the guest has ended.
const PAUSE: Duration = Duration::from_millis(200);

/// What EC2 keeps of a console; so a rehearsal sees no more than a bake would.
const CONSOLE_BYTES: u64 = 64 * 1024;

/// A guest that prints this much prints for ever.
const FLOOD_BYTES: u64 = 256 * 1024 * 1024;

/// A guest that has had its time.
#[derive(Debug, Clone)]
pub(super) struct Booted {
    /// Its end, as much as EC2 keeps.
    pub(super) console: Vec<u8>,
    pub(super) over: Over,
    /// From power-on to its end.
    pub(super) seconds: u64,
}

/// How a guest ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// By itself.
    PoweredOff,
    /// It was still up when its time was over.
    Overdue,
    /// It filled this machine's disk with its console.
    Flooding,
}

/// A guest's process, which does not outlive this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only for one that has ended already.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Boots the guest and waits for its end.
///
/// # Errors
/// When the engine could not be started, or ended in an error without a word from the guest.
pub(super) async fn boot(
    engine: &Engine,
    sent: &SentGuest,
    folder: &Path,
    clock: &Clock,
) -> Result<Booted, EngineError> {
    let console = folder.join(format!("{}.console", sent.role.as_str()));
    let errors = folder.join(format!("{}.errors", sent.role.as_str()));
    let file = |path: &Path| File::create(path).map_err(EngineError::io(path, "made"));
    let mut command = engine.command(sent, folder)?;
    command
        .stdin(Stdio::null())
        .stdout(file(&console)?)
        .stderr(file(&errors)?);
    let allowance = sent.allowance + engine.around();
    let began = clock.now();
    let child = command.spawn().map_err(|error| EngineError::Tool {
        tool: engine.name(),
        said: error.to_string(),
    })?;
    let (over, status) = until_over(Running(child), &console, allowance, clock).await?;
    let console = end_of(&console).map_err(EngineError::io(&console, "read"))?;
    if console.is_empty() && status.is_some_and(|status| !status.success()) {
        let said = fs::read(&errors).map_err(EngineError::io(&errors, "read"))?;
        return Err(EngineError::Tool {
            tool: engine.name(),
            said: last_line(&said),
        });
    }
    let seconds = (clock.now() - began).num_seconds().max(0).unsigned_abs();
    Ok(Booted {
        console,
        over,
        seconds,
    })
}

async fn until_over(
    mut guest: Running,
    console: &Path,
    allowance: Duration,
    clock: &Clock,
) -> Result<(Over, Option<ExitStatus>), EngineError> {
    let end = clock.now() + allowance;
    loop {
        let ended = guest.0.try_wait();
        if let Some(status) = ended.map_err(EngineError::io(console, "waited for"))? {
            return Ok((Over::PoweredOff, Some(status)));
        }
        if clock.now() >= end {
            return Ok((Over::Overdue, None));
        }
        if fs::metadata(console).is_ok_and(|file| file.len() > FLOOD_BYTES) {
            return Ok((Over::Flooding, None));
        }
        clock.sleep(PAUSE).await;
    }
}

fn end_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(CONSOLE_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(CONSOLE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> (Running, tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let console = folder.path().join("console");
        let child = std::process::Command::new("sh")
            .args(["-c", script])
            .stdout(File::create(&console).unwrap())
            .spawn()
            .unwrap();
        (Running(child), folder, console)
    }

    #[tokio::test]
    async fn a_guest_that_ends_is_waited_for() {
        let (guest, _folder, console) = sh("echo hello");
        let clock = Clock::real();
        let (over, _) = until_over(guest, &console, Duration::from_secs(60), &clock)
            .await
            .unwrap();
        assert_eq!(over, Over::PoweredOff);
        assert_eq!(end_of(&console).unwrap(), b"hello\n");
    }

    #[tokio::test]
    async fn a_guest_that_hangs_is_ended() {
        let (guest, _folder, console) = sh("exec sleep 1000");
        let process = guest.0.id();
        let clock = Clock::real();
        let (over, _) = until_over(guest, &console, Duration::ZERO, &clock)
            .await
            .unwrap();
        assert_eq!(over, Over::Overdue);
        assert!(!Path::new(&format!("/proc/{process}")).exists());
    }

    #[test]
    fn no_more_is_read_than_ec2_keeps() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("console");
        let mut written = vec![b'x'; 100];
        written.resize(100 + 64 * 1024, b'y');
        fs::write(&path, written).unwrap();
        let read = end_of(&path).unwrap();
        assert!(read.len() == 64 * 1024 && read.iter().all(|byte| *byte == b'y'));
    }
}
