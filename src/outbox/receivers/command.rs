//! A command of one's own as a receiver: the event as JSON on its stdin, no shell, a time limit. It is told
//! by its exit code alone: 0 is sent, everything else is tried again.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, Signal, kill_process_group};

use super::{NotSent, Receiver, Sending, Sort};
use crate::clock::Clock;
use crate::model::notice::Notice;
use crate::model::plain_text::one_line;
use crate::outbox::render::notice_event;

/// All that a command finds in its environment beside what it is told: a daemon's own holds credentials.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How often it is looked whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Of what it says on stderr, for whoever looks why it failed: its end.
const SAID_MAX: u64 = 2_000;
const SHOWN_MAX: usize = 200;

/// One command.
#[derive(Clone)]
pub struct NoticeCommand {
    /// The program and its arguments, as they are.
    pub command: Vec<String>,
    pub timeout: Duration,
    pub clock: Clock,
}

impl Receiver for NoticeCommand {
    fn kind(&self) -> &'static str {
        "exec"
    }

    fn send<'a>(&'a self, notice: &'a Notice, again: bool) -> Sending<'a> {
        Box::pin(self.run(notice, again))
    }
}

impl NoticeCommand {
    async fn run(&self, notice: &Notice, again: bool) -> Result<(), NotSent> {
        let mut running = self.start(notice, again)?;
        let ended = self
            .clock
            .timeout(self.timeout, running.ended(&self.clock))
            .await;
        let status = match ended {
            Ok(Ok(status)) => status,
            Ok(Err(error)) => {
                return Err(self.failed(Sort::Unknown, &format!("broke off: {error}")));
            }
            Err(_) => {
                let limit = humantime::format_duration(self.timeout);
                let how = format!("did not end within {limit} and was killed");
                return Err(self.failed(Sort::Unknown, &how));
            }
        };
        if status.success() {
            return Ok(());
        }
        let said = running.said();
        let how = match status.code() {
            Some(code) => format!("ended with {code}{said}"),
            None => format!("was killed{said}"),
        };
        Err(self.failed(Sort::Later, &how))
    }

    fn start(&self, notice: &Notice, again: bool) -> Result<Running, NotSent> {
        let event = notice_event(notice).to_string();
        let started = spawn(&self.command, &event, |command| {
            command
                .env("AMIWATCH_KEY", &notice.key)
                .env("AMIWATCH_EVENT", notice.event().as_str())
                .env("AMIWATCH_AGAIN", if again { "1" } else { "" });
        });
        started.map_err(|error| {
            let how = format!("cannot be started: {error}; name a program that is there");
            self.failed(Sort::Later, &how)
        })
    }

    fn failed(&self, sort: Sort, how: &str) -> NotSent {
        let program = self.command.first().map_or("", String::as_str);
        NotSent {
            sort,
            why: format!("{program} {how}"),
        }
    }
}

/// A command under way. Its whole group ends with this.
struct Running {
    child: Child,
    stderr: File,
    over: bool,
}

/// Starts it in a group of its own, with the event to read and nothing of our own environment.
fn spawn(command: &[String], event: &str, also: impl FnOnce(&mut Command)) -> io::Result<Running> {
    let program = command.first().map_or("", String::as_str);
    let mut stdin = in_memory("amiwatch-event")?;
    stdin.write_all(event.as_bytes())?;
    stdin.seek(SeekFrom::Start(0))?;
    let stderr = in_memory("amiwatch-stderr")?;
    let mut child = Command::new(program);
    child
        .args(command.iter().skip(1))
        .env_clear()
        .env("PATH", PATH);
    also(&mut child);
    let child = child.process_group(0);
    let child = child
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(stderr.try_clone()?);
    Ok(Running {
        child: child.spawn()?,
        stderr,
        over: false,
    })
}

/// A file without a name: a pipe that nobody reads would hold us up.
fn in_memory(name: &str) -> io::Result<File> {
    Ok(File::from(memfd_create(name, MemfdFlags::CLOEXEC)?))
}

impl Running {
    async fn ended(&mut self, clock: &Clock) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.over = true;
                return Ok(status);
            }
            clock.sleep(LOOK_EVERY).await;
        }
    }

    /// The last that it said; empty where that cannot be read.
    fn said(&mut self) -> String {
        let length = self.stderr.metadata().map_or(0, |about| about.len());
        let mut said = Vec::new();
        let from = SeekFrom::Start(length.saturating_sub(SAID_MAX));
        let read = self.stderr.seek(from).and_then(|_| {
            let mut end = (&self.stderr).take(SAID_MAX);
            end.read_to_end(&mut said)
        });
        read.map_or_else(|_| String::new(), |_| shown(&said))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // It may have ended just now.
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
        let _ = self.child.wait();
    }
}

/// The last that it said, on one line.
fn shown(said: &[u8]) -> String {
    let said = one_line(&String::from_utf8_lossy(said));
    let skip = said.chars().count().saturating_sub(SHOWN_MAX);
    let said: String = said.chars().skip(skip).collect();
    match said.trim() {
        "" => String::new(),
        said => format!(" ({said})"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::*;
    use crate::model::notice::{NextByItself, What};

    fn script(folder: &Path, text: &str) -> Vec<String> {
        let path = folder.join("hear");
        // Read by a shell, and not run as a program: a test beside this one that starts something meanwhile has
        // it open for writing between fork and exec, and then nobody may run it.
        std::fs::write(&path, text).unwrap();
        vec![
            "/bin/sh".to_owned(),
            path.display().to_string(),
            folder.display().to_string(),
            "a b;c".to_owned(),
        ]
    }

    fn told(command: Vec<String>, timeout: Duration) -> Result<(), NotSent> {
        let clock = Clock::real();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        runtime.unwrap().block_on(async {
            let notice = Notice {
                key: "test:1".to_owned(),
                story: "test:1".to_owned(),
                at: clock.now(),
                installation: None,
                watch: None,
                scope: None,
                what: What::Sample {
                    receiver: "hook".to_owned(),
                },
                next: NextByItself::Nothing,
                commands: Vec::new(),
                links: Vec::new(),
            };
            let receiver = NoticeCommand {
                command,
                timeout,
                clock,
            };
            receiver.send(&notice, false).await
        })
    }

    #[test]
    fn a_command_reads_the_event_and_nothing_of_our_environment() {
        let folder = tempfile::tempdir().unwrap();
        let command = script(
            folder.path(),
            "cat >\"$1/event\"; env | sort >\"$1/env\"; printf %s \"$2\" >\"$1/argument\"",
        );
        told(command, Duration::from_secs(20)).unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let event: Value = serde_json::from_str(&read("event")).unwrap();
        assert_eq!(event["type"], "amiwatch.test");
        assert_eq!(read("argument"), "a b;c", "no shell has read it");
        let names: Vec<String> = read("env")
            .lines()
            .map(|line| line.split('=').next().unwrap_or_default().to_owned())
            .filter(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(&name.as_str()))
            .collect();
        assert_eq!(
            names,
            ["AMIWATCH_AGAIN", "AMIWATCH_EVENT", "AMIWATCH_KEY", "PATH"]
        );
    }

    #[test]
    fn how_a_command_ends_says_whether_it_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let quick = Duration::from_secs(20);
        let failed = told(script(folder.path(), "echo no paper >&2; exit 3"), quick).unwrap_err();
        assert_eq!(failed.sort, Sort::Later);
        assert!(failed.why == "/bin/sh ended with 3 (no paper)", "{failed}");
        let gone = told(vec!["/nowhere/at/all".to_owned()], quick).unwrap_err();
        assert_eq!(gone.sort, Sort::Later);
        assert!(
            gone.why.contains("/nowhere/at/all cannot be started"),
            "{gone}"
        );
        // Whoever does not read is no failure.
        told(script(folder.path(), "exit 0"), quick).unwrap();
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "a process ends in the machine's time"
    )]
    fn a_command_that_hangs_is_killed_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let command = script(folder.path(), "sleep 60 & echo $! >\"$1/child\"; wait");
        let hung = told(command, Duration::from_millis(2500)).unwrap_err();
        assert_eq!(hung.sort, Sort::Unknown);
        assert!(
            hung.why
                .contains("did not end within 2s 500ms and was killed"),
            "{hung}"
        );
        let child = std::fs::read_to_string(folder.path().join("child")).unwrap();
        let alive = || {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
            state.is_ok_and(|stat| !stat.contains(") Z "))
        };
        // What is killed is not gone at once; what nobody kills sleeps for a minute.
        for _ in 0..200 {
            if !alive() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{child} goes on");
    }
}
