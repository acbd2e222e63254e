//! What befalls the machines of a life, whoever leads mostly. Draws who and what; how it happens is `machine`'s.

use std::time::Duration;

use chrono::TimeDelta;

use super::life::SharedLiving;
use super::machine::Machine;

/// The furthest that a machine's clock is off, in seconds: AWS would refuse what is signed by one that is further.
const OFF_MAX: u64 = 280;
/// So many points of its work, or transactions, a leader passes at most before it is frozen in the middle of it.
const SOON: u64 = 40;

/// Something befalls one of those that are well.
pub(crate) fn blow(living: &SharedLiving) {
    let well: Vec<&Machine> = living.machines.iter().filter(|one| one.is_well()).collect();
    let leader = living.leads.borrow().leader();
    let mut chance = living.chance.borrow_mut();
    let leader = leader.filter(|_| !chance.once_in(4));
    let leader = leader.and_then(|nth| well.iter().find(|one| one.nth == nth).copied());
    let Some(machine) = leader.or_else(|| (!well.is_empty()).then(|| chance.one_of(&well))) else {
        return;
    };
    let (draw, points) = (chance.below(20), 1 + chance.below(SOON));
    let off = i64::try_from(chance.below(2 * OFF_MAX)).unwrap() - i64::try_from(OFF_MAX).unwrap();
    drop(chance);
    match draw {
        0..=3 => machine.is_killed(living),
        4..=7 => machine.is_stopped(living),
        8..=10 => machine.is_frozen(),
        11..=12 => machine.is_frozen_at(usize::try_from(points).unwrap()),
        13..=14 => machine.is_frozen_writing(usize::try_from(points).unwrap()),
        15..=17 => machine.is_cut(living, true),
        _ => machine.sets_its_clock(TimeDelta::seconds(off)),
    }
}

/// How long until something befalls a machine again.
pub(crate) fn pause(living: &SharedLiving) -> TimeDelta {
    let seconds = 15 + living.chance.borrow_mut().below(225);
    TimeDelta::seconds(i64::try_from(seconds).unwrap())
}

/// Who is cut off comes back after a while: shorter than a lease is trusted, or longer.
pub(crate) async fn mends_cables(living: &SharedLiving, machine: &Machine) {
    let mut left = None;
    while !living.is_over() {
        machine.life.wait(Duration::from_secs(1)).await;
        left = match (machine.is_cut_off(), left) {
            (false, _) => None,
            (true, None) => Some(living.chance.borrow_mut().one_of(&[5, 8, 15, 60, 60, 300])),
            (true, Some(0)) => {
                machine.is_cut(living, false);
                None
            }
            (true, Some(seconds)) => Some(seconds - 1),
        };
    }
    machine.is_cut(living, false);
}
