//! What plays inside an instance comes from outside, through one trait.
//!
//! The account boots a guest when an instance starts to run; the guest schedules console output,
//! reboots and the power-off on the account's clock. A guest that schedules nothing is a guest that
//! hangs. The account never looks into user data or a disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::account::Account;
use crate::clock::delta;
use crate::events::Event;

/// What an instance's root volume holds: path to content. Opaque to the account, which copies it
/// from image to instance at launch and from instance to image at CreateImage.
pub type Disk = BTreeMap<String, String>;

/// One boot of one instance.
#[derive(Clone, Debug)]
pub struct Boot {
    /// Region that the instance runs in.
    pub region: String,
    /// `i-...`
    pub instance_id: String,
    /// The image that it was launched from.
    pub image_id: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// User data as sent, base64-decoded, perhaps gzipped. Empty when none was sent.
    pub user_data: Vec<u8>,
    /// True on the first boot of this instance id.
    pub first_boot: bool,
    /// 1 for the first boot; grows by one with each reboot or start.
    pub boot_number: u32,
    /// The disk as it is now.
    pub disk: Disk,
}

/// Plays the inside of instances.
pub trait Guest: Send + Sync {
    /// The instance starts to run. Called without any lock held; must return soon. Delays given to
    /// `machine` during this call count from the moment of the boot; later they count from now.
    fn boot(&self, boot: Boot, machine: Machine);

    /// An image was made of an instance. For guests that keep real directories as disks.
    fn imaged(&self, _instance_id: &str, _image_id: &str) {}
}

/// What a guest's SSM agent does with a script: run as root, to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

/// An SSM agent inside a guest: gets the script's lines, joined. Called under the account's lock: must
/// not call back, and must return at once.
#[derive(Clone)]
pub struct Agent(Arc<dyn Fn(&str) -> Ran + Send + Sync>);

impl Agent {
    pub fn new(run: impl Fn(&str) -> Ran + Send + Sync + 'static) -> Self {
        Self(Arc::new(run))
    }

    pub(crate) fn run(&self, script: &str) -> Ran {
        (self.0)(script)
    }
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Agent")
    }
}

/// The default: boots, says nothing, never ends.
#[derive(Debug, Default)]
pub struct SilentGuest;

impl Guest for SilentGuest {
    fn boot(&self, _boot: Boot, _machine: Machine) {}
}

impl<F: Fn(Boot, Machine) + Send + Sync> Guest for F {
    fn boot(&self, boot: Boot, machine: Machine) {
        self(boot, machine);
    }
}

/// What a guest can do to the instance it runs in. Cheap to clone; may be kept and used from
/// another task. What it does after its boot ended (reboot, stop, terminate) has no effect.
#[derive(Clone)]
pub struct Machine(Arc<Inner>);

struct Inner {
    account: Account,
    region: String,
    instance_id: String,
    boot_number: u32,
    booted_at: Mutex<Option<DateTime<Utc>>>,
}

impl Machine {
    pub(crate) fn new(account: Account, boot: &Boot, at: DateTime<Utc>) -> Self {
        Self(Arc::new(Inner {
            account,
            region: boot.region.clone(),
            instance_id: boot.instance_id.clone(),
            boot_number: boot.boot_number,
            booted_at: Mutex::new(Some(at)),
        }))
    }

    /// From now on delays count from the account's present.
    pub(crate) fn boot_returned(&self) {
        *self
            .0
            .booted_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Bytes on the serial console after a delay.
    pub fn console_after(&self, delay: Duration, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        self.schedule(delay, |region, id, boot| Event::Console {
            region,
            id,
            boot,
            bytes,
        });
    }

    /// Replaces the disk after a delay; the instance goes on running.
    pub fn set_disk_after(&self, delay: Duration, disk: Disk) {
        self.schedule(delay, |region, id, boot| Event::DiskWritten {
            region,
            id,
            boot,
            disk,
        });
    }

    /// An SSM agent registers after a delay, if the instance has a profile, and answers Run Command
    /// until this boot ends.
    pub fn agent_after(&self, delay: Duration, agent: Agent) {
        self.schedule(delay, |region, id, boot| Event::AgentUp {
            region,
            id,
            boot,
            agent,
        });
    }

    /// Reboots after a delay: the guest's `boot` is called again with `first_boot` false.
    pub fn reboot_after(&self, delay: Duration) {
        self.schedule(delay, |region, id, boot| Event::Reboot { region, id, boot });
    }

    /// Powers off after a delay, leaving this disk. The instance stops or terminates, as its
    /// shutdown behaviour says.
    pub fn power_off_after(&self, delay: Duration, disk: Disk) {
        self.schedule(delay, |region, id, boot| Event::PowerOff {
            region,
            id,
            boot,
            disk: Some(disk),
        });
    }

    /// Powers off now and leaves the disk as it is.
    pub fn power_off(&self) {
        self.schedule(Duration::ZERO, |region, id, boot| Event::PowerOff {
            region,
            id,
            boot,
            disk: None,
        });
    }

    /// False once this boot has ended.
    pub fn alive(&self) -> bool {
        self.0.account.tick();
        self.0
            .account
            .boot_is_current(&self.0.region, &self.0.instance_id, self.0.boot_number)
    }

    fn schedule(&self, delay: Duration, event: impl FnOnce(String, String, u32) -> Event) {
        let booted = *self
            .0
            .booted_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let from = booted.unwrap_or_else(|| self.0.account.now());
        let event = event(
            self.0.region.clone(),
            self.0.instance_id.clone(),
            self.0.boot_number,
        );
        self.0.account.schedule_event(from + delta(delay), event);
    }
}
