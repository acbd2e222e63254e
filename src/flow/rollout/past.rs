//! What an environment's earlier moves say about the next one: somebody undid the last one, or it failed
//! and is paused, or it failed so often that a person is needed. Plain functions of what is remembered.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::ids::{ImageId, TargetId, WatchName};
use crate::model::reason::{About, ContestedHow, HeldOn, RolloutGate};
use crate::model::rollout::{MoveEnded, MoveFailing, MoveFault, TargetMoves};

/// No pause is longer: one that seems so was written under a clock that was ahead.
const PAUSE_MAX: TimeDelta = TimeDelta::days(1);
/// What names a key that could not be used.
const KEY_WORDS: [&str; 3] = ["kms", "client error on launch", "client.internalerror"];

/// What was to be moved, and where to.
#[derive(Debug, Clone, Copy)]
pub struct NextMove<'a> {
    pub watch: &'a WatchName,
    pub target: &'a TargetId,
    /// What it runs now.
    pub runs: Option<&'a ImageId>,
    pub to: &'a ImageId,
    pub now: DateTime<Utc>,
}

/// Its last move, or proof, ended so that a person was asked: that it looks well by now does not answer for
/// them, whatever else is remembered.
pub fn persons_gate(moves: &TargetMoves, next: &NextMove<'_>) -> Option<About> {
    let last = moves.last.as_ref()?;
    let theirs = match (last.back, last.fault?) {
        // Whether it may be used is the image's own hold's word.
        (false, MoveFault::Image) => false,
        // Left as it is. What is not there is tried again, with pauses.
        (false, MoveFault::Environment) => next.runs == Some(next.to),
        (false, MoveFault::Inconclusive) | (true, _) => true,
    };
    if !theirs || aimed_at(last) != Some(next.to) {
        return None;
    }
    let failing = failing_to(moves, next.to);
    let why = last.why.as_deref();
    let why = why.or(failing.map(|failing| failing.why.as_str()));
    Some(held(
        next,
        HeldOn::Move {
            environment: next.target.environment.clone(),
            image: next.to.clone(),
            attempts: failing.map_or(1, |failing| failing.attempts),
            last_at: Some(last.at.min(next.now)),
            last_why: why.unwrap_or("nobody knows").to_owned(),
        },
        None,
    ))
}

/// Somebody undid a move to this very image: it is not fought.
pub fn contested_gate(moves: &TargetMoves, next: &NextMove<'_>) -> Option<About> {
    let last = moves.last.as_ref().filter(|last| last.fault.is_none())?;
    let how = match last.back {
        _ if aimed_at(last) != Some(next.to) => return None,
        false => ContestedHow::SetBack {
            runs: next.runs.cloned(),
        },
        // What amiwatch took back by itself has failed, and is counted.
        true if failing_to(moves, next.to).is_none() => ContestedHow::TakenBack,
        true => return None,
    };
    Some(gate(
        next,
        RolloutGate::Contested {
            image: next.to.clone(),
            how,
            since: Some(last.at),
        },
    ))
}

/// Moving it to this image failed, the image is not to blame, and a pause lasts or a person is needed.
pub fn failed_gate(moves: &TargetMoves, next: &NextMove<'_>) -> Option<About> {
    let failing = failing_to(moves, next.to)?;
    let since = moves.last.as_ref().map(|last| last.at.min(next.now));
    let pause = failing
        .next_at
        .map(|until| match until - next.now > PAUSE_MAX {
            true => next.now,
            false => until,
        });
    match (fault_of(failing), pause) {
        // Whether it may be used is the image's own hold's word.
        (MoveFault::Image, _) => None,
        (_, Some(until)) if until <= next.now => None,
        (MoveFault::Environment, until) if says_key(&failing.why) => {
            let gate = RolloutGate::KeyUnusable {
                image: next.to.clone(),
                key: key_in(&failing.why),
                last_why: failing.why.clone(),
                since,
                until,
                known: None,
            };
            Some(self::gate(next, gate))
        }
        (MoveFault::Environment, None) => Some(gate(
            next,
            RolloutGate::Refused {
                image: next.to.clone(),
                attempts: failing.attempts,
                last_why: failing.why.clone(),
                since,
            },
        )),
        (_, until) => {
            let on = HeldOn::Move {
                environment: next.target.environment.clone(),
                image: next.to.clone(),
                attempts: failing.attempts,
                last_at: since,
                last_why: failing.why.clone(),
            };
            Some(held(next, on, until))
        }
    }
}

/// The failures that count for this image.
fn failing_to<'a>(moves: &'a TargetMoves, to: &ImageId) -> Option<&'a MoveFailing> {
    let failing = moves.failing.as_ref()?;
    let of_last = moves.last.as_ref().and_then(aimed_at);
    let image = failing.image.as_ref().or(of_last);
    (image == Some(to)).then_some(failing)
}

/// The image that a move was to bring, whichever way it went.
fn aimed_at(last: &MoveEnded) -> Option<&ImageId> {
    match last.back {
        true => last.from.as_ref(),
        false => last.to.as_ref(),
    }
}

/// What earlier versions wrote has no fault; only what is the environment's is tried again.
fn fault_of(failing: &MoveFailing) -> MoveFault {
    failing.fault.unwrap_or(match failing.next_at {
        Some(_) => MoveFault::Environment,
        None => MoveFault::Inconclusive,
    })
}

fn says_key(why: &str) -> bool {
    let why = why.to_ascii_lowercase();
    KEY_WORDS.iter().any(|word| why.contains(word))
}

/// A key's ARN in AWS's words.
fn key_in(why: &str) -> Option<String> {
    let words = why.split(|c: char| c.is_whitespace() || "\"'()[],;".contains(c));
    let words = words.map(|word| word.trim_end_matches('.'));
    let mut keys = words.filter(|word| word.starts_with("arn:") && word.contains(":kms:"));
    keys.next().map(str::to_owned)
}

fn held(next: &NextMove<'_>, on: HeldOn, until: Option<DateTime<Utc>>) -> About {
    About::Held {
        watch: next.watch.clone(),
        on,
        until,
    }
}

fn gate(next: &NextMove<'_>, gate: RolloutGate) -> About {
    About::Gate {
        watch: next.watch.clone(),
        target: next.target.clone(),
        gate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::rollout::test_orders::{NEW, OLD, began, target};
    use crate::model::reason::ReasonCode;

    fn last(back: bool, fault: Option<MoveFault>) -> MoveEnded {
        let (from, to) = if back { (NEW, OLD) } else { (OLD, NEW) };
        MoveEnded {
            journal: "move/1".to_owned(),
            at: began(),
            back,
            from: Some(from.into()),
            to: Some(to.into()),
            fault,
            why: None,
        }
    }

    fn failing(fault: MoveFault, next_min: Option<i64>, why: &str) -> MoveFailing {
        MoveFailing {
            attempts: 2,
            next_at: next_min.map(|minutes| began() + TimeDelta::minutes(minutes)),
            why: why.to_owned(),
            fault: Some(fault),
            image: Some(NEW.into()),
        }
    }

    fn moves(last: MoveEnded, failing: Option<MoveFailing>) -> TargetMoves {
        TargetMoves {
            environment_id: None,
            ordered: 1,
            last: Some(last),
            undo: None,
            failing,
        }
    }

    /// The codes an hour after the last move, and until when.
    fn codes(moves: &TargetMoves, to: &str) -> Vec<(ReasonCode, bool)> {
        let (watch, target) = ("shop".into(), target());
        let (runs, to) = (OLD.into(), to.into());
        let next = NextMove {
            watch: &watch,
            target: &target,
            runs: Some(&runs),
            to: &to,
            now: began() + TimeDelta::hours(1),
        };
        let gates = [contested_gate(moves, &next), failed_gate(moves, &next)];
        let gates = gates.into_iter().flatten();
        gates
            .map(|about| (about.code(), about.until().is_some()))
            .collect()
    }

    #[test]
    fn what_somebody_undid_is_contested_until_another_image_comes() {
        let set_back = moves(last(false, None), None);
        let taken_back = moves(last(true, None), None);
        for moves in [set_back, taken_back] {
            assert_eq!(codes(&moves, NEW), [(ReasonCode::Contested, false)]);
            assert_eq!(codes(&moves, "ami-newer"), []);
        }
        assert_eq!(codes(&TargetMoves::default(), NEW), []);
    }

    #[test]
    fn what_failed_is_paused_then_a_persons() {
        use MoveFault::{Environment, Image, Inconclusive};
        let back = || last(true, None);
        let of = |fault, next, why| codes(&moves(back(), Some(failing(fault, next, why))), NEW);
        assert_eq!(
            of(Environment, Some(90), "quota"),
            [(ReasonCode::Held, true)]
        );
        assert_eq!(of(Environment, Some(60), "quota"), [], "the pause is over");
        assert_eq!(
            of(Environment, None, "quota"),
            [(ReasonCode::Refused, false)]
        );
        assert_eq!(
            of(Inconclusive, None, "a deploy"),
            [(ReasonCode::Held, false)]
        );
        // The quarantine holds it, and whoever ends that wants it tried again.
        assert_eq!(of(Image, None, "Severe"), []);
        let key = "update: Client.InternalError: Client error on launch";
        assert_eq!(
            of(Environment, Some(90), key),
            [(ReasonCode::KeyUnusable, true)]
        );
        assert_eq!(
            of(Environment, None, key),
            [(ReasonCode::KeyUnusable, false)]
        );
    }

    #[test]
    fn failures_of_another_image_do_not_count() {
        let failed = failing(MoveFault::Environment, None, "quota");
        let moves = moves(last(true, None), Some(failed));
        assert_eq!(codes(&moves, "ami-newer"), []);
    }

    #[test]
    fn a_pause_from_a_clock_that_was_ahead_is_over() {
        let ahead = failing(MoveFault::Environment, Some(60 * 24 * 365), "quota");
        assert_eq!(codes(&moves(last(true, None), Some(ahead)), NEW), []);
    }

    #[test]
    fn a_key_is_found_in_awss_words() {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/k";
        let said = format!("KMS: the key ({arn}) is in an incorrect state.");
        assert_eq!(key_in(&said).as_deref(), Some(arn));
        assert_eq!(key_in("Client error on launch"), None);
    }
}
