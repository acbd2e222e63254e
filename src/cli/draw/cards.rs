//! Rows as cards, for narrow terminals: one cell a line, words below words, no id broken. Plain functions.

use crate::flow::notify::clean;

/// One card a row, headed by the cell of this column. Empty cells are left out.
pub(super) fn cards(
    heads: &[&str],
    title: usize,
    rows: &[Vec<Vec<String>>],
    width: usize,
) -> String {
    let cards = rows.iter().map(|row| card(heads, title, row, width));
    cards.collect::<Vec<_>>().join("\n\n")
}

fn card(heads: &[&str], title: usize, row: &[Vec<String>], width: usize) -> String {
    let margin = heads.iter().map(|head| head.len()).max().unwrap_or(0) + 4;
    let mut lines = row.get(title).map(|cell| text_of(cell)).unwrap_or_default();
    for (nth, (head, cell)) in heads.iter().zip(row).enumerate() {
        let said = text_of(cell);
        if nth == title || said.iter().all(|line| line.is_empty() || line == "-") {
            continue;
        }
        for (at, line) in said.iter().enumerate() {
            let head = if at == 0 {
                head.to_lowercase()
            } else {
                String::new()
            };
            let line = format!("  {head:<rest$}{line}", rest = margin - 2);
            lines.push(wrapped_to(&line, margin, width));
        }
    }
    lines.join("\n")
}

fn text_of(cell: &[String]) -> Vec<String> {
    cell.iter().map(|line| clean(line)).collect()
}

/// The line in lines of at most this width, where its words let it; what follows the first is indented.
pub(super) fn wrapped_to(line: &str, hang: usize, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut present = String::new();
    let mut words = 0;
    for word in unbroken(line) {
        let needed = present.chars().count() + word.trim_end().chars().count();
        if needed > width && words > 0 {
            lines.push(present.trim_end().to_owned());
            present = " ".repeat(hang);
            words = 0;
        }
        words += usize::from(!word.trim().is_empty());
        present.push_str(word);
    }
    lines.push(present.trim_end().to_owned());
    lines.join("\n")
}

/// Words with the blank behind them. What stands between backticks is one: it is there to be pasted.
fn unbroken(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut begin, mut in_code) = (0, false);
    for (at, letter) in line.char_indices() {
        match letter {
            '`' => in_code = !in_code && line[at + 1..].contains('`'),
            ' ' if !in_code => {
                words.push(&line[begin..=at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    words.push(&line[begin..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(texts: &[&str]) -> Vec<Vec<String>> {
        let cells = texts.iter();
        cells.map(|text| vec![(*text).to_owned()]).collect()
    }

    #[test]
    fn a_card_is_as_narrow_as_its_longest_id_and_breaks_none() {
        let row = cells(&[
            "shop",
            "ami-0123456789abcdef0",
            "-",
            "behind: shop-blue, shop-green, shop-canary, shop-of-a-long-name",
        ]);
        let heads = ["WATCH", "IMAGE", "FAILING", "ENVIRONMENTS"];
        insta::assert_snapshot!(cards(&heads, 0, &[row], 50), @r"
        shop
          image         ami-0123456789abcdef0
          environments  behind: shop-blue, shop-green,
                        shop-canary, shop-of-a-long-name
        ");
    }

    #[test]
    fn words_go_on_below_each_other() {
        let line = "    BASE_NEWER  A newer release waits: ami-0123456789abcdef0.";
        let shown = wrapped_to(line, 16, 40);
        assert_eq!(
            shown,
            "    BASE_NEWER  A newer release waits:\n                ami-0123456789abcdef0."
        );
        assert_eq!(wrapped_to(line, 16, 200), line);
        let code = "somebody disabled it (`aws ec2 enable-image --image-id ami-1`).";
        let shown = wrapped_to(code, 2, 24);
        assert_eq!(
            shown,
            "somebody disabled it\n  (`aws ec2 enable-image --image-id ami-1`)."
        );
        let odd = "a lone ` keeps nothing together";
        assert_eq!(wrapped_to(odd, 0, 12), "a lone `\nkeeps\nnothing\ntogether");
        let id = "arn:aws:sns:eu-west-1:000000000000:a-name-that-is-long";
        assert_eq!(wrapped_to(id, 4, 20), id);
    }
}
