//! A table of a DynamoDB that somebody else serves, in real time: at the address in `AMIWATCH_TABLE_ENDPOINT`, with the
//! credentials and the region that the SDK finds.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::Engine;
use crate::clock::Clock;
use crate::cloud::{Connection, Fence, Identity, Reach, Table};
use crate::store::dynamodb::{DynamoStore, TERM};
use crate::store::{DRIVER, Store};

/// A fresh table there.
pub(super) struct TableElsewhere {
    table: Table,
    clock: Clock,
}

impl TableElsewhere {
    pub(super) async fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        #[expect(
            clippy::disallowed_methods,
            reason = "this test is pointed at its table by it"
        )]
        let endpoint = std::env::var("AMIWATCH_TABLE_ENDPOINT").expect("who serves the table");
        let clock = Clock::real();
        let reach = Reach {
            endpoint: Some(endpoint),
            ..Reach::default()
        };
        let way = Connection::from_chain(&reach, &clock).await;
        let cloud = way.cloud(&Identity::Own, None).unwrap();
        let nth = MADE.fetch_add(1, Ordering::Relaxed);
        let table = Table::new(cloud, &format!("contract-{}-{nth}", std::process::id()));
        table.create(&[].into()).await.unwrap();
        while !table.now().await.unwrap().is_some_and(|now| now.active) {
            clock.sleep(Duration::from_millis(100)).await;
        }
        Self { table, clock }
    }
}

impl Engine for TableElsewhere {
    fn process(&self) -> Box<dyn Store> {
        let fence = Fence::open(&self.clock);
        Box::new(DynamoStore::new(self.table.clone(), &fence, "a process"))
    }

    async fn until_noticed(&self, by: &dyn Store) {
        by.holder(DRIVER).await.unwrap();
        self.clock.sleep(TERM + Duration::from_secs(1)).await;
    }
}

#[cfg(feature = "sim")]
mod sim {
    use futures_util::future::join_all;
    use serde_json::json;

    use super::*;
    use crate::store::dynamodb::tests::counts_up;

    #[tokio::test]
    #[ignore = "AMIWATCH_TABLE_ENDPOINT names a DynamoDB; tests/contract/ministack.py serves one"]
    async fn processes_that_race_lose_no_write_and_repeat_none() {
        let there = TableElsewhere::new().await;
        let processes: Vec<_> = (0..4).map(|_| there.process()).collect();
        let racing = processes.iter().map(|one| counts_up(&**one, 25));
        let conflicts: u64 = join_all(racing).await.iter().sum();
        let sum = processes[0].get("sum").await.unwrap().unwrap();
        assert_eq!((sum.version, sum.value), (100, json!(100)));
        let events = processes[3].journal("j").await.unwrap();
        assert_eq!(events, (0..100).map(|n| json!(n)).collect::<Vec<_>>());
        println!("race of four stores: 100 batches, sum 100, 100 events, {conflicts} conflicts");
    }
}
