//! A few of each kind; tests/contract/yaml_pyyaml.py holds tens of thousands against PyYAML itself.

use super::*;

fn refused(text: &str) -> Refused {
    load_yaml(text).expect_err(text)
}

#[test]
fn what_pyyaml_refuses_is_refused_with_its_line() {
    for (text, line, words) in [
        ("runcmd:\n  - one\n - two\n", 3, "stands where"),
        ("a:\n - b\n\t\n", 3, "tab"),
        ("a: b\t# c\n", 1, "tab"),
        ("- !foo bar\n", 1, "`!foo`"),
        ("a: b\n---\nc: d\n", 2, "second document"),
        ("a: *b\n", 1, "names no anchor"),
        ("[&a x, &a y]\n", 1, "twice"),
        ("? [a]\n: b\n", 1, "cannot be a key"),
        ("a: =\n", 1, "`=`"),
        ("a: 2001-02-30\n", 1, "no timestamp"),
        ("a: !!int b\n", 1, "no int"),
        ("a: \"b\n", 2, "never closed"),
        ("a: @b\n", 1, "quotes"),
        ("a: b: c\n", 1, "second `: `"),
        ("a: \u{7}\n", 1, "U+0007"),
        ("<<: b\n", 1, "`<<`"),
        ("%YAML 2.0\n---\na\n", 1, "version 1"),
    ] {
        let told = refused(text);
        assert_eq!(told.line, line, "{text:?}: {told:?}");
        assert!(told.why.contains(words), "{text:?}: {told:?}");
    }
}

#[test]
fn what_pyyaml_takes_is_taken() {
    for text in [
        "",
        "# nothing\n",
        "a: 1\na: 2\n",
        "a:\n- b\n- c\n",
        "a: \"b\n  c\"\n",
        "{a: b, c}\n",
        "[a: b]\n",
        "a: &x {b: c}\nd:\n  <<: *x\n",
        "--- |\n text\n...\n",
        "\u{feff}a: b\n",
        "a: !!binary aGVsbG8=\n",
        "a: 12:30\n",
        "? a\n: b\n",
    ] {
        assert!(load_yaml(text).is_ok(), "{text:?}: {:?}", load_yaml(text));
    }
}

#[test]
fn values_are_pythons() {
    let text =
        "a: [yes, 010, ~, 'x', \"\\u00e9\", 1.5, plain text]\nb: >-\n  one\n  two\nb: last\n";
    let document = load_yaml(text).unwrap();
    let root = document.root().unwrap();
    let items = root.get("a").unwrap().items().unwrap();
    let kinds: Vec<&str> = items.iter().map(Item::kind).collect();
    assert_eq!(kinds, ["bool", "int", "null", "str", "str", "float", "str"]);
    assert_eq!(items[4].as_text(), Some("é"));
    assert_eq!(root.get("b").unwrap().as_text(), Some("last"));
    assert_eq!(root.get("b").unwrap().line(), 5);
    assert_eq!(root.entries().unwrap().len(), 3);
    assert_eq!(root.entries().unwrap()[1].1.as_text(), Some("one two"));
}

#[test]
fn what_is_nested_too_deeply_is_refused_and_not_descended_into() {
    for deep in [
        "[".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        "{a: ".repeat(50_000),
    ] {
        assert!(load_yaml(&deep).is_err());
    }
    let merges: String = (1..3_000)
        .map(|n| format!("a{n}: &a{n} {{<<: [*a{}, *a{}], k{n}: 1}}\n", n - 1, n - 1))
        .collect();
    let _answered = load_yaml(&format!("a0: &a0 {{k: v}}\n{merges}"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_answered(text in "[\\-a-c:?\\[\\]{},&*!|>'\"%@`# \\t\\n0-9.~<=]{0,60}") {
        let _answered = load_yaml(&text);
    }
}
