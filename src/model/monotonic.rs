//! A value that only goes forward.

use std::fmt::Debug;

/// Holds a value that may grow and never shrink; the one way to go back is to make a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monotonic<T>(T);

impl<T: Ord + Copy + Debug> Monotonic<T> {
    /// Starts at `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The present value.
    pub fn get(&self) -> T {
        self.0
    }

    /// Moves to `value`.
    ///
    /// # Panics
    /// Where `value` lies behind the present one: the caller has broken an invariant, and going on would lose data.
    pub fn advance(&mut self, value: T) {
        assert!(value >= self.0, "must not go back from {:?} to {value:?}", self.0);
        self.0 = value;
    }

    /// Moves to `value` if that is further, and says whether it was.
    pub fn advance_if_greater(&mut self, value: T) -> bool {
        let moves = value > self.0;
        if moves {
            self.0 = value;
        }
        moves
    }
}
