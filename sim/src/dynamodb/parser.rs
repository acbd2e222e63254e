//! From the text of an expression to what it says.

use serde_json::Value;

use super::expression::{Assignment, Comparison, Operand, Test, Words};
use super::invalid;
use crate::wire::fail::Fail;

/// Some of the words that an expression must not name an attribute by.
const RESERVED: &[&str] = &[
    "COUNT",
    "DATA",
    "DATE",
    "EVENT",
    "HASH",
    "HOLDER",
    "INDEX",
    "KEY",
    "NAME",
    "OWNER",
    "RANGE",
    "STATE",
    "STATUS",
    "TABLE",
    "TIME",
    "TIMESTAMP",
    "TOKEN",
    "TTL",
    "VALUE",
    "VALUES",
];

pub(super) fn unspoken(text: &str) -> Fail {
    invalid(format!(
        "Invalid expression, or one that is not simulated: {text}"
    ))
}

pub(super) struct Parser<'a, 'w> {
    text: &'a str,
    tokens: Vec<String>,
    at: usize,
    words: &'w Words<'w>,
}

impl<'a, 'w> Parser<'a, 'w> {
    pub(super) fn of(text: &'a str, words: &'w Words<'w>) -> Result<Self, Fail> {
        Ok(Self {
            text,
            tokens: tokens(text)?,
            at: 0,
            words,
        })
    }

    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Result<String, Fail> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| unspoken(self.text))
    }

    pub(super) fn next_is(&mut self, token: &str) -> bool {
        let is = self.peek() == Some(token);
        self.at += usize::from(is);
        is
    }

    pub(super) fn word(&mut self, word: &str) -> bool {
        let is = self
            .peek()
            .is_some_and(|token| token.eq_ignore_ascii_case(word));
        self.at += usize::from(is);
        is
    }

    fn need(&mut self, token: &str) -> Result<(), Fail> {
        match self.next_is(token) {
            true => Ok(()),
            false => Err(unspoken(self.text)),
        }
    }

    pub(super) fn end(&self) -> Result<(), Fail> {
        match self.at == self.tokens.len() {
            true => Ok(()),
            false => Err(unspoken(self.text)),
        }
    }

    pub(super) fn either(&mut self) -> Result<Test, Fail> {
        let mut test = self.both()?;
        while self.word("OR") {
            test = Test::Either(Box::new(test), Box::new(self.both()?));
        }
        Ok(test)
    }

    fn both(&mut self) -> Result<Test, Fail> {
        let mut test = self.one()?;
        while self.word("AND") {
            test = Test::Both(Box::new(test), Box::new(self.one()?));
        }
        Ok(test)
    }

    fn one(&mut self) -> Result<Test, Fail> {
        if self.word("NOT") {
            return Ok(Test::Not(Box::new(self.one()?)));
        }
        if self.next_is("(") {
            let test = self.either()?;
            self.need(")")?;
            return Ok(test);
        }
        for (function, wanted) in [("attribute_exists", true), ("attribute_not_exists", false)] {
            if self.next_is(function) {
                self.need("(")?;
                let name = self.attribute()?;
                self.need(")")?;
                return Ok(Test::Exists(name, wanted));
            }
        }
        if self.next_is("begins_with") {
            self.need("(")?;
            let of = self.operand()?;
            self.need(",")?;
            let start = self.operand()?;
            self.need(")")?;
            return Ok(Test::BeginsWith(of, start));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Test, Fail> {
        let left = self.operand()?;
        if self.word("BETWEEN") {
            let from = self.operand()?;
            if !self.word("AND") {
                return Err(unspoken(self.text));
            }
            return Ok(Test::Between(left, from, self.operand()?));
        }
        let how = match self.next()?.as_str() {
            "=" => Comparison::Equal,
            "<>" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return Err(unspoken(self.text)),
        };
        Ok(Test::Compare(left, how, self.operand()?))
    }

    fn operand(&mut self) -> Result<Operand, Fail> {
        match self.peek().is_some_and(|token| token.starts_with(':')) {
            true => Ok(Operand::Value(self.value()?)),
            false => Ok(Operand::Attribute(self.attribute()?)),
        }
    }

    fn value(&mut self) -> Result<Value, Fail> {
        let name = self.next()?;
        Ok(self
            .words
            .look_up("ExpressionAttributeValues", &name)?
            .clone())
    }

    fn attribute(&mut self) -> Result<String, Fail> {
        let name = self.next()?;
        if name.starts_with('#') {
            let named = self.words.look_up("ExpressionAttributeNames", &name)?;
            return Ok(named.as_str().unwrap_or_default().to_owned());
        }
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let reserved = RESERVED.iter().any(|word| word.eq_ignore_ascii_case(&name));
        if reserved {
            return Err(invalid(format!(
                "Invalid expression: Attribute name is a reserved keyword; reserved keyword: {name}"
            )));
        }
        match plain {
            true => Ok(name),
            false => Err(unspoken(self.text)),
        }
    }

    pub(super) fn assignment(&mut self) -> Result<Assignment, Fail> {
        let to = self.attribute()?;
        self.need("=")?;
        if !self.next_is("if_not_exists") {
            let value = self.value()?;
            return Ok(Assignment {
                to,
                unless: None,
                value,
            });
        }
        self.need("(")?;
        let unless = Some(self.attribute()?);
        self.need(",")?;
        let value = self.value()?;
        self.need(")")?;
        Ok(Assignment { to, unless, value })
    }
}

fn tokens(text: &str) -> Result<Vec<String>, Fail> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' | ',' | '=' => 1,
            '<' if rest.starts_with("<=") || rest.starts_with("<>") => 2,
            '>' if rest.starts_with(">=") => 2,
            '<' | '>' => 1,
            c if c.is_ascii_alphanumeric() || "_#:".contains(c) => {
                let end = rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                end.map_or(rest.len(), |end| end + 1)
            }
            _ => return Err(unspoken(text)),
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}
