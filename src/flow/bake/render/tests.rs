//! What people write is rendered; what has no bound is refused before it runs.

use proptest::prelude::*;

use super::*;
use crate::model::base::BranchLifecycle;
use crate::model::ids::Architecture;

/// The name of an Amazon Linux 1 base.
const NAME: &str = "aws-elasticbeanstalk-amzn-2017.09.1.x86_64-ecs-hvm-201804110000";

fn release() -> Release {
    Release {
        image: "ami-base451".into(),
        image_name: Some(NAME.to_owned()),
        version: "4.5.1".to_owned(),
        architecture: Architecture::X86_64,
        created: None,
        deprecated_from: None,
        platform: None,
        branch_lifecycle: BranchLifecycle::NotSaid,
    }
}

fn rendered(template: &str) -> Result<String, String> {
    bounded(template, &release())
}

fn refused(template: &str) -> String {
    rendered(template).expect_err(template)
}

#[test]
fn loops_that_people_write_are_rendered() {
    let text = "{% for n in range(200) %}- {{ base.version }} {{ n }}\n{% endfor %}";
    assert_eq!(rendered(text).unwrap().lines().count(), 200);
}

#[test]
fn what_people_write_is_rendered() {
    let cases = [
        (
            "{{ ((base.name | split('amzn-') | list)[1])[:7] }}",
            "2017.09",
        ),
        (
            "{{ base.name|split('-')|join('_')|upper }}",
            &NAME.replace('-', "_").to_uppercase(),
        ),
        (
            "{{ base.version|replace('.', '-')|replace('_', '-')|lower }}",
            "4-5-1",
        ),
        (
            "{% set url = 'https://x/' ~ base.version ~ '/a.tgz' %}{{ url }}",
            "https://x/4.5.1/a.tgz",
        ),
        (
            "{% if base.architecture == 'arm64' %}a{% elif 'amzn' in base.name %}b{% else %}c{% endif %}",
            "b",
        ),
        (
            "{% for k, v in {'a': 1, 'b': 2}|items %}{{ k }}{{ v * 10 }}{% endfor %}",
            "a10b20",
        ),
        (
            "{% for a in ['x', 'y'] %}{% set line = a ~ loop.index %}{{ line }}{% endfor %}",
            "x1y2",
        ),
        (
            "{% with n = 3 %}{{ '-' * 10 }}{{ n + 1 }}{{ 2 * n }}{% endwith %}",
            "----------46",
        ),
        (
            "{{ nothing|default('none') }}{{ 7 // 2 }}{{ 'ab'|length * 3 }}",
            "none36",
        ),
        (
            "{{ (range(3)|list + ['x'])|last }}{{ 'a\nb'|indent(2) }}",
            "xa\n  b",
        ),
        (
            "{{ base.version is startingwith '4.' and base.name is defined }}",
            "True",
        ),
    ];
    for (template, expected) in cases {
        assert_eq!(rendered(template).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn a_template_without_an_end_is_an_error() {
    let nested = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    assert!(refused(nested).contains("too many steps"));
    let long = "x".repeat(1_000);
    let large = format!("{{% for a in range(9999) %}}{long}{{% endfor %}}");
    assert!(refused(&large).contains("more than 1048576 bytes"));
}

/// Each took gigabytes, minutes or the stack before it was bounded.
#[test]
fn what_one_step_makes_is_bounded() {
    let so_often = |head: &str, step: &str, times: usize| format!("{head}{}#", step.repeat(times));
    let all = "longer than 4194304 bytes in all";
    let cases = [
        (
            so_often("{% set s = 'xxxx' %}", "{% set s = s ~ s %}", 30),
            all,
        ),
        (
            so_often("{% set s = 'xxxx' %}", "{% set s = s + s %}", 30),
            all,
        ),
        (
            so_often("{% set s = ['x'] %}", "{% set s = [s, s] %}", 30),
            all,
        ),
        (
            so_often("{% set s = ['x'] %}", "{% set s = s + s %}", 30),
            all,
        ),
        (
            so_often(
                "{% set s = {'x': 1} %}",
                "{% set s = {'x': s, 'y': s} %}",
                30,
            ),
            all,
        ),
        (so_often("", "{% set s = (s ~ base.name)|upper %}", 30), all),
        ("{% set s = 'x' * 100000000 %}".to_owned(), all),
        ("{% set s = [1] * 90000000 %}".to_owned(), all),
        ("{{ 1000000000 * 'x' }}".to_owned(), all),
        ("{{ 'x' * 1.0e9 }}".to_owned(), all),
        (
            "{{ base.name * base.version|int }}".to_owned(),
            "must be written as a number",
        ),
        (
            "{% set n = 'x'|int(default='y') %}{{ n * ('9'|int) }}".to_owned(),
            "must be written as a number",
        ),
        ("{{ range(99999)|join('x' * 9999) }}".to_owned(), all),
        (
            "{{ ('x' * 30000)|replace('x', 'y' * 30000) }}".to_owned(),
            all,
        ),
        (
            "{{ ('x' * 30000)|replace('', 'y' * 30000) }}".to_owned(),
            all,
        ),
        (
            "{{ ('\n' * 30000)|indent(30000, true, true) }}".to_owned(),
            all,
        ),
        (
            "{{ ('\n' * 30000)|indent(width=30000, blank=true) }}".to_owned(),
            all,
        ),
        (
            "{{ 'a\nb'|indent(base.version|int) }}".to_owned(),
            "written as a number",
        ),
        (
            "{{ '%900000000d'|format(1) }}".to_owned(),
            "do not know the filter `format`",
        ),
        (
            "{{ range(9)|map('string') }}".to_owned(),
            "do not know the filter `map`",
        ),
        (
            "{{ 'x'|pprint }}".to_owned(),
            "do not know the filter `pprint`",
        ),
        (
            "{% set n = namespace(s='x') %}".to_owned(),
            "only function that recipes know",
        ),
        (
            "{% for a in range(9) %}{{ loop.cycle('x') }}{% endfor %}".to_owned(),
            "only function",
        ),
        (
            "{{ dict(a=1) }}".to_owned(),
            "only function that recipes know",
        ),
        ("{{ range(*[1, 2]) }}".to_owned(), "one by one"),
        (
            "{% set s %}{{ 'x' }}{% endset %}".to_owned(),
            "a `set` block is not known",
        ),
        (
            "{% filter upper %}x{% endfilter %}".to_owned(),
            "a `filter` block is not known",
        ),
        (
            "{% autoescape 'html' %}x{% endautoescape %}".to_owned(),
            "`autoescape` is not known",
        ),
        ("{% do range(3) %}".to_owned(), "`do` is not known"),
        (
            "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}".to_owned(),
            "macro",
        ),
        ("{% include 'x' %}".to_owned(), "include"),
        (
            "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}".to_owned(),
            "recursive",
        ),
        ("{% set a.b = 1 %}".to_owned(), "only a name can be set"),
        (
            "{% set loop = {'index': 'x'} %}".to_owned(),
            "reserved variable name loop",
        ),
        (
            "{% for base in ['x'] %}{% endfor %}".to_owned(),
            "`base` has a meaning already",
        ),
        (
            "{% set s = 'x' %}{% for a in range(9) %}{% set s = s ~ s %}{% endfor %}".to_owned(),
            "each round of the loop makes `s` longer",
        ),
        (
            "{% for a in range(9) %}{% set t = s ~ 'x' %}{% set s = t %}{% endfor %}".to_owned(),
            "each round of the loop makes",
        ),
        (
            format!(
                "{}{}",
                "{% for a in [1] %}".repeat(7),
                "{% endfor %}".repeat(7)
            ),
            "more than 6 loops in loops",
        ),
        (
            format!("{{{{ 1{} }}}}", " ~ 1".repeat(60_000)),
            "more than 500 words and signs",
        ),
        (
            format!("{{{{ {}1 }}}}", "not ".repeat(60_000)),
            "more than 500 words and signs",
        ),
        (
            format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(9_000)),
            "more than 100 `elif`s",
        ),
        (
            so_often("", "{{ base.version }}", 90_000),
            "longer than 262144 bytes",
        ),
    ];
    for (template, expected) in cases {
        let said = refused(&template);
        let shown: String = template.chars().take(90).collect();
        assert!(said.contains(expected), "{shown}: {said}");
    }
}

#[test]
fn a_refusal_says_the_line() {
    let said = refused("#cloud-config\n# {{ base.version }}\n# {{ base.version|format }}\n");
    assert!(said.contains("`format`; they know abs, bool,"), "{said}");
    assert!(said.ends_with("(in line 3)"), "{said}");
    assert!(refused("a\n{{ base. }}").ends_with("(in line 2)"));
    assert!(refused("{{ nothing }}").contains("undefined value"));
}

/// Expressions of everything that recipes know, over short texts.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-c .\u{390}\u{200b}]{0,6}".prop_map(|text| format!("'{text}'")),
        Just("base.name".to_owned()),
        Just("base.version".to_owned()),
        Just("base".to_owned()),
        (0..30_u32).prop_map(|n| n.to_string()),
        (0..9_u32).prop_map(|n| format!("range({n})")),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let filters = prop::sample::select(vec![
            "upper",
            "title",
            "trim",
            "split('-')",
            "split('')",
            "list",
            "string",
            "first",
            "last",
            "sort",
            "reverse",
            "unique",
            "lines",
            "length",
            "int",
            "items",
            "dictsort",
            "join('--')",
            "join",
            "indent(3, true, true)",
            "replace('a', 'xyz')",
            "replace('', 'xy')",
            "replace('-', '')",
            "default('abc')",
            "min",
            "max",
            "capitalize",
        ]);
        let operators = prop::sample::select(vec!["~", "+", "-", "and", "or", "==", "in", "<"]);
        prop_oneof![
            (inner.clone(), filters).prop_map(|(what, filter)| format!("({what})|{filter}")),
            (inner.clone(), operators, inner.clone())
                .prop_map(|(left, operator, right)| format!("({left}) {operator} ({right})")),
            (inner.clone(), 0..5_u32).prop_map(|(what, times)| format!("({what}) * {times}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{'k': {a}, 'l': {b}}}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) if ({b}) else ({a})")),
            (inner.clone(), 0..4_u32).prop_map(|(what, at)| format!("({what})[{at}:]")),
            (inner, 0..4_u32).prop_map(|(what, at)| format!("({what})[{at}]")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever is made of them: its text is no longer than was told, kept under a name or not.
    #[test]
    fn nothing_becomes_longer_than_was_told(value in expressions()) {
        let template = format!("{{% set v = {value} %}}{{% for w in [v] %}}{{{{ w|string }}}}{{% endfor %}}");
        let (_, longest) = facts(&release());
        if let Ok(told) = template_bound(&template, longest)
            && let Ok(made) = rendered(&template)
        {
            prop_assert!(u64::try_from(made.len()).unwrap() <= told, "{told}: {made}");
        }
    }
}
