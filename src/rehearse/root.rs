//! A root to rehearse in, for whoever has none.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::tools::{EngineError, Needed, installed, root_user, took_too_long, within};

const SCRIPT: &str = include_str!("debian-root.sh");

const NEEDED: [Needed; 1] = [Needed {
    tool: "mmdebstrap",
    deb: "mmdebstrap",
    rpm: "mmdebstrap",
}];

/// A slow mirror over a slow line.
const FETCH_MAX: Duration = Duration::from_secs(30 * 60);

/// Makes a small Debian at `root` unless it is there. What mmdebstrap says goes to standard error.
///
/// # Errors
/// When this is not root, mmdebstrap is missing, or it fails.
pub fn fetch_debian(root: &Path) -> Result<(), EngineError> {
    if root.exists() {
        return Ok(());
    }
    root_user("mmdebstrap")?;
    installed(&NEEDED)?;
    let ended = within(FETCH_MAX, "sh")
        .args(["-c", SCRIPT, "debian-root.sh"])
        .arg(root)
        .stdin(Stdio::null())
        .status();
    let said = match ended {
        Ok(status) if status.success() => return Ok(()),
        Ok(status) if took_too_long(status) => {
            format!("it did not end within {} min", FETCH_MAX.as_secs() / 60)
        }
        Ok(_) => "its words are above; is a Debian mirror in reach?".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(EngineError::Tool {
        tool: "mmdebstrap",
        said,
    })
}
