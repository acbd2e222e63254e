//! What a notice goes on with: the keys of those that began what it tells more of, or the end of. Whoever
//! heard one of them is told how it ended, whatever the config says by then.

use super::{BakeTold, Notice, What};

/// Attempts of one bake that are looked back at; a config gives up long before.
const ATTEMPTS_MAX: u32 = 20;

impl Notice {
    /// Whether it ends what was told before: those who heard that are told.
    pub fn is_end(&self) -> bool {
        matches!(
            self.what,
            What::Resolved { .. } | What::BlindOver { .. } | What::Baked { .. }
        )
    }

    /// The keys of the notices that it goes on with.
    pub fn beginnings(&self) -> Vec<String> {
        match &self.what {
            What::Drift(told) => told.follows.iter().cloned().collect(),
            What::Resolved { ends, .. } | What::BlindOver { ends, .. } => vec![ends.clone()],
            What::Baked { bake, .. } => bake.failures_before(),
            _ => Vec::new(),
        }
    }
}

impl BakeTold {
    /// The keys under which earlier attempts of the same bake, and that it was held, were told.
    fn failures_before(&self) -> Vec<String> {
        let earlier = 1..self.attempt.min(ATTEMPTS_MAX + 1);
        let keys = earlier.flat_map(|attempt| {
            let key = self.key.to_string();
            [failed_key(&key, attempt), held_key(&key, attempt)]
        });
        keys.collect()
    }
}

/// One attempt of a bake failed.
pub fn failed_key(bake: &str, attempt: u32) -> String {
    format!("failed:{bake}:{attempt}")
}

/// A bake failed so often that it waits for a person.
pub fn held_key(bake: &str, attempts: u32) -> String {
    format!("held:{bake}:{attempts}")
}
