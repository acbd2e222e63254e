//! A notice as HTML for mail programs, in a plain function: no script, no picture, nothing that is fetched,
//! and whatever came from outside is shown and not obeyed.

use super::AGAIN;
use crate::model::notice::{PastedCommand, Severity};
use crate::model::plain_text::clean;
use crate::outbox::render::{MessagePart, SpokenNotice, notice_parts, notice_title};

const MONO: &str = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px";

/// The page.
pub fn mail_html<'n>(notice: impl Into<SpokenNotice<'n>>, again: bool) -> String {
    let notice = notice.into();
    let color = match notice.severity() {
        Severity::Info => "#2e7d32",
        Severity::Warning => "#b26a00",
        Severity::Critical => "#c62828",
    };
    let mut html = String::from("<!doctype html><html><head><meta charset=\"utf-8\"></head>");
    html.push_str("<body style=\"font-family:-apple-system,Segoe UI,Helvetica,Arial,sans-serif;");
    html.push_str("font-size:14px;line-height:1.45;color:#1f2328;max-width:46em\">\n");
    html.push_str(&format!(
        "<h2 style=\"font-size:17px;border-left:4px solid {color};padding-left:10px\">{}</h2>\n",
        shown(&notice_title(notice))
    ));
    if again {
        html.push_str(&format!("<p style=\"color:#6e7781\">{AGAIN}</p>\n"));
    }
    html.extend(notice_parts(notice).iter().map(part));
    html.push_str(&format!(
        "<p style=\"color:#6e7781;font-size:12px\">amiwatch \u{b7} {} \u{b7} {} \u{b7} {}</p>\n</body></html>\n",
        notice.event().as_str(),
        notice.minute(notice.at),
        shown(&notice.key)
    ));
    html
}

fn part(part: &MessagePart) -> String {
    let list = |items: Vec<String>| format!("<ul>{}</ul>\n", items.concat());
    match part {
        MessagePart::Lines(lines) => {
            let lines: Vec<String> = lines.iter().map(|line| shown(line)).collect();
            format!("<p>{}</p>\n", lines.join("<br>\n"))
        }
        MessagePart::Fields(fields) => {
            let rows = fields.iter().map(|(name, value)| {
                let name = format!(
                    "<td style=\"color:#6e7781;padding-right:14px\">{}</td>",
                    shown(name)
                );
                format!("<tr>{name}<td>{}</td></tr>", shown(value))
            });
            format!("<table>{}</table>\n", rows.collect::<String>())
        }
        MessagePart::List {
            heading,
            items,
            more,
        } => {
            let mut rows: Vec<String> = items
                .iter()
                .map(|one| format!("<li>{}</li>", shown(one)))
                .collect();
            rows.extend((*more > 0).then(|| format!("<li>and {more} more</li>")));
            format!("<p><b>{}</b></p>\n{}", shown(heading), list(rows))
        }
        MessagePart::Console { heading, lines } => {
            let lines: Vec<String> = lines.iter().map(|line| shown(line)).collect();
            format!(
                "<p><b>{}</b></p>\n<pre style=\"{MONO};background:#f6f8fa;padding:8px;white-space:pre-wrap\">{}</pre>\n",
                shown(heading),
                lines.join("\n")
            )
        }
        MessagePart::Commands(all) => {
            let rows = all.iter().map(|PastedCommand { command, purpose }| {
                format!(
                    "<li><code style=\"{MONO}\">{}</code><br>{}</li>",
                    shown(command),
                    shown(purpose)
                )
            });
            format!("<p><b>What you can do:</b></p>\n{}", list(rows.collect()))
        }
        MessagePart::Links(all) => {
            let whole = all.iter().filter(|link| link.url.starts_with("https://"));
            let links = whole.map(|link| {
                let (url, title) = (shown(&link.url), shown(&link.title));
                format!("<p><a href=\"{url}\">{title}</a></p>\n")
            });
            links.collect()
        }
        MessagePart::Whole(text) => {
            let lines: Vec<String> = text.lines().map(shown).collect();
            format!("<p>{}</p>\n", lines.join("<br>\n"))
        }
    }
}

/// A text of any origin, as a page shows it.
fn shown(text: &str) -> String {
    let text = clean(text).replace('&', "&amp;");
    let text = text.replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}
