//! What a pass raises by itself: it writes records that its own decision was made from, and what was decided
//! from the version before its write still holds; what others write meanwhile does not pass for its own.

/// A record's version before and after a write of the same pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RaisedVersion {
    from: u64,
    to: u64,
}

impl RaisedVersion {
    /// By one write over this version.
    pub(super) fn over(from: u64) -> Self {
        Self { from, to: from + 1 }
    }

    /// The version to go on from, for whoever read this one. One that was read before somebody else's write
    /// stays, and is refused where it is expected.
    pub(super) fn carry(self, read: u64) -> u64 {
        match read == self.from {
            true => self.to,
            false => read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_read_just_before_the_write_goes_on_from_it() {
        let raised = RaisedVersion::over(4);
        let carried = [3, 4, 5].map(|read| raised.carry(read));
        assert_eq!(carried, [3, 5, 5]);
    }
}
