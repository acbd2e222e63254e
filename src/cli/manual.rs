//! `completions`, `man`: what clap makes of the arguments, for shells and for packages.

use std::io::Write as _;

use anyhow::Context as _;
use clap::CommandFactory as _;

use super::args::{Arguments, Completions, Man};
use crate::flow::exit_code::Exit;

pub(super) fn completions(own: &Completions) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(
        own.shell,
        &mut Arguments::command(),
        "amiwatch",
        &mut script,
    );
    print(&script);
    Ok(Exit::Done)
}

pub(super) fn man(own: &Man) -> anyhow::Result<Exit> {
    let Some(folder) = &own.folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
        print(&page);
        return Ok(Exit::Done);
    };
    clap_mangen::generate_to(Arguments::command(), folder).with_context(|| {
        let folder = folder.display();
        format!("the pages cannot be written into {folder}; name a folder that is there")
    })?;
    Ok(Exit::Done)
}

/// A reader that has gone (`| head`) is nobody's error.
fn print(text: &[u8]) {
    let _ = std::io::stdout().write_all(text);
}
