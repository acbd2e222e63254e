//! The filters that recipes know, and how long what they make can be.

use minijinja::machinery::ast::{CallArg, Expr, Filter};

use super::expression::whole_number;
use super::{Growth, SMALL, ValueBound, ValueSort};
use crate::template::TemplateRefusal;

/// What a filter makes of what it is given.
#[derive(Debug, Clone, Copy)]
enum FilterGrowth {
    /// A part of it.
    Part,
    /// The same in another order, or without some.
    Same,
    /// A letter becomes three at most, as U+0390 does in capitals.
    Letters,
    Number,
    /// The text of whatever it is.
    Written,
    /// A list of pieces, of one letter each at the least.
    Pieces,
    /// Pairs of what was there.
    Pairs,
    /// The longer of it and the argument.
    OrElse,
    /// The second argument in place of the first.
    Replaced,
    /// The argument between each two.
    Joined,
    /// So many blanks before each line.
    Indented,
}

/// By name.
const FILTERS: [(&str, FilterGrowth); 30] = [
    ("abs", FilterGrowth::Number),
    ("bool", FilterGrowth::Part),
    ("capitalize", FilterGrowth::Letters),
    ("count", FilterGrowth::Number),
    ("d", FilterGrowth::OrElse),
    ("default", FilterGrowth::OrElse),
    ("dictsort", FilterGrowth::Pairs),
    ("first", FilterGrowth::Part),
    ("float", FilterGrowth::Number),
    ("indent", FilterGrowth::Indented),
    ("int", FilterGrowth::Number),
    ("items", FilterGrowth::Pairs),
    ("join", FilterGrowth::Joined),
    ("last", FilterGrowth::Part),
    ("length", FilterGrowth::Number),
    ("lines", FilterGrowth::Pieces),
    ("list", FilterGrowth::Pieces),
    ("lower", FilterGrowth::Letters),
    ("max", FilterGrowth::Part),
    ("min", FilterGrowth::Part),
    ("replace", FilterGrowth::Replaced),
    ("reverse", FilterGrowth::Same),
    ("round", FilterGrowth::Number),
    ("sort", FilterGrowth::Same),
    ("split", FilterGrowth::Pieces),
    ("string", FilterGrowth::Written),
    ("title", FilterGrowth::Letters),
    ("trim", FilterGrowth::Written),
    ("unique", FilterGrowth::Same),
    ("upper", FilterGrowth::Letters),
];

impl Growth {
    pub(super) fn filter(
        &mut self,
        it: &Filter<'_>,
        line: u16,
    ) -> Result<ValueBound, TemplateRefusal> {
        let Some((_, how)) = FILTERS.iter().find(|(known, _)| *known == it.name) else {
            return Err(TemplateRefusal::of_line(line, unknown(it.name)));
        };
        let what = match &it.expr {
            Some(what) => self.expression(what)?,
            None => ValueBound::SMALL,
        };
        let arguments = self.arguments(&it.args, line)?;
        let text = |letters: u64| ValueBound::new(letters, ValueSort::Text);
        Ok(match how {
            FilterGrowth::Part => what.part(),
            FilterGrowth::Same => what,
            FilterGrowth::Letters => text(what.written().saturating_mul(3)),
            // `int` may give its argument back.
            FilterGrowth::Number => arguments
                .into_iter()
                .fold(ValueBound::NUMBER, ValueBound::or),
            FilterGrowth::Written => text(what.written()),
            FilterGrowth::Pieces => pieces(what),
            FilterGrowth::Pairs => {
                let letters = what.letters.saturating_mul(4);
                ValueBound::new(letters, ValueSort::Any)
            }
            FilterGrowth::OrElse => arguments.into_iter().fold(what, ValueBound::or),
            FilterGrowth::Replaced => text(replaced(what, &it.args, &arguments)),
            FilterGrowth::Joined => text(joined(what, &arguments)),
            FilterGrowth::Indented => {
                let Some(width) = width(&it.args) else {
                    let why = "how far to indent must be written as a number";
                    return Err(TemplateRefusal::of_line(line, why));
                };
                text(
                    what.written()
                        .saturating_add(1)
                        .saturating_mul(width.saturating_add(1)),
                )
            }
        })
    }
}

fn unknown(name: &str) -> String {
    let names: Vec<&str> = FILTERS.iter().map(|(name, _)| *name).collect();
    let known = names.join(", ");
    format!("recipes do not know the filter `{name}`; they know {known}")
}

/// A text has at most as many pieces as letters, and one more.
fn pieces(what: ValueBound) -> ValueBound {
    match what.sort {
        ValueSort::Texts => what,
        ValueSort::Number | ValueSort::Text => {
            let letters = what.letters.saturating_add(1).saturating_mul(SMALL + 1);
            ValueBound::new(letters, ValueSort::Texts)
        }
        ValueSort::Any => {
            let letters = what.letters.saturating_add(1).saturating_mul(SMALL + 1);
            ValueBound::new(letters, ValueSort::Any)
        }
    }
}

/// Each place of what is sought gets what replaces it; what is sought is one letter long at least, or
/// stands between any two.
fn replaced(what: ValueBound, written: &[CallArg<'_>], arguments: &[ValueBound]) -> u64 {
    let in_order = written.iter().all(|one| matches!(one, CallArg::Pos(_)));
    let by = arguments.iter().skip(usize::from(in_order));
    let by = by.map(|one| one.written()).max().unwrap_or(0);
    let sought = match written.first() {
        Some(CallArg::Pos(Expr::Const(value))) => value.value.as_str().map_or(0, str::len),
        _ => 0,
    };
    let sought = u64::try_from(sought).unwrap_or(0);
    let letters = what.written();
    match sought {
        0 => letters
            .saturating_add(1)
            .saturating_mul(by.saturating_add(1)),
        sought if by <= sought => letters,
        sought => (letters / sought)
            .saturating_mul(by)
            .saturating_add(letters),
    }
}

/// The items one after the other, and the argument between them.
fn joined(what: ValueBound, arguments: &[ValueBound]) -> u64 {
    let between = arguments.iter().map(|one| one.written()).max().unwrap_or(0);
    let (letters, items) = match what.sort {
        ValueSort::Texts => (what.letters, what.letters / SMALL),
        ValueSort::Any => (what.written(), what.letters),
        ValueSort::Number | ValueSort::Text => (what.letters, what.letters),
    };
    letters.saturating_add(items.saturating_mul(between))
}

/// How far `indent` goes: its first argument, or the one of that name; four by itself.
fn width(arguments: &[CallArg<'_>]) -> Option<u64> {
    let first = arguments.iter().find_map(|argument| match argument {
        CallArg::Kwarg("width", value) | CallArg::Pos(value) => Some(value),
        _ => None,
    });
    match first {
        None => Some(4),
        Some(Expr::Const(value)) => whole_number(value),
        Some(_) => None,
    }
}
