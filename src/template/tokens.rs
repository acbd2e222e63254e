//! A template's outline, before it is parsed: how large, how long its tags, how many branches. A parser
//! that nests one operator in the next, thousands deep, would end the process; so would what it leaves.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::TemplateRefusal;

/// Sixteen times what user data may be.
const BYTES_MAX: usize = 256 * 1024;
/// Operators, names and values between two braces.
const TAG_MAX: usize = 500;
/// Each `elif` is nested in the one before it.
const ELIFS_MAX: usize = 100;

/// Refuses what would be parsed too deep.
///
/// # Errors
/// With the line of what is too long. What is no template is the parser's to say.
pub(super) fn outline_fits(template: &str) -> Result<(), TemplateRefusal> {
    if template.len() > BYTES_MAX {
        return Err(TemplateRefusal::of_line(
            1,
            format!("it is longer than {BYTES_MAX} bytes"),
        ));
    }
    let (mut in_tag, mut elifs) = (0, 0);
    for read in tokenize(template, false, SyntaxConfig::default()) {
        let Ok((token, span)) = read else {
            return Ok(());
        };
        in_tag = match token {
            Token::TemplateData(_) | Token::VariableStart | Token::BlockStart => 0,
            _ => in_tag + 1,
        };
        elifs += usize::from(matches!(token, Token::Ident("elif")));
        if in_tag > TAG_MAX {
            let why = format!("one tag has more than {TAG_MAX} words and signs; cut it in two");
            return Err(TemplateRefusal::of_line(span.start_line, why));
        }
        if elifs > ELIFS_MAX {
            let why = format!("it has more than {ELIFS_MAX} `elif`s; look the value up in a map");
            return Err(TemplateRefusal::of_line(span.start_line, why));
        }
    }
    Ok(())
}
