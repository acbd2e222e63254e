//! The guests of a life: their days change, and they remember which day each boot had. Knows nothing of
//! processes and people.

use std::sync::{Arc, Mutex};

use amiwatch::cli::demo::machine::ToldGuest;
use sim::{Boot, Guest, Machine};

use crate::common::guest::{Day, play};

/// Guests whose days change, and who remember which day each had.
#[derive(Clone)]
pub(crate) struct Players(Arc<Mutex<Played>>);

struct Played {
    builder: Day,
    boot_test: Day,
    boots: Vec<Booted>,
}

/// One boot, and whether its guest had a day on which a report may pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Booted {
    pub(crate) instance: String,
    pub(crate) image: String,
    pub(crate) role: String,
    pub(crate) good: bool,
}

impl Players {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Played {
            builder: Day::Quick,
            boot_test: Day::Quick,
            boots: Vec::new(),
        })))
    }

    pub(crate) fn set(&self, builder: Day, boot_test: Day) {
        let mut played = self.0.lock().unwrap();
        (played.builder, played.boot_test) = (builder, boot_test);
    }

    pub(crate) fn boots(&self) -> Vec<Booted> {
        self.0.lock().unwrap().boots.clone()
    }
}

impl Guest for Players {
    fn boot(&self, boot: Boot, machine: Machine) {
        // What people launch by hand runs on.
        if boot.user_data.is_empty() {
            return;
        }
        let told =
            ToldGuest::read_user_data(&boot.user_data).expect("only amiwatch launches guests here");
        let day = {
            let mut played = self.0.lock().unwrap();
            let day = match told.role.as_str() {
                "builder" => played.builder,
                _ => played.boot_test,
            };
            played.boots.push(Booted {
                instance: boot.instance_id.clone(),
                image: boot.image_id.clone(),
                role: told.role.clone(),
                good: matches!(day, Day::Quick | Day::Good | Day::QuickRedundant),
            });
            day
        };
        play(day, &told, boot, machine);
    }
}
