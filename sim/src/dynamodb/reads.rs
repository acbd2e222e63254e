//! Reads by key and in pages. A page ends at a megabyte or at its limit, whether more follows or not.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::expression::{Test, Words};
use super::invalid;
use super::items::{key, usable};
use super::model::{Attributes, Keys, Table, Tables, size_of};
use crate::call::Call;
use crate::state::Core;
use crate::wire::fail::Fail;

const PAGE_MAX_BYTES: usize = 1024 * 1024;

fn consistent(body: &Value) -> bool {
    body["ConsistentRead"].as_bool().unwrap_or(false)
}

pub(super) fn get(core: &Core, tables: &mut Tables, call: &Call) -> Result<Value, Fail> {
    let (now, body) = (core.now, &call.body);
    let table = usable(tables, now, body)?;
    let keys = key(table, &body["Key"])?;
    let slot = table.items.get(&keys);
    let seen = slot.and_then(|slot| slot.seen(now, consistent(body)));
    let (size, answer) = match seen {
        Some(item) => (size_of(item), json!({ "Item": item })),
        None => (0, json!({})),
    };
    consume(table, size, consistent(body));
    Ok(answer)
}

pub(super) fn query(core: &Core, tables: &mut Tables, call: &Call) -> Result<Value, Fail> {
    let body = &call.body;
    if !body["FilterExpression"].is_null() || body["ScanIndexForward"] == json!(false) {
        return Err(invalid("this form of Query is not simulated"));
    }
    let table = usable(tables, core.now, body)?;
    let words = Words::of(body);
    let test = words.test("KeyConditionExpression")?;
    words.all_used()?;
    if test.as_ref().is_some_and(Test::asks_backwards) {
        return Err(invalid(
            "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal \
             to lower bound",
        ));
    }
    let test = test.ok_or_else(|| {
        invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    })?;
    let partition = test
        .demands(&table.keys[0])
        .and_then(|value| value["S"].as_str());
    let partition = partition
        .ok_or_else(|| {
            invalid(format!(
                "Query condition missed key schema element: {}",
                table.keys[0]
            ))
        })?
        .to_owned();
    let page = page_of(table, core.now, body, |(own, _), item| {
        *own == partition && test.holds(Some(item))
    })?;
    Ok(shown(table, page, consistent(body)))
}

pub(super) fn scan(core: &Core, tables: &mut Tables, call: &Call) -> Result<Value, Fail> {
    let body = &call.body;
    if !body["FilterExpression"].is_null() || !body["Segment"].is_null() {
        return Err(invalid("this form of Scan is not simulated"));
    }
    let table = usable(tables, core.now, body)?;
    let page = page_of(table, core.now, body, |_, _| true)?;
    Ok(shown(table, page, consistent(body)))
}

struct Page {
    items: Vec<Attributes>,
    bytes: usize,
    last: Option<Keys>,
}

fn page_of(
    table: &Table,
    now: DateTime<Utc>,
    body: &Value,
    fits: impl Fn(&Keys, &Attributes) -> bool,
) -> Result<Page, Fail> {
    let limit = body["Limit"].as_u64().unwrap_or(u64::MAX);
    if limit == 0 {
        return Err(invalid("Limit must be greater than or equal to 1"));
    }
    let from = match &body["ExclusiveStartKey"] {
        Value::Null => None,
        start => Some(key(table, start)?),
    };
    let mut page = Page {
        items: Vec::new(),
        bytes: 0,
        last: None,
    };
    let mut reached = None;
    for (keys, slot) in &table.items {
        let Some(item) = slot.seen(now, consistent(body)) else {
            continue;
        };
        if from.as_ref().is_some_and(|from| keys <= from) || !fits(keys, item) {
            continue;
        }
        let full = page.items.len() as u64 >= limit;
        if full || page.bytes + size_of(item) > PAGE_MAX_BYTES {
            page.last = reached;
            return Ok(page);
        }
        page.bytes += size_of(item);
        page.items.push(item.clone());
        reached = Some(keys.clone());
    }
    // A page that is full says so, though nothing follows.
    if page.items.len() as u64 == limit {
        page.last = reached;
    }
    Ok(page)
}

fn shown(table: &mut Table, page: Page, consistent: bool) -> Value {
    consume(table, page.bytes, consistent);
    let count = page.items.len();
    let mut answer = json!({ "Items": page.items, "Count": count, "ScannedCount": count });
    if let Some((partition, sort)) = page.last {
        let [of, by] = &table.keys;
        answer["LastEvaluatedKey"] = json!({ of: { "S": partition }, by: { "S": sort } });
    }
    answer
}

fn consume(table: &mut Table, bytes: usize, consistent: bool) {
    let units = bytes.div_ceil(4096).max(1) as f64;
    table.consumed.read_units += if consistent { units } else { units / 2.0 };
}
