//! What the parameters of a region were seen to name, by version, so that each text is read once. Asks nobody.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::model::ids::ImageId;

/// A parameter that names images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamingParameter {
    pub name: String,
    pub images: Vec<ImageId>,
}

/// Which text a parameter has: a parameter that is made anew has its first version at another time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextVersion {
    pub(super) number: i64,
    pub(super) at: Option<DateTime<Utc>>,
}

/// The images that parameters name, by name, with the version that was read. Nothing else of a text is kept.
#[derive(Debug, Default)]
pub(super) struct KnownTexts(Mutex<Texts>);

type Texts = BTreeMap<String, (TextVersion, Vec<ImageId>)>;

impl KnownTexts {
    fn known(&self) -> MutexGuard<'_, Texts> {
        // Each entry is complete in itself, so a panic elsewhere leaves the map whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names whose text is not known in this version. What is not listed any more is forgotten.
    pub(super) fn unread(&self, listed: &BTreeMap<String, TextVersion>) -> Vec<String> {
        let mut known = self.known();
        known.retain(|name, _| listed.contains_key(name));
        let unread = listed.iter().filter(|(name, version)| {
            let read = known.get(*name);
            read.is_none_or(|(read, _)| read != *version)
        });
        unread.map(|(name, _)| name.clone()).collect()
    }

    /// These were asked for, and this is what they are; one that was not answered is not there any more.
    pub(super) fn learn(
        &self,
        asked: &[String],
        read: impl Iterator<Item = (String, (TextVersion, Vec<ImageId>))>,
    ) {
        let mut known = self.known();
        for name in asked {
            known.remove(name);
        }
        known.extend(read);
    }

    pub(super) fn naming(&self) -> Vec<NamingParameter> {
        let known = self.known();
        let naming = known.iter().filter(|(_, (_, images))| !images.is_empty());
        let naming = naming.map(|(name, (_, images))| NamingParameter {
            name: name.clone(),
            images: images.clone(),
        });
        naming.collect()
    }
}
