//! A virtual machine of a disk image: slower, and a machine of its own, with its own kernel.
//!
//! With KVM where it works, else emulated. The image is never written: guests write to an
//! overlay of it. Without `network` the guest has a network card behind which there is nothing.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::guests::SentGuest;
use super::seed;
use super::tools::{EngineError, Needed, installed, run_tool, within};

/// A disk to boot.
#[derive(Debug, Clone)]
pub struct Disk {
    pub image: PathBuf,
    /// For an image that has no boot loader.
    pub kernel: Option<PathBuf>,
    pub initrd: Option<PathBuf>,
    /// Out to the world through this machine, else nowhere.
    pub network: bool,
}

const SYSTEM: &str = "qemu-system-x86_64";

const NEEDED: [Needed; 2] = [
    Needed {
        tool: SYSTEM,
        deb: "qemu-system-x86",
        rpm: "qemu-system-x86-core",
    },
    Needed {
        tool: "qemu-img",
        deb: "qemu-utils",
        rpm: "qemu-img",
    },
];

/// What a kernel that is given by hand is told.
const COMMAND_LINE: &str = "root=/dev/vda rw console=ttyS0";

pub(super) fn qemu_ready(disk: &Disk) -> Result<(), EngineError> {
    installed(&NEEDED)?;
    for file in [
        Some(&disk.image),
        disk.kernel.as_ref(),
        disk.initrd.as_ref(),
    ]
    .into_iter()
    .flatten()
    {
        std::fs::File::open(file).map_err(EngineError::io(file, "read"))?;
    }
    Ok(())
}

/// Makes the overlay that both guests write to.
pub(super) fn prepare_disk(disk: &Disk, folder: &Path) -> Result<(), EngineError> {
    let image = std::path::absolute(&disk.image).map_err(EngineError::io(&disk.image, "found"))?;
    let word = OsStr::new::<str>;
    let info = [word("info"), word("--output=json"), image.as_os_str()];
    let format = format_of(&run_tool("qemu-img", &info)?);
    let made = overlay(folder);
    let mut create: Vec<&OsStr> = ["create", "-q", "-f", "qcow2", "-F", &format, "-b"]
        .map(word)
        .to_vec();
    create.extend([image.as_os_str(), made.as_os_str()]);
    run_tool("qemu-img", &create).map(drop)
}

fn overlay(folder: &Path) -> PathBuf {
    folder.join("disk.qcow2")
}

/// The image's format, as qemu-img tells it.
fn format_of(info: &[u8]) -> String {
    let told = serde_json::from_slice::<serde_json::Value>(info).ok();
    let format = told.as_ref().and_then(|told| told.get("format")?.as_str());
    format.unwrap_or("raw").to_owned()
}

pub(super) fn qemu_command(
    disk: &Disk,
    sent: &SentGuest,
    folder: &Path,
) -> Result<Command, EngineError> {
    let path = folder.join("seed.img");
    let seed = seed::seed_disk(sent).map_err(EngineError::io(&path, "made"))?;
    std::fs::write(&path, seed).map_err(EngineError::io(&path, "written"))?;
    let mut command = Command::new(SYSTEM);
    command
        .args(["-nodefaults", "-no-user-config", "-display", "none"])
        .args(["-accel", accelerator(), "-cpu", "max"])
        .args(["-smp", "2", "-m", "1024", "-serial", "stdio"])
        .args(["-uuid", &dashed(&sent.uuid)])
        .args(["-device", "virtio-rng-pci"])
        .arg("-drive")
        .arg(drive(&overlay(folder), "format=qcow2,cache=unsafe"))
        .arg("-drive")
        .arg(drive(&path, "format=raw,read-only=on"))
        .arg("-nic")
        .arg(match disk.network {
            true => "user,model=virtio-net-pci",
            false => "user,model=virtio-net-pci,restrict=on",
        });
    if let Some(kernel) = &disk.kernel {
        command.arg("-kernel").arg(kernel);
        command.args(["-append", COMMAND_LINE]);
    }
    if let Some(initrd) = &disk.initrd {
        command.arg("-initrd").arg(initrd);
    }
    Ok(command)
}

/// KVM where this user may use it and QEMU gets on with it: inside of some virtual machines /dev/kvm is
/// there and QEMU dies of it.
fn accelerator() -> &'static str {
    let device = OpenOptions::new().read(true).write(true).open("/dev/kvm");
    match device.is_ok() && survives_kvm() {
        true => "kvm",
        false => "tcg",
    }
}

/// A machine that has nothing to do quits at once.
const PROBE_MAX: Duration = Duration::from_secs(20);

/// Starts a machine that never runs and has it quit.
fn survives_kvm() -> bool {
    let started = within(PROBE_MAX, SYSTEM)
        .args(["-nodefaults", "-no-user-config", "-display", "none", "-S"])
        .args(["-accel", "kvm", "-cpu", "max", "-monitor", "stdio"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut machine) = started else {
        return false;
    };
    let told = machine
        .stdin
        .take()
        .is_some_and(|mut monitor| monitor.write_all(b"quit\n").is_ok());
    machine.wait().is_ok_and(|status| told && status.success())
}

/// A drive of a file; QEMU wants commas in names doubled.
fn drive(file: &Path, options: &str) -> String {
    let file = file.display().to_string().replace(',', ",,");
    format!("if=virtio,{options},file={file}")
}

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`
fn dashed(digits: &str) -> String {
    let piece = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let pieces = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    pieces.map(|(from, to)| piece(from, to)).join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_formats_and_names_are_written_as_qemu_reads_them() {
        let uuid = dashed("0123456789abcdef0123456789abcdef");
        assert_eq!(uuid, "01234567-89ab-cdef-0123-456789abcdef");
        assert_eq!(
            format_of(br#"{"format": "qcow2", "virtual-size": 1}"#),
            "qcow2"
        );
        assert_eq!(format_of(b"nothing"), "raw");
        let drive = drive(Path::new("/a,b/c"), "format=raw");
        assert_eq!(drive, "if=virtio,format=raw,file=/a,,b/c");
    }
}
