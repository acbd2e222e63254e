//! `rehearse`: boots a recipe on this machine as a bake would, and says what would come of it.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::args::{Common, EngineWord, Format, Rehearse};
use super::session::WrongUsage;
use crate::clock::Clock;
use crate::flow::exit_code::Exit;
use crate::rehearse::engine::Engine;
use crate::rehearse::{qemu, rehearse, root};

mod show;

mod subject;

/// The root that `--fetch-root` makes, below the cache.
const DEBIAN: &str = "debian-bookworm";

pub(super) async fn run_rehearse(common: &Common, own: &Rehearse) -> anyhow::Result<Exit> {
    let Some(named) = &own.recipe else {
        fetch_root(own)?;
        return Ok(Exit::Done);
    };
    // Before a root is made: that takes minutes, and what is wrong with the words is known now.
    let subject::NamedSubject { subject, problems } = subject::named_subject(common, own, named)?;
    let fetched = fetch_root(own)?;
    let engine = engine(own, fetched)?;
    let folder = Folder::make(own)?;
    let shown = common.format == Format::Table && std::io::stderr().is_terminal();
    let mut began = |role| {
        if shown {
            eprintln!("{} boots ...", show::guest(role));
        }
    };
    let clock = Clock::real();
    let rehearsed = rehearse(
        &engine,
        &subject,
        &folder.path,
        !own.no_boot_test,
        &clock,
        &mut began,
    )
    .await?;
    match common.format {
        Format::Table => show::guests_table(&subject, &rehearsed, &problems),
        Format::Json => show::rehearsal_json(&subject, &rehearsed, &problems)?,
    }
    if own.keep {
        eprintln!("consoles and disk: {}", folder.path.display());
    }
    Ok(match rehearsed.passed() && problems.is_empty() {
        true => Exit::Done,
        false => Exit::Failed,
    })
}

/// Makes the root that was asked for; its path.
fn fetch_root(own: &Rehearse) -> anyhow::Result<Option<PathBuf>> {
    if own.fetch_root.is_none() {
        return Ok(None);
    }
    let path = own.cache.join(DEBIAN);
    let there = path.exists();
    root::fetch_debian(&path)?;
    if !there || own.recipe.is_none() {
        eprintln!("a small Debian is in {}", path.display());
    }
    Ok(Some(path))
}

/// The engine that was named, or the one that what was named stands for.
fn engine(own: &Rehearse, fetched: Option<PathBuf>) -> anyhow::Result<Engine> {
    let cached = Some(own.cache.join(DEBIAN)).filter(|root| root.exists());
    let root = own.root.clone().or(fetched).or(cached);
    let word = match (own.engine, &own.image) {
        (EngineWord::Auto, Some(_)) => EngineWord::Qemu,
        (EngineWord::Auto, None) => EngineWord::Nspawn,
        (word, _) => word,
    };
    match (word, root, own.image.clone()) {
        (EngineWord::Qemu, _, Some(image)) => Ok(Engine::Qemu(qemu::Disk {
            image,
            kernel: own.kernel.clone(),
            initrd: own.initrd.clone(),
            network: own.network,
        })),
        (EngineWord::Qemu, _, None) => Err(WrongUsage(
            "QEMU boots a disk image: name one with --image, such as the KVM image that Amazon \
             publishes of Amazon Linux 2023"
                .to_owned(),
        )
        .into()),
        (_, Some(root), _) => Ok(Engine::Nspawn {
            root,
            network: own.network,
        }),
        (_, None, _) => Err(WrongUsage(
            "there is nothing to boot: name a disk image with --image, the root of a system that has \
             cloud-init with --root, or have a small Debian made with `--fetch-root debian`"
                .to_owned(),
        )
        .into()),
    }
}

/// The rehearsal's own folder; it goes with this value unless it is to be kept.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    fn make(own: &Rehearse) -> anyhow::Result<Self> {
        let parent = own.work.clone().unwrap_or_else(std::env::temp_dir);
        let path = parent.join(format!("amiwatch-rehearse-{}", std::process::id()));
        let path = std::path::absolute(path)?;
        private_dir(&path).with_context(|| {
            format!(
                "{} cannot be made; name another place with --work",
                path.display()
            )
        })?;
        Ok(Self {
            path,
            keep: own.keep,
        })
    }
}

/// Nobody else can have put anything there: user data and a disk will lie in it.
fn private_dir(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            eprintln!("amiwatch: {} stays behind: {error}", self.path.display());
        }
    }
}
