//! Holds the reports of two images against each other: which packages and which kernel changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::changes::{Changes, ChangesInShort, Moved, PackageChange};
use crate::model::ids::ImageId;
use crate::model::report::Report;

/// Named before all others: what people ask about after a security notice or an outage.
const NOTABLE: [&str; 13] = [
    "openssl",
    "openssl-libs",
    "libssl3",
    "glibc",
    "libc6",
    "docker",
    "docker-ce",
    "docker.io",
    "containerd",
    "ecs-init",
    "runc",
    "systemd",
    "amazon-ssm-agent",
];

/// How many packages are named; the rest is a number.
const NAMED: usize = 3;

/// What changed from one image to the next. Reports without packages say nothing about packages.
pub fn changes(before: &Report, after: &Report) -> Changes {
    let (old, new) = (versions(before), versions(after));
    let partial = before.packages_omitted > 0 || after.packages_omitted > 0;
    let end = last_comparable(before, after);
    let comparable = |name: &&&str| end.as_deref().is_none_or(|end| **name <= end);
    let both = !old.is_empty() && !new.is_empty();
    let names: BTreeSet<&&str> = old.keys().chain(new.keys()).filter(|_| both).collect();
    let packages = names
        .into_iter()
        .filter(comparable)
        .filter(|name| old.get(**name) != new.get(**name))
        .map(|name| PackageChange {
            name: (*name).to_string(),
            from: old.get(*name).map(joined),
            to: new.get(*name).map(joined),
        });
    Changes {
        kernel: moved(&before.kernel, &after.kernel),
        packages: packages.collect(),
        partial,
    }
}

/// The changes in short; `None` when there is none.
pub fn in_short(changes: &Changes, since: &ImageId) -> Option<ChangesInShort> {
    let count = |wanted: fn(&PackageChange) -> bool| {
        changes.packages.iter().filter(|one| wanted(one)).count()
    };
    let line = line(changes)?;
    Some(ChangesInShort {
        since: since.clone(),
        line,
        changed: count(|one| one.from.is_some() && one.to.is_some()),
        added: count(|one| one.from.is_none()),
        removed: count(|one| one.to.is_none()),
        kernel: changes.kernel.clone(),
        partial: changes.partial,
    })
}

/// `openssl 3.2.2-1 -> 3.2.2-3, kernel 6.1.140 -> 6.1.141, 37 others`
fn line(changes: &Changes) -> Option<String> {
    let mut ranked: Vec<&PackageChange> = changes.packages.iter().collect();
    ranked.sort_by_key(|one| (rank(one), one.name.clone()));
    let mut words: Vec<String> = ranked.iter().take(NAMED).map(|one| word(one)).collect();
    if let Some(Moved { from, to }) = &changes.kernel {
        words.push(format!("kernel {}", arrow(from, to)));
    }
    match changes.packages.len().saturating_sub(NAMED) {
        0 => {}
        1 => words.push("1 other".to_owned()),
        others => words.push(format!("{others} others")),
    }
    (!words.is_empty()).then(|| words.join(", "))
}

fn rank(change: &PackageChange) -> usize {
    let known = NOTABLE.iter().position(|name| *name == change.name);
    known.unwrap_or(NOTABLE.len())
}

fn word(change: &PackageChange) -> String {
    let PackageChange { name, from, to } = change;
    match (from, to) {
        (Some(from), Some(to)) => format!("{name} {}", arrow(from, to)),
        (None, Some(to)) => format!("{name} {} is new", plain(to)),
        (Some(_), None) | (None, None) => format!("{name} is gone"),
    }
}

/// Two versions without the release and architecture that both end in: `.amzn2023.x86_64`.
fn arrow(from: &str, to: &str) -> String {
    let (mut from, mut to) = (from, to);
    while let (Some((a, x)), Some((b, y))) = (from.rsplit_once('.'), to.rsplit_once('.')) {
        if x != y || !x.starts_with(|c: char| c.is_ascii_alphabetic()) {
            break;
        }
        (from, to) = (a, b);
    }
    format!("{from} -> {to}")
}

/// One version without an architecture.
fn plain(version: &str) -> &str {
    let ends = [".x86_64", ".aarch64", ".noarch"];
    ends.iter()
        .find_map(|end| version.strip_suffix(end))
        .unwrap_or(version)
}

fn moved(from: &str, to: &str) -> Option<Moved> {
    (from != to && !from.is_empty() && !to.is_empty()).then(|| Moved {
        from: from.to_owned(),
        to: to.to_owned(),
    })
}

/// Versions by name; some packages are there in several (kernels, keys).
fn versions(report: &Report) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in &report.packages {
        if let Some((name, version)) = line.split_once(' ') {
            versions.entry(name).or_default().insert(version);
        }
    }
    versions
}

/// The last name up to which both reports list everything: what was cut was the list's end.
fn last_comparable(before: &Report, after: &Report) -> Option<String> {
    let last = |report: &Report| {
        let line = report
            .packages
            .last()
            .filter(|_| report.packages_omitted > 0)?;
        line.split(' ').next().map(str::to_owned)
    };
    match (last(before), last(after)) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn joined(versions: &BTreeSet<&str>) -> String {
    versions.iter().copied().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
