//! What is told of code as people write it, and what is not guessed.

use super::*;

fn append(text: &str) -> FileEffect {
    FileEffect::Append(text.to_owned())
}

#[test]
fn what_lands_on_the_disk_is_told() {
    for (code, effect) in [
        (
            "echo A=[\"x\",\"y\"] >> /etc/ecs/ecs.config",
            append("A=[x,y]\n"),
        ),
        (
            "echo 'A=[\"x\"]' >>/etc/ecs/ecs.config",
            append("A=[\"x\"]\n"),
        ),
        (
            "mkdir -p /etc/ecs && echo a >> /etc//ecs/ecs.config",
            append("a\n"),
        ),
        (
            "cat <<'E' >> /etc/ecs/ecs.config\na\nb\nE\n",
            append("a\nb\n"),
        ),
        (
            "echo a | sudo tee -a /etc/ecs/ecs.config >/dev/null",
            append("a\n"),
        ),
        (
            "d='[\"x\"]'\necho \"A=$d\" >> /etc/ecs/ecs.config",
            append("A=[\"x\"]\n"),
        ),
        (
            "printf '%s=%s\\n' A b C d >> /etc/ecs/ecs.config",
            append("A=b\nC=d\n"),
        ),
        (
            "echo a > /etc/ecs/ecs.config",
            FileEffect::Write("a\n".to_owned()),
        ),
        (
            "rm -f /etc/ecs/ecs.config",
            FileEffect::Write(String::new()),
        ),
    ] {
        assert_eq!(effects(code), [effect], "{code}");
    }
    assert_eq!(effects("# /etc/ecs/ecs.config\ncat /etc/hosts\n"), []);
    assert_eq!(
        effects("grep -q x /etc/ecs/ecs.config\nsystemctl restart ecs\n"),
        []
    );
}

#[test]
fn what_cannot_be_told_is_not_guessed() {
    for code in [
        "sed -i s/a/b/ /etc/ecs/ecs.config",
        "if true; then echo a >> /etc/ecs/ecs.config; fi",
        "test -e /x && echo a >> /etc/ecs/ecs.config",
        "false || echo a >> /etc/ecs/ecs.config",
        "echo a$(b) >> /etc/ecs/ecs.config",
        "echo YQo= | base64 -d > /etc/ecs/ecs.config",
        "f=$(x)\necho a > $f\ncat /etc/ecs/ecs.config",
        "cat <<E >> /etc/ecs/ecs.config\n$a\nE\n",
        "echo 'a\\n' >> /etc/ecs/ecs.config",
        "mv /tmp/x /etc/ecs/ecs.config",
        "/opt/set-drivers ECS_AVAILABLE_LOGGING_DRIVERS",
        "(echo a >> /etc/ecs/ecs.config)",
        "cd /etc/ecs; echo a > /etc/ecs/ecs.config.d",
    ] {
        let found = effects(code);
        assert!(
            matches!(found.as_slice(), [FileEffect::Untold(_)]),
            "{code}: {found:?}"
        );
    }
}

#[test]
fn variables_that_double_themselves_are_not_followed_for_ever() {
    let doubled = "a=$a$a\n".repeat(60);
    let code = format!("a=xx\n{doubled}echo $a >> /etc/ecs/ecs.config\n");
    assert!(matches!(effects(&code).as_slice(), [FileEffect::Untold(_)]));
    let line = "echo $b$b$b$b >> /etc/ecs/ecs.config\n";
    let code = format!("b={}\n{}", "x".repeat(9_000), line.repeat(9));
    assert!(matches!(effects(&code).as_slice(), [FileEffect::Untold(_)]));
}

proptest::proptest! {
    #[test]
    fn any_code_is_answered(code in "(echo|printf|cat|tee|rm|A=|>>| |/etc/ecs/ecs.config|'|\"|%s|\\\\n|\\n|<<E|E|\\$A|;|&&|\\|){0,20}") {
        let _answered = effects(&code);
    }
}
