//! What a template's values can take of memory at most, told from its text before it runs.
//!
//! Fuel counts steps, and one step can double a text. So every expression gets a bound, in bytes, from
//! the bounds of what it is made of; a name has the bound of what it is set to, and a loop that makes a
//! name longer with each round is refused. Of each expression one value is alive at any time, so the sum
//! of the bounds bounds them all. What cannot be bounded is refused, by name.

mod expression;
mod filters;

use std::collections::BTreeMap;

use minijinja::machinery::ast::{Expr, ForLoop, Stmt};
use minijinja::machinery::parse;
use minijinja::syntax::SyntaxConfig;

use super::TemplateRefusal;

/// The most that all values of a template may take together.
const VALUES_MAX: u64 = 4 * 1024 * 1024;
/// Loops in loops.
const LOOPS_MAX: usize = 6;
/// What a value takes beside its letters.
const SMALL: u64 = 64;
/// The longest number as a text.
const NUMBER: u64 = 330;
/// Names with a meaning of their own.
const RESERVED: [&str; 3] = ["base", "loop", "range"];

/// What sort of value comes out, as far as it matters for its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueSort {
    Number,
    Text,
    /// A list of texts.
    Texts,
    /// Perhaps a list of lists: written out, each of its texts is quoted and escaped.
    Any,
}

/// A value's bound: the bytes of all its texts. In a list each item counts [`SMALL`] more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ValueBound {
    letters: u64,
    sort: ValueSort,
}

impl ValueBound {
    const NUMBER: Self = Self::new(NUMBER, ValueSort::Number);
    /// True, false, none, or a name that nothing was set to.
    const SMALL: Self = Self::new(SMALL, ValueSort::Any);

    const fn new(letters: u64, sort: ValueSort) -> Self {
        Self { letters, sort }
    }

    /// Whichever of the two it is.
    fn or(self, other: Self) -> Self {
        let same = self.sort == other.sort;
        let sort = if same { self.sort } else { ValueSort::Any };
        Self::new(self.letters.max(other.letters), sort)
    }

    /// A part of it is no longer than the whole. The parts of a text and of texts are texts.
    fn part(self) -> Self {
        match self.sort {
            ValueSort::Text | ValueSort::Texts => Self::new(self.letters, ValueSort::Text),
            ValueSort::Number | ValueSort::Any => Self::new(self.letters, ValueSort::Any),
        }
    }

    /// The longest text that it is written as: a letter of a list may be written as `\u{200b}`.
    fn written(self) -> u64 {
        match self.sort {
            ValueSort::Number | ValueSort::Text => self.letters,
            ValueSort::Texts | ValueSort::Any => self.letters.saturating_mul(8),
        }
    }
}

type Names = BTreeMap<String, ValueBound>;

/// The walk over one template.
struct Growth {
    names: Names,
    /// The longest of the base's facts.
    fact: u64,
    /// The sum of the bounds so far.
    sum: u64,
    /// How many loops the present place is in.
    loops: usize,
}

/// The bytes that all values of the template take at most; `fact` is the longest text that it is given.
///
/// # Errors
/// When there is no such bound, or the template is none.
pub(super) fn values_bound(template: &str, fact: usize) -> Result<u64, TemplateRefusal> {
    let fact = u64::try_from(fact).unwrap_or(u64::MAX);
    // Four facts, and their names.
    let base = fact.saturating_add(2 * SMALL).saturating_mul(4);
    let names = Names::from([("base".to_owned(), ValueBound::new(base, ValueSort::Any))]);
    grown(template, names, fact)
}

/// The same for a template that is given these fields: each with the bytes of all its texts, and whether it
/// is one text.
///
/// # Errors
/// As [`values_bound`].
pub(super) fn fields_bound(
    template: &str,
    fields: &[(&str, u64, bool)],
) -> Result<u64, TemplateRefusal> {
    let sort = |text: bool| {
        if text {
            ValueSort::Text
        } else {
            ValueSort::Any
        }
    };
    let given = fields.iter();
    let given = given.map(|(name, bytes, text)| {
        let bound = ValueBound::new(*bytes, sort(*text));
        ((*name).to_owned(), bound)
    });
    grown(template, given.collect(), 0)
}

/// The sum of the bounds of all that a template makes of these names.
fn grown(template: &str, names: Names, fact: u64) -> Result<u64, TemplateRefusal> {
    let given = names.values().map(|bound| bound.letters);
    let sum = given.fold(0, u64::saturating_add);
    let mut growth = Growth {
        names,
        fact,
        sum,
        loops: 0,
    };
    let parsed = parse(template, "template", SyntaxConfig::default())
        .map_err(|error| syntax_refusal(&error))?;
    growth.statement(&parsed)?;
    Ok(growth.sum)
}

fn syntax_refusal(error: &minijinja::Error) -> TemplateRefusal {
    let line = error.line().and_then(|line| u16::try_from(line).ok());
    let said = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    TemplateRefusal::of_line(line.unwrap_or(1), said)
}

impl Growth {
    fn statements(&mut self, all: &[Stmt<'_>]) -> Result<(), TemplateRefusal> {
        all.iter().try_for_each(|one| self.statement(one))
    }

    fn statement(&mut self, one: &Stmt<'_>) -> Result<(), TemplateRefusal> {
        let refused = |line: u16, what: &str| {
            let why = format!("{what} is not known to recipes: what it makes has no bound");
            Err(TemplateRefusal::of_line(line, why))
        };
        match one {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(_) => Ok(()),
            Stmt::EmitExpr(emit) => self.expression(&emit.expr).map(drop),
            Stmt::IfCond(branch) => {
                self.expression(&branch.expr)?;
                self.block(&branch.true_body)?;
                self.block(&branch.false_body)
            }
            Stmt::ForLoop(repeated) => self.repeated(repeated),
            Stmt::Set(set) => {
                let bound = self.expression(&set.expr)?;
                self.assign(&set.target, bound)
            }
            Stmt::WithBlock(with) => {
                let before = self.names.clone();
                for (target, value) in &with.assignments {
                    let bound = self.expression(value)?;
                    self.assign(target, bound)?;
                }
                self.statements(&with.body)?;
                self.join(before);
                Ok(())
            }
            Stmt::SetBlock(it) => refused(it.span().start_line, "a `set` block"),
            Stmt::FilterBlock(it) => refused(it.span().start_line, "a `filter` block"),
            Stmt::AutoEscape(it) => refused(it.span().start_line, "`autoescape`"),
            Stmt::Do(it) => refused(it.span().start_line, "`do`"),
        }
    }

    /// Statements that may be run or not; names that they set may be seen after them or not.
    fn block(&mut self, body: &[Stmt<'_>]) -> Result<(), TemplateRefusal> {
        let before = self.names.clone();
        self.statements(body)?;
        self.join(before);
        Ok(())
    }

    fn join(&mut self, before: Names) {
        for (name, bound) in before {
            let joined = self.names.get(&name).map_or(bound, |now| now.or(bound));
            self.names.insert(name, joined);
        }
    }

    fn repeated(&mut self, repeated: &ForLoop<'_>) -> Result<(), TemplateRefusal> {
        let line = repeated.iter.span().start_line;
        if repeated.recursive {
            return Err(TemplateRefusal::of_line(
                line,
                "a recursive loop has no bound",
            ));
        }
        if self.loops == LOOPS_MAX {
            return Err(TemplateRefusal::of_line(
                line,
                format!("more than {LOOPS_MAX} loops in loops"),
            ));
        }
        let items = self.items(&repeated.iter)?;
        self.loops += 1;
        let sum = self.sum;
        self.round(repeated, items)?;
        let once = self.names.clone();
        // Once more, with what the round has left: this one counts.
        self.sum = sum;
        self.round(repeated, items)?;
        let longer = |(name, now): &(&String, &ValueBound)| once.get(*name) != Some(*now);
        if let Some((name, _)) = self.names.iter().find(longer) {
            let why = format!("each round of the loop makes `{name}` longer");
            return Err(TemplateRefusal::of_line(line, why));
        }
        self.loops -= 1;
        self.block(&repeated.else_body)
    }

    /// One round of a loop, whose names may be those that the round before has left.
    fn round(&mut self, repeated: &ForLoop<'_>, items: ValueBound) -> Result<(), TemplateRefusal> {
        let before = self.names.clone();
        self.assign(&repeated.target, items)?;
        let around = ValueBound::new(items.letters.saturating_add(NUMBER), ValueSort::Any);
        self.names.insert("loop".to_owned(), around);
        if let Some(which) = &repeated.filter_expr {
            self.expression(which)?;
        }
        self.statements(&repeated.body)?;
        self.join(before);
        Ok(())
    }

    fn assign(&mut self, target: &Expr<'_>, bound: ValueBound) -> Result<(), TemplateRefusal> {
        let line = target.span().start_line;
        match target {
            Expr::Var(name) if RESERVED.contains(&name.id) => {
                let why = format!("`{}` has a meaning already; set another name", name.id);
                Err(TemplateRefusal::of_line(line, why))
            }
            Expr::Var(name) => {
                self.names.insert(name.id.to_owned(), bound);
                Ok(())
            }
            Expr::List(several) => self.assign_each(&several.items, bound),
            Expr::Tuple(several) => self.assign_each(&several.items, bound),
            _ => Err(TemplateRefusal::of_line(line, "only a name can be set")),
        }
    }

    fn assign_each(
        &mut self,
        targets: &[Expr<'_>],
        bound: ValueBound,
    ) -> Result<(), TemplateRefusal> {
        targets
            .iter()
            .try_for_each(|target| self.assign(target, bound.part()))
    }

    /// Adds a value to what may be alive at once.
    fn made(&mut self, line: u16, bound: ValueBound) -> Result<ValueBound, TemplateRefusal> {
        let bytes = bound.letters.saturating_add(SMALL);
        self.sum = self.sum.saturating_add(bytes);
        if self.sum > VALUES_MAX {
            let why = format!("its values may become longer than {VALUES_MAX} bytes in all");
            return Err(TemplateRefusal::of_line(line, why));
        }
        Ok(bound)
    }
}
