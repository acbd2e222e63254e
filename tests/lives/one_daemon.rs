//! What the daemons of every kind of life have in common: how seldom they look for requests, and how and
//! when each one is to end. Drawn from the life's chance; knows nothing of what the daemon does.

use std::time::Duration;

use amiwatch::service::daemon::Rhythm;

use super::chance::Chance;
use crate::common::seam::Arm;
use crate::common::watching::Manner;

/// An hour.
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// People's requests are looked for seldom, since a look is most of what an idle daemon does.
pub(crate) fn manner() -> Manner {
    Manner {
        rhythm: Rhythm {
            requests: Duration::from_secs(5 * 60),
            notices: HOUR,
        },
        alive_every: None,
    }
}

/// How a daemon ends: at one of so many points of its work, or stopped after at most so many hours.
pub(crate) fn draw_end(chance: &mut Chance, points: u64, hours: u64) -> (Arm, u64) {
    let at = usize::try_from(1 + chance.below(points)).unwrap();
    let arm = match chance.below(10) {
        0..=5 => Arm::StopAt(at),
        6 => Arm::HangAt(at),
        7 => Arm::RefuseFrom(at),
        _ => Arm::Nowhere,
    };
    (arm, 1 + chance.below(hours))
}
