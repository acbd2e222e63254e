//! What a recipe leaves in /etc/ecs/ecs.config: its parts in the order in which cloud-init runs them, each
//! with what it writes. Plain functions of values.

use super::shell_effects::{FILE, FileEffect, MAX_BYTES, effects, touches};
use crate::cloud_init::base64;
use crate::cloud_init::kind;
use crate::cloud_init::mime::{self, MimePart};
use crate::cloud_init::pyyaml::{self, Item};
use crate::model::watch::Recipe;

/// What is known of the file behind the recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AgentFile {
    /// What the recipe wrote; empty where it leaves the file alone.
    Written(String),
    /// It writes something, and why that cannot be told.
    Untold(String),
}

/// cloud-init's stages, of those that run what a recipe says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Boothook,
    Bootcmd,
    WriteFiles,
    DeferredFiles,
    PerOnce,
    PerBoot,
    PerInstance,
    Scripts,
}

/// Effects of one part, with where they stand: scripts of one stage run in the order of their names.
type Step = (Stage, String, Vec<FileEffect>);

/// What `runcmd` becomes a script of.
const RUNCMD: &str = "runcmd";

pub(super) fn left_by(recipe: &Recipe) -> AgentFile {
    let text = recipe.user_data.as_str();
    let Some(mut steps) = steps(text) else {
        return AgentFile::Untold("its user data cannot be read".to_owned());
    };
    if recipe.template && touches(text) {
        return AgentFile::Untold("it is a template".to_owned());
    }
    steps.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let mut file = String::new();
    for effect in steps.into_iter().flat_map(|(_, _, effects)| effects) {
        match effect {
            FileEffect::Write(text) => file = text,
            FileEffect::Append(text) => file.push_str(&text),
            FileEffect::Untold(why) => return AgentFile::Untold(why),
        }
    }
    AgentFile::Written(file)
}

/// `None` for what is no user data.
fn steps(text: &str) -> Option<Vec<Step>> {
    let mut parts = match mime::looks_like(text) {
        true => mime::read_mime(text).ok()?,
        false => vec![MimePart {
            content_type: String::new(),
            name: "part-001".to_owned(),
            headers: Vec::new(),
            body: text.as_bytes().to_vec(),
        }],
    };
    let mut room = kind::MAX_UNPACKED;
    for (at, part) in parts.iter_mut().enumerate() {
        if part.name.is_empty() {
            part.name = format!("part-{:03}", at + 1);
        }
        kind::settle_kind(part, &mut room).ok()?;
    }
    let configs = parts
        .iter()
        .filter(|part| part.content_type == "text/cloud-config");
    let several = configs.count() > 1;
    Some(
        parts
            .iter()
            .flat_map(|part| of_part(part, several))
            .collect(),
    )
}

fn of_part(part: &MimePart, several_configs: bool) -> Vec<Step> {
    let text = String::from_utf8_lossy(&part.body);
    let step = |stage, effects| vec![(stage, part.name.clone(), effects)];
    let stage = match part.content_type.as_str() {
        "text/cloud-config" if several_configs => {
            let why = "several cloud-configs are merged";
            return step(Stage::Boothook, untold_if_it_touches(&text, why));
        }
        "text/cloud-config" => return of_config(&text),
        "text/cloud-boothook" => Stage::Boothook,
        "text/x-shellscript" => Stage::Scripts,
        "text/x-shellscript-per-once" => Stage::PerOnce,
        "text/x-shellscript-per-boot" => Stage::PerBoot,
        "text/x-shellscript-per-instance" => Stage::PerInstance,
        other => {
            let why = format!("nothing here reads {other}");
            return step(Stage::Boothook, untold_if_it_touches(&text, &why));
        }
    };
    let code = kind::script(&text);
    let code = code.trim_start();
    let code = code
        .strip_prefix("#cloud-boothook")
        .map_or(code, str::trim_start);
    let interpreter = code.lines().next().unwrap_or_default();
    let shell = ["sh", "bash", "dash", "ash"];
    let names = interpreter.trim_start_matches("#!").split([' ', '/']);
    match names.into_iter().any(|name| shell.contains(&name.trim())) {
        true => step(stage, effects(code)),
        false => step(stage, untold_if_it_touches(code, "it is no shell script")),
    }
}

/// Comments do not count.
fn untold_if_it_touches(text: &str, why: &str) -> Vec<FileEffect> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let about = code.into_iter().any(touches);
    about
        .then(|| FileEffect::Untold(why.to_owned()))
        .into_iter()
        .collect()
}

fn of_config(text: &str) -> Vec<Step> {
    let Ok(document) = pyyaml::load_yaml(text) else {
        // cloud-init takes nothing of it, which the config's own checks say.
        return Vec::new();
    };
    let list = |key: &str| {
        let items = document.root().and_then(|root| root.get(key)?.items());
        items.unwrap_or_default()
    };
    let commands = |key: &str, stage| {
        let (mut code, mut written) = (Vec::new(), 0);
        for item in list(key) {
            let effects = of_command(item);
            written += effects.iter().map(FileEffect::bytes).sum::<usize>();
            code.extend(effects);
            if written > MAX_BYTES {
                code = vec![FileEffect::Untold("it writes too much".to_owned())];
                break;
            }
        }
        (stage, key.to_owned(), code)
    };
    let mut steps = vec![
        commands("bootcmd", Stage::Bootcmd),
        commands(RUNCMD, Stage::Scripts),
    ];
    for file in list("write_files") {
        let path = file.get("path").and_then(|path| path.as_text());
        let later = file.get("defer").and_then(|defer| defer.written());
        let stage = match later.map(str::to_lowercase).as_deref() {
            Some("true" | "yes" | "on") => Stage::DeferredFiles,
            _ => Stage::WriteFiles,
        };
        if path.is_some_and(is_ours) {
            steps.push((stage, String::new(), vec![of_file(file)]));
        }
    }
    steps
}

fn is_ours(path: &str) -> bool {
    let names: Vec<&str> = path
        .split('/')
        .filter(|name| !matches!(*name, "" | "."))
        .collect();
    path.starts_with('/') && format!("/{}", names.join("/")) == FILE
}

/// One item of `runcmd`: shell code, or a list that is one command.
fn of_command(item: Item<'_>) -> Vec<FileEffect> {
    if let Some(code) = item.as_text() {
        return effects(code);
    }
    let words = item.items().unwrap_or_default();
    let words: Vec<&str> = words.iter().filter_map(|word| word.written()).collect();
    match words.as_slice() {
        [shell, flag, code]
            if shell.ends_with("sh") && flag.starts_with('-') && flag.ends_with('c') =>
        {
            effects(code)
        }
        words => {
            let quoted = words
                .iter()
                .map(|word| format!("'{}'", word.replace('\'', "'\\''")));
            effects(&quoted.collect::<Vec<_>>().join(" "))
        }
    }
}

/// One item of `write_files`.
fn of_file(file: Item<'_>) -> FileEffect {
    if file.get("source").is_some() {
        return FileEffect::Untold("its `write_files` fetches the file".to_owned());
    }
    let Some(content) = content(file) else {
        return FileEffect::Untold("the content of its `write_files` cannot be decoded".to_owned());
    };
    let append = file.get("append").and_then(|append| append.written());
    match append.map(str::to_lowercase).as_deref() {
        Some("true" | "yes" | "on" | "1") => FileEffect::Append(content),
        _ => FileEffect::Write(content),
    }
}

/// The content as cloud-init decodes it.
fn content(file: Item<'_>) -> Option<String> {
    let Some(content) = file.get("content") else {
        return Some(String::new());
    };
    let written = content.written()?;
    let bytes = match content.kind() {
        "str" => written.as_bytes().to_vec(),
        "binary" => base64::decode_base64(written)?,
        _ => return None,
    };
    let mut room = kind::MAX_UNPACKED;
    let decoded = |bytes: Vec<u8>| base64::decode_base64(std::str::from_utf8(&bytes).ok()?);
    let encoding = file.get("encoding").and_then(|encoding| encoding.as_text());
    let bytes = match encoding.unwrap_or_default().trim().to_lowercase().as_str() {
        "gz" | "gzip" => kind::unpacked(&bytes, &mut room).ok()?,
        "gz+base64" | "gzip+base64" | "gz+b64" | "gzip+b64" => {
            kind::unpacked(&decoded(bytes)?, &mut room).ok()?
        }
        "b64" | "base64" => decoded(bytes)?,
        _ => bytes,
    };
    String::from_utf8(bytes).ok()
}
