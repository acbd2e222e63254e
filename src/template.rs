//! What a template may take: told from its text before anything is made of it. A recipe's is rendered where
//! it is baked; a message's is rendered here. It knows nothing of recipes and notices.

mod growth;

mod message;

mod tokens;

pub use message::{
    MessageFault, TEXT_CHARS_MAX, WORDS_CHARS_MAX, makes_json, render_message, sample_fields,
    try_message,
};

/// Why a template is not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why} (in line {line})")]
pub struct TemplateRefusal {
    pub line: u16,
    pub why: String,
}

impl TemplateRefusal {
    fn of_line(line: u16, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { line, why }
    }
}

/// The bytes that all values of the template take at most at any time; `fact` is the length of the longest
/// text that it is given of the base.
///
/// # Errors
/// When there is no bound, when it is too high, and when the text is no template.
pub fn template_bound(template: &str, fact: usize) -> Result<u64, TemplateRefusal> {
    tokens::outline_fits(template)?;
    growth::values_bound(template, fact)
}
