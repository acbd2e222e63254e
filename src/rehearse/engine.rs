//! The engines as one: which there are, and whether one works here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::guests::SentGuest;
use super::tools::EngineError;
use super::{nspawn, qemu};

/// Something that boots guests.
#[derive(Debug, Clone)]
pub enum Engine {
    /// A container of a root tree.
    Nspawn {
        root: PathBuf,
        /// With the host's network, else with none.
        network: bool,
    },
    /// A virtual machine of a disk image.
    Qemu(qemu::Disk),
}

impl Engine {
    /// `nspawn` or `qemu`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Nspawn { .. } => "nspawn",
            Self::Qemu(_) => "qemu",
        }
    }

    /// From power-on to cloud-init, and from its end to power-off, generously: an emulated machine takes
    /// its time.
    pub(super) fn around(&self) -> Duration {
        match self {
            Self::Nspawn { .. } => Duration::from_secs(30),
            Self::Qemu(_) => Duration::from_secs(300),
        }
    }

    /// Refuses what cannot work here, before anything is made.
    pub(super) fn ready(&self) -> Result<(), EngineError> {
        match self {
            Self::Nspawn { root, .. } => nspawn::nspawn_ready(root),
            Self::Qemu(disk) => qemu::qemu_ready(disk),
        }
    }

    /// Makes the guests' disk in the rehearsal's folder.
    pub(super) fn prepare(&self, folder: &Path) -> Result<(), EngineError> {
        match self {
            Self::Nspawn { .. } => Ok(()),
            Self::Qemu(disk) => qemu::prepare_disk(disk, folder),
        }
    }

    /// A program whose output is the guest's console and whose end is the guest's.
    pub(super) fn command(&self, sent: &SentGuest, folder: &Path) -> Result<Command, EngineError> {
        match self {
            Self::Nspawn { root, network } => nspawn::nspawn_command(root, *network, sent, folder),
            Self::Qemu(disk) => qemu::qemu_command(disk, sent, folder),
        }
    }
}
