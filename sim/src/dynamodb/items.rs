//! What every call about items reads first: the table, the keys, the values and names of its expressions.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::model::{Attributes, Keys, Table, Tables, size_of};
use super::{invalid, not_found};
use crate::wire::fail::Fail;

const ITEM_MAX_BYTES: usize = 400 * 1024;

/// A table that can be used.
pub(super) fn usable<'a>(
    tables: &'a mut Tables,
    now: DateTime<Utc>,
    body: &Value,
) -> Result<&'a mut Table, Fail> {
    let name = text(body, "TableName").ok_or_else(|| missing("tableName"))?;
    let table = tables.get_mut(name).ok_or_else(not_found)?;
    match table.active_from <= now {
        true => Ok(table),
        false => Err(not_found()),
    }
}

pub(super) fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body[name].as_str()
}

pub(super) fn missing(name: &str) -> Fail {
    invalid(format!(
        "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
    ))
}

/// The keys of exactly this form, and nothing beside them.
pub(super) fn key(table: &Table, key: &Value) -> Result<Keys, Fail> {
    let given = key.as_object().ok_or_else(|| missing("key"))?;
    if given.len() != table.keys.len() {
        return Err(invalid(
            "The provided key element does not match the schema",
        ));
    }
    keys_of(table, given)
}

/// An item that can be kept, with its keys.
pub(super) fn item(table: &Table, item: &Value) -> Result<(Keys, Attributes), Fail> {
    let attributes = item.as_object().ok_or_else(|| missing("item"))?;
    let keys = keys_of(table, attributes)?;
    checked(attributes)?;
    Ok((keys, attributes.clone()))
}

pub(super) fn checked(attributes: &Attributes) -> Result<(), Fail> {
    let known = |value: &Value| {
        let typed = value.as_object().filter(|typed| typed.len() == 1);
        typed.is_some_and(|typed| {
            let (kind, value) = typed.iter().next().unwrap_or_else(|| unreachable!());
            match kind.as_str() {
                "S" => value.is_string(),
                "N" => value.as_str().is_some_and(|n| n.parse::<f64>().is_ok()),
                _ => false,
            }
        })
    };
    if !attributes.values().all(known) {
        return Err(invalid("only texts and numbers are simulated here"));
    }
    if size_of(attributes) > ITEM_MAX_BYTES {
        return Err(invalid("Item size has exceeded the maximum allowed size"));
    }
    Ok(())
}

fn keys_of(table: &Table, attributes: &Attributes) -> Result<Keys, Fail> {
    let of = |name: &String| {
        let value = attributes.get(name).ok_or_else(|| {
            invalid(format!(
                "One of the required keys was not given a value: {name}"
            ))
        })?;
        let value = value["S"]
            .as_str()
            .ok_or_else(|| invalid(format!("Type mismatch for key {name} expected: S")))?;
        if value.is_empty() {
            return Err(invalid(format!(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot \
                 contain an empty string value. Key: {name}"
            )));
        }
        Ok(value.to_owned())
    };
    let [partition, sort] = &table.keys;
    let (partition, sort) = (of(partition)?, of(sort)?);
    if partition.len() > 2048 || sort.len() > 1024 {
        return Err(invalid(
            "One or more parameter values were invalid: Size of a key has exceeded its limit",
        ));
    }
    Ok((partition, sort))
}
