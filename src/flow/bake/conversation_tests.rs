//! Conversations, told by their moves.

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn lines(from: usize, count: usize) -> String {
    let all = (from..from + count).map(|n| format!("AMIWATCH1 line {n}\n"));
    all.collect()
}

fn asked(talk: &mut Conversation, now: DateTime<Utc>) -> String {
    match talk.next(now) {
        ConversationNext::Ask { script } => script,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_long_report_is_fetched_piece_after_piece_without_a_rest() {
    let mut talk = Conversation::default();
    assert!(asked(&mut talk, at(0)).contains("'1,90p'"));
    talk.answered(&lines(1, LINES_A_QUESTION), at(1));
    assert!(asked(&mut talk, at(1)).contains("'91,180p'"));
    talk.answered(&lines(91, 7), at(2));
    assert_eq!(
        talk.next(at(3)),
        ConversationNext::Rest,
        "there is no more for now"
    );
    assert!(asked(&mut talk, at(12)).contains("'98,187p'"));
    let heard = talk.heard().frames;
    assert_eq!(heard, lines(1, 97).into_bytes());
}

#[test]
fn a_piece_is_below_what_ssm_gives_back() {
    // A frame is 199 characters at most, and SSM gives 24,000 of an answer.
    const { assert!(LINES_A_QUESTION * 200 < 20_000) };
    assert!(question(1, true).len() < 1_000);
}

#[test]
fn a_question_that_nobody_answers_is_asked_again_from_the_beginning() {
    let mut talk = Conversation::default();
    talk.answered(&lines(1, LINES_A_QUESTION), at(0));
    talk.failed(
        "a command ended as Undeliverable (exit -1): ".to_owned(),
        at(5),
    );
    assert_eq!(talk.next(at(6)), ConversationNext::Rest);
    assert!(asked(&mut talk, at(15)).contains("'1,90p'"));
    assert!(talk.heard().trouble.unwrap().contains("Undeliverable"));
    talk.answered("", at(16));
    assert_eq!(talk.heard().trouble, None);
}

#[test]
fn a_guest_is_told_to_close_at_once_and_in_every_question_from_then_on() {
    let mut talk = Conversation::default();
    let close = |script: &str| script.contains("[ 'close' = no ] || : >wanted");
    assert!(!close(&asked(&mut talk, at(0))));
    talk.answered(&lines(1, 3), at(1));
    assert_eq!(talk.next(at(2)), ConversationNext::Rest);
    talk.close();
    assert!(close(&asked(&mut talk, at(2))));
    talk.answered("", at(3));
    talk.close();
    assert_eq!(talk.next(at(4)), ConversationNext::Rest, "it has been told");
    assert!(close(&asked(&mut talk, at(13))));
}
