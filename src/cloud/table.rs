//! One table of DynamoDB, in our words: rows under two keys, read consistently, written by transactions alone.
//!
//! Must not know what the rows mean. A transaction's token is its caller's: whether a lost one is sent again is
//! decided there.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::operation::BuildError;

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::table_rows::{Cell, Obstacle, Row, RowKey, RowPage, RowWrite, Transacted};
use super::table_wire::{self, PARTITION, SORT, Values, cell_of, key_values, text_value};

const GET_ITEM: Operation = Operation::read("dynamodb:GetItem");
const QUERY: Operation = Operation::read("dynamodb:Query");
const SCAN: Operation = Operation::read("dynamodb:Scan");
/// IAM knows a transaction by its parts; the first stands for all.
const TRANSACT: Operation = TRANSACTS[0];
const TRANSACTS: [Operation; 4] = [
    Operation::change("dynamodb:PutItem"),
    Operation::change("dynamodb:UpdateItem"),
    Operation::change("dynamodb:DeleteItem"),
    Operation::change("dynamodb:ConditionCheckItem"),
];

/// One table, as one identity in one region.
#[derive(Debug, Clone)]
pub struct Table {
    pub(super) cloud: Cloud,
    pub(super) name: String,
}

impl Table {
    pub fn new(cloud: Cloud, name: &str) -> Self {
        let name = name.to_owned();
        Self { cloud, name }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// One row, as the last transaction left it.
    ///
    /// # Errors
    /// `NotFound` when there is no such table.
    pub async fn row(&self, key: &RowKey) -> Result<Option<Row>, CloudError> {
        let request = self
            .cloud
            .dynamodb(GET_ITEM)
            .get_item()
            .table_name(&self.name)
            .consistent_read(true)
            .set_key(Some(key_values(key)))
            .send();
        let answer = self.cloud.call(GET_ITEM, self, request).await?;
        let row = answer.item.map(|item| self.read(GET_ITEM, item));
        row.transpose()
    }

    /// The rows of a partition whose sort key lies between these two, both included, in order: one page.
    ///
    /// # Errors
    /// As [`Self::row`].
    pub async fn rows(
        &self,
        partition: &str,
        (from, to): (&str, &str),
        after: Option<&RowKey>,
        limit: usize,
    ) -> Result<RowPage, CloudError> {
        let request = self
            .cloud
            .dynamodb(QUERY)
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("#p = :p AND #s BETWEEN :from AND :to")
            .expression_attribute_names("#p", PARTITION)
            .expression_attribute_names("#s", SORT)
            .expression_attribute_values(":p", text_value(partition))
            .expression_attribute_values(":from", text_value(from))
            .expression_attribute_values(":to", text_value(to))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX).max(1))
            .set_exclusive_start_key(after.map(key_values))
            .send();
        let answer = self.cloud.call(QUERY, self, request).await?;
        self.page(QUERY, answer.items, answer.last_evaluated_key)
    }

    /// Some rows of the whole table, in no order that means anything: one page.
    ///
    /// # Errors
    /// As [`Self::row`].
    pub async fn all_rows(&self, after: Option<&RowKey>) -> Result<RowPage, CloudError> {
        let request = self
            .cloud
            .dynamodb(SCAN)
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .set_exclusive_start_key(after.map(key_values))
            .send();
        let answer = self.cloud.call(SCAN, self, request).await?;
        self.page(SCAN, answer.items, answer.last_evaluated_key)
    }

    /// Sends one transaction once. Under a token that AWS knows it is done already, and that is the answer.
    ///
    /// # Errors
    /// `Unknown` when it may have been done: the same token tells.
    pub async fn transact(
        &self,
        token: &str,
        writes: &[RowWrite],
    ) -> Result<Transacted, CloudError> {
        let items: Result<Vec<_>, BuildError> = writes
            .iter()
            .map(|one| table_wire::item_of(&self.name, one))
            .collect();
        let items = items.map_err(|error| {
            let message = error.to_string();
            self.cloud
                .fault(TRANSACT, self, ErrorKind::Invalid, message)
        })?;
        let request = self
            .cloud
            .dynamodb(TRANSACT)
            .transact_write_items()
            .client_request_token(token)
            .set_transact_items(Some(items))
            .send();
        let told = async {
            match request.await {
                Ok(_) => Ok(Transacted::Done),
                Err(error) => match cancelled(&error) {
                    Some(obstacles) => Ok(Transacted::Cancelled(obstacles)),
                    None => Err(error),
                },
            }
        };
        self.cloud.call(TRANSACT, self, told).await
    }

    fn page(
        &self,
        operation: Operation,
        items: Option<Vec<Values>>,
        last: Option<Values>,
    ) -> Result<RowPage, CloudError> {
        let items = items.unwrap_or_default().into_iter();
        let rows: Result<Vec<_>, _> = items.map(|item| self.read(operation, item)).collect();
        let last = last.filter(|last| !last.is_empty());
        let more_after = last.map(|last| self.read(operation, last)).transpose()?;
        Ok(RowPage {
            rows: rows?,
            more_after: more_after.map(|row| row.key),
        })
    }

    fn read(&self, operation: Operation, item: Values) -> Result<Row, CloudError> {
        let mut cells: BTreeMap<String, Cell> = item
            .into_iter()
            .filter_map(|(name, value)| Some((name, cell_of(value)?)))
            .collect();
        let mut key = |name: &str| match cells.remove(name) {
            Some(Cell::Text(key)) => Some(key),
            _ => None,
        };
        match (key(PARTITION), key(SORT)) {
            (Some(partition), Some(sort)) => Ok(Row {
                key: RowKey { partition, sort },
                cells,
            }),
            _ => {
                let message = "a row without its keys: the table is not a store of amiwatch";
                Err(self
                    .cloud
                    .fault(operation, self, ErrorKind::Invalid, message))
            }
        }
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "table {}", self.name)
    }
}

/// What stood against each part, where it is a transaction that was cancelled.
fn cancelled<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Vec<Obstacle>> {
    let Some(TransactWriteItemsError::TransactionCanceledException(told)) =
        error.as_service_error()
    else {
        return None;
    };
    Some(told.cancellation_reasons().iter().map(obstacle).collect())
}

fn obstacle(reason: &CancellationReason) -> Obstacle {
    match reason.code() {
        None | Some("None") => Obstacle::Nothing,
        Some("ConditionalCheckFailed") => Obstacle::Condition,
        Some("TransactionConflict") => Obstacle::Conflict,
        Some("ThrottlingError" | "ProvisionedThroughputExceeded") => Obstacle::TooOften,
        Some(other) => Obstacle::Other(other.to_owned()),
    }
}
