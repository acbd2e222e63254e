//! Rows and their writes in the forms of DynamoDB's requests. Sends nothing.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update,
};
use aws_smithy_types::error::operation::BuildError;

use super::table_rows::{Cell, Row, RowKey, RowTest, RowWrite};

pub(super) const PARTITION: &str = "pk";
pub(super) const SORT: &str = "sk";

pub(super) type Values = HashMap<String, AttributeValue>;

/// Conditions as an expression, with the names and values in it.
struct Said {
    expression: Option<String>,
    names: Option<HashMap<String, String>>,
    values: Option<Values>,
}

impl Said {
    fn of(tests: &[RowTest]) -> Self {
        let (mut parts, mut names, mut values) = (Vec::new(), HashMap::new(), HashMap::new());
        for (at, test) in tests.iter().enumerate() {
            let name = format!("#t{at}");
            match test {
                RowTest::Absent => {
                    parts.push(format!("attribute_not_exists({name})"));
                    names.insert(name, PARTITION.to_owned());
                }
                RowTest::Present => {
                    parts.push(format!("attribute_exists({name})"));
                    names.insert(name, PARTITION.to_owned());
                }
                RowTest::Is(of, cell) => {
                    parts.push(format!("{name} = :t{at}"));
                    names.insert(name, (*of).to_owned());
                    values.insert(format!(":t{at}"), value_of(cell));
                }
            }
        }
        Self {
            expression: (!parts.is_empty()).then(|| parts.join(" AND ")),
            names: (!names.is_empty()).then_some(names),
            values: (!values.is_empty()).then_some(values),
        }
    }
}

pub(super) fn text_value(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn value_of(cell: &Cell) -> AttributeValue {
    match cell {
        Cell::Text(of) => text_value(of),
        Cell::Number(number) => AttributeValue::N(number.to_string()),
    }
}

/// What a cell holds; nothing of what we never write.
pub(super) fn cell_of(value: AttributeValue) -> Option<Cell> {
    match value {
        AttributeValue::S(text) => Some(Cell::Text(text)),
        AttributeValue::N(number) => number.parse().ok().map(Cell::Number),
        _ => None,
    }
}

pub(super) fn key_values(key: &RowKey) -> Values {
    let keys = [(PARTITION, &key.partition), (SORT, &key.sort)];
    let keys = keys.map(|(name, value)| (name.to_owned(), text_value(value)));
    keys.into()
}

fn values_of(row: &Row) -> Values {
    let mut values = key_values(&row.key);
    let cells = row.cells.iter();
    values.extend(cells.map(|(name, cell)| (name.clone(), value_of(cell))));
    values
}

pub(super) fn item_of(table: &str, write: &RowWrite) -> Result<TransactWriteItem, BuildError> {
    let item = TransactWriteItem::builder();
    Ok(match write {
        RowWrite::Put { row, when } => {
            let said = Said::of(when);
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(values_of(row)))
                .set_condition_expression(said.expression)
                .set_expression_attribute_names(said.names)
                .set_expression_attribute_values(said.values);
            item.put(put.build()?)
        }
        RowWrite::PutIfAbsent { row } => item.update(unless_there(table, row)?),
        RowWrite::Delete { key, when } => {
            let said = Said::of(when);
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(key_values(key)))
                .set_condition_expression(said.expression)
                .set_expression_attribute_names(said.names)
                .set_expression_attribute_values(said.values);
            item.delete(delete.build()?)
        }
        RowWrite::Check { key, when } => {
            let said = Said::of(when);
            let check = ConditionCheck::builder()
                .table_name(table)
                .set_key(Some(key_values(key)))
                .set_condition_expression(said.expression)
                .set_expression_attribute_names(said.names)
                .set_expression_attribute_values(said.values);
            item.condition_check(check.build()?)
        }
    }
    .build())
}

/// Each cell is set unless it is there.
fn unless_there(table: &str, row: &Row) -> Result<Update, BuildError> {
    let mut update = Update::builder()
        .table_name(table)
        .set_key(Some(key_values(&row.key)));
    let mut sets = Vec::new();
    for (at, (name, cell)) in row.cells.iter().enumerate() {
        sets.push(format!("#c{at} = if_not_exists(#c{at}, :c{at})"));
        update = update
            .expression_attribute_names(format!("#c{at}"), name)
            .expression_attribute_values(format!(":c{at}"), value_of(cell));
    }
    update
        .update_expression(format!("SET {}", sets.join(", ")))
        .build()
}
