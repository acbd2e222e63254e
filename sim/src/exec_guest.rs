//! A guest that is a program: run for each boot, so that a real cloud-init can play the instance.
//!
//! The program gets the user data on its standard input and these variables: `SIM_INSTANCE_ID`,
//! `SIM_IMAGE_ID`, `SIM_ARCHITECTURE`, `SIM_FIRST_BOOT` (`1` or `0`), `SIM_BOOT_NUMBER` and
//! `SIM_DISK_DIR`, a directory that is the instance's disk: copied from its image's when the
//! instance first boots, and to the new image's at CreateImage. Its standard output is the serial
//! console as it comes; its end is the power-off; exit code 75 is a reboot. It is killed when its
//! instance is stopped or terminated from outside.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::guest::{Boot, Guest, Machine};

const REBOOT: i32 = 75;
const LOOK: Duration = Duration::from_millis(200);

/// Runs a command for each boot. Must be used inside a tokio runtime with IO and time.
#[derive(Debug)]
pub struct ExecGuest {
    command: String,
    disks: PathBuf,
    running: Mutex<JoinSet<()>>,
}

impl ExecGuest {
    /// `command` goes to `sh -c`; disks are directories under `disks`.
    pub fn new(command: impl Into<String>, disks: impl Into<PathBuf>) -> Self {
        let running = Mutex::new(JoinSet::new());
        Self {
            command: command.into(),
            disks: disks.into(),
            running,
        }
    }

    /// Where an instance's or image's disk lies.
    pub fn disk_of(&self, id: &str) -> PathBuf {
        self.disks.join(id)
    }

    fn start(&self, boot: &Boot, disk: &Path) -> std::io::Result<Child> {
        Command::new("sh")
            .args(["-c", &self.command])
            .env("SIM_INSTANCE_ID", &boot.instance_id)
            .env("SIM_IMAGE_ID", &boot.image_id)
            .env("SIM_ARCHITECTURE", &boot.architecture)
            .env("SIM_FIRST_BOOT", if boot.first_boot { "1" } else { "0" })
            .env("SIM_BOOT_NUMBER", boot.boot_number.to_string())
            .env("SIM_DISK_DIR", disk)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }
}

impl Guest for ExecGuest {
    fn boot(&self, boot: Boot, machine: Machine) {
        let disk = self.disk_of(&boot.instance_id);
        let copied = match boot.first_boot {
            true => copy(&self.disk_of(&boot.image_id), &disk),
            false => Ok(()),
        };
        match copied.and_then(|()| self.start(&boot, &disk)) {
            Ok(child) => {
                let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                while running.try_join_next().is_some() {}
                running.spawn(play(child, boot.user_data, machine));
            }
            Err(error) => {
                let line = format!("simulated guest did not start: {error}\n");
                machine.console_after(Duration::ZERO, line);
            }
        }
    }

    fn imaged(&self, instance_id: &str, image_id: &str) {
        // An image without its directory is caught where it matters: at the boot from it.
        let _ = copy(&self.disk_of(instance_id), &self.disk_of(image_id));
    }
}

/// Copies a disk, or makes an empty one when there is nothing to copy.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        return std::fs::create_dir_all(to);
    }
    let mut copy = std::process::Command::new("cp");
    copy.args(["-a", "--reflink=auto"]).arg(from).arg(to);
    match copy.status()?.success() {
        true => Ok(()),
        false => Err(std::io::Error::other(format!(
            "cp of {} failed",
            from.display()
        ))),
    }
}

async fn play(mut child: Child, user_data: Vec<u8>, machine: Machine) {
    let input = child.stdin.take();
    let output = child.stdout.take();
    let feed = async {
        if let Some(mut input) = input {
            // A guest that does not read its user data closes the pipe; that is its choice.
            let _ = input.write_all(&user_data).await;
        }
    };
    let listen = async {
        let Some(mut output) = output else { return };
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = output.read(&mut buffer).await {
            machine.console_after(Duration::ZERO, &buffer[..n]);
        }
    };
    let ended = tokio::select! {
        biased;
        status = async { tokio::join!(feed, listen); child.wait().await } => status.ok(),
        () = halted(&machine) => None,
    };
    match ended.and_then(|status| status.code()) {
        Some(REBOOT) => machine.reboot_after(Duration::ZERO),
        _ => machine.power_off(),
    }
}

/// Ends when the instance was stopped, rebooted or terminated from outside.
#[expect(
    clippy::disallowed_methods,
    reason = "a real program lives in real time"
)]
async fn halted(machine: &Machine) {
    while machine.alive() {
        tokio::time::sleep(LOOK).await;
    }
}
