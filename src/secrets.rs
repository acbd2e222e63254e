//! Reads secrets from where the config says that they are kept, when they are needed.
//!
//! Not at start and not at `config check`: a secret that is replaced while the daemon runs is found
//! again, and one that is missing costs its own receiver and nobody else. What was read is kept for
//! a few minutes, and forgotten when a receiver refuses it. It never stands in an error.
//!
//! The environment is the command line's to read; it is handed in as a function.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::file_read;
use crate::model::secret::{Secret, SecretSource};

/// Short enough that a replaced secret is soon found, long enough that a burst of notices asks SSM
/// once.
const KEPT_FOR: TimeDelta = TimeDelta::minutes(5);
/// A webhook's address has a few hundred bytes; a file of more is another file.
const BYTES_MAX: u64 = 8 * 1024;
/// Where systemd puts what `LoadCredential=` names.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Reads a variable of the environment.
pub type ReadVariable = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Reads secrets and keeps them for a while. Cheap to clone; clones keep them together.
#[derive(Clone)]
pub struct Secrets {
    environment: ReadVariable,
    clock: Clock,
    kept: Arc<Mutex<Kept>>,
}

/// What was read, and when.
type Kept = BTreeMap<SecretSource, (Secret, DateTime<Utc>)>;

/// A secret could not be read. Says from where and why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{from} cannot be used: {why}")]
pub struct Unreadable {
    pub from: SecretSource,
    pub why: String,
}

impl Secrets {
    /// Nothing is read yet.
    pub fn new(environment: ReadVariable, clock: &Clock) -> Self {
        Self {
            environment,
            clock: clock.clone(),
            kept: Arc::default(),
        }
    }

    /// The secret, as it was read a moment ago or now. `cloud` is the door that SSM is asked by.
    ///
    /// # Errors
    /// When there is none, or it is not one line of text of a bearable length.
    pub async fn get(
        &self,
        from: &SecretSource,
        cloud: Option<&Cloud>,
    ) -> Result<Secret, Unreadable> {
        let now = self.clock.now();
        if let Some((secret, at)) = self.kept().get(from)
            && now - *at < KEPT_FOR
        {
            return Ok(secret.clone());
        }
        let secret = self.read(from, cloud).await.map_err(|why| Unreadable {
            from: from.clone(),
            why,
        })?;
        self.kept().insert(from.clone(), (secret.clone(), now));
        Ok(secret)
    }

    /// The next one is read anew: this one was refused.
    pub fn forget(&self, from: &SecretSource) {
        self.kept().remove(from);
    }

    /// All are read anew: the config was read again.
    pub fn forget_all(&self) {
        self.kept().clear();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // An entry is whole when it is inserted, so a panic elsewhere leaves the map whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, from: &SecretSource, cloud: Option<&Cloud>) -> Result<Secret, String> {
        let value = match from {
            SecretSource::Env(name) => {
                let value = (self.environment)(name);
                let value = value.ok_or("it is not set, or is no text; set it for this process")?;
                Secret::new(value)
            }
            SecretSource::File(path) => file(path)?,
            SecretSource::Credential(name) => file(&self.credential(name)?)?,
            SecretSource::Ssm(name) => parameter(name, cloud).await?,
        };
        one_line(&value)
    }

    fn credential(&self, name: &str) -> Result<PathBuf, String> {
        let folder = (self.environment)(CREDENTIALS).ok_or(
            "$CREDENTIALS_DIRECTORY is not set: start amiwatch by a systemd unit that has a \
             LoadCredential= of this name",
        )?;
        Ok(Path::new(&folder).join(name))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

fn file(path: &Path) -> Result<Secret, String> {
    let (about, bytes) =
        file_read::read_with_metadata(path, BYTES_MAX).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory => {
                format!("{error}; name the file that holds the secret")
            }
            io::ErrorKind::FileTooLarge => format!("{error}: it is something else"),
            _ => format!("{error}; make it readable to amiwatch's user"),
        })?;
    if about.permissions().mode() & 0o007 != 0 {
        let path = path.display();
        tracing::info!(%path, "every user of this machine may read the secret; chmod o= it");
    }
    let text = String::from_utf8(bytes);
    Ok(Secret::new(text.map_err(|_| "it is not text in UTF-8")?))
}

async fn parameter(name: &str, cloud: Option<&Cloud>) -> Result<Secret, String> {
    let cloud = cloud.ok_or("no region is named for SSM; set `region` in [aws]")?;
    match cloud.secret_parameter(name).await {
        Ok(Some(secret)) => Ok(secret),
        Ok(None) => Err(format!(
            "there is no such parameter in {}; put it there as a SecureString",
            cloud.region()
        )),
        Err(error) => Err(error.to_string()),
    }
}

/// Without the newline that an editor or `echo` has put behind it.
fn one_line(value: &Secret) -> Result<Secret, String> {
    let text = value.expose();
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.len() as u64 > BYTES_MAX {
        return Err(format!(
            "it is longer than {BYTES_MAX} bytes: it is something else"
        ));
    }
    match text.contains(char::is_control) {
        true => Err("it is not one line of text".to_owned()),
        false => Ok(Secret::new(text)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use chrono::TimeZone as _;

    use super::*;

    fn paused<T>(body: impl AsyncFnOnce(Clock) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        runtime.unwrap().block_on(async {
            let at = Utc.with_ymd_and_hms(2026, 11, 2, 8, 0, 0).unwrap();
            body(Clock::virtual_from(at)).await
        })
    }

    /// An environment that gives a number more at each reading of `N`, and the folder as credentials.
    fn environment(folder: &Path) -> ReadVariable {
        let read = AtomicU32::new(0);
        let folder = folder.display().to_string();
        Arc::new(move |name| match name {
            "N" => Some(format!("{}", read.fetch_add(1, Ordering::Relaxed) + 1)),
            CREDENTIALS => Some(folder.clone()),
            _ => None,
        })
    }

    fn env(name: &str) -> SecretSource {
        SecretSource::Env(name.to_owned())
    }

    #[test]
    fn a_secret_is_kept_for_a_while_and_read_anew_when_it_was_refused() {
        paused(async |clock| {
            let folder = tempfile::tempdir().unwrap();
            let secrets = Secrets::new(environment(folder.path()), &clock);
            let read = async || {
                let secret = secrets.get(&env("N"), None).await.unwrap();
                secret.expose().to_owned()
            };
            assert_eq!(read().await, "1");
            clock.sleep(std::time::Duration::from_secs(299)).await;
            assert_eq!(read().await, "1");
            clock.sleep(std::time::Duration::from_secs(2)).await;
            assert_eq!(read().await, "2");
            secrets.forget(&env("N"));
            assert_eq!(read().await, "3");
            secrets.forget_all();
            assert_eq!(read().await, "4");
        });
    }

    #[test]
    fn a_file_gives_its_one_line_and_so_does_a_credential() {
        paused(async |clock| {
            let folder = tempfile::tempdir().unwrap();
            let secrets = Secrets::new(environment(folder.path()), &clock);
            for (text, value) in [
                ("hush", "hush"),
                ("hush\n", "hush"),
                ("hush\r\n", "hush"),
                (" hush ", " hush "),
            ] {
                std::fs::write(folder.path().join("hook"), text).unwrap();
                let file = SecretSource::File(folder.path().join("hook"));
                for from in [file, SecretSource::Credential("hook".to_owned())] {
                    secrets.forget_all();
                    let secret = secrets.get(&from, None).await.unwrap();
                    assert_eq!(secret.expose(), value);
                }
            }
        });
    }

    #[test]
    fn what_is_not_there_or_no_secret_says_so_and_keeps_it() {
        paused(async |clock| {
            let folder = tempfile::tempdir().unwrap();
            let secrets = Secrets::new(environment(folder.path()), &clock);
            let file = |name: &str, bytes: &[u8]| {
                std::fs::write(folder.path().join(name), bytes).unwrap();
                SecretSource::File(folder.path().join(name))
            };
            for (from, part) in [
                (
                    env("NONE"),
                    "the environment variable NONE cannot be used: it is not set",
                ),
                (
                    SecretSource::File(folder.path().join("gone")),
                    "No such file",
                ),
                (SecretSource::File(folder.path().to_owned()), "directory"),
                (
                    SecretSource::Credential("gone".to_owned()),
                    "the systemd credential gone",
                ),
                (file("empty", b"\n"), "it is empty"),
                (file("long", &[b'x'; 9000]), "longer than 8192 bytes"),
                (file("lines", b"hush\nhush\n"), "not one line"),
                (file("bytes", b"hush\xff"), "not text"),
                (SecretSource::Ssm("/hook".to_owned()), "no region is named"),
            ] {
                let error = secrets.get(&from, None).await.unwrap_err().to_string();
                assert!(error.contains(part), "{error}");
                assert!(!error.contains("hush"), "{error}");
            }
        });
    }
}
