//! The bound of each sort of expression.

use minijinja::machinery::ast::{BinOp, BinOpKind, Call, CallArg, Const, Expr, GetAttr};

use super::{Growth, SMALL, ValueBound, ValueSort};
use crate::template::TemplateRefusal;

/// What `range` makes at most; more of it is an error.
const RANGE_MAX: u64 = 100_000;
/// What a loop says of itself in numbers.
const COUNTERS: [&str; 7] = [
    "index",
    "index0",
    "revindex",
    "revindex0",
    "length",
    "depth",
    "depth0",
];

impl Growth {
    /// The bound of one expression, which is added to the sum with all that it is made of.
    pub(super) fn expression(&mut self, it: &Expr<'_>) -> Result<ValueBound, TemplateRefusal> {
        let line = it.span().start_line;
        let bound = match it {
            Expr::Var(name) => {
                let known = self.names.get(name.id);
                known.copied().unwrap_or(ValueBound::SMALL)
            }
            Expr::Const(value) => constant(value),
            Expr::GetAttr(attribute) => self.attribute(attribute)?,
            Expr::GetItem(item) => {
                self.expression(&item.subscript_expr)?;
                self.expression(&item.expr)?.part()
            }
            Expr::Slice(slice) => {
                self.each(
                    [&slice.start, &slice.stop, &slice.step]
                        .into_iter()
                        .flatten(),
                )?;
                self.expression(&slice.expr)?
            }
            Expr::UnaryOp(one) => {
                self.expression(&one.expr)?;
                ValueBound::NUMBER
            }
            Expr::BinOp(two) => self.operator(two, line)?,
            Expr::Compare(chain) => {
                self.expression(&chain.expr)?;
                self.each(chain.ops.iter().map(|op| &op.expr))?;
                ValueBound::SMALL
            }
            Expr::IfExpr(choice) => {
                self.expression(&choice.test_expr)?;
                let chosen = self.expression(&choice.true_expr)?;
                match &choice.false_expr {
                    Some(other) => self.expression(other)?.or(chosen),
                    None => chosen.or(ValueBound::SMALL),
                }
            }
            Expr::Filter(filter) => self.filter(filter, line)?,
            Expr::Test(test) => {
                self.expression(&test.expr)?;
                self.arguments(&test.args, line)?;
                ValueBound::SMALL
            }
            Expr::Call(call) => self.range(call, line)?,
            Expr::List(list) => self.list(list.items.iter())?,
            Expr::Tuple(list) => self.list(list.items.iter())?,
            Expr::Map(map) => self.list(map.keys.iter().chain(&map.values))?,
        };
        self.made(line, bound)
    }

    fn each<'e, 'a: 'e>(
        &mut self,
        mut all: impl Iterator<Item = &'e Expr<'a>>,
    ) -> Result<(), TemplateRefusal> {
        all.try_for_each(|one| self.expression(one).map(drop))
    }

    /// What a loop goes over gives it, one at a time: `range` makes its numbers when they are asked for.
    pub(super) fn items(&mut self, it: &Expr<'_>) -> Result<ValueBound, TemplateRefusal> {
        let Expr::Call(call) = it else {
            return Ok(self.expression(it)?.part());
        };
        let line = it.span().start_line;
        self.range(call, line)?;
        self.made(line, ValueBound::NUMBER)
    }

    fn attribute(&mut self, it: &GetAttr<'_>) -> Result<ValueBound, TemplateRefusal> {
        match &it.expr {
            Expr::Var(name) if name.id == "loop" && COUNTERS.contains(&it.name) => {
                Ok(ValueBound::NUMBER)
            }
            Expr::Var(name) if name.id == "base" => Ok(ValueBound::new(self.fact, ValueSort::Text)),
            whole => Ok(self.expression(whole)?.part()),
        }
    }

    fn list<'e, 'a: 'e>(
        &mut self,
        items: impl Iterator<Item = &'e Expr<'a>>,
    ) -> Result<ValueBound, TemplateRefusal> {
        let (mut letters, mut texts) = (0_u64, true);
        for item in items {
            let item = self.expression(item)?;
            letters = letters.saturating_add(item.letters).saturating_add(SMALL);
            texts &= item.sort == ValueSort::Text;
        }
        let sort = if texts {
            ValueSort::Texts
        } else {
            ValueSort::Any
        };
        Ok(ValueBound::new(letters, sort))
    }

    fn operator(&mut self, it: &BinOp<'_>, line: u16) -> Result<ValueBound, TemplateRefusal> {
        let (left, right) = (self.expression(&it.left)?, self.expression(&it.right)?);
        let numbers = left.sort == ValueSort::Number && right.sort == ValueSort::Number;
        Ok(match it.op {
            BinOpKind::Concat => {
                let letters = left.written().saturating_add(right.written());
                ValueBound::new(letters, ValueSort::Text)
            }
            BinOpKind::Add | BinOpKind::Mul if numbers => ValueBound::NUMBER,
            BinOpKind::Add => {
                let letters = left.letters.saturating_add(right.letters);
                ValueBound::new(letters, left.or(right).sort)
            }
            BinOpKind::Mul => repeated(it, left, right, line)?,
            // Of numbers, or an error.
            BinOpKind::Sub
            | BinOpKind::Div
            | BinOpKind::FloorDiv
            | BinOpKind::Rem
            | BinOpKind::Pow => ValueBound::NUMBER,
            BinOpKind::ScAnd | BinOpKind::ScOr => left.or(right),
            BinOpKind::Eq
            | BinOpKind::Ne
            | BinOpKind::Lt
            | BinOpKind::Lte
            | BinOpKind::Gt
            | BinOpKind::Gte
            | BinOpKind::In => ValueBound::SMALL,
        })
    }

    /// `range` is the only function.
    fn range(&mut self, call: &Call<'_>, line: u16) -> Result<ValueBound, TemplateRefusal> {
        if !matches!(&call.expr, Expr::Var(name) if name.id == "range") {
            let why = "the only function that recipes know is `range`";
            return Err(TemplateRefusal::of_line(line, why));
        }
        self.arguments(&call.args, line)?;
        let told = call.args.iter().map(|argument| match argument {
            CallArg::Pos(Expr::Const(value)) => whole_number(value),
            _ => None,
        });
        let items = told.sum::<Option<u64>>().unwrap_or(RANGE_MAX);
        let letters = items.min(RANGE_MAX).saturating_mul(SMALL);
        Ok(ValueBound::new(letters, ValueSort::Any))
    }

    /// What is given to a filter, a test or a function.
    pub(super) fn arguments(
        &mut self,
        all: &[CallArg<'_>],
        line: u16,
    ) -> Result<Vec<ValueBound>, TemplateRefusal> {
        all.iter()
            .map(|argument| match argument {
                CallArg::Pos(value) | CallArg::Kwarg(_, value) => self.expression(value),
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => Err(TemplateRefusal::of_line(
                    line,
                    "arguments are written one by one, without `*`",
                )),
            })
            .collect()
    }
}

fn constant(it: &Const) -> ValueBound {
    match it.value.as_str() {
        Some(text) => {
            let letters = u64::try_from(text.len()).unwrap_or(u64::MAX);
            ValueBound::new(letters, ValueSort::Text)
        }
        None if it.value.is_number() => ValueBound::NUMBER,
        None => ValueBound::SMALL,
    }
}

/// A number that is written out, without its sign.
pub(super) fn whole_number(it: &Const) -> Option<u64> {
    i64::try_from(it.value.clone()).ok().map(i64::unsigned_abs)
}

/// A text or a list so many times: the number must be written, or there is no bound.
fn repeated(
    it: &BinOp<'_>,
    left: ValueBound,
    right: ValueBound,
    line: u16,
) -> Result<ValueBound, TemplateRefusal> {
    let (times, what) = match (&it.left, &it.right) {
        (_, Expr::Const(times)) if right.sort == ValueSort::Number => (times, left),
        (Expr::Const(times), _) if left.sort == ValueSort::Number => (times, right),
        _ => {
            let why = "how often something is repeated must be written as a number";
            return Err(TemplateRefusal::of_line(line, why));
        }
    };
    let times = whole_number(times).unwrap_or(u64::MAX).max(1);
    let letters = what.letters.saturating_mul(times);
    Ok(ValueBound::new(letters, what.sort))
}
