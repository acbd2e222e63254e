//! Names for watches: short, valid (`[a-z0-9-]{1,40}`), and each its own.
//!
//! A group whose environments are all of one application has that one's name, others their branch's.
//! Where two would have the same, branch, architecture and region are added, as far as that is needed.

use std::collections::{BTreeMap, BTreeSet};

use super::Group;

/// The longest that a name may be.
const NAME_MAX: usize = 40;

/// Gives each group its name.
pub(super) fn named_groups(mut groups: Vec<Group>) -> Vec<Group> {
    let levels: Vec<[String; 4]> = groups.iter().map(candidates).collect();
    let mut taken = BTreeSet::new();
    for (nth, group) in groups.iter_mut().enumerate() {
        let own = (0..4).find(|level| {
            let name = &levels[nth][*level];
            count(&levels, *level)[name] == 1 && !taken.contains(name)
        });
        let name = own.map_or_else(
            || levels[nth][3].clone(),
            |level| levels[nth][level].clone(),
        );
        group.name = numbered(&name, &taken);
        taken.insert(group.name.clone());
    }
    groups
}

fn count(levels: &[[String; 4]], level: usize) -> BTreeMap<&String, usize> {
    let mut counts = BTreeMap::new();
    for names in levels {
        *counts.entry(&names[level]).or_insert(0) += 1;
    }
    counts
}

/// From the shortest to the one that says everything.
fn candidates(group: &Group) -> [String; 4] {
    let applications: BTreeSet<&str> = group
        .members
        .iter()
        .map(|member| member.application.as_str())
        .collect();
    let branch = slug(&short(&group.branch));
    let base = match applications.first() {
        Some(only) if applications.len() == 1 => slug(only),
        _ => branch.clone(),
    };
    let with_branch = match base == branch {
        true => base.clone(),
        false => joined(&base, &branch),
    };
    let with_architecture = joined(&with_branch, &slug(group.architecture.as_str()));
    let with_region = joined(&with_architecture, &slug(group.region.as_str()));
    [base, with_branch, with_architecture, with_region]
}

/// `ECS running on 64bit Amazon Linux 2023` -> `ECS al2023`
fn short(branch: &str) -> String {
    branch
        .replace(" running on", "")
        .replace(" 64bit", "")
        .replace("Amazon Linux ", "al")
}

/// Both parts, the first one cut where that is needed.
fn joined(first: &str, second: &str) -> String {
    let second: String = second.chars().take(NAME_MAX / 2).collect();
    let room = NAME_MAX - 1 - second.len();
    let first: String = first.chars().take(room).collect();
    trimmed(&format!("{}-{second}", trimmed(&first)))
}

fn numbered(name: &str, taken: &BTreeSet<String>) -> String {
    let more = (2..).map(|number| joined(name, &number.to_string()));
    let mut names = std::iter::once(name.to_owned()).chain(more);
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}

/// What of a text fits a name.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.chars().map(|letter| letter.to_ascii_lowercase()) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(NAME_MAX);
    let slug = trimmed(&slug);
    match slug.is_empty() {
        true => "watch".to_owned(),
        false => slug,
    }
}

fn trimmed(text: &str) -> String {
    text.trim_matches('-').to_owned()
}
