//! The language of conditions and updates, as far as it is spoken here; the rest is refused in so many words.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value;

use super::invalid;
use super::model::Attributes;
use super::parser::{Parser, unspoken};
use crate::wire::fail::Fail;

/// The names and values beside an expression; each must be used.
pub(super) struct Words<'a> {
    body: &'a Value,
    used: RefCell<BTreeSet<String>>,
}

/// What an expression says of an item.
#[derive(Debug)]
pub(super) enum Test {
    Exists(String, bool),
    Compare(Operand, Comparison, Operand),
    BeginsWith(Operand, Operand),
    Between(Operand, Operand, Operand),
    Both(Box<Test>, Box<Test>),
    Either(Box<Test>, Box<Test>),
    Not(Box<Test>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug)]
pub(super) enum Operand {
    Attribute(String),
    Value(Value),
}

/// One assignment of an update.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) to: String,
    /// Only where the attribute of this name is not there.
    pub(super) unless: Option<String>,
    pub(super) value: Value,
}

impl<'a> Words<'a> {
    pub(super) fn of(body: &'a Value) -> Self {
        Self {
            body,
            used: RefCell::default(),
        }
    }

    /// What the expression under this name asks; absent where there is none.
    pub(super) fn test(&self, named: &str) -> Result<Option<Test>, Fail> {
        let Some(text) = self.body[named].as_str() else {
            return Ok(None);
        };
        let mut parser = Parser::of(text, self)?;
        let test = parser.either()?;
        parser.end()?;
        Ok(Some(test))
    }

    /// `SET a = :a, b = if_not_exists(b, :b)`
    pub(super) fn assignments(&self, named: &str) -> Result<Vec<Assignment>, Fail> {
        let text = self.body[named].as_str().unwrap_or_default();
        let mut parser = Parser::of(text, self)?;
        if !parser.word("SET") {
            return Err(unspoken(text));
        }
        let mut assignments = vec![parser.assignment()?];
        while parser.next_is(",") {
            assignments.push(parser.assignment()?);
        }
        parser.end()?;
        Ok(assignments)
    }

    /// Refuses names and values that no expression used.
    pub(super) fn all_used(&self) -> Result<(), Fail> {
        for (group, what) in [
            ("ExpressionAttributeNames", "Names"),
            ("ExpressionAttributeValues", "Value"),
        ] {
            let given = self.body[group].as_object();
            let used = self.used.borrow();
            let unused = given
                .into_iter()
                .flatten()
                .find(|(name, _)| !used.contains(*name));
            if let Some((name, _)) = unused {
                return Err(invalid(format!(
                    "{what} provided in {group} unused in expressions: keys: {{{name}}}"
                )));
            }
        }
        Ok(())
    }

    pub(super) fn look_up(&self, group: &str, name: &str) -> Result<&'a Value, Fail> {
        self.used.borrow_mut().insert(name.to_owned());
        let found = self.body[group].get(name);
        found.ok_or_else(|| {
            invalid(format!(
                "Invalid expression: {name} used in expression is not defined in {group}"
            ))
        })
    }
}

impl Test {
    /// Whether it holds of an item, or of none.
    pub(super) fn holds(&self, item: Option<&Attributes>) -> bool {
        match self {
            Self::Exists(name, wanted) => {
                item.is_some_and(|item| item.contains_key(name)) == *wanted
            }
            Self::Compare(left, how, right) => compared(left.of(item), *how, right.of(item)),
            Self::BeginsWith(left, right) => {
                let of = |operand: &Operand| Some(operand.of(item)?["S"].as_str()?.to_owned());
                matches!((of(left), of(right)), (Some(whole), Some(start)) if whole.starts_with(&start))
            }
            Self::Between(value, from, to) => {
                compared(value.of(item), Comparison::GreaterOrEqual, from.of(item))
                    && compared(value.of(item), Comparison::LessOrEqual, to.of(item))
            }
            Self::Both(one, other) => one.holds(item) && other.holds(item),
            Self::Either(one, other) => one.holds(item) || other.holds(item),
            Self::Not(test) => !test.holds(item),
        }
    }

    /// Whether some range of it ends before it begins.
    pub(super) fn asks_backwards(&self) -> bool {
        match self {
            Self::Between(_, Operand::Value(from), Operand::Value(to)) => {
                compared(Some(from), Comparison::Greater, Some(to))
            }
            Self::Both(one, other) | Self::Either(one, other) => {
                one.asks_backwards() || other.asks_backwards()
            }
            Self::Not(test) => test.asks_backwards(),
            _ => false,
        }
    }

    /// What it demands of an attribute by equality, if it does so in every case.
    pub(super) fn demands(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Compare(Operand::Attribute(of), Comparison::Equal, Operand::Value(value)) => {
                (of == name).then_some(value)
            }
            Self::Both(one, other) => one.demands(name).or_else(|| other.demands(name)),
            _ => None,
        }
    }
}

impl Operand {
    fn of<'a>(&'a self, item: Option<&'a Attributes>) -> Option<&'a Value> {
        match self {
            Self::Attribute(name) => item?.get(name),
            Self::Value(value) => Some(value),
        }
    }
}

impl Assignment {
    pub(super) fn apply(&self, item: &mut Attributes, before: &Attributes) {
        let kept = self.unless.as_ref().and_then(|name| before.get(name));
        item.insert(self.to.clone(), kept.unwrap_or(&self.value).clone());
    }
}

fn compared(left: Option<&Value>, how: Comparison, right: Option<&Value>) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let (Some(left), Some(right)) = (left, right) else {
        return false;
    };
    let order = match (left["S"].as_str(), right["S"].as_str()) {
        (Some(left), Some(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (None, None) => {
            let number = |value: &Value| value["N"].as_str()?.parse::<f64>().ok();
            number(left)
                .zip(number(right))
                .and_then(|(l, r)| l.partial_cmp(&r))
        }
        _ => None,
    };
    match how {
        Comparison::Equal => order == Some(Equal),
        Comparison::NotEqual => order != Some(Equal),
        Comparison::Less => order == Some(Less),
        Comparison::LessOrEqual => matches!(order, Some(Less | Equal)),
        Comparison::Greater => order == Some(Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Greater | Equal)),
    }
}
