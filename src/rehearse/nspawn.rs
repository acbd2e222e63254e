//! A container of a root tree: boots in a second or two, with the host's kernel.

use std::path::Path;
use std::process::Command;

use super::guests::SentGuest;
use super::seed;
use super::tools::{EngineError, Needed, installed, root_user};

const SCRIPT: &str = include_str!("nspawn.sh");

const NEEDED: [Needed; 2] = [
    Needed {
        tool: "systemd-nspawn",
        deb: "systemd-container",
        rpm: "systemd-container",
    },
    Needed {
        tool: "unshare",
        deb: "util-linux",
        rpm: "util-linux",
    },
];

/// What a root must have to be a guest: an init, and cloud-init.
const INITS: [&str; 3] = ["sbin/init", "usr/sbin/init", "lib/systemd/systemd"];

pub(super) fn nspawn_ready(root: &Path) -> Result<(), EngineError> {
    root_user("systemd-nspawn")?;
    installed(&NEEDED)?;
    let has = |names: &[&str]| {
        let at = |name: &&str| root.join(name).symlink_metadata().is_ok();
        names.iter().any(at)
    };
    let why = match () {
        () if !root.is_dir() => "it is no folder",
        () if !has(&INITS) => "it has no init: name the root of an installed system",
        () if !has(&["usr/bin/cloud-init"]) => "it has no cloud-init: install it in there",
        () => return Ok(()),
    };
    Err(EngineError::Unfit {
        path: root.to_owned(),
        why,
    })
}

pub(super) fn nspawn_command(
    root: &Path,
    network: bool,
    sent: &SentGuest,
    folder: &Path,
) -> Result<Command, EngineError> {
    let seed = folder.join("seed");
    std::fs::create_dir_all(&seed).map_err(EngineError::io(&seed, "made"))?;
    for (name, content) in seed::files(sent) {
        let path = seed.join(name);
        std::fs::write(&path, content).map_err(EngineError::io(&path, "written"))?;
    }
    let root = std::path::absolute(root).map_err(EngineError::io(root, "found"))?;
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private"])
        // Else a guest outlives the one who ends it.
        .args(["--pid", "--kill-child", "--mount-proc"])
        .args(["sh", "-c", SCRIPT])
        .arg("nspawn.sh")
        .args([root, folder.join("disk"), seed])
        .arg(&sent.uuid);
    if !network {
        command.arg("--private-network");
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_system_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        // Without root, the user is refused first: either is an error before anything starts.
        assert!(nspawn_ready(folder.path()).is_err());
        assert!(nspawn_ready(&folder.path().join("nowhere")).is_err());
    }
}
