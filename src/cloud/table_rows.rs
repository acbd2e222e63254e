//! What a table holds, what is written into it, and how that ends: values, without a way to AWS.

use std::collections::BTreeMap;

/// The two keys of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    pub partition: String,
    pub sort: String,
}

impl RowKey {
    pub fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self {
            partition: partition.into(),
            sort: sort.into(),
        }
    }
}

/// What a row holds under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    Number(u64),
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub key: RowKey,
    pub cells: BTreeMap<String, Cell>,
}

impl Row {
    pub fn new(key: RowKey) -> Self {
        let cells = BTreeMap::new();
        Self { key, cells }
    }

    #[must_use]
    pub fn with(mut self, name: &str, cell: Cell) -> Self {
        self.cells.insert(name.to_owned(), cell);
        self
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.cells.get(name)? {
            Cell::Text(text) => Some(text),
            Cell::Number(_) => None,
        }
    }

    pub fn number(&self, name: &str) -> Option<u64> {
        match self.cells.get(name)? {
            Cell::Number(number) => Some(*number),
            Cell::Text(_) => None,
        }
    }
}

/// What must hold of a row before it is written, or for others to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowTest {
    Absent,
    Present,
    /// It holds exactly this under the name.
    Is(&'static str, Cell),
}

/// One part of a transaction; none may be about the row of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowWrite {
    Put {
        row: Row,
        when: Vec<RowTest>,
    },
    /// Leaves a row that is there as it is.
    PutIfAbsent {
        row: Row,
    },
    Delete {
        key: RowKey,
        when: Vec<RowTest>,
    },
    Check {
        key: RowKey,
        when: Vec<RowTest>,
    },
}

/// How a transaction ended of which AWS has told the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transacted {
    Done,
    /// Nothing of it was done; what stood against each part, in their order.
    Cancelled(Vec<Obstacle>),
}

/// What stood against one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    Nothing,
    /// What must hold does not.
    Condition,
    /// Another transaction is about the same row right now.
    Conflict,
    TooOften,
    Other(String),
}

/// Rows, and after which key more may follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPage {
    pub rows: Vec<Row>,
    pub more_after: Option<RowKey>,
}
