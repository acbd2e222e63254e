//! The one table of keys: what a config may hold, of which type, with which default and why. The
//! walk, the example and the reference are all held against it, so that no key can be read without
//! being documented or documented without being read.
//!
//! A row is made here; the rows themselves stand in files by the tables that they are of.

mod account;

mod builder;

mod daemon;

mod notify;

mod publish;

mod recipe;

mod retire;

mod rollout;

mod watch;

/// A key, or a table, by its place.
#[derive(Debug)]
pub(super) struct ConfigKey {
    /// Dotted; `*` stands for a name that the user chooses.
    pub(super) path: &'static str,
    pub(super) kind: ValueKind,
    /// As TOML; absent where the key is required or means something by its absence.
    pub(super) default: Option<&'static str>,
    /// As TOML: what would be right.
    pub(super) example: &'static str,
    /// One line: what it is for.
    pub(super) doc: &'static str,
}

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Text,
    Integer,
    Boolean,
    /// `["a", "b"]`
    Texts,
    /// `[name]` or `{ ... }`; its keys are rows of their own.
    Table,
    /// `[[name]]`; the keys of each are rows of their own.
    Tables,
    /// Text, or a table that says more; its keys are rows of their own.
    TextOrTable,
    /// A table that says where a secret is kept. The secret itself does not stand in a config.
    Secret,
    /// Known, so that whoever writes it is told what there is instead; not built in this version.
    NotBuilt,
}

impl ConfigKey {
    /// The key's own name: the last part of its path.
    pub(super) fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }
}

impl ValueKind {
    /// As it stands in "write ...".
    pub(super) fn phrase(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
            Self::Texts => "a list of texts",
            Self::Table => "a table",
            Self::Tables => "a list of tables",
            Self::TextOrTable => "text or a table",
            Self::Secret => "where it is kept",
            Self::NotBuilt => "nothing",
        }
    }
}

/// The parts of the table, in the order of the reference.
const PARTS: [&[ConfigKey]; 9] = [
    daemon::KEYS,
    account::KEYS,
    builder::KEYS,
    watch::KEYS,
    rollout::KEYS,
    publish::KEYS,
    retire::KEYS,
    recipe::KEYS,
    notify::KEYS,
];

/// Every key. Rows of one table stand together, in the order of the reference.
pub(super) fn all_keys() -> impl Iterator<Item = &'static ConfigKey> {
    PARTS.into_iter().flatten()
}

/// The row at a path, where a `*` row stands for every name.
pub(super) fn child(parent: &str, name: &str) -> Option<&'static ConfigKey> {
    let parent = home_of(parent);
    let children = || all_keys().filter(|key| parent_of(key.path) == parent);
    children()
        .find(|key| key.name() == name)
        .or_else(|| children().find(|key| key.name() == "*"))
}

/// The rows right under a path.
pub(super) fn children(parent: &str) -> impl Iterator<Item = &'static ConfigKey> {
    let parent = home_of(parent).to_owned();
    all_keys().filter(move |key| parent_of(key.path) == parent)
}

/// Where the rows right under a path stand: those of every secret stand with the first of them.
fn home_of(path: &str) -> &str {
    let is_secret = |key: &ConfigKey| key.path == path && key.kind == ValueKind::Secret;
    match all_keys().any(is_secret) {
        true => notify::A_SECRET,
        false => path,
    }
}

fn parent_of(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

const fn key(
    path: &'static str,
    kind: ValueKind,
    example: &'static str,
    doc: &'static str,
) -> ConfigKey {
    ConfigKey {
        path,
        kind,
        default: None,
        example,
        doc,
    }
}

impl ConfigKey {
    /// The example is the default.
    const fn by_default(mut self) -> Self {
        self.default = Some(self.example);
        self
    }
}
