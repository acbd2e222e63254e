//! Code as people write it, and code that cannot be followed.

use super::*;

fn plain(code: &str) -> Vec<Vec<String>> {
    let words = |command: ShellCommand| {
        let text = |word: Word| match word.as_slice() {
            [Piece::Text(text)] => text.clone(),
            other => format!("{other:?}"),
        };
        command.words.into_iter().map(text).collect()
    };
    shell_commands(code)
        .unwrap()
        .into_iter()
        .map(words)
        .collect()
}

#[test]
fn quotes_and_ends_are_the_shells() {
    assert_eq!(
        plain("echo a'b c'\"d\\\"e\" f\\ g # no\necho [\"x\",\"y\"] ; true &&\n\n false"),
        [
            vec!["echo", "ab cd\"e", "f g"],
            vec!["echo", "[x,y]"],
            vec!["true"],
            vec!["false"]
        ]
    );
    let found = shell_commands("a && b || c | d & e").unwrap();
    let before: Vec<&str> = found.iter().map(|command| command.before).collect();
    assert_eq!(before, ["", "&&", "||", "|", "&"]);
    assert!(found[3].background && !found[0].background);
}

#[test]
fn redirections_and_here_documents_belong_to_their_command() {
    let found = shell_commands("cat >>/a 2>/dev/null <<'END'\n$x\nEND\necho b 1> /c\n").unwrap();
    let operators: Vec<&str> = found[0].redirects.iter().map(|one| one.operator).collect();
    assert_eq!(operators, [">>", "?"]);
    assert_eq!(
        found[0].document,
        Some(vec![Piece::Text("$x\n".to_owned())])
    );
    assert_eq!(found[1].redirects[0].operator, ">");
    let untold = shell_commands("cat <<END\n$x\nEND\n").unwrap();
    assert_eq!(untold[0].document, Some(vec![Piece::Untold]));
}

#[test]
fn what_cannot_be_followed_is_said() {
    for code in [
        "echo 'a",
        "(echo a)",
        "f() { :; }",
        "cat <<END\n",
        "echo $(x",
        "cat <<-E\nE\n",
    ] {
        assert_eq!(shell_commands(code), None, "{code}");
    }
    let found = shell_commands("echo $a \"${b}c\" $(d e) `f` *").unwrap();
    let last = |at: usize| found[0].words[at].last().cloned();
    assert_eq!(last(1), Some(Piece::Variable("a".to_owned())));
    assert_eq!(found[0].words[2][1], Piece::Variable("b".to_owned()));
    for at in [3, 4, 5] {
        assert_eq!(last(at), Some(Piece::Untold));
    }
}

proptest::proptest! {
    #[test]
    fn any_code_is_answered(code in "[a-c $`'\"\\\\<>&|;(){}\\n#=0-2*-]{0,40}") {
        let _answered = shell_commands(&code);
    }
}
