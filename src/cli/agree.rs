//! Asks a person whether to go on, after what will be done was shown. Only on a terminal: elsewhere a
//! command must have been told.

use std::io::IsTerminal as _;

use anyhow::bail;
use dialoguer::Confirm;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};

use super::session::WrongUsage;

/// Asks; `false` too when the person breaks off. `does` is what `--yes` does where nobody can be asked.
pub(super) fn person_agrees(question: String, does: &str) -> anyhow::Result<bool> {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        bail!(WrongUsage(format!(
            "there is no terminal to ask on; `--yes` {does}"
        )));
    }
    let theme: Box<dyn Theme> = match super::colours() {
        true => Box::new(ColorfulTheme::default()),
        false => Box::new(SimpleTheme),
    };
    let asked = Confirm::with_theme(theme.as_ref())
        .with_prompt(question)
        .default(false)
        .interact_opt()?;
    Ok(asked.unwrap_or(false))
}
