//! cloud-configs by hand: reads JSON texts, one a line, and answers each with a line: `refused LINE WHY`, or
//! `taken` and what was read as JSON. Texts of any type but `str` become `"<type>"`, and keys that are no texts
//! are left out. tests/contract/yaml_pyyaml.py drives it.
//!
//!     echo '"a: [b, 1]\n"' | cargo run --example pyyaml

use std::io::{BufRead as _, Write as _};

use amiwatch::cloud_init::pyyaml::{self, Item};
use anyhow::{Context as _, Result};
use serde_json::Value;

/// An alias in an alias in an alias is more than anybody can print.
const MOST: usize = 20_000;

fn main() -> Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?).context("a line is a JSON text")?;
        match pyyaml::load_yaml(&text) {
            Err(refused) => writeln!(
                out,
                "refused {} {}",
                refused.line,
                refused.why.escape_debug()
            )?,
            Ok(document) => {
                let mut left = MOST;
                let root = document.root().map(|root| json(root, &mut left));
                let shown = root.filter(|_| left > 0).unwrap_or(Value::Null);
                writeln!(out, "taken {shown}")?;
            }
        }
    }
    Ok(())
}

fn json(item: Item<'_>, left: &mut usize) -> Value {
    *left = left.saturating_sub(1);
    if *left == 0 {
        return Value::Null;
    }
    if let Some(text) = item.as_text() {
        return Value::from(text);
    }
    if let Some(items) = item.items() {
        return items.into_iter().map(|item| json(item, left)).collect();
    }
    if let Some(entries) = item.entries() {
        let entries = entries.into_iter();
        let named = entries.filter_map(|(key, value)| Some((key.as_text()?, json(value, left))));
        return named.map(|(key, value)| (key.to_owned(), value)).collect();
    }
    Value::from(format!("<{}>", item.kind()))
}
