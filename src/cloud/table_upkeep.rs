//! A table's upkeep: whether it is there and as it should be, and how it is made. What is in it is `table`'s.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
    PointInTimeRecoveryStatus, ScalarAttributeType, TableStatus, Tag,
};

use super::call::Operation;
use super::error::{CloudError, ErrorKind};
use super::table::Table;
use super::table_wire::{PARTITION, SORT};

const DESCRIBE_TABLE: Operation = Operation::read("dynamodb:DescribeTable");
const DESCRIBE_BACKUPS: Operation = Operation::read("dynamodb:DescribeContinuousBackups");
const CREATE_TABLE: Operation = Operation::change("dynamodb:CreateTable");
const UPDATE_BACKUPS: Operation = Operation::change("dynamodb:UpdateContinuousBackups");

/// A table as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableNow {
    /// It can be used; else it is being made or removed.
    pub active: bool,
    /// Its keys are those that a store's rows have.
    pub fits: bool,
    pub on_demand: bool,
    pub deletion_protected: bool,
}

impl Table {
    /// The table as it is; absent where there is none.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn now(&self) -> Result<Option<TableNow>, CloudError> {
        let request = self
            .cloud
            .dynamodb(DESCRIBE_TABLE)
            .describe_table()
            .table_name(&self.name)
            .send();
        let answer = match self.cloud.call(DESCRIBE_TABLE, self, request).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        let Some(table) = answer.table else {
            let message = "the answer holds no table";
            return Err(self
                .cloud
                .fault(DESCRIBE_TABLE, self, ErrorKind::Empty, message));
        };
        let billing = table.billing_mode_summary.as_ref();
        let billing = billing.and_then(|summary| summary.billing_mode.as_ref());
        Ok(Some(TableNow {
            active: matches!(
                table.table_status,
                Some(TableStatus::Active | TableStatus::Updating)
            ),
            fits: fits(table.key_schema()),
            on_demand: billing == Some(&BillingMode::PayPerRequest),
            deletion_protected: table.deletion_protection_enabled == Some(true),
        }))
    }

    /// Whether it can be had back as it was at any second of the last weeks.
    ///
    /// # Errors
    /// Any kind.
    pub async fn is_recoverable(&self) -> Result<bool, CloudError> {
        let request = self
            .cloud
            .dynamodb(DESCRIBE_BACKUPS)
            .describe_continuous_backups()
            .table_name(&self.name)
            .send();
        let answer = self.cloud.call(DESCRIBE_BACKUPS, self, request).await?;
        let backups = answer.continuous_backups_description;
        let recovery = backups.and_then(|backups| backups.point_in_time_recovery_description);
        let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
        Ok(status == Some(PointInTimeRecoveryStatus::Enabled))
    }

    /// Makes the table: on demand, protected against being deleted, with these tags. It can be used a while
    /// later.
    ///
    /// # Errors
    /// `Conflict` when there is one of this name.
    pub async fn create(&self, tags: &BTreeMap<String, String>) -> Result<(), CloudError> {
        let mut request = self
            .cloud
            .dynamodb(CREATE_TABLE)
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .deletion_protection_enabled(true);
        for (name, kind) in [(PARTITION, KeyType::Hash), (SORT, KeyType::Range)] {
            let key = KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind);
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S);
            let (Ok(key), Ok(attribute)) = (key.build(), attribute.build()) else {
                continue;
            };
            request = request.key_schema(key).attribute_definitions(attribute);
        }
        let tags = tags
            .iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build());
        let tags = tags.filter_map(Result::ok).collect();
        let request = request.set_tags(Some(tags)).send();
        self.cloud.call(CREATE_TABLE, self, request).await?;
        Ok(())
    }

    /// From now on it can be had back as it was at any second.
    ///
    /// # Errors
    /// `Conflict` while it is being made.
    pub async fn make_recoverable(&self) -> Result<(), CloudError> {
        let recovery = PointInTimeRecoverySpecification::builder()
            .point_in_time_recovery_enabled(true)
            .build();
        let request = self
            .cloud
            .dynamodb(UPDATE_BACKUPS)
            .update_continuous_backups()
            .table_name(&self.name)
            .set_point_in_time_recovery_specification(recovery.ok())
            .send();
        self.cloud.call(UPDATE_BACKUPS, self, request).await?;
        Ok(())
    }
}

fn fits(schema: &[KeySchemaElement]) -> bool {
    let is = |at: usize, name: &str, kind: &KeyType| {
        let key = schema.get(at);
        key.is_some_and(|key| key.attribute_name() == name && key.key_type() == kind)
    };
    schema.len() == 2 && is(0, PARTITION, &KeyType::Hash) && is(1, SORT, &KeyType::Range)
}
