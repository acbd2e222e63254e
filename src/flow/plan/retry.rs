//! How long a failed bake waits before its next attempt, and when it is given to a person.

use std::time::Duration;

/// Pauses after the first, second, ... failed attempt, in seconds. Quick at first, since a capacity
/// error or a slow mirror passes; then hours, since every attempt launches an instance that costs
/// money; and after about a working day of trying, a person sees more than another attempt would.
pub const RETRY_PAUSES_S: [u64; 5] = [5 * 60, 15 * 60, 3600, 4 * 3600, 12 * 3600];

/// The pause after so many failed attempts (at least 1); absent when it is held for a person.
pub fn retry_after(attempts: u32) -> Option<Duration> {
    let at = usize::try_from(attempts.checked_sub(1)?).ok()?;
    RETRY_PAUSES_S.get(at).copied().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<_> = (1..=6).map(retry_after).collect();
        let minutes = |m: u64| Some(Duration::from_secs(m * 60));
        assert_eq!(
            pauses,
            [
                minutes(5),
                minutes(15),
                minutes(60),
                minutes(240),
                minutes(720),
                None
            ]
        );
        assert_eq!(retry_after(u32::MAX), None);
    }
}
