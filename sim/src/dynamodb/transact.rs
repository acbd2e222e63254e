//! TransactWriteItems: all of it or nothing, once under a token.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::expression::{Assignment, Test, Words};
use super::invalid;
use super::items::{checked, item, key, text, usable};
use super::model::{Attributes, Done, Keys, Table, Tables, size_of};
use crate::call::Call;
use crate::clock::delta;
use crate::state::Core;
use crate::wire::fail::Fail;

const ACTIONS_MAX: usize = 100;
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// How long a token is remembered.
const TOKEN_MIN: i64 = 10;

struct Act {
    keys: Keys,
    when: Option<Test>,
    does: Does,
}

enum Does {
    Put(Attributes),
    Update(Vec<Assignment>),
    Delete,
    Check,
}

pub(super) fn write(core: &Core, tables: &mut Tables, call: &Call) -> Result<Value, Fail> {
    let body = &call.body;
    let items = body["TransactItems"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if items.is_empty() || items.len() > ACTIONS_MAX {
        return Err(invalid(format!(
            "Member must have length less than or equal to {ACTIONS_MAX} and greater than or equal to 1"
        )));
    }
    let table = the_table(core, tables, &items)?;
    let acts: Vec<Act> = items
        .iter()
        .map(|one| act(table, one))
        .collect::<Result<_, _>>()?;
    within_limits(&acts)?;
    let token = text(body, "ClientRequestToken");
    if let Some(token) = token
        && token.len() > 36
    {
        return Err(invalid("Member must have length less than or equal to 36"));
    }
    forget_old(table, core.now);
    if let Some(done) = token.and_then(|token| table.tokens.get(token)) {
        return match done.content == body["TransactItems"] {
            true => Ok(json!({})),
            false => Err(Fail::new(
                "IdempotentParameterMismatchException",
                "The same client request token was used with other parameters",
            )),
        };
    }
    decide(table, core.now, &acts)?;
    let busy_until = core.now + delta(core.timing.latency);
    for act in acts {
        carry_out(table, core.now, busy_until, act)?;
    }
    if let Some(token) = token {
        let done = Done {
            at: core.now,
            content: body["TransactItems"].clone(),
        };
        table.tokens.insert(token.to_owned(), done);
    }
    Ok(json!({}))
}

/// The one table that they are all about.
fn the_table<'a>(
    core: &Core,
    tables: &'a mut Tables,
    items: &[Value],
) -> Result<&'a mut Table, Fail> {
    let bodies: Vec<&Value> = items.iter().filter_map(body_of).collect();
    let first = bodies.first().and_then(|body| text(body, "TableName"));
    let one =
        bodies.len() == items.len() && bodies.iter().all(|body| text(body, "TableName") == first);
    match (one, bodies.first()) {
        (true, Some(body)) => usable(tables, core.now, body),
        _ => Err(invalid("only transactions in one table are simulated here")),
    }
}

fn body_of(one: &Value) -> Option<&Value> {
    let kinds = one.as_object().filter(|kinds| kinds.len() == 1)?;
    kinds.values().next()
}

fn act(table: &Table, one: &Value) -> Result<Act, Fail> {
    let kinds = one.as_object().into_iter().flatten();
    let (kind, body) = kinds.last().ok_or_else(|| invalid("an empty action"))?;
    let words = Words::of(body);
    let when = words.test("ConditionExpression")?;
    let (keys, does) = match kind.as_str() {
        "Put" => {
            let (keys, item) = item(table, &body["Item"])?;
            (keys, Does::Put(item))
        }
        "Update" => {
            let set = words.assignments("UpdateExpression")?;
            (key(table, &body["Key"])?, Does::Update(set))
        }
        "Delete" => (key(table, &body["Key"])?, Does::Delete),
        "ConditionCheck" if when.is_some() => (key(table, &body["Key"])?, Does::Check),
        other => return Err(invalid(format!("{other} is not simulated in this form"))),
    };
    words.all_used()?;
    Ok(Act { keys, when, does })
}

fn within_limits(acts: &[Act]) -> Result<(), Fail> {
    let mut keys: Vec<&Keys> = acts.iter().map(|act| &act.keys).collect();
    keys.sort();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(invalid(
            "Transaction request cannot include multiple operations on one item",
        ));
    }
    let size = |act: &Act| match &act.does {
        Does::Put(item) => size_of(item),
        _ => 0,
    };
    match acts.iter().map(size).sum::<usize>() > BYTES_MAX {
        true => Err(invalid(
            "Collection size of the transaction has exceeded 4 MB",
        )),
        false => Ok(()),
    }
}

fn forget_old(table: &mut Table, now: DateTime<Utc>) {
    let from = now - TimeDelta::minutes(TOKEN_MIN);
    table.tokens.retain(|_, done| done.at > from);
}

/// Whether every action may be; else the reason of each.
fn decide(table: &Table, now: DateTime<Utc>, acts: &[Act]) -> Result<(), Fail> {
    let reason = |act: &Act| {
        let slot = table.items.get(&act.keys);
        if slot.is_some_and(|slot| slot.busy_until > now) {
            return "TransactionConflict";
        }
        let item = slot.and_then(|slot| slot.now.as_ref());
        match act.when.as_ref().is_none_or(|when| when.holds(item)) {
            true => "None",
            false => "ConditionalCheckFailed",
        }
    };
    let reasons: Vec<&str> = acts.iter().map(reason).collect();
    match reasons.iter().all(|reason| *reason == "None") {
        true => Ok(()),
        false => Err(cancelled(&reasons)),
    }
}

/// As DynamoDB says it; the wire makes the list of reasons from the words.
pub(super) fn cancelled(reasons: &[&str]) -> Fail {
    Fail::new(
        "TransactionCanceledException",
        format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            reasons.join(", ")
        ),
    )
}

fn carry_out(
    table: &mut Table,
    now: DateTime<Utc>,
    busy_until: DateTime<Utc>,
    act: Act,
) -> Result<(), Fail> {
    let names = table.keys.clone();
    let slot = table.items.entry(act.keys.clone()).or_default();
    slot.busy_until = busy_until;
    let to = match act.does {
        Does::Put(item) => Some(item),
        Does::Delete => None,
        Does::Check => slot.now.clone(),
        Does::Update(set) => {
            let before = slot.now.clone().unwrap_or_default();
            let mut item = before.clone();
            let (partition, sort) = &act.keys;
            item.insert(names[0].clone(), json!({ "S": partition }));
            item.insert(names[1].clone(), json!({ "S": sort }));
            set.iter().for_each(|one| one.apply(&mut item, &before));
            checked(&item)?;
            Some(item)
        }
    };
    let size = to.as_ref().map_or(1, size_of);
    if to != slot.now {
        slot.set(now, to);
    }
    table.consumed.write_units += 2.0 * size.div_ceil(1024).max(1) as f64;
    Ok(())
}
