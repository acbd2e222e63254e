//! What tests ask of DynamoDB's tables from behind the scenes.

use serde::Serialize;

use crate::account::Account;
pub use crate::dynamodb::model::Consumed;

/// A table as it is.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct TableView {
    /// Region.
    pub region: String,
    /// Name.
    pub name: String,
    /// How many items are in it.
    pub items: usize,
    /// What the bill counts so far.
    #[serde(flatten)]
    pub consumed: Consumed,
    /// It cannot be deleted.
    pub protected: bool,
    /// It can be had back as it was at any second.
    pub point_in_time: bool,
}

impl Account {
    /// Every table, by region and name.
    pub fn tables(&self) -> Vec<TableView> {
        let state = self.fresh();
        let all = state.regions.iter().flat_map(|(region, here)| {
            here.tables.values().map(|table| TableView {
                region: region.clone(),
                name: table.name.clone(),
                items: table
                    .items
                    .values()
                    .filter(|slot| slot.now.is_some())
                    .count(),
                consumed: table.consumed,
                protected: table.protected,
                point_in_time: table.point_in_time,
            })
        });
        all.collect()
    }
}
