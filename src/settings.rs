//! The config: a file as written becomes settings as checked.
//!
//! Guarantees: whoever holds a [`Settings`] need not check anything in it again, and whoever gets
//! [`Faults`] got all of them, each at its place with what would be right. Reads the config and the
//! recipes' files, writes nothing, calls nobody.
//!
//! The way through: text -> spanned tables ([`toml`], which goes on after a syntax error) -> a walk
//! against one key table (`keys`: unknown keys, wrong types) -> the sections' own readers (strings
//! become types, once) -> `check` (rules across keys).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::file_read;
use crate::model::cron_text::CronText;
use crate::model::ids::{AccountId, Installation, Partition, Region, WatchName};
use crate::model::secret::SecretSource;
use crate::model::watch::{Builder, Recipe, Watch};

mod accounts;
mod arns;
mod builder;
mod check;
mod cloud_config;
mod copies;
mod cron;
mod fault;
mod hidden_text;
mod keys;
mod nearest;
mod notifier;
mod notifiers;
mod publish;
mod publishers;
mod reading;
mod recipes;
mod retire;
mod rivals;
mod rollout;
mod secret;
mod secret_lines;
mod sections;
mod source;
mod targets;
mod templates;
mod user_data;
mod values;
mod walk;
mod watches;

#[cfg(test)]
mod tests_accounts;
#[cfg(test)]
mod tests_cron;
#[cfg(test)]
mod tests_documented;
#[cfg(test)]
mod tests_faults;
#[cfg(test)]
mod tests_hostile;
#[cfg(test)]
mod tests_notify;
#[cfg(test)]
mod tests_publish;
#[cfg(test)]
mod tests_recipes;
#[cfg(test)]
mod tests_retire;
#[cfg(test)]
mod tests_rollout;
#[cfg(test)]
mod tests_rules;
#[cfg(test)]
mod tests_secrets;
#[cfg(test)]
mod tests_values;

pub use cron::parse_cron;
pub use fault::{Fault, Faults, Problem};
pub use notifier::{HookTemplateFile, MailAt, Notifier, NotifierKind};

/// Where a config is looked for when nobody names one, in this order.
pub const DEFAULT_PATHS: [&str; 2] = ["amiwatch.toml", "/etc/amiwatch/amiwatch.toml"];

/// A config of a thousand watches has a tenth of this.
const MAX_CONFIG_BYTES: u64 = 1024 * 1024;

/// A config that was read and found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The file it came from, as it was named.
    pub path: PathBuf,
    /// Absent only where no watch makes anything by itself; see [`Settings::require_installation`].
    pub installation: Option<Installation>,
    pub schedule: Schedule,
    pub store: StoreUrl,
    /// For how long what happened is kept.
    pub keep_history: Duration,
    /// Where health and metrics are served; absent: nowhere. Always a loopback address.
    pub http: Option<SocketAddr>,
    /// Where the address is kept that hears how passes go; absent: nobody hears.
    pub watchdog: Option<SecretSource>,
    /// The user's own tags, on everything that is made. None begins with `aws:` or `amiwatch:`.
    pub tags: BTreeMap<String, String>,
    pub aws: AwsOverrides,
    /// Accounts beside the credentials' own, by the name behind `account.`; each is there once.
    pub accounts: BTreeMap<String, FleetAccount>,
    pub builder: Builder,
    /// Each with its recipe in it.
    pub watches: BTreeMap<WatchName, Watch>,
    /// Every recipe, used or not, by name.
    pub recipes: BTreeMap<String, Recipe>,
    /// By the name behind `notify.`.
    pub notifiers: BTreeMap<String, Notifier>,
    /// What is allowed but probably not meant, by place.
    pub warnings: Vec<Fault>,
}

/// When the daemon looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub cron: CronText,
    pub timezone: chrono_tz::Tz,
    /// Each tick is late by up to this much, so that many daemons do not look at once.
    pub jitter: Duration,
    /// A pass that takes longer is cut; bakes are not part of it.
    pub pass_timeout: Duration,
    /// What cannot be read for so long is told.
    pub blind_after: Duration,
}

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A SQLite file; a relative one was written relative to the config.
    SqliteFile(PathBuf),
    /// `sqlite::memory:`: gone with the process.
    SqliteMemory,
    /// A table of DynamoDB, which several processes share; in the region that AWS is asked in, unless it says
    /// another.
    DynamoTable {
        table: String,
        region: Option<Region>,
    },
}

impl StoreUrl {
    /// Whether several daemons may be started on it, of which one leads.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::DynamoTable { .. })
    }
}

/// As people know it.
impl std::fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SqliteFile(path) => write!(f, "{}", path.display()),
            Self::SqliteMemory => f.write_str(":memory:"),
            Self::DynamoTable { table, .. } => write!(f, "table {table}"),
        }
    }
}

/// What the config sets instead of the SDK's default chain. Absent: as the chain says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsOverrides {
    pub region: Option<Region>,
    pub profile: Option<String>,
    /// Assumed with the chain's credentials.
    pub role_arn: Option<String>,
    /// Assumed, with the credentials of all the rest, by whatever changes an environment. Absent: moves
    /// have no role of their own.
    pub rollout_role_arn: Option<String>,
    pub endpoint_url: Option<String>,
    /// The most that the daemon asks a service in a region, reads and changes apart. Never 0.
    pub calls_per_second: u32,
    /// Accounts and regions that are looked at side by side. Never 0.
    pub places_at_once: usize,
}

/// An account beside the credentials' own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetAccount {
    /// Whose the role is.
    pub id: AccountId,
    pub partition: Partition,
    /// Assumed by whatever looks there.
    pub role_arn: String,
    /// Assumed by whatever changes an environment there. Absent: nothing is changed there.
    pub rollout_role_arn: Option<String>,
    /// What its roles want to be told. Not a secret to AWS.
    pub external_id: Option<String>,
    /// All of its partition. Empty: the region of everything else.
    pub regions: Vec<Region>,
}

impl Settings {
    /// The installation's name, which whatever makes something needs.
    ///
    /// # Errors
    /// The config does not set it.
    pub fn require_installation(&self) -> Result<&Installation, Faults> {
        self.installation.as_ref().ok_or_else(|| {
            Faults::one(source::bare_fault(
                &self.path,
                1,
                1,
                check::installation_missing(),
            ))
        })
    }
}

/// Reads and checks a config and the recipes that it names.
///
/// # Errors
/// Every fault of the config, or the one that kept it from being read.
pub fn load_config(path: &Path) -> Result<Settings, Faults> {
    let bytes = file_read::read_bytes(path, MAX_CONFIG_BYTES)
        .map_err(|error| Faults::one(unreadable(path, &error)))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| Faults::one(not_utf8(path, &bytes[..error.valid_up_to()])))?;
    parse_config(text, path, &|recipe| {
        file_read::read_bytes(recipe, recipes::MAX_FILE_BYTES)
    })
}

/// [`load_config`] as a function of values: `path` names the file in faults and is where relative paths
/// start, `read_file` reads the recipes.
///
/// # Errors
/// Every fault of the config.
pub fn parse_config(
    text: &str,
    path: &Path,
    read_file: &dyn Fn(&Path) -> std::io::Result<Vec<u8>>,
) -> Result<Settings, Faults> {
    let source = source::Source::new(path, text);
    let (tree, syntax) = toml::de::DeTable::parse_recoverable(text);
    let mut reading = reading::ConfigReading::new(&source, syntax, read_file);
    walk::walk(tree.get_ref(), &mut reading);
    let nothing = toml::de::DeTable::new();
    let tables = match reading.is_enough() {
        // What there is more, or too much of, is not worth anybody's time.
        true => &nothing,
        false => tree.get_ref(),
    };
    let settings = sections::read_sections(tables, path, &mut reading);
    let warnings = reading.finish()?;
    Ok(Settings {
        warnings,
        ..settings
    })
}

/// `[store] url` as a command line has it; a relative file is relative to where it is typed.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub fn parse_store_url(text: &str) -> Result<StoreUrl, String> {
    values::store_url(text).map_err(|problem| format!("{}: {}", problem.wrong, problem.right))
}

/// What can be said of user data that no config names: everything that is wrong with it as written.
pub fn user_data_problems(text: &str, template: bool) -> Vec<Problem> {
    user_data::user_data_problems(text, template)
}

/// What is probably not meant in user data that is not wrong, one sentence each.
pub fn user_data_doubts(text: &str) -> Vec<String> {
    user_data::user_data_doubts(text)
}

/// The shell code in user data: the shell that runs it, and the code.
pub fn user_data_shell(text: &str) -> Vec<(String, String)> {
    user_data::shell(text)
}

/// `[http] listen` of a config that may be wrong elsewhere; `None` when it is not there to be read.
pub fn listen_of(path: &Path) -> Option<SocketAddr> {
    let text = file_read::read_text(path, MAX_CONFIG_BYTES).ok()?;
    let (tree, _) = toml::de::DeTable::parse_recoverable(&text);
    let http = tree.get_ref().get("http")?.get_ref().as_table()?;
    values::loopback(http.get("listen")?.get_ref().as_str()?).ok()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    let problem = Problem::new(
        format!("the config cannot be read: {error}"),
        "name a readable file with --config",
    );
    source::bare_fault(path, 1, 1, problem)
}

/// At the first byte that is no text.
fn not_utf8(path: &Path, before: &[u8]) -> Fault {
    let before = String::from_utf8_lossy(before);
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |line| line.chars().count())
        + 1;
    let problem = Problem::new("the config is not UTF-8 here", "save the file as UTF-8");
    source::bare_fault(path, before.matches('\n').count() + 1, column, problem)
}
