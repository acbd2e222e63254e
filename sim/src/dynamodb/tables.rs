//! Tables: made, described, protected, deleted.

use serde_json::{Value, json};

use super::items::{missing, text, usable};
use super::model::{Consumed, Table, Tables};
use super::{invalid, not_found};
use crate::call::Call;
use crate::clock::delta;
use crate::state::Core;
use crate::wire::fail::Fail;

pub(super) fn create(core: &Core, tables: &mut Tables, call: &Call) -> Result<Value, Fail> {
    let body = &call.body;
    let name = text(body, "TableName").ok_or_else(|| missing("tableName"))?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if !(3..=255).contains(&name.len()) || !name.chars().all(fits) {
        return Err(invalid(format!(
            "TableName must be at least 3 characters long and at most 255 characters long, and match [a-zA-Z0-9_.-]+: {name}"
        )));
    }
    if tables.contains_key(name) {
        let message = format!("Table already exists: {name}");
        return Err(Fail::new("ResourceInUseException", message));
    }
    if body["BillingMode"] != "PAY_PER_REQUEST" {
        return Err(invalid("only PAY_PER_REQUEST is simulated here"));
    }
    let table = Table {
        name: name.to_owned(),
        created: core.now,
        active_from: core.now + delta(core.timing.table),
        keys: keys(body)?,
        protected: body["DeletionProtectionEnabled"] == json!(true),
        point_in_time: false,
        items: Default::default(),
        tokens: Default::default(),
        consumed: Consumed::default(),
    };
    let shown = description(core, &call.region, &table);
    tables.insert(name.to_owned(), table);
    Ok(json!({ "TableDescription": shown }))
}

/// Partition and sort key, both texts.
fn keys(body: &Value) -> Result<[String; 2], Fail> {
    let of = |kind: &str| {
        let mut schema = body["KeySchema"].as_array().into_iter().flatten();
        let found = schema.find(|key| key["KeyType"] == kind);
        found.and_then(|key| key["AttributeName"].as_str())
    };
    let text = |name: &str| {
        let mut defined = body["AttributeDefinitions"]
            .as_array()
            .into_iter()
            .flatten();
        defined.any(|one| one["AttributeName"] == name && one["AttributeType"] == "S")
    };
    match (of("HASH"), of("RANGE")) {
        (Some(hash), Some(range)) if text(hash) && text(range) => {
            Ok([hash.to_owned(), range.to_owned()])
        }
        _ => Err(invalid(
            "only tables with a text as partition key and one as sort key are simulated here",
        )),
    }
}

pub(super) fn describe(core: &Core, tables: &Tables, call: &Call) -> Result<Value, Fail> {
    let table = named(tables, call)?;
    Ok(json!({ "Table": description(core, &call.region, table) }))
}

pub(super) fn update(core: &Core, tables: &mut Tables, call: &Call) -> Result<Value, Fail> {
    let table = usable(tables, core.now, &call.body)?;
    let Some(protected) = call.body["DeletionProtectionEnabled"].as_bool() else {
        return Err(invalid("only deletion protection can be changed here"));
    };
    table.protected = protected;
    Ok(json!({ "TableDescription": description(core, &call.region, table) }))
}

pub(super) fn delete(core: &Core, tables: &mut Tables, call: &Call) -> Result<Value, Fail> {
    let table = named(tables, call)?;
    if table.protected {
        return Err(invalid(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion \
             protection first.",
        ));
    }
    let mut shown = description(core, &call.region, table);
    shown["TableStatus"] = json!("DELETING");
    let name = table.name.clone();
    tables.remove(&name);
    Ok(json!({ "TableDescription": shown }))
}

pub(super) fn list(tables: &Tables) -> Value {
    json!({ "TableNames": tables.keys().collect::<Vec<_>>() })
}

pub(super) fn set_backups(core: &Core, tables: &mut Tables, call: &Call) -> Result<Value, Fail> {
    let wanted = &call.body["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
    let wanted = wanted
        .as_bool()
        .ok_or_else(|| missing("pointInTimeRecoverySpecification"))?;
    let name = text(&call.body, "TableName").ok_or_else(|| missing("tableName"))?;
    let table = tables.get_mut(name).ok_or_else(no_table)?;
    if table.active_from > core.now {
        let message =
            format!("Backups are being enabled for the table: {name}. Please retry later");
        return Err(Fail::new("ContinuousBackupsUnavailableException", message));
    }
    table.point_in_time = wanted;
    Ok(backups_of(table))
}

pub(super) fn backups(_: &Core, tables: &Tables, call: &Call) -> Result<Value, Fail> {
    let name = text(&call.body, "TableName").ok_or_else(|| missing("tableName"))?;
    Ok(backups_of(tables.get(name).ok_or_else(no_table)?))
}

fn no_table() -> Fail {
    Fail::new("TableNotFoundException", "Table not found")
}

fn backups_of(table: &Table) -> Value {
    let status = if table.point_in_time {
        "ENABLED"
    } else {
        "DISABLED"
    };
    json!({ "ContinuousBackupsDescription": {
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": status },
    } })
}

fn named<'a>(tables: &'a Tables, call: &Call) -> Result<&'a Table, Fail> {
    let name = text(&call.body, "TableName").ok_or_else(|| missing("tableName"))?;
    tables.get(name).ok_or_else(|| {
        Fail::new(
            not_found().code.as_str(),
            format!("Requested resource not found: Table: {name} not found"),
        )
    })
}

fn description(core: &Core, region: &str, table: &Table) -> Value {
    let status = match table.active_from <= core.now {
        true => "ACTIVE",
        false => "CREATING",
    };
    let [hash, range] = &table.keys;
    let (name, account) = (&table.name, &core.account);
    json!({
        "TableName": name,
        "TableArn": format!("arn:aws:dynamodb:{region}:{account}:table/{name}"),
        "TableStatus": status,
        "CreationDateTime": table.created.timestamp() as f64,
        "AttributeDefinitions": [
            { "AttributeName": hash, "AttributeType": "S" },
            { "AttributeName": range, "AttributeType": "S" },
        ],
        "KeySchema": [
            { "AttributeName": hash, "KeyType": "HASH" },
            { "AttributeName": range, "KeyType": "RANGE" },
        ],
        "BillingModeSummary": { "BillingMode": "PAY_PER_REQUEST" },
        "DeletionProtectionEnabled": table.protected,
        // DynamoDB counts them some six hours late.
        "ItemCount": 0,
        "TableSizeBytes": 0,
    })
}
