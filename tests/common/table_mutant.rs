//! Deliberate bugs of a process that shares a table with others: what it asks of the table, and what it hears.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Value, json};

use super::mutant::Mutant;

/// The request to the table as the wrong amiwatch sends it.
pub(super) fn sent_to_table(mutant: Mutant, operation: &str, body: &str) -> Option<String> {
    if operation != "TransactWriteItems" {
        return None;
    }
    let mut asked: Value = serde_json::from_str(body).expect("DynamoDB is asked in JSON");
    let items = asked["TransactItems"].as_array_mut()?;
    match mutant {
        Mutant::TokenByContent => {
            let mut digest = DefaultHasher::new();
            json!(items).to_string().hash(&mut digest);
            asked["ClientRequestToken"] = json!(format!("{:016x}", digest.finish()));
        }
        Mutant::EpochUnchecked => {
            let appends = items.iter().any(|one| {
                let partition = one["Put"]["Item"]["pk"]["S"].as_str();
                partition.is_some_and(|of| of.starts_with("journal/"))
            });
            let of_lease = |one: &Value| one["ConditionCheck"]["Key"]["sk"]["S"] == "epoch";
            items.retain(|one| !appends || !of_lease(one));
        }
        _ => return None,
    }
    Some(asked.to_string())
}

/// The table's answer as the wrong amiwatch takes it.
pub(super) fn heard_of_table(mutant: Mutant, operation: &str, answer: &str) -> Option<String> {
    if (mutant, operation) != (Mutant::StandbyActs, "Query") {
        return None;
    }
    let mut heard: Value = serde_json::from_str(answer).ok()?;
    for row in heard["Items"].as_array_mut()? {
        row.as_object_mut().map(|row| row.remove("holder"));
    }
    Some(heard.to_string())
}
