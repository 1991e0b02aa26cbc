//! The offsets that say what a log holds, and the order that they always keep.
//!
//! ```text
//! log start      local log start        last stable     high watermark     log end
//!    |  only in the tier  |   local, decided   |  undecided   |  not replicated  |
//! ```

use esker_model::Offset;

/// The offsets of one log at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// First offset that anyone may see, in any tier.
    pub log_start: Offset,
    /// First offset that is here on disk; not below `log_start`.
    pub local_log_start: Offset,
    /// First offset that is not replicated; not below `local_log_start`.
    pub high_watermark: Offset,
    /// First offset behind the last record; not below `high_watermark`.
    pub log_end: Offset,
    /// First offset of a transaction that is open, or whose marker is not replicated.
    pub first_unstable: Option<Offset>,
    /// First offset behind what is confirmed to be in the tier; `None` until someone has said.
    pub tiered_end: Option<Offset>,
}

impl Bounds {
    /// The last stable offset: where read-committed readers stop. Not above the high watermark.
    pub fn last_stable(&self) -> Offset {
        self.first_unstable.map_or(self.high_watermark, |first| first.min(self.high_watermark))
    }

    /// Checks the order.
    ///
    /// # Panics
    /// Where it does not hold: going on would lose or invent records.
    pub(crate) fn assert_ordered(&self) {
        assert!(
            self.log_start <= self.local_log_start
                && self.local_log_start <= self.high_watermark
                && self.high_watermark <= self.log_end,
            "log start <= local log start <= high watermark <= log end does not hold: {self:?}"
        );
        if let Some(first) = self.first_unstable {
            assert!(first <= self.log_end, "the first unstable offset lies behind the log end: {self:?}");
        }
    }
}
