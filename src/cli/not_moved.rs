//! Says why nothing was moved, and how the command ends then.

use crate::flow::exit_code::Exit;
use crate::service::desk::rollout::MoveError;

/// What stands against it is 1, what could not be read is 4; every other error is the caller's.
pub(super) fn say_not_moved(name: &str, error: MoveError) -> anyhow::Result<Exit> {
    let (why, exit) = match error {
        MoveError::Refused(why) => (why, Exit::Failed),
        MoveError::Untold(why) => (why, Exit::CannotTell),
        error => return Err(error.into()),
    };
    why.iter()
        .for_each(|why| eprintln!("amiwatch: {name} is not moved: {why}"));
    Ok(exit)
}
