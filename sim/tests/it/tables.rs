//! DynamoDB: what a store asks of a table, and how it is refused.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use sim::{Account, Delivery, FaultKind, FaultRule, Timing};

use crate::support::{REGION, account};

fn asked(account: &Account, operation: &str, body: &Value) -> (u16, Value) {
    let scope = format!("key/20261101/{REGION}/dynamodb/aws4_request");
    let request = http::Request::post("http://sim.invalid/")
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, Signature=none"),
        )
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .body(Bytes::from(body.to_string()))
        .unwrap();
    let answer = account.handle(&request);
    if answer.delivery != Delivery::Arrives {
        return (0, Value::Null);
    }
    let status = answer.response.status().as_u16();
    (
        status,
        serde_json::from_slice(answer.response.body()).unwrap(),
    )
}

fn done(account: &Account, operation: &str, body: &Value) -> Value {
    let (status, answer) = asked(account, operation, body);
    assert_eq!(status, 200, "{operation}: {answer}");
    answer
}

/// The code of a refusal, without its family.
fn code(account: &Account, operation: &str, body: &Value) -> String {
    let (status, answer) = asked(account, operation, body);
    let code = answer["__type"].as_str().unwrap_or("ok");
    assert_eq!(status == 200, code == "ok", "{answer}");
    code.rsplit('#').next().unwrap_or_default().to_owned()
}

fn with_table() -> Account {
    let (account, _hand) = account();
    account.set_timing(Timing::instant());
    done(&account, "CreateTable", &table());
    account
}

fn table() -> Value {
    json!({
        "TableName": "amiwatch",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" }, { "AttributeName": "sk", "AttributeType": "S" },
        ],
        "KeySchema": [
            { "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" },
        ],
        "DeletionProtectionEnabled": true,
    })
}

fn put(sort: &str, value: &str, when: Option<&str>) -> Value {
    let item = json!({ "pk": { "S": "p" }, "sk": { "S": sort }, "v": { "S": value } });
    let mut put = json!({ "TableName": "amiwatch", "Item": item });
    if let Some(when) = when {
        put["ConditionExpression"] = json!(when);
    }
    json!({ "Put": put })
}

fn transaction(token: &str, actions: &[Value]) -> Value {
    json!({ "TransactItems": actions, "ClientRequestToken": token })
}

fn value(account: &Account, sort: &str) -> Option<String> {
    let key = json!({ "pk": { "S": "p" }, "sk": { "S": sort } });
    let body = json!({ "TableName": "amiwatch", "Key": key, "ConsistentRead": true });
    let answer = done(account, "GetItem", &body);
    answer["Item"]["v"]["S"].as_str().map(str::to_owned)
}

#[test]
fn a_transaction_is_all_or_nothing_and_says_what_stood_against_it() {
    let account = with_table();
    let absent = Some("attribute_not_exists(pk)");
    done(
        &account,
        "TransactWriteItems",
        &transaction("1", &[put("a", "1", absent)]),
    );
    let (status, refused) = asked(
        &account,
        "TransactWriteItems",
        &transaction("2", &[put("b", "1", None), put("a", "2", absent)]),
    );
    assert_eq!(status, 400);
    let reasons = refused["CancellationReasons"].as_array().unwrap();
    let codes: Vec<_> = reasons
        .iter()
        .map(|reason| reason["Code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"], "{refused}");
    assert_eq!(
        (value(&account, "a").as_deref(), value(&account, "b")),
        (Some("1"), None)
    );
    let twice = transaction("3", &[put("b", "1", None), put("b", "2", None)]);
    assert_eq!(
        code(&account, "TransactWriteItems", &twice),
        "ValidationException"
    );
}

#[test]
fn a_token_does_it_once_for_ten_minutes_and_for_one_content() {
    let account = with_table();
    let first = transaction("1", &[put("a", "1", None)]);
    done(&account, "TransactWriteItems", &first);
    done(
        &account,
        "TransactWriteItems",
        &transaction("2", &[put("a", "2", None)]),
    );
    done(&account, "TransactWriteItems", &first);
    assert_eq!(
        value(&account, "a").as_deref(),
        Some("2"),
        "the first was done already"
    );
    let other = transaction("1", &[put("a", "3", None)]);
    assert_eq!(
        code(&account, "TransactWriteItems", &other),
        "IdempotentParameterMismatchException"
    );
    account.advance(Duration::from_secs(601));
    done(&account, "TransactWriteItems", &first);
    assert_eq!(
        value(&account, "a").as_deref(),
        Some("1"),
        "nobody remembers it any more"
    );
}

#[test]
fn a_lost_answer_is_found_again_by_its_token() {
    for (kind, held) in [
        (FaultKind::TimeoutAfterEffect, true),
        (FaultKind::DropBeforeEffect, false),
        (FaultKind::ErrorAfterEffect, true),
    ] {
        let account = with_table();
        account.fault(
            FaultRule::new(kind)
                .on("dynamodb:TransactWriteItems")
                .times(1),
        );
        let once = transaction("1", &[put("a", "1", Some("attribute_not_exists(pk)"))]);
        asked(&account, "TransactWriteItems", &once);
        assert_eq!(value(&account, "a").is_some(), held);
        done(&account, "TransactWriteItems", &once);
        assert_eq!(value(&account, "a").as_deref(), Some("1"));
    }
}

#[test]
fn what_a_transaction_under_way_touches_is_a_conflict() {
    let account = with_table();
    account.set_timing(Timing {
        latency: Duration::from_millis(20),
        ..Timing::instant()
    });
    done(
        &account,
        "TransactWriteItems",
        &transaction("1", &[put("a", "1", None)]),
    );
    let (_, refused) = asked(
        &account,
        "TransactWriteItems",
        &transaction("2", &[put("a", "2", None)]),
    );
    assert_eq!(
        refused["CancellationReasons"][0]["Code"], "TransactionConflict",
        "{refused}"
    );
    done(
        &account,
        "TransactWriteItems",
        &transaction("3", &[put("b", "2", None)]),
    );
    account.advance(Duration::from_millis(20));
    done(
        &account,
        "TransactWriteItems",
        &transaction("2", &[put("a", "2", None)]),
    );
}

#[test]
fn a_read_without_consistency_is_late_and_pages_end_at_a_megabyte() {
    let account = with_table();
    let large = "x".repeat(300_000);
    for sort in ["a", "b", "c", "d", "e"] {
        done(
            &account,
            "TransactWriteItems",
            &transaction(sort, &[put(sort, &large, None)]),
        );
    }
    let mut body = json!({
        "TableName": "amiwatch",
        "KeyConditionExpression": "pk = :p AND sk > :from",
        "ExpressionAttributeValues": { ":p": { "S": "p" }, ":from": { "S": "a" } },
    });
    assert_eq!(
        done(&account, "Query", &body)["Count"],
        0,
        "nothing of it is seen yet"
    );
    body["ConsistentRead"] = json!(true);
    let first = done(&account, "Query", &body);
    assert_eq!(
        (&first["Count"], &first["LastEvaluatedKey"]["sk"]["S"]),
        (&json!(3), &json!("d"))
    );
    body["ExclusiveStartKey"] = first["LastEvaluatedKey"].clone();
    let rest = done(&account, "Query", &body);
    assert_eq!(
        (&rest["Count"], &rest["LastEvaluatedKey"]),
        (&json!(1), &Value::Null)
    );
    // Nothing can lie in a range that ends before it begins.
    let mut backwards = body.clone();
    backwards["KeyConditionExpression"] = json!("pk = :p AND sk BETWEEN :from AND :to");
    backwards["ExpressionAttributeValues"][":to"] = json!({ "S": "A" });
    assert_eq!(code(&account, "Query", &backwards), "ValidationException");
    // A full page says that there may be more.
    body["Limit"] = json!(1);
    assert!(done(&account, "Query", &body)["LastEvaluatedKey"].is_object());
}

#[test]
fn a_table_is_there_after_a_while_and_protected() {
    let (account, _hand) = account();
    let name = json!({ "TableName": "amiwatch" });
    assert_eq!(
        code(&account, "DescribeTable", &name),
        "ResourceNotFoundException"
    );
    let made = done(&account, "CreateTable", &table());
    assert_eq!(made["TableDescription"]["TableStatus"], "CREATING");
    assert_eq!(
        code(&account, "CreateTable", &table()),
        "ResourceInUseException"
    );
    let scan = json!({ "TableName": "amiwatch", "ConsistentRead": true });
    assert_eq!(code(&account, "Scan", &scan), "ResourceNotFoundException");
    let recovery = json!({ "PointInTimeRecoveryEnabled": true });
    let recovery = json!({ "TableName": "amiwatch", "PointInTimeRecoverySpecification": recovery });
    assert_eq!(
        code(&account, "UpdateContinuousBackups", &recovery),
        "ContinuousBackupsUnavailableException"
    );
    account.advance(Duration::from_secs(10));
    assert_eq!(done(&account, "Scan", &scan)["Count"], 0);
    done(&account, "UpdateContinuousBackups", &recovery);
    assert!(account.tables()[0].point_in_time);
    assert_eq!(code(&account, "DeleteTable", &name), "ValidationException");
    done(
        &account,
        "UpdateTable",
        &json!({ "TableName": "amiwatch", "DeletionProtectionEnabled": false }),
    );
    done(&account, "DeleteTable", &name);
    assert!(account.tables().is_empty());
}

#[test]
fn what_an_expression_does_not_say_right_is_refused() {
    let account = with_table();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut one = put("a", "1", Some("#v = :v"));
        one["Put"]["ExpressionAttributeNames"] = json!({ "#v": "v" });
        one["Put"]["ExpressionAttributeValues"] = json!({ ":v": { "S": "1" } });
        change(&mut one["Put"]);
        code(&account, "TransactWriteItems", &transaction("1", &[one]))
    };
    assert_eq!(refused(&|_| {}), "TransactionCanceledException");
    let wrong: [&dyn Fn(&mut Value); 6] = [
        &|put| put["ConditionExpression"] = json!("v = :v"),
        &|put| put["ConditionExpression"] = json!("#v = :w"),
        &|put| put["ConditionExpression"] = json!("#v = :v AND value = :v"),
        &|put| put["ConditionExpression"] = json!("#v = :v OR"),
        &|put| put["Item"]["sk"] = json!({ "S": "" }),
        &|put| put["Item"]["v"] = json!({ "S": "x".repeat(400 * 1024) }),
    ];
    for change in wrong {
        assert_eq!(refused(change), "ValidationException");
    }
}
