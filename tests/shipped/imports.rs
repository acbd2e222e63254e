//! Reads which modules a source file names, well enough for a house that rustfmt keeps in order.
//!
//! It knows `crate::` and `super::` paths with nested braces, and the first word of every other
//! path. It does not expand macros and does not look into comments or `#[cfg(test)]` modules.

/// What one file says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// `["flow", "bake", "order"]`; empty for `lib.rs` and `main.rs`.
    pub(super) module: Vec<String>,
    /// The code, without comments and test modules.
    pub(super) code: String,
}

impl Source {
    /// `path` is relative to `src/`.
    pub(super) fn new(path: &str, text: &str) -> Self {
        let stem = path.trim_end_matches(".rs");
        let module = match stem {
            "lib" | "main" => Vec::new(),
            stem => stem.split('/').map(str::to_owned).collect(),
        };
        let code = text.lines().map(without_comment).collect::<Vec<_>>();
        Self {
            module,
            code: without_tests(&code.join("\n")),
        }
    }

    /// True for files that only `cargo test` compiles.
    pub(super) fn is_test(path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let name = name.trim_end_matches(".rs");
        let by_name = name == "tests" || name.ends_with("_tests") || name.starts_with("tests_");
        let alone = ["flow/test_world", "store/contract", "cloud/canned"];
        by_name
            || path.contains("/tests/")
            || path.contains("_tests/")
            || alone.iter().any(|one| path.starts_with(one))
    }

    /// Every path inside this crate that the code names, from the crate's root.
    pub(super) fn named(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        for (at, _) in self.code.match_indices("crate::") {
            if starts_a_path(&self.code[..at]) {
                tree(&self.code[at + "crate::".len()..], &[], &mut paths);
            }
        }
        for (at, _) in self.code.match_indices("super::") {
            if starts_a_path(&self.code[..at]) {
                let (levels, rest) = supers(&self.code[at..]);
                let base = self.module.len().saturating_sub(levels);
                tree(rest, &self.module[..base], &mut paths);
            }
        }
        paths
    }

    /// True when the code begins a path with this crate, whole or as a prefix (`aws_sdk_`).
    pub(super) fn names_crate(&self, prefix: &str) -> bool {
        self.code.match_indices(prefix).any(|(at, _)| {
            let rest = &self.code[at..];
            let word = rest.split(|c: char| !is_word(c)).next().unwrap_or("");
            let whole = prefix.ends_with('_') || word == prefix;
            whole && rest[word.len()..].starts_with("::") && starts_a_path(&self.code[..at])
        })
    }

    /// True when this word stands in the code by itself.
    pub(super) fn says(&self, word: &str) -> bool {
        self.code.match_indices(word).any(|(at, _)| {
            let before = self.code[..at].chars().next_back();
            let after = self.code[at + word.len()..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Nothing before it makes it a part of a longer word or path.
/// Where something may be seen (`pub(in crate::outbox)`) is no name for it.
fn starts_a_path(before: &str) -> bool {
    !before.ends_with(is_word) && !before.ends_with("::") && !before.ends_with("pub(in ")
}

/// How many `super::` there are, and what follows them.
fn supers(text: &str) -> (usize, &str) {
    let mut rest = text;
    let mut levels = 0;
    while let Some(more) = rest.strip_prefix("super::") {
        rest = more;
        levels += 1;
    }
    (levels, rest)
}

/// Reads `a::b::{c, d::{e}}` below `base`.
fn tree(text: &str, base: &[String], paths: &mut Vec<Vec<String>>) {
    let word: String = text.chars().take_while(|c| is_word(*c)).collect();
    let rest = &text[word.len()..];
    let mut path = base.to_vec();
    if !word.is_empty() {
        path.push(word.clone());
    }
    match (rest.strip_prefix("::"), word.is_empty()) {
        (Some(more), _) => tree(more, &path, paths),
        (None, true) if rest.starts_with('{') => {
            for branch in branches(rest) {
                tree(branch.trim(), base, paths);
            }
        }
        (None, _) => paths.push(path),
    }
}

/// The parts between the braces that `text` begins with, split at its own commas.
fn branches(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 1, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => {
                parts.push(&text[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 1 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// A line up to its comment; the slashes of a URL are none.
fn without_comment(line: &str) -> &str {
    let slashes = line.match_indices("//");
    let mut comments = slashes.filter(|(at, _)| !line[..*at].ends_with(':'));
    comments.next().map_or(line, |(at, _)| &line[..at])
}

/// The code before the file's own test module, which stands last here.
fn without_tests(code: &str) -> String {
    match code.split_once("#[cfg(test)]\nmod tests {") {
        Some((before, _)) => before.to_owned(),
        None => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str, text: &str) -> Vec<String> {
        let paths = Source::new(path, text).named();
        paths.into_iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn paths_are_read_through_braces_and_supers() {
        let text = "use crate::{a, b::{C, d}};\nuse super::super::e::F;\nfn f() { crate::g::h() }";
        let found = named("flow/plan/retry.rs", text);
        assert_eq!(found, ["a", "b::C", "b::d", "g::h", "flow::e::F"]);
        assert_eq!(named("flow/plan.rs", "use super::bake;"), ["flow::bake"]);
    }

    #[test]
    fn comments_and_test_modules_are_not_read() {
        let text = "// crate::a\n/// [`crate::b`]\n#[cfg(test)]\nmod tests {\n    use crate::c;\n}";
        assert_eq!(named("x.rs", text), [""; 0]);
        assert_eq!(named("x.rs", "f(\"https://x\", crate::d)"), ["d"]);
    }

    #[test]
    fn other_crates_are_known_by_their_first_word() {
        let source = Source::new("x.rs", "use aws_sdk_ec2::Client; fn f() { my::sim::g() }");
        assert!(source.names_crate("aws_sdk_"));
        assert!(!source.names_crate("sim"));
        assert!(Source::new("x.rs", "sim::serve()").names_crate("sim"));
    }
}
