//! DynamoDB in one region: tables of items with a text for each of their two keys, as far as a table can be a
//! store: transactions with conditions and request tokens, reads by key, pages. Streams, indexes and rates
//! that somebody provisions are not here.
//!
//! Unkind where DynamoDB may be: a read that does not ask for consistency sees what was there before, a page
//! ends at a megabyte, and what one transaction touches is another one's conflict while the first is under way.

mod expression;
mod items;
pub(crate) mod model;
mod parser;
mod reads;
mod tables;
mod transact;

use serde_json::Value;

use crate::door::{Call, unknown_operation};
use crate::state::State;
use crate::wire::fail::Fail;

pub(crate) use model::Tables;

/// What the names of its errors begin with on the wire.
pub(crate) const ERRORS: &str = "com.amazonaws.dynamodb.v20120810#";

pub(crate) fn call(state: &mut State, call: &Call) -> Result<Value, Fail> {
    let (core, here) = state.enter(&call.region);
    let tables = &mut here.tables;
    match call.operation.as_str() {
        "CreateTable" => tables::create(core, tables, call),
        "DescribeTable" => tables::describe(core, tables, call),
        "UpdateTable" => tables::update(core, tables, call),
        "DeleteTable" => tables::delete(core, tables, call),
        "ListTables" => Ok(tables::list(tables)),
        "UpdateContinuousBackups" => tables::set_backups(core, tables, call),
        "DescribeContinuousBackups" => tables::backups(core, tables, call),
        "GetItem" => reads::get(core, tables, call),
        "Query" => reads::query(core, tables, call),
        "Scan" => reads::scan(core, tables, call),
        "TransactWriteItems" => transact::write(core, tables, call),
        other => Err(unknown_operation(other)),
    }
}

fn invalid(message: impl Into<String>) -> Fail {
    Fail::new("ValidationException", message)
}

fn not_found() -> Fail {
    Fail::new("ResourceNotFoundException", "Requested resource not found")
}
