//! What is logged of what the passes cannot see: once a cause, and when it can be seen again. A plain
//! function of what the last two passes could not read.

use crate::model::blind::BlindSpots;

/// What changed with a pass.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BlindChange<'a> {
    /// It cannot be read, or for another cause than before.
    Blind { of: String, why: &'a str },
    /// It can be read again.
    Sees { of: String },
}

/// What is new about what cannot be read.
pub(super) fn blind_changes<'a>(
    before: &BlindSpots,
    after: &'a BlindSpots,
) -> Vec<BlindChange<'a>> {
    let new = after.iter().filter(|(name, spot)| {
        let earlier = before.get(*name);
        earlier.is_none_or(|earlier| earlier.causes != spot.causes)
    });
    let new = new.map(|(_, spot)| BlindChange::Blind {
        of: spot.of.to_string(),
        why: &spot.why,
    });
    let over = before.iter().filter(|(name, _)| !after.contains_key(*name));
    let over = over.map(|(_, spot)| BlindChange::Sees {
        of: spot.of.to_string(),
    });
    new.chain(over).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::blind::{BlindOf, BlindSpot};

    fn spots(cause: &str, why: &str) -> BlindSpots {
        let of = BlindOf {
            account_name: None,
            region: Some("eu-west-1".into()),
            account: None,
            base: None,
        };
        let spot = BlindSpot {
            since: DateTime::UNIX_EPOCH,
            passes: 1,
            causes: [cause.to_owned()].into(),
            why: why.to_owned(),
            denied: false,
            watches: ["shop".into()].into(),
            notice: None,
            of,
        };
        [(spot.of.name(), spot)].into()
    }

    #[test]
    fn a_cause_is_logged_once_and_its_end_too() {
        let (none, blind) = (BlindSpots::new(), spots("UNREACHABLE ", "no credentials"));
        let of = "eu-west-1".to_owned();
        let why = "no credentials";
        assert_eq!(
            blind_changes(&none, &blind),
            [BlindChange::Blind {
                of: of.clone(),
                why
            }]
        );
        let again = spots("UNREACHABLE ", "no credentials, request 2");
        assert_eq!(blind_changes(&blind, &again), []);
        let (other, why) = (spots("DENIED ", "refused"), "refused");
        assert_eq!(
            blind_changes(&blind, &other),
            [BlindChange::Blind {
                of: of.clone(),
                why
            }]
        );
        assert_eq!(blind_changes(&blind, &none), [BlindChange::Sees { of }]);
    }
}
