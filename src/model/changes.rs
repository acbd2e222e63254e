//! What differs between two images: what their guests reported, held against each other.

use serde::{Deserialize, Serialize};

use super::ids::ImageId;

/// Every difference between two reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The running kernel's release, when it is another one.
    pub kernel: Option<Moved>,
    /// By name.
    pub packages: Vec<PackageChange>,
    /// A report had no room for all its packages: only names that both could have listed are compared.
    pub partial: bool,
}

/// From one version to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub from: String,
    pub to: String,
}

/// A package that is there in another version, new, or gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageChange {
    pub name: String,
    /// Absent: it is new. Several versions side by side stand in one text.
    pub from: Option<String>,
    /// Absent: it is gone.
    pub to: Option<String>,
}

/// The same with the list of packages, as `history` and `explain` tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangesInFull {
    #[serde(flatten)]
    pub short: ChangesInShort,
    /// By name; absent when the report of one of the two images is not kept.
    pub packages: Option<Vec<PackageChange>>,
}

/// The same in short, as it stands in notices and in a watch's memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesInShort {
    /// The image that this one replaced.
    pub since: ImageId,
    /// `openssl 3.2.2-1 -> 3.2.2-3, kernel 6.1.140 -> 6.1.141, 37 others`
    pub line: String,
    pub changed: usize,
    pub added: usize,
    pub removed: usize,
    pub kernel: Option<Moved>,
    pub partial: bool,
}

impl ChangesInShort {
    /// The line and the counts, for people: `openssl 3.2.2-1 -> 3.2.2-3 (1 changed, 2 added)`.
    pub fn counted(&self) -> String {
        let counts = [
            (self.changed, "changed"),
            (self.added, "added"),
            (self.removed, "removed"),
        ];
        let some = counts.iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = some
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        match words.is_empty() {
            true => self.line.clone(),
            false => format!("{} ({})", self.line, words.join(", ")),
        }
    }
}
