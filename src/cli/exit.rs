//! Exit statuses, and which of several counts.

/// How the program, or one file of it, came out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// As expected.
    Fine,
    /// Not as expected, or data was lost where nothing is expected.
    Unexpected,
    /// Wrong usage, or a wrong file.
    Wrong,
    /// A file could not be read or written.
    Unreadable,
    /// No scenario found.
    NothingFound,
    /// A bug of ours.
    Bug,
    /// Ctrl-C.
    Interrupted,
}

impl Status {
    /// The status that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Status::Fine => 0,
            Status::Unexpected => 1,
            Status::Wrong => 2,
            Status::Unreadable => 3,
            Status::NothingFound => 4,
            Status::Bug => 70,
            Status::Interrupted => 130,
        }
    }

    /// Of two, the one that counts: the first of 130, 70, 3, 2, 1, 4, 0.
    pub fn and(self, other: Status) -> Status {
        let weight = |status| match status {
            Status::Interrupted => 6,
            Status::Bug => 5,
            Status::Unreadable => 4,
            Status::Wrong => 3,
            Status::Unexpected => 2,
            Status::NothingFound => 1,
            Status::Fine => 0,
        };
        if weight(other) > weight(self) { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_applies_counts() {
        let order =
            [Status::Interrupted, Status::Bug, Status::Unreadable, Status::Wrong, Status::Unexpected, Status::NothingFound, Status::Fine];
        assert_eq!(order.map(Status::code), [130, 70, 3, 2, 1, 4, 0]);
        for (at, heavy) in order.iter().enumerate() {
            for light in &order[at..] {
                assert_eq!((heavy.and(*light), light.and(*heavy)), (*heavy, *heavy));
            }
        }
    }
}
