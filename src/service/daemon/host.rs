//! What the daemon lives in: whoever stops it, reloads it, and wants to know how it is.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::cloud::Connection;
use crate::settings::Settings;

/// Settings, and the way to AWS that they say. A reload makes a new one; what the old one
/// began goes on with the old one.
#[derive(Clone)]
pub struct LiveConfig {
    pub settings: Rc<Settings>,
    pub connection: Connection,
}

/// The settings that the daemon works by now, for the pages, which have no use for its way to AWS.
pub struct SettingsInUse(RefCell<Rc<Settings>>);

impl SettingsInUse {
    /// Those that it starts with.
    pub fn new(settings: &Rc<Settings>) -> Self {
        Self(RefCell::new(Rc::clone(settings)))
    }

    /// As they are now; a reload changes nothing about what was given.
    pub fn now(&self) -> Rc<Settings> {
        Rc::clone(&self.0.borrow())
    }

    pub(super) fn replace(&self, settings: &Rc<Settings>) {
        *self.0.borrow_mut() = Rc::clone(settings);
    }
}

/// What somebody wants of the whole daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Stop; whatever is under way goes on at the next start.
    Stop,
    /// Read the config again.
    Reload,
}

/// What the daemon says about itself to whoever supervises it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// It works (again, after a reload).
    Ready,
    Reloading,
    Stopping,
    /// It is alive.
    Alive,
    /// One line for people.
    Status(String),
}

/// The daemon's surroundings: the operating system and its service manager, or a test.
pub trait Host {
    /// Waits for the next signal.
    fn signal(&self) -> impl Future<Output = Signal>;

    /// Reads the config again.
    ///
    /// # Errors
    /// Everything that is wrong with it, as people read it.
    fn load(&self) -> impl Future<Output = Result<LiveConfig, String>>;

    /// Tells the supervisor. Best effort: a supervisor that does not listen is nobody's error.
    fn tell(&self, condition: &Condition);

    /// How often the supervisor wants to hear that the daemon is alive; absent: never.
    fn alive_every(&self) -> Option<Duration>;
}
