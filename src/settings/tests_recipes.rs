//! Recipes: what is refused before it costs a bake, and what is only doubted.

use super::tests_rules::{GOOD, only_fault, right, with};

#[test]
fn a_recipe_that_nobody_uses_is_a_warning() {
    let unused = "\n[recipe.spare]\nuser_data = \"good.yaml\"\nunchecked = true\n";
    let settings = right(&format!("{GOOD}{unused}"));
    let warnings: Vec<String> = settings.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("dir/amiwatch.toml:18:9: no watch uses the recipe `spare`"));
}

#[test]
fn a_template_must_be_one() {
    right(&with("good.yaml", "braces.yaml"));
    let template = with(
        "user_data = \"good.yaml\"",
        "user_data = \"braces.yaml\"\ntemplate = true",
    );
    let found = only_fault(&template);
    assert!(
        found.contains("dir/braces.yaml: the template is wrong at line 2"),
        "{found}"
    );
}

#[test]
fn a_template_without_a_bound_is_a_fault_at_its_line() {
    let fault = |template: &str| {
        let text = format!("#cloud-config\n# {template}\n");
        let found = super::user_data::user_data_problems(&text, true);
        found.into_iter().map(|one| one.wrong).collect::<Vec<_>>()
    };
    let doubled = "{% set s = 'x' %}".to_owned() + &"{% set s = s ~ s %}".repeat(30);
    let chained = format!("{{{{ 1{} }}}}", " ~ 1".repeat(60_000));
    for (template, said) in [
        (doubled.as_str(), "longer than 4194304 bytes"),
        (&chained, "more than 500 words"),
        ("{{ 'x' * 99999999 }}", "longer than 4194304 bytes"),
        ("{% macro m() %}{% endmacro %}", "macro"),
    ] {
        let found = fault(template);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("the template is wrong at line 2: "),
            "{found:?}"
        );
        assert!(found[0].contains(said), "{found:?}");
    }
    assert_eq!(fault("{{ base.version|replace('.', '-') }}"), [""; 0]);
}

#[test]
fn user_data_that_cloud_init_would_ignore_or_that_breaks_the_proof() {
    let problems = |text: &str| {
        let found = super::user_data::user_data_problems(text, false);
        found
            .into_iter()
            .map(|problem| problem.wrong)
            .collect::<Vec<_>>()
            .join("|")
    };
    for right in [
        "#cloud-config\nruncmd: []\n",
        "#cloud-config # mine\n",
        // All four were booted: tests/contract/guest/claims.
        "\n\n#cloud-config\nruncmd: []\n",
        "#Cloud-Config\nruncmd: []\n",
        "#!/bin/sh\r\nset -e\r\n",
        "#cloud-config\nruncmd: [a]\nruncmd: [b]\n",
        "#!/bin/sh\necho power_state: no\n",
        "#cloud-boothook\n#!/bin/sh\n",
        "Content-Type: multipart/mixed; boundary=x\nMIME-Version: 1.0\n\n--x\n",
        "#cloud-config\nwrite_files:\n  - content: |\n      power_state: text\n",
    ] {
        assert_eq!(problems(right), "", "{right}");
    }
    for (wrong, says) in [
        ("", "empty"),
        ("  \n", "empty"),
        ("runcmd: []\n", "would ignore it"),
        ("\n#!/bin/sh\necho\n", "cannot start"),
        ("# cloud-config\n", "would ignore it"),
        ("\u{feff}#cloud-config\n", "byte order mark"),
        ("#include\nhttps://x\n", "URL"),
        ("#include-once\nhttps://x\n", "URL"),
        ("## template: jinja\n#cloud-config\n", "own templates"),
        ("#cloud-config-archive\n", "not a form"),
        ("#part-handler\n", "not a form"),
        (
            "MIME-Version: 1.0\nContent-Type: text/cloud-config\n\n#cloud-config\nruncmd:\n  - a: b\n",
            "a part without a name: line 3: the item of `runcmd`",
        ),
        (
            "#cloud-config\nruncmd: []\npower_state:\n  mode: poweroff\n",
            "line 3 sets",
        ),
        (
            "#cloud-config\n\"power_state\" : {mode: poweroff}\n",
            "line 2 sets",
        ),
        (
            "#cloud-config\n? power_state\n: {mode: halt}\n",
            "line 2 sets",
        ),
        (
            "MIME-Version: 1.0\nContent-Type: text/cloud-config\n\n#cloud-config\npower_state: {}\n",
            "a part without a name: line 2 sets",
        ),
        (
            "MIME-Version: 1.0\n\n--x\nContent-Type: text/x-include-url\n",
            "line 4 includes",
        ),
        (
            "MIME-Version: 1.0\n\n--x\n\npower_state: {}\n",
            "line 5 sets",
        ),
    ] {
        assert!(
            problems(wrong).contains(says),
            "{wrong:?}: {}",
            problems(wrong)
        );
    }
}
