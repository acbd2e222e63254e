//! An order that the store would not take.

use super::*;

/// An order as a store of the first version holds it.
fn an_order() -> BakeOrder {
    let sql = include_str!("../../../../tests/fixtures/store/v1.sql");
    let raw = rusqlite::Connection::open_in_memory().unwrap();
    raw.execute_batch(sql).unwrap();
    let query = "SELECT event FROM journal WHERE seq = 0 LIMIT 1";
    let opened: String = raw.query_row(query, [], |row| row.get(0)).unwrap();
    let mut opened: serde_json::Value = serde_json::from_str(&opened).unwrap();
    serde_json::from_value(opened["input"].take()).unwrap()
}

#[test]
fn an_order_that_the_store_would_not_take_is_none() {
    let mut order = an_order();
    let way = order.launches[0].clone();
    order.launches = vec![way.clone(); 128];
    let fitting = fits(order.clone()).unwrap();
    let opened = serde_json::json!({
        "event": "opened", "at": "2026-11-02T08:00:00.000000000Z", "input": fitting,
    });
    let bytes = opened.to_string().len();
    assert!(bytes < 64 * 1024, "{bytes}");

    order.launches = vec![way; 812];
    let error = fits(order).unwrap_err().to_string();
    assert!(error.contains("812 pairs"), "{error}");
    assert!(error.contains("name fewer in [builder]"), "{error}");
}
