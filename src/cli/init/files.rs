//! The files that `init` writes: made new or not at all, and only after the config's own parser has
//! read them.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::cli::session::WrongUsage;
use crate::flow::draft::ConfigDraft;

/// Refuses a place where something is already, before anybody is asked anything.
pub(super) fn refuse_existing(output: &Path) -> anyhow::Result<()> {
    // A link that leads nowhere is something too.
    match output.symlink_metadata() {
        Ok(_) => bail!(WrongUsage(format!(
            "{} is there already, and init writes over nothing; move it away, or name another file \
             with --output",
            output.display()
        ))),
        Err(_) => Ok(()),
    }
}

/// Reads the draft as it will be read, so that no config is written that would be refused.
pub(super) fn prove(output: &Path, draft: &ConfigDraft) -> anyhow::Result<()> {
    let files: BTreeMap<PathBuf, &String> = draft
        .files
        .iter()
        .map(|(path, text)| (beside(output, path), text))
        .collect();
    let read = |path: &Path| match files.get(path) {
        Some(text) => Ok(text.as_bytes().to_vec()),
        None => Err(Error::from(ErrorKind::NotFound)),
    };
    let settings = crate::settings::parse_config(&draft.config, output, &read)
        .context("what was found does not make a right config; please report this")?;
    settings
        .warnings
        .iter()
        .for_each(|warning| eprintln!("warning: {warning}"));
    Ok(())
}

/// Writes the recipes, then the config. What is there already is left as it is and refused; what was
/// written up to then is removed again.
pub(super) fn write_draft(output: &Path, draft: &ConfigDraft) -> anyhow::Result<Vec<String>> {
    let recipes = draft
        .files
        .iter()
        .map(|(path, text)| (beside(output, path), text.as_str()));
    let all = recipes.chain([(output.to_owned(), draft.config.as_str())]);
    let mut written: Vec<PathBuf> = Vec::new();
    for (path, text) in all {
        if let Err(error) = write_new(&path, text) {
            for path in &written {
                // Ours, made a moment ago; what cannot be removed is named below.
                let _ = std::fs::remove_file(path);
            }
            return Err(refusal(&path, error));
        }
        written.push(path);
    }
    written.pop();
    Ok(written
        .iter()
        .map(|path| path.display().to_string())
        .collect())
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn refusal(path: &Path, error: Error) -> anyhow::Error {
    let name = path.display();
    match error.kind() {
        ErrorKind::AlreadyExists => WrongUsage(format!(
            "{name} is there already, and init writes over nothing; move it away, or name a file in \
             another folder with --output; nothing was written"
        ))
        .into(),
        _ => anyhow::Error::new(error)
            .context(format!("{name} cannot be written; nothing was left behind")),
    }
}

/// A path of the config, as the parser resolves it.
fn beside(output: &Path, path: &str) -> PathBuf {
    match output.parent() {
        Some(folder) => folder.join(path),
        None => PathBuf::from(path),
    }
}
