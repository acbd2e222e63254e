//! Walks the tables against the key table: reports keys that nobody reads and values of the wrong
//! type. Whatever it lets through has the type that the key table says; what the values mean is the
//! readers' business.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::fault::{Problem, quoted_value};
use super::keys::{self, ConfigKey, ValueKind, all_keys};
use super::nearest::nearest;
use super::reading::{self, ConfigReading};

/// A list or a table with more in it was written by a loop. A thousand watches are not too many for one daemon.
const IN_A_LIST_MAX: usize = 200;
const IN_A_TABLE_MAX: usize = 2_000;

/// Reports every unknown key and every value of the wrong type.
pub(super) fn walk(root: &DeTable<'_>, reading: &mut ConfigReading<'_>) {
    walk_table("", root, reading);
}

fn walk_table(path: &str, table: &DeTable<'_>, reading: &mut ConfigReading<'_>) {
    let mut names: Vec<_> = table.keys().map(|name| name.span()).collect();
    names.sort_by_key(|at| at.start);
    if let Some(at) = names.get(IN_A_TABLE_MAX) {
        reading.give_up(at.clone(), too_many(table.len(), "keys", IN_A_TABLE_MAX));
    }
    for (name, value) in table {
        if reading.is_enough() {
            return reading.leave_off(name.span());
        }
        match keys::child(path, name.get_ref()) {
            Some(key) if key.kind == ValueKind::NotBuilt => {
                reading.fault(name.span(), not_built(key));
            }
            Some(key) => walk_value(key, value, reading),
            None => reading.fault(name.span(), unknown(path, name.get_ref())),
        }
    }
}

fn walk_value(key: &ConfigKey, value: &Spanned<DeValue<'_>>, reading: &mut ConfigReading<'_>) {
    match (key.kind, value.get_ref()) {
        (ValueKind::Text | ValueKind::TextOrTable, DeValue::String(_))
        | (ValueKind::Boolean, DeValue::Boolean(_)) => {}
        (ValueKind::Integer, number) if reading::integer_value(number).is_some() => {}
        (ValueKind::Table | ValueKind::TextOrTable | ValueKind::Secret, DeValue::Table(table)) => {
            walk_table(key.path, table, reading);
        }
        (ValueKind::Secret, DeValue::String(_)) => reading.fault(value.span(), written_out(key)),
        (ValueKind::Texts | ValueKind::Tables, DeValue::Array(array)) => {
            walk_list(key, array, reading)
        }
        (_, other) => reading.fault(value.span(), mistyped(key, key.kind, other)),
    }
}

fn walk_list(key: &ConfigKey, array: &DeArray<'_>, reading: &mut ConfigReading<'_>) {
    for (at, value) in array.iter().enumerate() {
        if reading.is_enough() {
            return reading.leave_off(value.span());
        }
        if at == IN_A_LIST_MAX {
            reading.give_up(
                value.span(),
                too_many(array.len(), "entries", IN_A_LIST_MAX),
            );
            return;
        }
        match (key.kind, value.get_ref()) {
            (ValueKind::Texts, DeValue::String(_)) => {}
            (ValueKind::Tables, DeValue::Table(table)) => walk_table(key.path, table, reading),
            (_, other) => reading.fault(value.span(), mistyped(key, key.kind, other)),
        }
    }
}

fn too_many(there_are: usize, what: &str, at_most: usize) -> Problem {
    Problem::new(
        format!("{there_are} {what} are too many in one place"),
        format!("keep at most {at_most}"),
    )
}

fn mistyped(key: &ConfigKey, kind: ValueKind, found: &DeValue<'_>) -> Problem {
    let found = match found {
        DeValue::String(_) => "text",
        DeValue::Integer(number) if number.as_str().len() > 18 => "a number that is too large",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Problem::new(
        format!("`{}` cannot be {found}", shown(key)),
        format!("write {}, such as `{}`", kind.phrase(), key.example),
    )
}

/// A row's name as people know it: a name of their own is named by its table.
fn shown(key: &ConfigKey) -> String {
    match key.name() {
        "*" => key.path.trim_end_matches(".*").to_owned() + ".<name>",
        name => name.to_owned(),
    }
}

/// Whoever may read the config, its backups and its history could use the secret.
fn written_out(key: &ConfigKey) -> Problem {
    Problem::new(
        format!("`{}` is a secret and stands in the config", key.name()),
        format!(
            "say where it is kept: `{}`, or `file`, `credential` (systemd) or `ssm` instead of \
             `env`; then replace the secret, since it has been written down",
            key.example
        ),
    )
}

fn not_built(key: &ConfigKey) -> Problem {
    let name = key.name();
    Problem::new(format!("`{name}` is not part of this version"), key.doc)
}

fn unknown(path: &str, name: &str) -> Problem {
    let place = match path {
        "" => "at the top".to_owned(),
        _ => format!("in `{}`", path.replace('*', "<name>")),
    };
    let wrong = format!("unknown key {} {place}", quoted_value(name));
    Problem::new(wrong, what_was_meant(path, name))
}

/// A neighbour with nearly that name, or the table where a key of that name belongs, or all keys.
fn what_was_meant(path: &str, name: &str) -> String {
    let names: Vec<&str> = keys::children(path).map(ConfigKey::name).collect();
    if let Some(near) = nearest(name, names.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    if let Some(key) = all_keys().find(|key| key.name() == name) {
        let home = key
            .path
            .rsplit_once('.')
            .map_or("the top", |(home, _)| home);
        return format!("`{name}` belongs in `{}`", home.replace('*', "<name>"));
    }
    format!("its keys are {}", names.join(", "))
}
